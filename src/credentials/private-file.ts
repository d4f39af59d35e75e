import { CredentialError } from '../errors.ts';
import { readBounded, systemReason } from '../runtime/bounded-file.ts';

/** A file with a secret is a line or a few; whatever is larger is something else. */
export const MAX_FILE_LENGTH = 1024 * 1024;

/** A file that is not ours alone. */
export class ExposedFile extends Error {}

/**
 * The content of a file that must belong to this user and be closed to all others (read_secure_file in C++).
 *
 * @throws Error that says what is wrong with it; ExposedFile if it is its owner or its mode.
 */
export function readPrivateFile(path: string): Buffer {
  return readBounded(path, MAX_FILE_LENGTH, ({ uid, mode }) => {
    if (process.getuid === undefined) return;
    if (uid !== process.getuid())
      throw new ExposedFile(`it is owned by user ${uid}, not by this account (${process.getuid()})`);
    if ((mode & 0o077) === 0) return;
    throw new ExposedFile(
      `other accounts can access it (mode ${(mode & 0o777).toString(8).padStart(4, '0')}); the mode must be 0600`,
    );
  });
}

/** A credential that is of no use: where it came from, and what is wrong with it. */
export function unreadable(source: string, what: string): CredentialError {
  return new CredentialError('ERR_CREDENTIAL_UNREADABLE', `${source}: ${what}`);
}

/** Why a file could not be read, in few words. */
export function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM' ? 'this account cannot read it' : systemReason(error);
}
