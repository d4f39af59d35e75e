import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { CredentialError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { Secret } from '../runtime/secret.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import type { AuthMethod } from '../security/method.ts';
import { MAX_SCITOKEN_LENGTH, scitokens } from '../security/methods/scitokens.ts';
import type { TlsFor } from '../security/methods/ssl.ts';
import { type BearerToken, parseBearerToken } from '../token/bearer.ts';
import { algorithmOf, maskJwt } from '../token/jwt.ts';
import { checkOwner, exposedKind, reasonOf, unreadable } from './private-file.ts';

export interface SciTokenSource {
  readonly text: Secret | undefined;
  /** Name of the source of `text`. Default: `scitoken`, the name of the input. */
  readonly name?: string | undefined;
  /** Path from SCITOKENS_FILE. If this path is set, token discovery is skipped. */
  readonly file: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number | undefined;
}

interface FoundText {
  readonly text: string;
  readonly source: string;
}

/** Maximum number of bytes that are read from a file. No SciToken is longer. */
const MAX_FILE_LENGTH = 64 * 1024;

/**
 * Returns the SCITOKENS method with the token from the input or from token discovery, or the reason why there is no
 * token.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE if the input is not a token, or is too long.
 */
export function loadSciToken(source: SciTokenSource, tlsFor: TlsFor, host: Host): AuthMethod | Unavailable {
  const token = readSciToken(source, host);
  if (token instanceof Unavailable) return token;
  const { length } = new TextEncoder().encode(token.jwt.reveal());
  if (length <= MAX_SCITOKEN_LENGTH) return scitokens(token, tlsFor, host);
  const reason = `it has ${length} bytes; SCITOKENS accepts at most ${MAX_SCITOKEN_LENGTH}; mode exchange accepts more`;
  if (source.text === undefined) return new Unavailable(`${token.source}: ${reason}`);
  throw unreadable('scitoken-too-long', token.source, reason);
}

/**
 * Returns the token from the input or from token discovery, or the reason why there is no token.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE if the input is not a token.
 */
export function readSciToken(source: SciTokenSource, host: Host): BearerToken | Unavailable {
  const isSupplied = source.text !== undefined;
  const found = isSupplied ? { text: source.text.reveal(), source: source.name ?? 'scitoken' } : discover(source);
  if (found instanceof Unavailable) return found;
  const jwt = new Secret(found.text.trim());
  maskJwt(jwt, host);
  // Text that is not a JWT is masked only if it was supplied as an input. Masking such text from token discovery would
  // hide every occurrence of it in the job's log.
  if (isSupplied && jwt.reveal() !== '' && algorithmOf(jwt) === undefined) host.mask(jwt);
  try {
    if (jwt.reveal() === '') throw unreadable('scitoken-malformed', found.source, 'the value is empty');
    if (/\s/.test(jwt.reveal())) throw unreadable('scitoken-malformed', found.source, 'it contains white space');
    return parseBearerToken(jwt, found.source);
  } catch (error) {
    if (!(error instanceof CredentialError) || isSupplied) throw error;
    return new Unavailable(error.message);
  }
}

/**
 * Discovers a WLCG bearer token (htcondor::discover_token). The first source that exists and is not blank is used, even
 * if its content is invalid.
 */
function discover({ file, env, uid }: SciTokenSource): FoundText | Unavailable {
  if (file !== undefined) return readSciTokensFile(file);
  const variable = env['BEARER_TOKEN'];
  if (variable !== undefined && variable.trim() !== '') return { text: variable, source: 'BEARER_TOKEN' };
  const named = env['BEARER_TOKEN_FILE'] ?? '';
  const files = [...(named === '' ? [] : [named]), ...standardFiles(env, uid)];
  for (const path of files) {
    const found = readIfPresent(path, path === named ? undefined : uid);
    if (found !== undefined) return found;
  }
  const places = files.join(', ') || 'any file';
  return new Unavailable(`no SciToken was found: BEARER_TOKEN is not set, and no token was found in ${places}`);
}

/** Reads the first line of SCITOKENS_FILE that is neither blank nor a comment. */
function readSciTokensFile(file: string): FoundText | Unavailable {
  try {
    const lines = readStart(file).split('\n');
    const [text = ''] = lines.filter((each) => each.trim() !== '' && !each.trim().startsWith('#'));
    return { text, source: file };
  } catch (error) {
    return unreadableFile(`SCITOKENS_FILE ${file}`, error);
  }
}

/** Returns the default paths that WLCG token discovery searches. Each path contains the user ID. */
function standardFiles(env: SciTokenSource['env'], uid: number | undefined): readonly string[] {
  if (uid === undefined) return [];
  const directories = [env['XDG_RUNTIME_DIR'] ?? '', '/tmp'].filter((each) => each !== '');
  return directories.map((directory) => join(directory, `bt_u${uid}`));
}

/** Reads a token file. Returns undefined if the file does not exist or is blank. */
function readIfPresent(path: string, owner: number | undefined): FoundText | Unavailable | undefined {
  try {
    const text = readStart(path, owner);
    return text.trim() === '' ? undefined : { text, source: path };
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return isMissing ? undefined : unreadableFile(path, error);
  }
}

function unreadableFile(name: string, error: unknown): Unavailable {
  return new Unavailable(`${name}: ${reasonOf(error)}`, exposedKind(error));
}

/**
 * Reads the beginning of a file. `owner` is the user ID that must own the file if other accounts can write to its
 * directory.
 */
function readStart(path: string, owner?: number): string {
  const noFollow = owner === undefined ? 0 : (constants.O_NOFOLLOW ?? 0); // another account could have created the link
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | noFollow);
  try {
    const { uid, mode } = fstatSync(file);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw new Error('it is not a regular file');
    if (owner !== undefined) checkOwner({ uid }, owner);
    const bytes = Buffer.alloc(MAX_FILE_LENGTH);
    return bytes.toString('utf8', 0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}
