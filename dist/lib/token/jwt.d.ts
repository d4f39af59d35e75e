import { Secret } from '../runtime/secret.ts';
/** An IDTOKEN taken apart (RFC 7519; Condor_Auth_Passwd::generate_token). Times are seconds since 1970. */
export interface IdToken {
    readonly jwt: Secret;
    /** Header and payload as they are signed: the part of the token that is no secret. */
    readonly signedText: string;
    readonly algorithm: string;
    /** `kid`: the name of the signing key. */
    readonly keyId: string;
    /** `iss`: the trust domain. */
    readonly issuer: string;
    /** `sub`: the identity, `user@domain`. */
    readonly subject: string;
    readonly issuedAt: number | undefined;
    /** Undefined: it never expires. */
    readonly expiresAt: number | undefined;
    /** `jti` */
    readonly tokenId: string | undefined;
    /** Authorization levels that the token is limited to; undefined: it is not limited. */
    readonly authz: readonly string[] | undefined;
}
/**
 * An IDTOKEN that is used as a credential. A capability token of HTCondor 25 has no `sub`: the daemon looks the identity up
 * by `jti`.
 */
export interface CredentialToken extends Omit<IdToken, 'subject'> {
    readonly subject: string | undefined;
}
/** Three parts of base64url. */
export declare const JWT: RegExp;
/**
 * Takes an IDTOKEN apart; nothing is verified, for the signing key is the daemon's alone.
 *
 * @throws TokenError ERR_TOKEN_MALFORMED if it is not a signed JWT with the claims that every IDTOKEN has.
 */
export declare function parseIdToken(jwt: Secret): IdToken;
/**
 * Parses an IDTOKEN that authenticates the client. Unlike an issued token, it may lack `sub` if it has a `jti`.
 *
 * @throws TokenError ERR_TOKEN_MALFORMED.
 */
export declare function parseCredentialToken(jwt: Secret): CredentialToken;
/** How a JWT of any kind is signed (`alg`); undefined: it is none. */
export declare function algorithmOf(jwt: Secret): string | undefined;
/** The secret of a token as raw bytes: 32 for HS256. */
export declare function revealSignature({ jwt }: Pick<IdToken, 'jwt'>): Uint8Array;
/** What has to be masked of a JWT: all of it, and its signature by itself, for a mask hides whole values only. */
export declare function secretsOf(jwt: Secret): readonly Secret[];
/** The third part of a JWT. */
export declare function signaturePart(jwt: Secret): Secret;
