import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { CredentialError } from '../errors.ts';

/** A file with a secret is a line or a few; whatever is larger is something else. */
const MAX_FILE_LENGTH = 1024 * 1024;

/** A file that is not ours alone. */
export class ExposedFile extends Error {}

/**
 * The content of a file that must belong to us and be closed to everybody else (read_secure_file in C++).
 *
 * @throws Error that says what is wrong with it; ExposedFile if it is its owner or its mode.
 */
export function readPrivateFile(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const { uid, mode, size } = fstatSync(file);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw new Error('it is no regular file');
    if (size > MAX_FILE_LENGTH) throw new Error('it is too large');
    if (process.getuid !== undefined) {
      if (uid !== process.getuid()) throw new ExposedFile(`it belongs to user ${uid}, not to us (${process.getuid()})`);
      const open = mode & 0o077;
      if (open !== 0)
        throw new ExposedFile(
          `others may use it (mode ${(mode & 0o777).toString(8).padStart(4, '0')}); it must be 0600`,
        );
    }
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** A credential that is of no use: where it came from, and what is wrong with it. */
export function unreadable(source: string, what: string): CredentialError {
  return new CredentialError('ERR_CREDENTIAL_UNREADABLE', `${source}: ${what}`);
}

/** Why a file could not be read, in few words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'it does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'it cannot be read by this user';
  return message.replace(/, \w+ '[\s\S]*$/, ''); // Node quotes the path, which is not for us to print
}
