/** Parses all inputs into a TokenRequest. The pipeline never receives raw inputs. */
import { isAbsolute, join, resolve } from 'node:path';
import { EXCLUDED_NAME } from '../credentials/idtokens.ts';
import { InputError } from '../errors.ts';
import type { Mode, TokenRequest } from '../pipeline/request.ts';
import { crypto } from '../runtime/crypto.ts';
import { AUTHORIZATION_LEVELS } from '../token/levels.ts';
import { ciRun } from './ci-run.ts';
import { readCredentials, tokenDirectory } from './credentials.ts';
import { readDaemon } from './daemon.ts';
import { readKeyless } from './keyless.ts';
import { expandPath, refuseVariables } from './paths.ts';
import { CREDENTIAL_INPUTS, INPUTS, type InputName, type InputSource, type Surroundings } from './table.ts';
import { durationOf, listOf, oneOf, parseDuration, plainText, quote, refuse } from './words.ts';

/** Maximum lifetime of a token, in seconds. The limit is that of a C++ int, in which the daemon stores the lifetime. */
const MAX_LIFETIME_SECONDS = 2 ** 31 - 1;
export const MAX_TIMEOUT_SECONDS = 24 * 60 * 60;
const MAX_RETRIES = 100;
const DEFAULT_USER = 'condor'; // the same default as in condor_token_request
const POLL_INTERVAL_MS = 5000;

/**
 * Returns the request that the inputs describe.
 *
 * `localFirst` selects the daemon if no name is set. If `localFirst` is true, the daemon of this host is used, as in
 * HTCondor's tools, even if a pool is set. If `localFirst` is false, the pool's only daemon is used.
 *
 * @throws InputError ERR_INPUT for the first invalid input, with the valid values.
 */
export function readRequest(input: InputSource, surroundings: Surroundings, localFirst = false): TokenRequest {
  const warnings = checkConfiguration(input, surroundings);
  const path = readPath(input, surroundings);
  const given = oneOf('mode', input('mode') ?? INPUTS.mode, ['fetch', 'request', 'exchange', 'check']);
  const mode = given === 'check' ? 'fetch' : given;
  const key = plainText('key', input('key'));
  if (mode === 'request' && key !== undefined)
    refuse('key', 'not supported with mode request, which cannot select a signing key');
  const remote = readBoolean('remote', input('remote') ?? INPUTS.remote);
  if (remote) checkRemote(given);
  const lifetimeSeconds = readLifetime(input('lifetime'));
  const keyless = readKeyless(input, surroundings);
  if (readBoolean('renew', input('renew') ?? INPUTS.renew))
    checkRenewal(given, path, lifetimeSeconds, keyless, surroundings.env);
  const verify = readBoolean('verify', input('verify') ?? INPUTS.verify);
  if (remote && verify) refuse('verify', 'not supported with remote, because only the schedd can verify the token');
  return {
    mode,
    checkOnly: given === 'check',
    daemon: readDaemon(input, surroundings, { localFirst, remote }),
    remote,
    serverName: readServerName(input('server-name')),
    privateNetworkName: surroundings.setting('PRIVATE_NETWORK_NAME'),
    mayBeUnauthenticated: mayBeUnauthenticated(surroundings),
    credentials: readCredentials(input, surroundings, mode, localFirst),
    keyless,
    authz: readLevels(input('authz')),
    lifetimeSeconds,
    key,
    identity: readIdentity(input('identity'), mode, surroundings),
    run: ciRun(surroundings.env),
    pollIntervalMs: POLL_INTERVAL_MS,
    expectedIdentity: plainText('expected-identity', input('expected-identity')),
    expectedTrustDomain: plainText('expected-trust-domain', input('expected-trust-domain')),
    verify,
    retries: readRetries(input('retries') ?? INPUTS.retries),
    onReduced: oneOf('on-reduced', input('on-reduced') ?? 'warn', ['warn', 'fail', 'ignore']),
    path,
    warnings,
  };
}

function checkRemote(given: Mode | 'check'): void {
  if (given === 'check') refuse('mode', 'check queries the schedd itself; omit remote');
  if (given !== 'fetch') refuse('remote', `supported with mode fetch only, not ${given}`);
}

