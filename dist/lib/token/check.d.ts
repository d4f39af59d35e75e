import type { IdToken } from './jwt.ts';
/** What the token must say. */
export interface Expected {
    /** Trust domain that the daemon announced; with `remote` the collector. */
    readonly issuer: string;
    /** Identity that the daemon, or the collector, authenticated. */
    readonly subject: string;
    /** What the user wants these two to be; undefined: it does not matter. */
    readonly expectedIssuer?: string | undefined;
    readonly expectedSubject?: string | undefined;
    /** Signing key asked for; undefined: any. */
    readonly key: string | undefined;
    /** Levels asked for; empty: no restriction. */
    readonly authz: readonly string[];
    /** Asked for; `unlimited`: a token without expiry; undefined: nothing was said about it. */
    readonly lifetimeSeconds: number | 'unlimited' | undefined;
}
/**
 * Checks that the daemon issued what was asked for, and for whom it said.
 *
 * A daemon may grant less, and does so without a word (handle_dc_session_token): each such reduction is returned as a
 * sentence. More, or something else, is an error.
 *
 * @throws TokenError ERR_TOKEN_CLAIM with the claim.
 */
export declare function checkToken(token: IdToken, expected: Expected): readonly string[];
