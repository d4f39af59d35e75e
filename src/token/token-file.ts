import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { OutputError } from '../errors.ts';
import { crypto } from '../runtime/crypto.ts';
import { messageOf } from '../runtime/printable.ts';
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
  if (target !== undefined && !target.isFile()) throw new OutputError(`${path} exists and is no regular file`);
  let directory = dirname(resolve(path));
  const parent = stat(directory);
  if (parent?.isSymbolicLink() === true && parent.uid !== 0) {
    throw new OutputError(`${directory} is a symbolic link that is not the system's own, and is not followed`);
  }
  while (stat(directory) === undefined && dirname(directory) !== directory) directory = dirname(directory);
  try {
    accessSync(directory, constants.W_OK);
    if (statSync(directory).isDirectory()) return;
  } catch (cause) {
    throw new OutputError(`${directory} cannot be written to: ${messageOf(cause)}`, { cause });
  }
  throw new OutputError(`${directory} is no directory`);
}

/**
 * Writes a token file: mode 0600, one newline, completely or not at all. A directory that is missing is made with mode
 * 0700. An older file of this name is replaced; a symbolic link is an error (write_out_token in token_utils.cpp).
 *
 * The result is the outermost directory that was made; undefined: none was.
 *
 * Synchronous, so that no signal and no other work comes between its steps.
 *
 * @throws OutputError ERR_OUTPUT; then the old file, if there was one, is as it was.
 */
export function writeTokenFile(path: string, token: Secret, mayMakeDirectory = true): string | undefined {
  const directory = dirname(resolve(path));
  const temporary = join(directory, `.${basename(path)}.${crypto().randomUUID()}`);
  try {
    const directoryMade = mayMakeDirectory
      ? mkdirSync(directory, { recursive: true, mode: PRIVATE_DIRECTORY })
      : undefined;
    checkTokenPath(path);
    try {
      writeWhole(temporary, `${token.reveal()}\n`);
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    return directoryMade;
  } catch (cause) {
    if (cause instanceof OutputError) throw cause;
    throw new OutputError(`the token could not be written to ${path}: ${messageOf(cause)}`, { cause });
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
    throw new OutputError(`the address could not be written to ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** HTCondor never takes a token from a file whose name starts with a dot, so it cannot see this one half-written. */
function writeWhole(path: string, text: string): void {
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  const file = openSync(path, O_WRONLY | O_CREAT | O_EXCL | (constants.O_NOFOLLOW ?? 0), PRIVATE_FILE);
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function stat(path: string) {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw new OutputError(`${path} cannot be looked at: ${messageOf(cause)}`, { cause });
  }
}
