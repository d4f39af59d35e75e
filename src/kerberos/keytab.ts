/** Parses keytabs in format 0x0502 of MIT Kerberos (MIT's file format documentation). */
import { ByteReader } from './byte-reader.ts';
import { ENCRYPTION_TYPES, encryptionName, type SessionKey } from './encryption.ts';
import { KerberosError } from './kerberos-error.ts';
import { formatPrincipal, isSamePrincipal, type Principal } from './principal.ts';
import type { ClientKeys } from './tickets.ts';

const FORMAT = 0x0502;
const MAX_ENTRIES = 1000;
const MAX_COMPONENTS = 16;

export interface KeytabEntry {
  readonly principal: Principal;
  /** Version number of the key (kvno). */
  readonly version: number;
  readonly key: SessionKey;
}

/** Parses a keytab. @throws KerberosError if the bytes are not a keytab in this format. */
export function parseKeytab(bytes: Uint8Array): readonly KeytabEntry[] {
  const reader = new ByteReader(bytes);
  if (reader.unsigned(2) !== FORMAT) throw new KerberosError('it is not a keytab of format 0x0502');
  const entries: KeytabEntry[] = [];
  while (reader.remaining > 0) {
    const size = reader.signed();
    const content = reader.bytes(Math.abs(size));
    if (size > 0) entries.push(getEntry(new ByteReader(content))); // a negative length marks a deleted entry
    if (entries.length > MAX_ENTRIES) throw new KerberosError(`it has more than ${MAX_ENTRIES} keys`);
    if (size === 0) break; // the rest of the file is padding
  }
  return entries;
}

function getEntry(reader: ByteReader): KeytabEntry {
  const count = reader.unsigned(2);
  if (count > MAX_COMPONENTS)
    throw new KerberosError(`a principal has ${count} components, more than ${MAX_COMPONENTS}`);
  const realm = reader.text(2);
  const components = Array.from({ length: count }, () => reader.text(2));
  const type = reader.unsigned(4);
  reader.unsigned(4); // creation time
  const short = reader.unsigned(1);
  const key = { type: reader.unsigned(2), bytes: reader.counted(2) };
  const long = reader.remaining >= 4 ? reader.unsigned(4) : 0;
  return { principal: { type, components, realm }, version: long === 0 ? short : long, key };
}

/**
 * Returns the newest keys of a principal.
 *
 * @throws KerberosError if the principal has no key of a supported encryption type.
 */
export function keysOfKeytab(entries: readonly KeytabEntry[], client: Principal, source: string): ClientKeys {
  const own = entries.filter(({ principal }) => isSamePrincipal(principal, client));
  if (own.length === 0) {
    const others = [...new Set(entries.map(({ principal }) => formatPrincipal(principal)))].slice(0, 5).join(', ');
    throw new KerberosError(`it contains no key for ${formatPrincipal(client)}, only for ${others || 'no principal'}`);
  }
  const newest = Math.max(...own.map(({ version }) => version));
  const current = own.filter(({ version }) => version === newest);
  const types = ENCRYPTION_TYPES.filter((type) => current.some(({ key }) => key.type === type));
  if (types.length === 0) {
    const names = current.map(({ key }) => encryptionName(key.type)).join(', ');
    throw new KerberosError(`its keys have only unsupported encryption types: ${names}`, 'encryption-type');
  }
  return {
    source: `${source} (kvno ${newest})`,
    types,
    needInformation: false,
    key: async ({ type }) => {
      const found = current.find(({ key }) => key.type === type)?.key;
      if (found !== undefined) return found;
      throw new KerberosError(
        `the KDC replied with the encryption type ${encryptionName(type)}, for which ${source} has no key`,
        'encryption-type',
      );
    },
  };
}
