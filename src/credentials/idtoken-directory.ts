import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '../secret.ts';

/** A line of a token file that may be a token. */
export interface TokenLine {
  readonly text: Secret;
  /** The file, and the line where it has several. */
  readonly source: string;
}

export interface TokenDirectory {
  readonly lines: readonly TokenLine[];
  /** Files that were passed over, with the reason; or why there are none at all. */
  readonly skipped: readonly string[];
}

/** LOCAL_CONFIG_DIR_EXCLUDE_REGEXP's default: files that editors and package managers leave behind. */
const EXCLUDED_NAME = /^((\..*)|(.*~)|(#.*)|(.*\.rpmsave)|(.*\.rpmnew)|(.*\.dpkg-.*))$/;

/** A token file is a line or a few; whatever is larger is something else. */
const MAX_FILE_LENGTH = 1024 * 1024;

/**
 * Reads a token directory as HTCondor does (findTokens in condor_auth_passwd.cpp, read_secure_file): files in the order
 * of their names, one token a line, `#` comments; a file must belong to us and be closed to everybody else.
 *
 * Synchronous: for a few small files, loading node:fs/promises takes longer than reading them.
 */
export function readTokenDirectory(directory: string): TokenDirectory {
  let names: string[];
  try {
    names = readdirSync(directory).sort();
  } catch (error) {
    return { lines: [], skipped: [`${directory}: ${reasonOf(error)}`] };
  }
  const lines: TokenLine[] = [];
  const skipped: string[] = [];
  for (const name of names) {
    const path = join(directory, name);
    if (EXCLUDED_NAME.test(name)) {
      skipped.push(`${path}: HTCondor ignores files of such a name`);
      continue;
    }
    try {
      const found = tokenLines(readPrivateFile(path), path);
      if (found.length === 0) skipped.push(`${path}: it holds no token, only blank lines and comments`);
      lines.push(...found);
    } catch (error) {
      skipped.push(`${path}: ${reasonOf(error)}`);
    }
  }
  if (names.length === 0) skipped.push(`${directory}: it is empty`);
  return { lines, skipped };
}

/** The lines of a text that are neither blank nor comments. */
export function tokenLines(text: string, source: string): readonly TokenLine[] {
  const found = text
    .split(/\r?\n/)
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'));
  return found.map(({ line, number }) => ({
    text: new Secret(line),
    source: found.length === 1 ? source : `${source} line ${number}`,
  }));
}

function readPrivateFile(path: string): string {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const { uid, mode, size } = fstatSync(file);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw new Error('it is no regular file');
    if (size > MAX_FILE_LENGTH) throw new Error('it is too large for a token');
    if (process.getuid !== undefined) {
      if (uid !== process.getuid()) throw new Error(`it belongs to user ${uid}, not to us (${process.getuid()})`);
      const open = mode & 0o077;
      if (open !== 0)
        throw new Error(`others may use it (mode ${(mode & 0o777).toString(8).padStart(4, '0')}); it must be 0600`);
    }
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'it does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'it cannot be read by this user';
  return message;
}
