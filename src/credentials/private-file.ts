import { CredentialError } from '../errors.ts';
import type { CredentialReason } from '../reasons.ts';
import { readBounded } from '../runtime/bounded-file.ts';
import { systemReason } from '../runtime/system-reason.ts';

/** Maximum size of a file that contains a secret, in bytes. */
export const MAX_FILE_LENGTH = 1024 * 1024;

/** Error for a file that has the wrong owner or mode. */
export class ExposedFile extends Error {}

/**
 * Reads a file that must be owned by this account and inaccessible to other accounts (read_secure_file in C++).
 *
 * @throws ExposedFile if the owner or the mode is wrong; Error if the file cannot be read for any other reason.
 */
export function readPrivateFile(path: string): Buffer {
  return readBounded(path, MAX_FILE_LENGTH, ({ uid, mode }) => {
    if (process.getuid === undefined) return;
    checkOwner({ uid }, process.getuid());
    if ((mode & 0o077) === 0) return;
    throw new ExposedFile(
      `other accounts can access it (mode ${(mode & 0o777).toString(8).padStart(4, '0')}); the mode must be 0600`,
    );
  });
}

/** @throws ExposedFile unless the user ID `owner` owns the file. */
export function checkOwner({ uid }: { readonly uid: number }, owner: number): void {
  if (uid !== owner) throw new ExposedFile(`it is owned by user ${uid}, not by this account (${owner})`);
}

/** Returns the error for an unusable credential, including the credential's source and the reason. */
export function unreadable(reason: CredentialReason, source: string, what: string): CredentialError {
  return new CredentialError('ERR_CREDENTIAL_UNREADABLE', `${source}: ${what}`, { reason, details: { input: source } });
}

/** Returns `file-exposed` if the error was caused by the owner, the mode or other permissions of a file. */
export function exposedKind(error: unknown): 'file-exposed' | undefined {
  return error instanceof ExposedFile || isDenied(error) ? 'file-exposed' : undefined;
}

/** Returns the reason why a file could not be read. */
export function reasonOf(error: unknown): string {
  return isDenied(error) ? 'this account cannot read it' : systemReason(error);
}

function isDenied(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM';
}
