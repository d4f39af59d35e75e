import type { Host } from '../runtime/host.ts';
import type { Secret } from '../runtime/secret.ts';
import type { AuthMethod } from '../security/method.ts';
import { type IdTokenCredential } from '../security/methods/idtokens.ts';
import { type SigningKeys } from './signing-key.ts';
/** Where IDTOKENS come from: the text of an input, or a token directory. */
export type IdTokenSource = {
    readonly text: Secret;
} | {
    readonly directory: string;
    /** True if the user named it, false if it is HTCondor's default. */
    readonly named: boolean;
    /** LOCAL_CONFIG_DIR_EXCLUDE_REGEXP; undefined: its default. */
    readonly excluded?: RegExp | undefined;
    /** Where signing keys are, of which a token is made if no other fits; undefined: nowhere. */
    readonly signing?: SigningKeys;
};
/**
 * IDTOKENS with all tokens of a source; a string says why there are none.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE a line of the input that is no IDTOKEN.
 */
export declare function loadIdTokens(source: IdTokenSource, host: Host): AuthMethod | string;
/** All IDTOKENS of a source, in HTCondor's order. Each is masked before anything else is done with it. */
export declare function readIdTokens(source: IdTokenSource, host: Host): {
    readonly found: readonly IdTokenCredential[];
    readonly reasons: readonly string[];
};
