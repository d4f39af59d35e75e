import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '../runtime/secret.ts';
import { ExposedFile, readPrivateFile, reasonOf } from './private-file.ts';

/** A line of a token file that may be a token. */
export interface TokenLine {
  readonly text: Secret;
  /** The file, and the line number if it has several. */
  readonly source: string;
}

interface TokenDirectory {
  readonly lines: readonly TokenLine[];
  /** Skipped files with the reason, or the reason why there are none. */
  readonly skipped: readonly string[];
  /** Skipped files with a wrong owner or mode, which the user should fix. */
  readonly exposed: readonly string[];
}

/** LOCAL_CONFIG_DIR_EXCLUDE_REGEXP's default: files that editors and package managers leave behind. */
export const EXCLUDED_NAME = /^((\..*)|(.*~)|(#.*)|(.*\.rpmsave)|(.*\.rpmnew)|(.*\.dpkg-.*))$/;

/**
 * Reads a token directory as HTCondor does (findTokens in condor_auth_passwd.cpp, read_secure_file): files in the order
 * of their names, one token a line, `#` comments; a file must be owned by this account and inaccessible to others.
 * `excluded`: LOCAL_CONFIG_DIR_EXCLUDE_REGEXP, if it is not the default.
 *
 * Synchronous: for a few small files, loading node:fs/promises takes longer than reading them.
 */
export function readTokenDirectory(directory: string, excluded = EXCLUDED_NAME): TokenDirectory {
  let names: string[];
  try {
    names = readdirSync(directory).sort();
  } catch (error) {
    return { lines: [], skipped: [`${directory}: ${reasonOf(error)}`], exposed: [] };
  }
  const lines: TokenLine[] = [];
  const skipped: string[] = [];
  const exposed: string[] = [];
  for (const name of names) {
    const path = join(directory, name);
    if (excluded.test(name)) {
      skipped.push(`${path}: HTCondor ignores files with such a name`);
      continue;
    }
    try {
      const found = tokenLines(readPrivateFile(path).toString('utf8'), path);
      if (found.length === 0) skipped.push(`${path}: the file contains no token, only blank lines and comments`);
      lines.push(...found);
    } catch (error) {
      skipped.push(`${path}: ${reasonOf(error)}`);
      if (error instanceof ExposedFile) exposed.push(`${path}: ${error.message}`);
    }
  }
  if (names.length === 0) skipped.push(`${directory}: the directory is empty`);
  return { lines, skipped, exposed };
}

/** Returns the lines of a text that are neither blank nor comments. */
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
