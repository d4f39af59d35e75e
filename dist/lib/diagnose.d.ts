import type { Host } from './host.ts';
import type { TokenRequest } from './wanted.ts';
/** What a check found, if a fetch would work. */
export interface Diagnosis {
    readonly identity: string;
    readonly trustDomain: string;
    readonly daemonName: string;
    readonly daemonAddress: string;
    readonly daemonVersion: string;
    readonly authenticationMethod: string;
    /** Of the levels asked about, those that the daemon allows to this identity with this credential. */
    readonly allowed: readonly string[];
    readonly refused: readonly string[];
}
/**
 * Goes the whole way of a fetch, telling of every step as it is done, but for the token: none is made.
 *
 * @throws AnyHTCondorError what the fetch would throw; ERR_TOKEN_REFUSED if nothing of what is asked for is allowed, and
 *   with `verify` if something is not.
 */
export declare function checkFetch(request: TokenRequest, host: Host): Promise<Diagnosis>;
