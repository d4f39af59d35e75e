import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { OutputError } from '../errors.ts';
import { crypto } from '../runtime/crypto.ts';
import { isDeniedByNode, isLinkOfSystem, renameOver } from '../runtime/platform.ts';
import type { Secret } from '../runtime/secret.ts';
import { systemReason } from '../runtime/system-reason.ts';

const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

const OCCUPIED = { reason: 'path-occupied' } as const;

/**
 * Checks before the fetch whether a token can be written to `path`. Creates no files or directories.
 *
 * @throws OutputError ERR_OUTPUT if `path` is a symbolic link or not a regular file, if its directory is a symbolic
 *   link that root does not own, or if the directory is not writable.
 */
export function checkTokenPath(path: string): void {
  const target = stat(path);
  if (target?.isSymbolicLink() === true)
    throw new OutputError(`${path} is a symbolic link, which is not followed`, OCCUPIED);
  if (target !== undefined && !target.isFile())
    throw new OutputError(`${path} exists and is not a regular file`, OCCUPIED);
  let directory = dirname(resolve(path));
  const parent = stat(directory);
  if (parent?.isSymbolicLink() === true && !isLinkOfSystem(parent, process.platform)) {
    throw new OutputError(`${directory} is a symbolic link that root does not own, and is not followed`, OCCUPIED);
  }
  while (stat(directory) === undefined && dirname(directory) !== directory) directory = dirname(directory);
  try {
    accessSync(directory, constants.W_OK);
    if (statSync(directory).isDirectory()) return;
  } catch (cause) {
    throw new OutputError(`${directory} cannot be written to: ${systemReason(cause)}`, { cause });
  }
  throw new OutputError(`${directory} is not a directory`);
}

/**
 * Writes a token file with mode 0600 and a final newline, completely or not at all. Creates missing directories with
 * mode 0700 if `mayMakeDirectory` is true. Replaces an existing file, but rejects a symbolic link (write_out_token in
 * token_utils.cpp).
 *
 * Returns the outermost directory that the function created, or undefined if it created none.
 *
 * The function is synchronous, so that no signal handler or other task runs between the steps.
 *
 * @throws OutputError ERR_OUTPUT if the file cannot be written. After this error, an existing file is unchanged and no
 *   new directory remains.
 */
export function writeTokenFile(path: string, token: Secret, mayMakeDirectory = true): string | undefined {
  const made = mayMakeDirectory ? makeDirectories(dirname(resolve(path))) : [];
  try {
    checkTokenPath(path);
    putFile(path, tokenText(token), renameSync);
    return made[0];
  } catch (cause) {
    removeEmpty(made);
    if (cause instanceof OutputError) throw cause;
    throw new OutputError(`the token could not be written to ${path}: ${systemReason(cause)}`, { cause });
  }
}

/** Returns the content of a token file: the token followed by a newline. */
export function tokenText(token: Secret): string {
  return `${token.reveal()}\n`;
}

/**
 * Writes `text` to a temporary file in the directory of `path`, then calls `put` to move the file to `path`. The file
 * is complete before it appears at `path`.
 */
export function putFile(path: string, text: string, put: (from: string, to: string) => void): void {
  const temporary = join(dirname(resolve(path)), `.${basename(path)}.${crypto().randomUUID()}`);
  try {
    createPrivateFile(temporary, text);
    renameOver(() => put(temporary, path), process.platform);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Returns which of `directory` and its parent directories do not exist, outermost first. */
export function missingDirectories(directory: string): readonly string[] {
  const missing: string[] = [];
  for (let each = directory; stat(each) === undefined && dirname(each) !== each; each = dirname(each))
    missing.unshift(each);
  return missing;
}

/**
 * Creates `directory` and its missing parent directories one by one. Returns the directories that it created, outermost
 * first. Node's recursive mkdir is not used, because it hangs for a path below /proc and returns a path in a different
 * form on Windows.
 *
 * @throws OutputError ERR_OUTPUT if a directory cannot be created. After this error, no new directory remains.
 */
export function makeDirectories(directory: string): readonly string[] {
  const made: string[] = [];
  for (const each of missingDirectories(directory)) {
    try {
      mkdirSync(each, { mode: PRIVATE_DIRECTORY });
      made.push(each);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue; // another process created the directory
      removeEmpty(made);
      throw new OutputError(`the directory ${each} could not be created: ${systemReason(cause)}`, { cause });
    }
  }
  return made;
}

/**
 * Removes the directories that a failed write created. A directory that contains files from another process is kept.
 */
function removeEmpty(directories: readonly string[]): void {
  for (const each of directories.toReversed()) {
    try {
      rmdirSync(each);
    } catch {
      return;
    }
  }
}

/**
 * Creates a file with mode 0600 and flushes it to disk. The name of a temporary token file must start with a dot, so
 * that HTCondor ignores the file and never reads an incomplete token.
 */
export function createPrivateFile(path: string, text: string): void {
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  const file = openSync(path, O_WRONLY | O_CREAT | O_EXCL | (constants.O_NOFOLLOW ?? 0), PRIVATE_FILE);
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    flushToDisk(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Flushes a file to disk, unless Node's permission model denies the operation. Without the flush, the file can end up
 * empty only if the host crashes.
 */
function flushToDisk(file: number): void {
  try {
    fsyncSync(file);
  } catch (error) {
    if (!isDeniedByNode(error)) throw error;
  }
}

function stat(path: string) {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw new OutputError(`${path} cannot be examined: ${systemReason(cause)}`, { cause });
  }
}
