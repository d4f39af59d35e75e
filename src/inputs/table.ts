/** All inputs, by name. The Action, the command and the library share this table. */
import type { Settings } from './settings.ts';

/**
 * Default in action.yml for inputs whose empty value is significant. An empty value indicates a secret that the job
 * cannot read, or a limit from an undefined variable. The runner uses a default only if the workflow does not set the
 * input.
 */
export const ABSENT = '<default>';

/** Names and defaults of the inputs. A test compares action.yml and the README with this table. */
export const INPUTS = {
  pool: '',
  name: '',
  type: 'schedd',
  address: '',
  authz: ABSENT,
  lifetime: '1h',
  key: '',
  remote: 'false',
  mode: 'fetch',
  identity: '',
  'authentication-methods': '',
  idtoken: ABSENT,
  scitoken: ABSENT,
  'oidc-audience': '',
  'token-service': '',
  'token-grant': 'token-exchange',
  'client-certificate': ABSENT,
  'client-key': ABSENT,
  'kerberos-keytab': ABSENT,
  'kerberos-principal': '',
  'kerberos-password': ABSENT,
  'kerberos-cache': '',
  'ca-certificate': '',
  'server-name': '',
  password: ABSENT,
  'expected-identity': ABSENT,
  'expected-trust-domain': ABSENT,
  'on-reduced': 'warn',
  verify: 'false',
  token: '',
  'token-directory': '',
  file: '',
  overwrite: 'false',
  'export-environment': 'false',
  'export-token-output': 'true',
  cleanup: 'true',
  renew: 'false',
  summary: 'true',
  timeout: '60s',
  retries: '3',
} as const;

export type InputName = keyof typeof INPUTS;

/**
 * Types of the inputs that the library passes without converting them to strings. The Action and the command pass
 * strings.
 */
interface TypedValues {
  readonly authz: readonly string[];
  readonly 'authentication-methods': readonly string[];
  /** Lifetime of the token, in seconds. */
  readonly lifetime: number;
  readonly remote: boolean;
  readonly verify: boolean;
  readonly retries: number;
}

export type InputValue<Name extends InputName> = string | (Name extends keyof TypedValues ? TypedValues[Name] : never);

/** Names of the inputs whose values are always strings. */
export type TextInput = Exclude<InputName, keyof TypedValues>;

/** Returns the value of an input; undefined if the input is not set. */
export type InputSource = <Name extends InputName>(name: Name) => InputValue<Name> | undefined;

/** Secret inputs, which are masked before their first use. */
export const SECRET_INPUTS = [
  'idtoken',
  'scitoken',
  'client-key',
  'kerberos-password',
  'password',
] as const satisfies readonly InputName[];

/** Inputs for credentials. An empty input is an error unless another credential is set. */
export const CREDENTIAL_INPUTS = [
  'idtoken',
  'scitoken',
  'client-certificate',
  'client-key',
  'kerberos-keytab',
  'kerberos-password',
  'password',
] as const satisfies readonly InputName[];

/** Inputs that restrict the token. An empty input restricts nothing and causes a warning. */
export const LIMIT_INPUTS = [
  'authz',
  'expected-identity',
  'expected-trust-domain',
] as const satisfies readonly InputName[];

/** The parts of the environment from which defaults are derived. */
export interface Surroundings {
  /** Environment variables. On Windows, their names are case-insensitive. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** HTCondor's configuration. */
  readonly setting: Settings;
  /**
   * Home directory of the account, from the password database as in HTCondor. This directory can differ from `$HOME`.
   */
  readonly home: string;
  /** User ID; 0 for root; undefined on systems without user IDs. */
  readonly uid: number | undefined;
  readonly platform: NodeJS.Platform;
}
