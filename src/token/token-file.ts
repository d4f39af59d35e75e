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
import { systemReason } from '../runtime/bounded-file.ts';
import { crypto } from '../runtime/crypto.ts';
import { isDeniedByNode, isLinkOfSystem, renameOver } from '../runtime/platform.ts';
import type { Secret } from '../runtime/secret.ts';

const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

/**
 * Finds out, before anything is fetched, whether a token could be written to `path`. Nothing is created.
 *
 * @throws OutputError ERR_OUTPUT.
 */
export function checkTokenPath(path: string): void {
  const target = stat(path);
  if (target?.isSymbolicLink() === true) throw new OutputError(`${path} is a symbolic link, which is not followed`);
  if (target !== undefined && !target.isFile()) throw new OutputError(`${path} exists and is not a regular file`);
  let directory = dirname(resolve(path));
  const parent = stat(directory);
  if (parent?.isSymbolicLink() === true && !isLinkOfSystem(parent, process.platform)) {
    throw new OutputError(`${directory} is a symbolic link that root does not own, and is not followed`);
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
 * Writes a token file: mode 0600, one newline, completely or not at all. A directory that is missing is made with mode
 * 0700. An older file of this name is replaced; a symbolic link is an error (write_out_token in token_utils.cpp).
 *
 * The result is the outermost directory that was made; undefined: none was.
 *
 * Synchronous, so that no signal and no other work comes between its steps.
 *
 * @throws OutputError ERR_OUTPUT; then the old file, if there was one, is as it was, and no new directory is left.
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

/** The content of a token file. */
export function tokenText(token: Secret): string {
  return `${token.reveal()}\n`;
}

/** Writes a new file beside `path`, complete before it gets that name; `put` gives it the name. */
export function putFile(path: string, text: string, put: (from: string, to: string) => void): void {
  const temporary = join(dirname(resolve(path)), `.${basename(path)}.${crypto().randomUUID()}`);
  try {
    writeWhole(temporary, text);
    renameOver(() => put(temporary, path), process.platform);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** The directories that are missing on the way to `directory`, itself included; the outermost first. */
export function missingDirectories(directory: string): readonly string[] {
  const missing: string[] = [];
  for (let each = directory; stat(each) === undefined && dirname(each) !== each; each = dirname(each))
    missing.unshift(each);
  return missing;
}

/**
 * Creates the directories on the way to `directory`, one by one. A recursive mkdir of Node never
 * returns below /proc, and returns a path of another form on Windows. Returns those that it made, the outermost first.
 *
 * @throws OutputError ERR_OUTPUT; then none of them is left.
 */
export function makeDirectories(directory: string): readonly string[] {
  const made: string[] = [];
  for (const each of missingDirectories(directory)) {
    try {
      mkdirSync(each, { mode: PRIVATE_DIRECTORY });
      made.push(each);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue; // another process was faster
      removeEmpty(made);
      throw new OutputError(`the directory ${each} could not be created: ${systemReason(cause)}`, { cause });
    }
  }
  return made;
}

/** Removes directories of a failed write, unless another process has put something there. */
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
 * Writes an address file beside a token: where a daemon is, and its version in its own words, as daemons say it to the
 * tools of their machine (Daemon::readAddressFile). Its directory is ours alone.
 *
 * @throws OutputError ERR_OUTPUT.
 */
export function writeAddressFile(path: string, sinful: string, version: string): void {
  // HTCondor's programs crash on a version that is like one but has no date (CondorVersionInfo::string_to_VersionData).
  const known = /^\$CondorVersion: \d+\.\d+\.\d+ [\w .:~+-]+ \$$/.test(version);
  try {
    writeWhole(path, `${sinful}\n${known ? `${version}\n` : ''}`);
  } catch (cause) {
    throw new OutputError(`the address could not be written to ${path}: ${systemReason(cause)}`, { cause });
  }
}

/** HTCondor never takes a token from a file whose name starts with a dot, so it cannot see this one half-written. */
function writeWhole(path: string, text: string): void {
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

/** Node's permission model has no fsync: then a crash of the host, and nothing else, may leave a file without its content. */
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
