/** Everything that users may say, by name. The one table is shared by the Action, the command and the library. */
import type { Settings } from './settings.ts';
/** Name, and the Action's default; a test holds action.yml and the README equal to this. */
export declare const INPUTS: {
    readonly pool: '';
    readonly name: '';
    readonly type: 'schedd';
    readonly address: '';
    readonly authz: '';
    readonly lifetime: '1h';
    readonly key: '';
    readonly remote: 'false';
    readonly mode: 'fetch';
    readonly identity: '';
    readonly 'authentication-methods': '';
    readonly idtoken: '';
    readonly scitoken: '';
    readonly 'client-certificate': '';
    readonly 'client-key': '';
    readonly 'ca-certificate': '';
    readonly 'server-name': '';
    readonly password: '';
    readonly 'expected-identity': '';
    readonly 'expected-trust-domain': '';
    readonly 'on-reduced': 'warn';
    readonly verify: 'false';
    readonly token: '';
    readonly 'token-directory': '';
    readonly file: '';
    readonly 'export-environment': 'false';
    readonly cleanup: 'true';
    readonly renew: 'false';
    readonly summary: 'true';
    readonly timeout: '60s';
    readonly retries: '3';
};
export type InputName = keyof typeof INPUTS;
/** What was said for an input; undefined: nothing. */
export type InputSource = (name: InputName) => string | undefined;
/** Inputs that are secrets: masked before anything is done with them. */
export declare const SECRET_INPUTS: readonly ["idtoken", "scitoken", "client-key", "password"];
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
