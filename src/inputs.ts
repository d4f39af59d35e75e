/**
 * What users may say, and what it means. The one table is shared by the Action, the command and the library; words are
 * parsed here, once, and nothing behind this file sees a raw string.
 */
import { isAbsolute, join } from 'node:path';
import { COLLECTOR_TYPES, DAEMON_TYPES } from './daemon/commands.ts';
import { InputError } from './errors.ts';
import type { TokenRequest } from './fetch.ts';
import { Secret } from './secret.ts';
import { AUTHORIZATION_LEVELS } from './token/levels.ts';
import { DEFAULT_PORT, parseAddress, type Sinful } from './transport/sinful.ts';

/** Name, and the Action's default; a test holds action.yml and the README equal to this. */
export const INPUTS = {
  pool: '',
  name: '',
  type: 'schedd',
  address: '',
  authz: '',
  lifetime: '1h',
  key: '',
  idtoken: '',
  'on-reduced': 'warn',
  token: '',
  'token-directory': '',
  file: '',
  summary: 'true',
  timeout: '60s',
} as const;

export type InputName = keyof typeof INPUTS;

/** What was said for an input; undefined: nothing. */
export type InputSource = (name: InputName) => string | undefined;

/** The parts of the surroundings that decide defaults. */
export interface Surroundings {
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Home directory of the account, not `$HOME`: HTCondor asks the password database. */
  readonly home: string;
  readonly isRoot: boolean;
}

/** The largest number that fits where the daemon keeps a lifetime: a C++ int. */
const MAX_LIFETIME_SECONDS = 2 ** 31 - 1;
const MAX_TIMEOUT_SECONDS = 24 * 60 * 60;
const SECONDS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 60 * 60, d: 24 * 60 * 60 };

/**
 * The request that the inputs make.
 *
 * @throws InputError ERR_INPUT for the first input that makes no sense, with what would.
 */
export function readRequest(input: InputSource, surroundings: Surroundings): TokenRequest {
  return {
    daemon: readDaemon(input, surroundings),
    credentials: readCredentials(input, surroundings),
    authz: readLevels(input('authz')),
    lifetime: readLifetime(input('lifetime')),
    key: plainText('key', input('key')),
    onReduced: oneOf('on-reduced', input('on-reduced') ?? 'warn', ['warn', 'fail', 'ignore']),
    path: readPath(input, surroundings),
  };
}

/** The time allowed for everything, in milliseconds. */
export function readTimeout(input: InputSource): number {
  const text = input('timeout') ?? INPUTS.timeout;
  const seconds = parseDuration(text);
  if (seconds === undefined || seconds < 1 || seconds > MAX_TIMEOUT_SECONDS) {
    throw new InputError('timeout', `timeout: ${quote(text)} is not a time between 1s and 1d, such as 90s or 5m`);
  }
  return seconds * 1000;
}

/** @throws InputError ERR_INPUT unless it is a number of milliseconds that a timer can wait for. */
export function checkTimeout(timeoutMs: number): number {
  if (timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_SECONDS * 1000) return Math.ceil(timeoutMs);
  throw new InputError('timeout', `timeoutMs: ${timeoutMs} is not a number of milliseconds between 1 and a day's`);
}

export function readBoolean(name: InputName, text: string): boolean {
  return oneOf(name, text.toLowerCase(), ['true', 'false']) === 'true';
}

function readDaemon(input: InputSource, surroundings: Surroundings): TokenRequest['daemon'] {
  const type = oneOf('type', (input('type') ?? INPUTS.type).toLowerCase(), Object.keys(DAEMON_TYPES));
  const name = plainText('name', input('name'));
  const address = input('address');
  if (address !== undefined) {
    const parsed = parseAddress(address.trim(), DEFAULT_PORT);
    if (parsed === undefined)
      throw new InputError('address', `address: ${quote(address)} is neither a sinful string nor host:port`);
    return { address: [parsed] };
  }
  const named = name === undefined ? undefined : addressInName(name);
  if (named !== undefined) return { address: [named] };
  const pool = readPool(input('pool') ?? surroundings.env['_CONDOR_COLLECTOR_HOST']);
  if (COLLECTOR_TYPES.includes(type)) {
    if (name === undefined && pool !== undefined) return { address: pool };
    if (name !== undefined && pool !== undefined) {
      throw new InputError('name', `name: a ${type} is found by pool alone; leave name out`);
    }
    const collector = parseAddress(name ?? '', DEFAULT_PORT);
    if (collector !== undefined) return { address: [collector] };
  }
  if (pool === undefined) {
    throw new InputError(
      'pool',
      'pool: give the host of the collector (host or host:port), or address for a daemon without one',
    );
  }
  return { collectors: pool, type, name };
}

