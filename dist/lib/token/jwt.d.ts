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