/**
 * Returns the request without the signing keys of this host, which the Action never uses. Otherwise, if the workflow's
 * secret were missing, a step that runs as root would authenticate as `condor@password`, the identity of the pool
 * itself.
 */
export function withoutSigningKeys(request: TokenRequest): TokenRequest {
  const { credentials } = request;
  const { idtoken } = credentials;
  if ('text' in idtoken) return request;
  return { ...request, credentials: { ...credentials, idtoken: { ...idtoken, signing: undefined } } };
}

/** Inputs whose defaults come from HTCondor's configuration. */
const PLACES: readonly InputName[] = ['pool', 'address'];
const CREDENTIALS: readonly InputName[] = [...CREDENTIAL_INPUTS, 'oidc-audience', 'authentication-methods'];

/**
 * Returns a warning if HTCondor is installed on this host but its configuration is unreadable.
 *
 * @throws InputError ERR_INPUT if the configuration is needed.
 */
function checkConfiguration(input: InputSource, { setting }: Surroundings): readonly string[] {
  const { failure } = setting;
  if (failure === undefined) return [];
  const isGiven = (names: readonly InputName[]) => names.some((name) => input(name) !== undefined);
  const missing =
    (!isGiven(PLACES) && setting('COLLECTOR_HOST') === undefined && 'COLLECTOR_HOST') ||
    (!isGiven(CREDENTIALS) && setting('SEC_TOKEN_DIRECTORY') === undefined && 'SEC_TOKEN_DIRECTORY') ||
    (input('token') !== undefined &&
      input('token-directory') === undefined &&
      setting('SEC_TOKEN_DIRECTORY') === undefined &&
      'SEC_TOKEN_DIRECTORY');
  if (missing) throw new InputError(missing, failure, { reason: 'configuration' });
  return [`${failure}; no action is needed, because the inputs are sufficient`];
}

/** Returns the time limit for the whole run, in milliseconds. */
export function readTimeout(input: InputSource): number {
  const text = input('timeout') ?? INPUTS.timeout;
  const seconds = parseDuration(text);
  if (seconds === undefined || seconds < 1 || seconds > MAX_TIMEOUT_SECONDS) {
    refuse('timeout', `${quote(text)} is not a duration from 1s to 1d, such as 90s or 5m`);
  }
  return seconds * 1000;
}

export function readBoolean(name: InputName, value: string | boolean): boolean {
  return typeof value === 'boolean' ? value : oneOf(name, value.toLowerCase(), ['true', 'false']) === 'true';
}

function readServerName(text: string | undefined): string | undefined {
  const name = plainText('server-name', text);
  if (name === undefined || !/^[^:]*:\d+$/.test(name)) return name;
  refuse('server-name', `${quote(name)} has a port; certificates contain only host names`);
}

function readRetries(value: string | number): number {
  const number = typeof value === 'number' || /^\d{1,3}$/.test(value.trim()) ? Number(value) : Number.NaN;
  if (Number.isInteger(number) && number >= 0 && number <= MAX_RETRIES) return number;
  refuse('retries', `${quote(String(value))} is not a number from 0 to ${MAX_RETRIES}`);
}

/**
 * True unless SEC_CLIENT_AUTHENTICATION or SEC_CLIENT_ENCRYPTION is REQUIRED or YES. As in HTCondor, only the first
 * letter of a value is significant.
 */
function mayBeUnauthenticated({ setting }: Surroundings): boolean {
  return ['AUTHENTICATION', 'ENCRYPTION'].every((feature) => {
    const level = setting(`SEC_CLIENT_${feature}`) ?? setting(`SEC_DEFAULT_${feature}`) ?? '';
    return !/^[ry]/i.test(level);
  });
}

/** Returns the identity to request. As in HTCondor, a name without a domain is completed with UID_DOMAIN. */
function readIdentity(text: string | undefined, mode: Mode, { setting }: Surroundings): string {
  if (mode !== 'request') {
    if (text === undefined) return '';
    refuse('identity', 'supported with mode request only; other modes use the identity of the credential');
  }
  const name = plainText('identity', text) ?? DEFAULT_USER;
  const domain = setting('UID_DOMAIN');
  if (name.includes('@')) return name;
  if (domain === undefined) refuse('identity', 'UID_DOMAIN is not set, so the identity must be user@domain');
  return `${name}@${domain}`;
}

