import { CredentialError } from '../errors.ts';
import type { CredentialReason } from '../reasons.ts';
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
    if (uid !== process.getuid()) throw new ExposedFile(ownedBy(uid, process.getuid()));
    if ((mode & 0o077) === 0) return;
    throw new ExposedFile(
      `other accounts can access it (mode ${(mode & 0o777).toString(8).padStart(4, '0')}); the mode must be 0600`,
    );
  });
}

/** Describes a file that another account owns. */
export function ownedBy(uid: number, account: number): string {
  return `it is owned by user ${uid}, not by this account (${account})`;
}

/** Returns the error for an unusable credential, with its source and the reason. */
export function unreadable(reason: CredentialReason, source: string, what: string): CredentialError {
  return new CredentialError('ERR_CREDENTIAL_UNREADABLE', `${source}: ${what}`, { reason, details: { input: source } });
}

/** Returns the reason if the owner, the mode or another permission of a file is wrong. */
export function exposedKind(error: unknown): 'file-exposed' | undefined {
  return error instanceof ExposedFile || isDenied(error) ? 'file-exposed' : undefined;
}

/** Returns why a file could not be read. */
export function reasonOf(error: unknown): string {
  return isDenied(error) ? 'this account cannot read it' : systemReason(error);
}

function isDenied(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM';
}
