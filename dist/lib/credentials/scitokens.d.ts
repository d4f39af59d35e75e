import type { Host } from '../runtime/host.ts';
import { Secret } from '../runtime/secret.ts';
import type { AuthMethod } from '../security/method.ts';
import type { TlsFor } from '../security/methods/ssl.ts';
import { type BearerToken } from '../token/bearer.ts';
export interface SciTokenSource {
    readonly text: Secret | undefined;
    /** SCITOKENS_FILE: takes the place of the search. */
    readonly file: string | undefined;
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly uid: number | undefined;
}
/**
 * SCITOKENS with the token of the input, or the one found; a string says why there is none.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE a token in the input that is none, or too long to be sent.
 */
export declare function loadSciToken(source: SciTokenSource, tlsFor: TlsFor, host: Host): AuthMethod | string;
/** The token of the input, or the one found; a string says why there is none. Throws as loadSciToken does. */
export declare function readSciToken(source: SciTokenSource, host: Host): BearerToken | string;
