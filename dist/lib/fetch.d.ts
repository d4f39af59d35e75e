import { type CredentialSources } from './credentials/sources.ts';
import { type LocalDaemon } from './daemon/local.ts';
import type { Host } from './host.ts';
import { type IdToken } from './token/jwt.ts';
import { type Endpoint, type Sinful } from './transport/sinful.ts';
/** Which daemon: where it is, or who knows. */
export type Wanted = {
    readonly address: readonly Sinful[];
} | {
    readonly collectors: readonly Sinful[];
    readonly type: string;
    /** Undefined: the only one of its type in the pool. */
    readonly name: string | undefined;
    /** The daemon of this machine, to be looked for before a collector is asked. */
    readonly local: LocalDaemon | undefined;
    /** Where to connect to instead: the end of a tunnel. */
    readonly through: Endpoint | undefined;
};
/** What is wanted, already parsed: nothing from here on sees a raw string from a user. */
export interface TokenRequest {
    readonly daemon: Wanted;
    /** Host name that the daemon's certificate must carry; undefined: that of its address. */
    readonly serverName: string | undefined;
    readonly credentials: CredentialSources;
    readonly authz: readonly string[];
    /** Seconds; `unlimited`: a token that never expires is wanted; undefined: nothing is said about it. */
    readonly lifetime: number | 'unlimited' | undefined;
    readonly key: string | undefined;
    readonly onReduced: 'warn' | 'fail' | 'ignore';
    /** File to write the token to; undefined: none. */
    readonly path: string | undefined;
}
/** A token that was checked, and how it was come by. */
export interface FetchedToken {
    readonly token: IdToken;
    /** In which way the daemon granted less than was asked, a sentence each; empty: in none. */
    readonly reductions: readonly string[];
    /** Name in the daemon's ad; empty if no collector was asked. */
    readonly daemonName: string;
    readonly daemonAddress: string;
    /** HTCondor's version there, e.g. `25.14.1`; empty if it did not say. */
    readonly daemonVersion: string;
    readonly authenticationMethod: string;
    /** Network round trips waited for, TCP connections included. */
    readonly roundTrips: number;
    /** Where the token was written; undefined: nowhere. */
    readonly path: string | undefined;
}
/**
 * The whole job, one way: credentials → locate → connect → session → token → check → deliver.
 *
 * @throws AnyHTCondorError with phase and peer. Nothing is written unless everything before went well.
 */
export declare function fetchToken(request: TokenRequest, host: Host): Promise<FetchedToken>;
