/**
 * Parses credential cache files in format 4 of MIT Kerberos (MIT's file format documentation). Heimdal writes the same
 * format.
 */
import { ByteReader } from './byte-reader.ts';
import { KerberosError } from './kerberos-error.ts';
import type { Principal } from './principal.ts';
import type { Ticket } from './ticket.ts';

const FORMAT = 0x0504;
/**
 * Limits on the amount of work for one cache. A typical cache contains a few tickets, and a typical principal has two
 * or three components.
 */
const MAX_CREDENTIALS = 1000;
const MAX_COMPONENTS = 16;
const MAX_ITEMS = 1000;

/** Realm of entries that contain settings instead of tickets. */
const SETTINGS_REALM = 'X-CACHECONF:';

export interface CredentialCache {
  readonly client: Principal;
  readonly tickets: readonly Ticket[];
}

/** Parses a credential cache. @throws KerberosError if the bytes are not a credential cache in this format. */
export function parseCredentialCache(bytes: Uint8Array): CredentialCache {
  const reader = new ByteReader(bytes);
  const format = reader.unsigned(2);
  if (format !== FORMAT) throw new KerberosError('it is not a credential cache of format 4');
  reader.counted(2); // header
  const client = getPrincipal(reader);
  const tickets: Ticket[] = [];
  for (let count = 0; reader.remaining > 0; count++) {
    if (count === MAX_CREDENTIALS) throw new KerberosError(`it has more than ${MAX_CREDENTIALS} entries`);
    const ticket = getTicket(reader);
    if (ticket.service.realm !== SETTINGS_REALM) tickets.push(ticket);
  }
  return { client, tickets };
}

function getPrincipal(reader: ByteReader): Principal {
  const type = reader.unsigned(4);
  const count = reader.unsigned(4);
  if (count > MAX_COMPONENTS)
    throw new KerberosError(`a principal has ${count} components, more than ${MAX_COMPONENTS}`);
  const realm = reader.text(4);
  return { type, components: Array.from({ length: count }, () => reader.text(4)), realm };
}

function getTicket(reader: ByteReader): Ticket {
  const client = getPrincipal(reader);
  const service = getPrincipal(reader);
  const key = { type: reader.unsigned(2), bytes: reader.counted(4) };
  reader.bytes(8); // authtime, starttime
  const endTime = reader.unsigned(4);
  reader.bytes(9); // renew-till, is-skey, flags
  skipTyped(reader); // addresses
  skipTyped(reader); // authorization data
  const encoded = reader.counted(4);
  reader.counted(4); // second ticket
  return { client, service, key, endTime, encoded };
}

function skipTyped(reader: ByteReader): void {
  const count = reader.unsigned(4);
  if (count > MAX_ITEMS) throw new KerberosError(`a list has ${count} items`);
  for (let i = 0; i < count; i++) {
    reader.unsigned(2);
    reader.counted(4);
  }
}
