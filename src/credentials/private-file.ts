import { CredentialError } from '../errors.ts';
import { readBounded } from '../runtime/bounded-file.ts';
import { systemReason } from '../runtime/system-reason.ts';

/** Maximum size of a file with a secret, in bytes. */
export const MAX_FILE_LENGTH = 1024 * 1024;

/** The error for a file with a wrong owner or mode. */
export class ExposedFile extends Error {}

/**
 * Reads a file that must be owned by this account and inaccessible to others (read_secure_file in C++).
 *
 * @throws Error with the reason; ExposedFile for a wrong owner or mode.
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

/** Returns the error for an unusable credential, with its source and the reason. */
export function unreadable(source: string, what: string): CredentialError {
  return new CredentialError('ERR_CREDENTIAL_UNREADABLE', `${source}: ${what}`);
}

/** Returns why a file could not be read. */
export function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM' ? 'this account cannot read it' : systemReason(error);
}
