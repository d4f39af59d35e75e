import type { ClassAd, ClassAdValue } from '../wire/classad.ts';
export interface ServerPolicy {
    /** Names of the methods both sides know, in the server's order. */
    readonly methods: readonly string[];
    readonly ecdhPublicKey: string;
    /** Issuer of the tokens that the server takes; empty if it does not say. */
    readonly trustDomain: string;
    /** Names of the signing keys that the server has; empty if it does not say. */
    readonly issuerKeys: readonly string[];
    /** As it says, e.g. `$CondorVersion: 25.14.1 2026-07-30 … $`; empty if it does not say. */
    readonly remoteVersion: string;
}
/** DC_AUTHENTICATE (condor_commands.h): the command that opens a session for another one, or resumes one. */
export declare const DC_AUTHENTICATE = 60010;
/** What we want to do once we are in; with `about` (AuthCommand), to ask whether we may do that. */
export interface Purpose {
    readonly command: number;
    readonly about?: number | undefined;
}
/** The policy ad that opens a session. */
export declare function clientPolicyAd({ command, about }: Purpose, methods: readonly string[], ecdhPublicKey: string): Record<string, ClassAdValue | undefined>;
/** The ad that resumes a session, without any answer to it. */
export declare function resumptionAd({ command, about }: Purpose, sid: string, nonce: string): Record<string, ClassAdValue | undefined>;
/**
 * The server's answer, if a session with it is worth having.
 *
 * @throws NegotiationError ERR_NO_ENCRYPTION unless it agrees to AES with a key agreement: the protocol would go on,
 *   with a key that everybody on the way can read. ERR_NO_COMMON_METHOD if it wants no authentication.
 */
export declare function readServerPolicy(ad: ClassAd): ServerPolicy;
