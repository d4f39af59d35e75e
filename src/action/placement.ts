/**
 * Writes the token file of the Action. Replaces an existing file only if that is permitted. The post step restores the
 * previous file, unless another job has changed the token file in the meantime.
 */
import { linkSync, readdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { OutputError } from '../errors.ts';
import { readBounded } from '../runtime/bounded-file.ts';
import { crypto } from '../runtime/crypto.ts';
import { Secret } from '../runtime/secret.ts';
import { systemReason } from '../runtime/system-reason.ts';
import { type IdToken, parseIdToken } from '../token/jwt.ts';
import { checkTokenPath, makeDirectories, missingDirectories, putFile, tokenText } from '../token/token-file.ts';
import { contentOf, exists, hashOf, MAX_TOKEN_FILE_BYTES } from './file-content.ts';

/** The file that the step writes, and the file that it replaces. Both are saved as state before anything is written. */
export interface Placement {
  readonly path: string;
  /** Directories that the step creates, outermost first. */
  readonly directories: readonly string[];
  /** Path of the backup until the post step restores the previous file; undefined if no file was backed up. */
  readonly backup: string | undefined;
  /** SHA-256 of the new file. */
  readonly hash: string;
}

/** Advice that is added to messages about files that cannot be removed or restored. */
export const CLEAN_UP = 'If other jobs use this runner, clean up manually';

type UndoReport = (line: string, left: boolean) => void;

/** A path to which the step is allowed to write. */
export interface PlacementPlan {
  readonly path: string;
  readonly overwrite: boolean;
  /** SHA-256 of the existing file; undefined if the file does not exist. */
  readonly earlier: string | undefined;
}

/** Issuer, subject and latest possible expiry of the new token, as far as they are known before the fetch. */
interface Expectation {
  readonly expiresBy: number | undefined;
  readonly issuer: string | undefined;
  readonly subject: string | undefined;
}

/**
 * Checks whether the step is allowed to write to the path. Called before a connection is opened.
 *
 * @throws OutputError ERR_OUTPUT.
 */
export function planPlacement(path: string, overwrite: boolean, expected: Expectation): PlacementPlan {
  checkTokenPath(path);
  const earlier = overwrite ? undefined : earlierToken(path);
  if (earlier !== undefined) {
    const { expiresBy, issuer = earlier.issuer, subject = earlier.subject } = expected;
    checkReplaceable(path, earlier, { issuer, subject, expiresAt: expiresBy });
  }
  const found = contentOf(path);
  return { path: resolve(path), overwrite, earlier: found.kind === 'file' ? found.hash : undefined };
}

/** Writes the token. Calls `save` beforehand, and again if the placement changes. @throws OutputError ERR_OUTPUT. */
export function placeToken(
  { path, overwrite, earlier: expected }: PlacementPlan,
  token: IdToken,
  save: (placement: Placement) => void,
): Placement {
  const isThere = exists(path);
  if (isThere && !overwrite) {
    const found = contentOf(path);
    const isSame = found.kind === 'file' && found.hash === expected;
    checkReplaceable(path, earlierToken(path), isSame ? token : ofIdentity(token));
  }
  const text = tokenText(token.jwt);
  const planned: Placement = {
    path,
    directories: missingDirectories(dirname(path)),
    backup: isThere && overwrite ? join(dirname(path), backupName(path)) : undefined,
    hash: hashOf(text),
  };
  save(planned);
  let placement = planned;
  try {
    placement = { ...planned, directories: makeDirectories(dirname(path)) };
    if (placement.directories.length !== planned.directories.length) save(placement);
    checkTokenPath(path);
    if (placement.backup !== undefined) renameSync(path, placement.backup);
    putFile(path, text, isThere && !placement.backup ? renameSync : (from, to) => nameOrReplace(from, to, token));
    return placement;
  } catch (cause) {
    throw undone(cause, placement === planned ? { ...planned, directories: [] } : placement);
  }
}

/** Undoes a failed placement. Returns the error, which also lists everything that could not be undone. */
function undone(cause: unknown, placement: Placement): OutputError {
  const left: string[] = [];
  undoPlacement(placement, [], (line, isLeft) => isLeft && left.push(line));
  if (cause instanceof OutputError && left.length === 0) return cause;
  const [why, reason] = cause instanceof OutputError ? ([cause.message, cause.reason] as const) : [systemReason(cause)];
  const text = [`the token could not be written to ${placement.path}: ${why}`, ...left].join('. ');
  return new OutputError(text, { cause, reason });
}

/** Renames the new file to its final name. If permitted, replaces another step's file with that name. */
function nameOrReplace(from: string, to: string, token: IdToken): void {
  try {
    nameNew(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    checkReplaceable(to, earlierToken(to), ofIdentity(token));
    renameSync(from, to);
  }
}

/** Renames a file. If the file system supports hard links, @throws Error EEXIST when the target already exists. */
function nameNew(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || exists(to)) throw error;
    renameSync(from, to); // the file system does not support hard links
  }
}

