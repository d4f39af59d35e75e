/** Everything that users may say, by name. The one table is shared by the Action, the command and the library. */
import type { Settings } from './settings.ts';

/** Name, and the Action's default; a test holds action.yml and the README equal to this. */
export const INPUTS = {
  pool: '',
  name: '',
  type: 'schedd',
  address: '',
  authz: '',
  lifetime: '1h',
  key: '',
  remote: 'false',
  mode: 'fetch',
  identity: '',
  'authentication-methods': '',
  idtoken: '',
  scitoken: '',
  'oidc-audience': '',
  'token-service': '',
  'client-certificate': '',
  'client-key': '',
  'kerberos-keytab': '',
  'kerberos-principal': '',
  'kerberos-password': '',
  'kerberos-cache': '',
  'ca-certificate': '',
  'server-name': '',
  password: '',
  'expected-identity': '',
  'expected-trust-domain': '',
  'on-reduced': 'warn',
  verify: 'false',
  token: '',
  'token-directory': '',
  file: '',
  'export-environment': 'false',
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

/** The parts of the surroundings that decide defaults. */
export interface Surroundings {
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** HTCondor's configuration. */
  readonly setting: Settings;
  /** Home directory of the account, not `$HOME`: HTCondor asks the password database. */
  readonly home: string;
  /** Number of the account; 0 is root; undefined where accounts have none. */
  readonly uid: number | undefined;
}
