import type { Secret } from '../runtime/secret.ts';
/** A SciToken or WLCG token taken apart, as far as it tells why a daemon may refuse it. Times are seconds since 1970. */
export interface BearerToken {
    readonly jwt: Secret;
    /** Where it came from. */
    readonly source: string;
    readonly issuer: string;
    readonly subject: string;
    readonly audience: readonly string[];
    /** Undefined: it has none. */
    readonly scope: string | undefined;
    /** `ver` or `wlcg.ver`: the profile that it follows; undefined: SciTokens 1.0. */
    readonly profile: string | undefined;
    readonly expiresAt: number | undefined;
    readonly notBefore: number | undefined;
}
/**
 * Takes a bearer token apart; nothing is verified, for that is the daemon's part.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE if it is no JWT with an issuer and a subject, or its times are none.
 */
export declare function parseBearerToken(jwt: Secret, source: string): BearerToken;
