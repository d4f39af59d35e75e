/** Everything that users may say, by name. The one table is shared by the Action, the command and the library. */
import type { Settings } from './settings.ts';

/**
 * Default of the Action for inputs that mean something if they are empty: a secret that the job cannot read, or a limit
 * from a variable that is not defined. The runner fills in a default only where the workflow does not have the input.
 */
export const ABSENT = '<default>';

/** Name, and the Action's default; a test holds action.yml and the README equal to this. */
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

/** What was said for an input; undefined: nothing. */
export type InputSource = (name: InputName) => string | undefined;

/** Inputs that are secrets: masked before anything is done with them. */
export const SECRET_INPUTS = [
  'idtoken',
  'scitoken',
  'client-key',
  'kerberos-password',
  'password',
] as const satisfies readonly InputName[];

/** Inputs that hold a credential. One that is present but empty was meant to have one. */
export const CREDENTIAL_INPUTS = [
  'idtoken',
  'scitoken',
  'client-certificate',
  'client-key',
  'kerberos-keytab',
  'kerberos-password',
  'password',
] as const satisfies readonly InputName[];

/** Inputs that limit what is accepted. One that is present but empty limits nothing. */
export const LIMIT_INPUTS = [
  'authz',
  'expected-identity',
  'expected-trust-domain',
] as const satisfies readonly InputName[];

/** The parts of the surroundings that decide defaults. */
export interface Surroundings {
  /** Environment variables, on Windows by names in any case. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** HTCondor's configuration. */
  readonly setting: Settings;
  /** Home directory of the account, not `$HOME`: HTCondor asks the password database. */
  readonly home: string;
  /** Number of the account; 0 is root; undefined where accounts have none. */
  readonly uid: number | undefined;
  readonly platform: NodeJS.Platform;
}