/** Returns the IDTOKEN in a file; undefined if the file does not exist. @throws OutputError for other content. */
function earlierToken(path: string): IdToken | undefined {
  let text: string;
  try {
    text = readBounded(path, MAX_TOKEN_FILE_BYTES).toString('utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw kept(path, systemReason(cause));
  }
  try {
    return parseIdToken(new Secret(text.trim()));
  } catch {
    throw kept(path, 'it does not contain exactly one IDTOKEN');
  }
}

/** Returns the claims that a concurrent step's token must have. Accepts any expiry, because the last writer wins. */
function ofIdentity({ issuer, subject }: IdToken): Pick<IdToken, 'issuer' | 'subject' | 'expiresAt'> {
  return { issuer, subject, expiresAt: undefined };
}

function checkReplaceable(
  path: string,
  earlier: IdToken | undefined,
  token: Pick<IdToken, 'issuer' | 'subject' | 'expiresAt'>,
): void {
  if (earlier === undefined) return;
  const { issuer, subject, expiresAt = Number.POSITIVE_INFINITY } = earlier;
  if (issuer !== token.issuer) throw kept(path, `it contains a token issued by ${issuer}`);
  if (subject !== token.subject) throw kept(path, `it contains a token for ${subject}`);
  if (expiresAt > (token.expiresAt ?? Number.POSITIVE_INFINITY))
    throw kept(path, 'it contains a token that expires later than the new one');
}

function kept(path: string, reason: string): OutputError {
  return new OutputError(`${path} exists and is not replaced: ${reason}`);
}

/**
 * Undoes a placement, unless another process has changed the token file. `hashes` are the hashes of renewed tokens.
 * `report` receives a line for each action, and a line with the reason for each file that remains.
 */
export function undoPlacement(
  { path, directories, backup, hash }: Placement,
  hashes: readonly string[],
  report: UndoReport,
): void {
  const ours = new Set([hash, ...hashes]);
  attempt(path, report, () => undoFile(path, ours, backup, report));
  for (const directory of directories.toReversed()) {
    try {
      rmdirSync(directory);
      report(`Removed ${directory}`, false);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') continue;
      const isFull = code === 'ENOTEMPTY' || code === 'EEXIST';
      report(`Left ${directory}: ${isFull ? 'it is not empty' : systemReason(error)}`, !isFull);
    }
  }
}

function undoFile(path: string, ours: ReadonlySet<string>, backup: string | undefined, report: UndoReport): void {
  const found = contentOf(path);
  const saved = backup !== undefined && exists(backup) ? backup : undefined;
  if (found.kind === 'none') {
    if (saved !== undefined) restore(saved, path, report);
  } else if (found.kind !== 'file') {
    report(`Left ${path}: ${found.reason}`, true);
    if (saved !== undefined) report(`Left ${saved}: it is the previous file at ${path}`, true);
  } else if (!ours.has(found.hash)) {
    report(`Left ${path}: another process has changed it`, !handOn(path, ours, backup, report));
  } else if (saved !== undefined) {
    renameSync(saved, path);
    report(`Restored ${path}`, false);
  } else {
    unlinkSync(path);
    report(`Removed ${path}`, false);
  }
}

function restore(backup: string, path: string, report: UndoReport): void {
  nameNew(backup, path);
  if (exists(backup)) unlinkSync(backup);
  report(`Restored ${path}`, false);
}

/**
 * Handles a backup that another step made of this step's token. If this step itself replaced a file, that file becomes
 * the backup. Otherwise, the backup is deleted. Returns true if no file of this step remains.
 */
function handOn(path: string, ours: ReadonlySet<string>, backup: string | undefined, report: UndoReport): boolean {
  const prefix = backupPrefix(path);
  const names = readdirSync(dirname(path)).filter((name) => name.startsWith(prefix) && name !== basename(backup ?? ''));
  const aside = names
    .map((name) => join(dirname(path), name))
    .find((each) => {
      const found = contentOf(each);
      return found.kind === 'file' && ours.has(found.hash);
    });
  const mine = backup !== undefined && exists(backup) ? backup : undefined;
  if (aside !== undefined) {
    if (mine === undefined) unlinkSync(aside);
    else renameSync(mine, aside);
  } else if (mine !== undefined) report(`Left ${mine}: it is the previous file at ${path}`, true);
  return aside !== undefined || mine === undefined;
}

function attempt(path: string, report: UndoReport, work: () => void): void {
  try {
    work();
  } catch (error) {
    report(`Left ${path}: ${systemReason(error)}`, true);
  }
}

function backupPrefix(path: string): string {
  return `.${basename(path)}.condor-token-fetch-`;
}

function backupName(path: string): string {
  return `${backupPrefix(path)}${crypto().randomUUID()}`;
}
