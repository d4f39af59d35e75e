/** Recognizes files that a step wrote, by their hashes. */
import { lstatSync } from 'node:fs';
import { readBounded } from '../runtime/bounded-file.ts';
import { crypto } from '../runtime/crypto.ts';

/** Maximum size of a token file, in bytes. */
export const MAX_TOKEN_FILE_BYTES = 256 * 1024;

/** True if no file exists at the path, or if the SHA-256 of the file's content is one of `hashes`. */
export function holdsOneOf(path: string, hashes: readonly string[]): boolean {
  const found = contentOf(path);
  return found.kind === 'none' || (found.kind === 'file' && hashes.includes(found.hash));
}

type Content =
  | { readonly kind: 'none' }
  | { readonly kind: 'file'; readonly hash: string }
  | { readonly kind: 'other'; readonly reason: string };

export function contentOf(path: string): Content {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return { kind: 'none' };
  if (stats.isDirectory()) return { kind: 'other', reason: 'it is now a directory that this step did not create' };
  if (!stats.isFile()) return { kind: 'other', reason: 'it is no longer a regular file' };
  if (stats.size > MAX_TOKEN_FILE_BYTES) return { kind: 'file', hash: '' };
  return { kind: 'file', hash: hashOf(readBounded(path, MAX_TOKEN_FILE_BYTES)) };
}

export function hashOf(content: string | Buffer): string {
  return crypto().createHash('sha256').update(content).digest('hex');
}

export function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
