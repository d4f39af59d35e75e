import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { CredentialError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { Secret } from '../runtime/secret.ts';
import type { AuthMethod } from '../security/method.ts';
import { MAX_SCITOKEN_LENGTH, scitokens } from '../security/methods/scitokens.ts';
import type { TlsFor } from '../security/methods/ssl.ts';
import { type BearerToken, parseBearerToken } from '../token/bearer.ts';
import { algorithmOf, secretsOf } from '../token/jwt.ts';
import { reasonOf, unreadable } from './private-file.ts';

export interface SciTokenSource {
  readonly text: Secret | undefined;
  /** Where `text` comes from. Default: the input `scitoken`. */
  readonly name?: string | undefined;
  /** SCITOKENS_FILE, which replaces the discovery. */
  readonly file: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number | undefined;
}

interface Found {
  readonly text: string;
  readonly source: string;
}

/** Number of bytes that are read of a file; no token is longer. */
const MAX_FILE_LENGTH = 64 * 1024;

/**
 * Returns SCITOKENS with the token of the input or the discovered token, or the reason why there is none.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE if the input is not a token, or is too long.
 */
export function loadSciToken(source: SciTokenSource, tlsFor: TlsFor, host: Host): AuthMethod | string {
  const token = readSciToken(source, host);
  if (typeof token === 'string') return token;
  const { length } = new TextEncoder().encode(token.jwt.reveal());
  if (length <= MAX_SCITOKEN_LENGTH) return scitokens(token, tlsFor, host);
  const reason = `it has ${length} bytes; SCITOKENS accepts at most ${MAX_SCITOKEN_LENGTH}, mode exchange accepts more`;
  if (source.text === undefined) return `${token.source}: ${reason}`;
  throw unreadable(token.source, reason);
}

/** Returns the token of the input or the discovered token, or the reason why there is none. Throws as loadSciToken does. */
export function readSciToken(source: SciTokenSource, host: Host): BearerToken | string {
  const given = source.text !== undefined;
  const found = given ? { text: source.text.reveal(), source: source.name ?? 'scitoken' } : discover(source);
  if (typeof found === 'string') return found;
  const jwt = new Secret(found.text.trim());
  // A text in a file that is not a JWT is not a secret, and a mask would hide it everywhere in the job's log.
  if (algorithmOf(jwt) !== undefined) for (const secret of secretsOf(jwt)) host.mask(secret);
  else if (given && jwt.reveal() !== '') host.mask(jwt);
  try {
    if (jwt.reveal() === '') throw unreadable(found.source, 'the value is empty');
    if (/\s/.test(jwt.reveal())) throw unreadable(found.source, 'it contains white space');
    return parseBearerToken(jwt, found.source);
  } catch (error) {
    if (!(error instanceof CredentialError) || given) throw error;
    return error.message;
  }
}

/** WLCG bearer token discovery (htcondor::discover_token): the first existing source counts, even if it is unusable. */
function discover({ file, env, uid }: SciTokenSource): Found | string {
  if (file !== undefined) {
    const text = readStart(file);
    if (text instanceof Error) return `SCITOKENS_FILE ${file}: ${reasonOf(text)}`;
    const [line = ''] = text.split('\n').filter((each) => each.trim() !== '' && !each.trim().startsWith('#'));
    return { text: line, source: file };
  }
  const variable = env['BEARER_TOKEN'];
  if (variable !== undefined && variable.trim() !== '') return { text: variable, source: 'BEARER_TOKEN' };
  const name = `bt_u${uid}`;
  const folders = uid === undefined ? [] : [env['XDG_RUNTIME_DIR'] ?? '', '/tmp'].filter((each) => each !== '');
  const named = env['BEARER_TOKEN_FILE'] ?? '';
  const files = [...(named === '' ? [] : [named]), ...folders.map((folder) => join(folder, name))];
  for (const path of files) {
    const text = readStart(path, path === named ? undefined : uid);
    if (!(text instanceof Error)) {
      if (text.trim() !== '') return { text, source: path };
    } else if ((text as NodeJS.ErrnoException).code !== 'ENOENT') return `${path}: ${reasonOf(text)}`;
  }
  return `no SciToken was found: BEARER_TOKEN is not set, and no token was found in ${files.join(', ') || 'any file'}`;
}

/** `owner`: the required owner of a file in a directory to which other accounts can write. */
function readStart(path: string, owner?: number): string | Error {
  try {
    const ours = owner === undefined ? 0 : (constants.O_NOFOLLOW ?? 0); // a link could be somebody else's choice
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | ours);
    try {
      const { uid, mode } = fstatSync(file);
      if ((mode & constants.S_IFMT) !== constants.S_IFREG) return new Error('it is not a regular file');
      if (owner !== undefined && uid !== owner)
        return new Error(`it is owned by user ${uid}, not by this account (${owner})`);
      const bytes = Buffer.alloc(MAX_FILE_LENGTH);
      return bytes.toString('utf8', 0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return error as Error;
  }
}