function readLevels(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  const levels = [...new Set(listOf(value).map((word) => word.toUpperCase()))];
  const unknown = levels.find((level) => !AUTHORIZATION_LEVELS.includes(level));
  if (unknown !== undefined) {
    const known = AUTHORIZATION_LEVELS.join(' ');
    refuse('authz', `${quote(unknown)} is not an authorization level; the levels are ${known}`);
  }
  if (levels.length === 0) refuse('authz', 'the list is empty; omit authz to request a token without restriction');
  return levels;
}

function readLifetime(value: string | number | undefined): TokenRequest['lifetimeSeconds'] {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value.trim() === 'unlimited') return 'unlimited';
  const seconds = durationOf(value);
  if (seconds === undefined || seconds < 1 || seconds > MAX_LIFETIME_SECONDS) {
    const allowed = `seconds or a number with s, m, h or d (from 1 s to ${MAX_LIFETIME_SECONDS} s), or unlimited`;
    refuse('lifetime', `${quote(String(value))} is not a lifetime; use ${allowed}`);
  }
  return seconds;
}

function readPath(input: InputSource, surroundings: Surroundings): string | undefined {
  const [token, file, directory] = [input('token')?.trim(), input('file'), input('token-directory')];
  if (readBoolean('export-environment', input('export-environment') ?? INPUTS['export-environment'])) {
    const other = token !== undefined ? 'token' : file !== undefined ? 'file' : undefined;
    return privatePath(other, surroundings);
  }
  if (token !== undefined && file !== undefined) {
    throw new InputError('token', 'token and file are mutually exclusive');
  }
  if (directory !== undefined && token === undefined) {
    refuse('token-directory', 'token, the name of the file in the directory, is not set');
  }
  if (file !== undefined) return resolve(expandPath('file', file, surroundings));
  return token === undefined ? undefined : readTokenPath(token, directory, surroundings);
}

function readTokenPath(token: string, directory: string | undefined, surroundings: Surroundings): string {
  if (token === '' || /[/\\\p{Cc}]/u.test(token) || token === '.' || token === '..') {
    refuse('token', `${quote(token)} is not a plain file name; use file for a path`);
  }
  if (EXCLUDED_NAME.test(token)) refuse('token', `HTCondor ignores files with a name such as ${quote(token)}`);
  refuseVariables('token', token);
  if (directory === undefined) return join(resolve(tokenDirectory(surroundings).directory), token);
  return join(resolve(expandPath('token-directory', directory, surroundings)), token);
}

function privatePath(other: 'token' | 'file' | undefined, { env }: Surroundings): string {
  const name = 'export-environment';
  if (other === undefined) return join(privateDirectory(name, env), 'token');
  return refuse(name, `mutually exclusive with ${other}, because it uses its own directory`);
}

/** Returns the path of a private directory for this step. The name of the directory is unpredictable. */
export function privateDirectory(input: InputName, env: Surroundings['env']): string {
  const temporary = env['RUNNER_TEMP'];
  if (temporary === undefined || !isAbsolute(temporary))
    refuse(input, `this runner does not set RUNNER_TEMP, the parent directory`);
  return join(temporary, `condor-token-${crypto().randomUUID()}`);
}

function checkRenewal(
  given: string,
  path: string | undefined,
  lifetimeSeconds: TokenRequest['lifetimeSeconds'],
  keyless: TokenRequest['keyless'],
  env: Surroundings['env'],
) {
  if (path === undefined) refuse('renew', 'there is no file to renew; set export-environment, token or file');
  if (given === 'request') refuse('renew', `not supported with mode ${given}`);
  if (lifetimeSeconds === 'unlimited') refuse('renew', 'a token that never expires needs no renewal');
  privateDirectory('renew', env);
  if (keyless?.service !== undefined && keyless.job === undefined)
    refuse('renew', 'the token service receives the same token each time and may refuse it');
}
