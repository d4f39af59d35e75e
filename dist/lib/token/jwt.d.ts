import { Secret } from '../runtime/secret.ts';
/** A parsed IDTOKEN (RFC 7519; Condor_Auth_Passwd::generate_token). Times are in seconds since 1970. */
export interface IdToken {
    readonly jwt: Secret;
    /** The signing input, which consists of the encoded header and payload. It is not secret. */
    readonly signedText: string;
    readonly algorithm: string;
    /** Name of the signing key (`kid`). */
    readonly keyId: string;
    /** Trust domain (`iss`). */
    readonly issuer: string;
    /** Identity of the token's user (`sub`), in the form `user@domain`. */
    readonly subject: string;
    readonly issuedAt: number | undefined;
    /** Expiry (`exp`). Undefined if the token never expires. */
    readonly expiresAt: number | undefined;
    /** Unique ID of the token (`jti`). */
    readonly tokenId: string | undefined;
    /** Authorization levels that the token is restricted to. Undefined if the token is unrestricted. */
    readonly authz: readonly string[] | undefined;
}
