import { Secret } from '../runtime/secret.ts';
/** A parsed IDTOKEN (RFC 7519; Condor_Auth_Passwd::generate_token). Times are seconds since 1970. */
export interface IdToken {
    readonly jwt: Secret;
    /** Encoded header and payload: the signing input, which is not secret. */
    readonly signedText: string;
    readonly algorithm: string;
    /** `kid`: the name of the signing key. */
    readonly keyId: string;
    /** `iss`: the trust domain. */
    readonly issuer: string;
    /** `sub`: the identity, `user@domain`. */
    readonly subject: string;
    readonly issuedAt: number | undefined;
    /** Undefined if the token never expires. */
    readonly expiresAt: number | undefined;
    /** `jti` */
    readonly tokenId: string | undefined;
    /** Authorization levels that the token is restricted to; undefined if it is unrestricted. */
    readonly authz: readonly string[] | undefined;
}
/**
 * An IDTOKEN that is used as a credential. A capability token of HTCondor 25 has no `sub`; the daemon looks up the
 * identity by `jti`.
 */
export interface CredentialToken extends Omit<IdToken, 'subject'> {
    readonly subject: string | undefined;
}
/** The compact serialization of a JWT: three parts of base64url, separated by dots. */
export declare const JWT: RegExp;
/**
 * Parses an IDTOKEN. The signature cannot be verified here, because only the daemon has the signing key.
 *
 * @throws TokenError ERR_TOKEN_MALFORMED if the text is not a signed JWT with the claims that every IDTOKEN has.
 */
export declare function parseIdToken(jwt: Secret): IdToken;
/**
 * Parses an IDTOKEN that authenticates the client. Unlike an issued token, it may lack `sub` if it has a `jti`.
 *
 * @throws TokenError ERR_TOKEN_MALFORMED if the text is not a signed JWT with the required claims.
 */
export declare function parseCredentialToken(jwt: Secret): CredentialToken;
/** Returns the signature algorithm (`alg`) of any JWT; undefined if the text is not a JWT. */
export declare function algorithmOf(jwt: Secret): string | undefined;
/** Returns the signature of a token as raw bytes: 32 for HS256. AKEP2 uses it as the shared secret. */
export declare function revealSignature({ jwt }: Pick<IdToken, 'jwt'>): Uint8Array;
/** Returns the secrets of a JWT to mask: the JWT, and its signature alone, because a mask matches whole values only. */
export declare function secretsOf(jwt: Secret): readonly Secret[];
/** Masks a JWT and its signature. Any other text is left as it is. */
export declare function maskJwt(jwt: Secret, host: {
    mask(secret: Secret): void;
}): void;
/** Returns the signature of a JWT, encoded as base64url; an empty secret if there is none. */
export declare function signaturePart(jwt: Secret): Secret;
