import type { TokenRequest } from './fetch.ts';
/** Name, and the Action's default; a test holds action.yml and the README equal to this. */
export declare const INPUTS: {
    readonly pool: '';
    readonly name: '';
    readonly type: 'schedd';
    readonly address: '';
    readonly authz: '';
    readonly lifetime: '1h';
    readonly key: '';
    readonly idtoken: '';
    readonly 'on-reduced': 'warn';
    readonly token: '';
    readonly 'token-directory': '';
    readonly file: '';
    readonly summary: 'true';
    readonly timeout: '60s';
};
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
/**
 * The request that the inputs make.
 *
 * @throws InputError ERR_INPUT for the first input that makes no sense, with what would.
 */
export declare function readRequest(input: InputSource, surroundings: Surroundings): TokenRequest;
/** The time allowed for everything, in milliseconds. */
export declare function readTimeout(input: InputSource): number;
/** @throws InputError ERR_INPUT unless it is a number of milliseconds that a timer can wait for. */
export declare function checkTimeout(timeoutMs: number): number;
export declare function readBoolean(name: InputName, text: string): boolean;