/** HTCondor takes a name that is an address for what it is, and asks no collector (Daemon::locate). */
function addressInName(name: string): Sinful | undefined {
  return name.startsWith('<') || /:\d+$/.test(name) ? parseAddress(name) : undefined;
}

function readPool(text: string | undefined): readonly Sinful[] | undefined {
  if (text === undefined) return undefined;
  const words = splitList(text);
  if (words.length === 0) throw new InputError('pool', 'pool: it is empty');
  return words.map((word) => {
    const address = parseAddress(word, DEFAULT_PORT);
    if (address === undefined)
      throw new InputError('pool', `pool: ${quote(word)} is not a host, host:port or sinful string`);
    return address;
  });
}

function readCredentials(input: InputSource, surroundings: Surroundings): TokenRequest['credentials'] {
  const text = input('idtoken');
  if (text !== undefined) return { text: new Secret(text) };
  const named = surroundings.env['_CONDOR_SEC_TOKEN_DIRECTORY'];
  return named ? { directory: named, named: true } : { directory: defaultDirectory(surroundings), named: false };
}

/** The token directory of those who name none (findTokens in condor_auth_passwd.cpp). */
function defaultDirectory({ env, home, isRoot }: Surroundings): string {
  return isRoot
    ? env['_CONDOR_SEC_TOKEN_SYSTEM_DIRECTORY'] || '/etc/condor/tokens.d'
    : join(home, '.condor', 'tokens.d');
}

function readLevels(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  const levels = [...new Set(splitList(text).map((word) => word.toUpperCase()))];
  const unknown = levels.find((level) => !AUTHORIZATION_LEVELS.includes(level));
  if (unknown !== undefined) {
    const known = AUTHORIZATION_LEVELS.join(' ');
    throw new InputError('authz', `authz: ${quote(unknown)} is not an authorization level; HTCondor has ${known}`);
  }
  if (levels.length === 0)
    throw new InputError('authz', 'authz: it names no level; leave it out to ask for no restriction');
  return levels;
}

function readLifetime(text: string | undefined): TokenRequest['lifetime'] {
  if (text === undefined) return undefined;
  if (text.trim() === 'unlimited') return 'unlimited';
  const seconds = parseDuration(text);
  if (seconds === undefined || seconds < 1 || seconds > MAX_LIFETIME_SECONDS) {
    const allowed = `seconds, or a number with s, m, h or d, from 1 to ${MAX_LIFETIME_SECONDS} s; or unlimited`;
    throw new InputError('lifetime', `lifetime: ${quote(text)} is not a lifetime: ${allowed}`);
  }
  return seconds;
}

function readPath(input: InputSource, surroundings: Surroundings): string | undefined {
  const [token, file, directory] = [input('token'), input('file'), input('token-directory')];
  if (token !== undefined && file !== undefined) {
    throw new InputError('token', 'token and file exclude each other: the token is written to one place');
  }
  if (directory !== undefined && token === undefined) {
    throw new InputError('token-directory', 'token-directory: give token too, the name of the file in that directory');
  }
  if (file !== undefined) return plainPath('file', file);
  if (token === undefined) return undefined;
  if (token.trim() === '' || /[/\\\p{Cc}]/u.test(token) || token === '.' || token === '..') {
    throw new InputError('token', `token: ${quote(token)} is not a plain file name; use file for a path`);
  }
  const preset = surroundings.env['_CONDOR_SEC_TOKEN_DIRECTORY'] || defaultDirectory(surroundings);
  return join(directory === undefined ? preset : plainPath('token-directory', directory), token);
}

function plainPath(input: InputName, text: string): string {
  if (text.trim() === '' || text.includes('\0')) throw new InputError(input, `${input}: ${quote(text)} is not a path`);
  return isAbsolute(text) ? text : join(process.cwd(), text);
}

/** A word that goes into an ad or an expression as it is, so it must not be able to leave its quotes. */
function plainText(input: InputName, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const word = text.trim();
  if (word === '') throw new InputError(input, `${input}: it is empty`);
  if (word.length > 1024 || /["\\\p{Cc}]/u.test(word)) {
    throw new InputError(input, `${input}: ${quote(word)} has characters that no ${input} has`);
  }
  return word;
}

function oneOf<T extends string>(input: InputName, text: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === text.trim());
  if (found !== undefined) return found;
  throw new InputError(input, `${input}: ${quote(text)} is unknown; possible are ${allowed.join(' ')}`);
}

function parseDuration(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,12})([smhd]?)$/.exec(text.trim()) ?? [];
  return digits === undefined ? undefined : Number(digits) * (SECONDS[unit] ?? Number.NaN);
}

function splitList(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

function quote(text: string): string {
  return `"${text.length > 100 ? `${text.slice(0, 100)}…` : text}"`;
}
