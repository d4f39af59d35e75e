import type { Host } from '../runtime/host.ts';
import type { IdToken } from '../token/jwt.ts';
import type { TokenRequest } from './request.ts';
/** A token that was checked, and how it was come by. */
export interface FetchedToken {
    readonly token: IdToken;
    /** In which way the daemon granted less than was asked, a sentence each; empty: in none. */
    readonly reductions: readonly string[];
    /** Name in the daemon's ad; empty if no collector was asked. */
    readonly daemonName: string;
    /** Of the daemon that gave us the token: with `remote` the collector. Empty if no daemon had to be asked. */
    readonly daemonAddress: string;
    /** HTCondor's version there, e.g. `25.14.1`; empty if it did not say. */
    readonly daemonVersion: string;
    /** The same in the daemon's own words, `$CondorVersion: … $`. */
    readonly daemonVersionText: string;
    readonly authenticationMethod: string;
    /** How far the daemon's clock was ahead of ours when it issued the token, to a second or so. */
    readonly clockSkewSeconds: number;
    /** Network round trips waited for, TCP connections included. */
    readonly roundTrips: number;
    /** Where the token was written; undefined: nowhere. */
    readonly path: string | undefined;
    /** Outermost directory that was made for it; undefined: none was. */
    readonly directoryMade: string | undefined;
}
/**
 * The whole job, one way: credentials → locate → connect → session → token → check → verify → deliver. What fails and may
 * heal is done again from the start.
 *
 * @throws AnyHTCondorError with phase and peer. Nothing is written unless everything before went well.
 */
export declare function fetchToken(request: TokenRequest, host: Host): Promise<FetchedToken>;
