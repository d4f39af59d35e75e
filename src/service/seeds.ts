/**
 * Reads the seeds, which are the stored IDTOKENs of the grants. Each seed is read once whenever the configuration is
 * loaded.
 */
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { reasonOf } from '../credentials/private-file.ts';
import type { Grant } from '../policy/model.ts';
import { readBounded } from '../runtime/bounded-file.ts';
import { Secret } from '../runtime/secret.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import { type IdToken, parseIdToken } from '../token/jwt.ts';
import { covers } from '../token/levels.ts';
import { checkDirectories } from './ownership.ts';

interface SeedPlaces {
  /** Path of the directory `seeds.d` next to the configuration file. */
  readonly directory: string;
  /** Path of the directory with systemd's credentials. Undefined if systemd passed no credentials to the service. */
  readonly credentials: string | undefined;
  readonly uid: number | undefined;
}

/** Seed of a grant. If the seed is unavailable, only this grant is disabled. */
export type Seed =
  | { readonly token: IdToken; readonly source: string; readonly warning: string | undefined }
  | Unavailable;

const MAX_SEED_LENGTH = 64 * 1024;
const MAX_CONFIG_BYTES = 1024 * 1024;
const WARN_BEFORE_SECONDS = 14 * 24 * 60 * 60;
const DAY_SECONDS = 24 * 60 * 60;

/** Reads the seed of a grant, and checks that the seed matches the grant. `now` is in seconds since 1970. */
export function readSeed(grant: Grant, places: SeedPlaces, now: number): Seed {
  const { identity } = grant;
  const inCredentials = places.credentials === undefined ? undefined : join(places.credentials, `seed.${identity}`);
  const inDirectory = join(places.directory, identity);
  let path = inCredentials ?? inDirectory;
  try {
    let text: string;
    try {
      text = readSeedFile(path, inCredentials === undefined ? places.uid : 'systemd');
    } catch (error) {
      if (inCredentials === undefined || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      path = inDirectory;
      text = readSeedFile(path, places.uid);
    }
    const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
    if (lines.length !== 1) throw new Error('it must contain exactly one line, the IDTOKEN');
    const token = parseIdToken(new Secret(lines[0]?.trim() ?? ''));
    checkSeed(token, grant, now);
    return { token, source: path, warning: warningOf(token, identity, now) };
  } catch (error) {
    return new Unavailable(`${path}: ${reasonOf(error)}`);
  }
}

/** Returns a warning about the expiry of a seed. Returns undefined if the seed is valid for long enough. */
export function warningOf({ expiresAt }: IdToken, identity: string, now: number): string | undefined {
  if (expiresAt === undefined) return `the seed of ${identity} never expires; create it with -lifetime 7776000`;
  const left = expiresAt - now;
  if (left > WARN_BEFORE_SECONDS) return undefined;
  return left <= 0
    ? `the seed of ${identity} has expired`
    : `the seed of ${identity} expires in ${Math.floor(left / DAY_SECONDS)} days; replace it`;
}

/** Reads a seed file. @throws Error if other accounts can read or replace the file. */
function readSeedFile(path: string, owner: number | undefined | 'systemd'): string {
  const check = ({ uid, mode }: { readonly uid: number; readonly mode: number }) => {
    if (owner === 'systemd') return;
    checkPlaces(path, owner);
    if (uid !== 0 && uid !== owner)
      throw new Error(`it is owned by user ${uid}, not by root or the account of the service`);
    if (mode & 0o077) throw new Error(`other accounts can read it (mode ${(mode & 0o777).toString(8)}); chmod 600`);
  };
  return readBounded(path, MAX_SEED_LENGTH, check).toString('utf8');
}

/** Checks that a seed matches its grant. @throws Error if the seed does not match. */
function checkSeed(token: IdToken, { identity, authz }: Grant, now: number): void {
  if (token.subject !== identity) throw new Error(`it is a token for ${token.subject}`);
  if (token.expiresAt !== undefined && token.expiresAt <= now) throw new Error('it has expired');
  const levels = token.authz;
  if (levels === undefined) throw new Error(`its scope is not restricted; create it with ${flagsOf(authz)}`);
  const wider = levels.filter((level) => !covers(authz, level));
  if (wider.length > 0) throw new Error(`its scope is wider than the grant: ${wider.join(' ')}`);
  const missing = authz.filter((level) => !covers(levels, level));
  if (missing.length > 0) throw new Error(`its scope lacks ${missing.join(' ')}; create it with ${flagsOf(authz)}`);
}

function flagsOf(authz: readonly string[]): string {
  return authz.map((level) => `-authz ${level}`).join(' ');
}

/**
 * Checks the directory of a path and, if the path is a symbolic link, the directory of its target.
 *
 * @throws Error if other accounts can replace either directory.
 */
function checkPlaces(path: string, uid: number | undefined): void {
  checkDirectories(dirname(path), uid);
  checkDirectories(dirname(realpathSync(path)), uid);
}

/** Reads a file. @throws Error unless root or this account owns the file, and no other account can write to it. */
export function readOwnFile(path: string, uid: number | undefined): string {
  try {
    checkPlaces(path, uid);
    const text = readBounded(path, MAX_CONFIG_BYTES, ({ uid: owner, mode }) => {
      if (owner !== 0 && owner !== uid) throw new Error(`it is owned by user ${owner}, not by root or this account`);
      if (mode & 0o022)
        throw new Error(`other accounts can write to it (mode ${(mode & 0o777).toString(8)}); chmod 644`);
    });
    return text.toString('utf8');
  } catch (error) {
    throw new Error(reasonOf(error));
  }
}
