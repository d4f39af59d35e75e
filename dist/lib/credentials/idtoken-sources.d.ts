import type { Host } from '../host.ts';
import type { Secret } from '../secret.ts';
import type { IdTokenCredential } from '../security/methods/idtokens.ts';
/** Where IDTOKENS come from: the text of an input, or a token directory. */
export type IdTokenSource = {
    readonly text: Secret;
} | {
    readonly directory: string;
    /** True if the user named it, false if it is HTCondor's default. */
    readonly named: boolean;
};
/**
 * All IDTOKENS of a source, in HTCondor's order. Each is masked before anything else is done with it.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE a line of the input that is no IDTOKEN; ERR_NO_CREDENTIAL with
 *   every place that was looked at.
 */
export declare function loadIdTokens(source: IdTokenSource, host: Host): readonly IdTokenCredential[];
