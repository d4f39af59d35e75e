/** Reads Kerberos files: configuration files, credential caches and keytabs. */
import { constants, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CredentialCache, parseCredentialCache } from '../kerberos/ccache.ts';
import { KerberosError } from '../kerberos/kerberos-error.ts';
import { type KeytabEntry, parseKeytab } from '../kerberos/keytab.ts';
import { type KerberosConfiguration, parseConfiguration } from '../kerberos/krb5-conf.ts';
import { formatPrincipal } from '../kerberos/principal.ts';
import type { AttemptReason } from '../reasons.ts';
import { readBounded } from '../runtime/bounded-file.ts';
import { checkOwner, MAX_FILE_LENGTH, reasonOf, unreadable } from './private-file.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_CONFIGURATION = '/etc/krb5.conf';
/** Maximum number of credential caches that are read from a directory. */
const MAX_CACHES = 50;

/**
 * Matches a base64-encoded keytab. The first three bytes of a keytab are 0x0502 and the high byte of the first entry's
 * size, which is zero.
 */
const ENCODED_KEYTAB = /^\s*BQIA[A-Za-z0-9+/=\s]*$/;

/** True if a string is a base64-encoded keytab rather than the path of a keytab. */
export function isEncodedKeytab(text: string): boolean {
  return ENCODED_KEYTAB.test(text);
}

/** Reads a file. `owner` is the user ID that must own the file if other accounts can write to its directory. */
function readFile(path: string, owner?: number): Buffer {
  if (owner === undefined) return readBounded(path, MAX_FILE_LENGTH);
  return readBounded(path, MAX_FILE_LENGTH, (stats) => checkOwner(stats, owner), constants.O_NOFOLLOW);
}

/**
 * Returns the paths of the configuration files: those that `KRB5_CONFIG` lists, or the default file of this host. There
 * is no default on Windows, because `/etc` would be on the current drive, where any account could create it. The
 * separator on Windows is a semicolon, because paths there contain colons.
 */
export function configurationFiles(env: Environment, platform: NodeJS.Platform): readonly string[] {
  const [separator, standard] = platform === 'win32' ? [';', ''] : [':', DEFAULT_CONFIGURATION];
  return (env['KRB5_CONFIG'] || standard).split(separator).filter((path) => path !== '');
}

/** Reads the Kerberos configuration. Unreadable files are skipped. */
export function readConfiguration(env: Environment, platform: NodeJS.Platform): KerberosConfiguration {
  return parseConfiguration(configurationFiles(env, platform), {
    read(path) {
      try {
        return readFile(path).toString();
      } catch {
        return undefined;
      }
    },
    list(directory) {
      try {
        return readdirSync(directory)
          .sort()
          .map((name) => join(directory, name));
      } catch {
        return [];
      }
    },
  });
}

/**
 * Reads a keytab from the value of an input or from a file. Base64-encoded files are accepted, because keytabs in CI
 * variables are often stored in this form.
 */
export function readKeytab(text: string): readonly KeytabEntry[] {
  if (isEncodedKeytab(text)) return parseKeytab(Buffer.from(text, 'base64'));
  const bytes = readFile(withoutType(text.trim(), ['FILE', 'WRFILE'], 'keytab'));
  const content = bytes.toString('latin1');
  return parseKeytab(isEncodedKeytab(content) ? Buffer.from(content, 'base64') : bytes);
}

interface FoundCache extends CredentialCache {
  readonly path: string;
}

/**
 * Reads a credential cache by name: `FILE:PATH`, a path, `DIR:PATH` or `DIR::FILE`. If the name refers to a directory
 * and `principal` is set, reads that principal's cache instead of the primary cache.
 *
 * @throws KerberosError if the cache is invalid, and anything that the file system throws.
 */
export function readCache(name: string, principal: string | undefined, owner?: number): FoundCache {
  if (!name.startsWith('DIR:')) {
    const path = withoutType(name, ['FILE', 'DIR'], 'credential cache');
    return { path, ...parseCredentialCache(readFile(path, owner)) };
  }
  const directory = name.slice('DIR:'.length);
  if (directory.startsWith(':')) return readCache(`FILE:${directory.slice(1)}`, principal);
  const primary = readCache(`FILE:${join(directory, primaryOf(directory))}`, principal);
  if (principal === undefined || formatPrincipal(primary.client) === principal) return primary;
  const names = readdirSync(directory).filter((each) => each.startsWith('tkt'));
  for (const each of names.sort().slice(0, MAX_CACHES)) {
    const found = readCache(`FILE:${join(directory, each)}`, principal);
    if (formatPrincipal(found.client) === principal) return found;
  }
  return primary;
}

/**
 * Returns the name of the credential cache that the Kerberos tools use by default. If other accounts can write to the
 * directory of the cache, `owner` is the user ID that must own the cache.
 */
export function defaultCache(
  { env, uid }: { readonly env: Environment; readonly uid: number | undefined },
  { defaultCache: configured }: KerberosConfiguration,
): { name: string | undefined; owner?: number } {
  if (env['KRB5CCNAME']) return { name: env['KRB5CCNAME'] };
  if (configured !== undefined) return { name: configured.replaceAll(/%\{(uid|euid|USERID)\}/g, String(uid ?? '')) };
  return uid === undefined ? { name: undefined } : { name: `/tmp/krb5cc_${uid}`, owner: uid };
}

/** Returns the file name of the primary cache in a directory. */
function primaryOf(directory: string): string {
  try {
    const name = readFile(join(directory, 'primary')).toString().trim();
    if (!/^tkt[\w.-]*$/.test(name)) throw new KerberosError('its file "primary" contains no cache name');
    return name;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'tkt';
    throw error;
  }
}

/**
 * Returns the path in the name of a cache or keytab, without the type prefix if there is one. A single letter before a
 * colon is a Windows drive.
 */
function withoutType(name: string, supported: readonly string[], what: string): string {
  const [, type, path = ''] = /^([A-Za-z]{2,}):(.*)$/s.exec(name) ?? [];
  if (type === undefined) return name;
  if (supported.includes(type)) return path;
  throw new KerberosError(
    `a ${what} of the type ${type} cannot be read; only ${supported.join(' and ')} are supported`,
    what === 'keytab' ? undefined : 'kerberos-cache-type',
  );
}

/** Runs `work`, which reads an input. If `work` fails, throws an error that names the input. */
export function given<T>(input: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const kind = kindOf(error);
    const isKnown = kind === 'encryption-type' || kind === 'kerberos-cache-type';
    throw unreadable(isKnown ? kind : 'kerberos-unreadable', input, reasonOfKerberos(error));
  }
}

export function kindOf(error: unknown): AttemptReason | undefined {
  return error instanceof KerberosError ? error.kind : undefined;
}

/** Returns the reason why a Kerberos file is unusable. */
export function reasonOfKerberos(error: unknown): string {
  return error instanceof KerberosError ? error.message : reasonOf(error);
}
