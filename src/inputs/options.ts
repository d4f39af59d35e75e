/** Options of the library. They correspond to the inputs of the Action, but their names are in camel case. */
import { InputError } from '../errors.ts';
import type { FetchOptions } from '../pipeline/library-types.ts';
import { MAX_TIMEOUT_SECONDS } from './request.ts';
import type { InputName, InputSource, InputValue } from './table.ts';

const DEFAULT_LIFETIME_SECONDS = 3600;

/** Name of the input that each option sets. */
const INPUT_OF = {
  pool: 'pool',
  name: 'name',
  type: 'type',
  address: 'address',
  authz: 'authz',
  lifetime: 'lifetime',
  mode: 'mode',
  identity: 'identity',
  key: 'key',
  remote: 'remote',
  authenticationMethods: 'authentication-methods',
  idtoken: 'idtoken',
  scitoken: 'scitoken',
  oidcAudience: 'oidc-audience',
  tokenService: 'token-service',
  tokenGrant: 'token-grant',
  clientCertificate: 'client-certificate',
  clientKey: 'client-key',
  kerberosKeytab: 'kerberos-keytab',
  kerberosPrincipal: 'kerberos-principal',
  kerberosPassword: 'kerberos-password',
  kerberosCache: 'kerberos-cache',
  caCertificate: 'ca-certificate',
  serverName: 'server-name',
  password: 'password',
  expectedIdentity: 'expected-identity',
  expectedTrustDomain: 'expected-trust-domain',
  verify: 'verify',
  onReduced: 'on-reduced',
  file: 'file',
  retries: 'retries',
  timeoutMs: 'timeout',
} as const satisfies Readonly<Record<Exclude<keyof FetchOptions, 'signal' | 'onSecret' | 'onLog'>, InputName>>;

type OptionName = keyof typeof INPUT_OF;

/** Options that accept a type other than string, with the name of the type and a check for values of that type. */
const isList = (value: unknown) => Array.isArray(value) && value.every((each) => typeof each === 'string');
const TYPES: Readonly<Partial<Record<OptionName, readonly [name: string, has: (value: unknown) => boolean]>>> = {
  authz: ['a list of strings', isList],
  authenticationMethods: ['a list of strings', isList],
  lifetime: ['a number of seconds', (value) => typeof value === 'number'],
  remote: ['true or false', (value) => typeof value === 'boolean'],
  verify: ['true or false', (value) => typeof value === 'boolean'],
  retries: ['a number', (value) => typeof value === 'number'],
};

/**
 * Returns the inputs that the options set. If `isCheck` is true, the mode is always `check`.
 *
 * @internal
 * @throws InputError ERR_INPUT if the value of an option has the wrong type, which can happen only if the caller is not
 *   type-checked, as in JavaScript.
 */
export function inputsOf(options: FetchOptions, isCheck: boolean): InputSource {
  const values = new Map<InputName, unknown>([['lifetime', DEFAULT_LIFETIME_SECONDS]]);
  for (const [option, name] of Object.entries(INPUT_OF) as [OptionName, InputName][]) {
    const value: unknown = options[option] ?? undefined;
    if (value === undefined || option === 'timeoutMs') continue;
    const [type, has] = TYPES[option] ?? ['a string', () => false];
    if (typeof value !== 'string' && !has(value)) throw new InputError(name, `${name}: the value is not ${type}`);
    values.set(name, value);
  }
  if (isCheck) values.set('mode', 'check');
  // the type was checked above
  return <Name extends InputName>(name: Name) => values.get(name) as InputValue<Name> | undefined;
}

/** @internal Returns the timeout in whole milliseconds. @throws InputError ERR_INPUT if it is out of range. */
export function checkTimeout(timeoutMs: number): number {
  if (timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_SECONDS * 1000) return Math.ceil(timeoutMs);
  throw new InputError('timeout', `timeoutMs: ${timeoutMs} is not a number of milliseconds from 1 to 86400000 (1 d)`);
}

/**
 * Replaces the name of the input in an error with the name of the option. For example, `server-name` becomes
 * `serverName`.
 *
 * @internal
 */
export function withOptionName(error: InputError): InputError {
  const entries = Object.entries(INPUT_OF) as [OptionName, InputName][];
  const option = entries.find(([, name]) => name === error.input)?.[0];
  if (option === undefined || option === error.input) return error;
  const { message, input, cause, reason } = error;
  const renamed = message.startsWith(`${input}:`) ? `${option}${message.slice(input.length)}` : message;
  return new InputError(option, renamed, { cause, phase: 'inputs', reason });
}
