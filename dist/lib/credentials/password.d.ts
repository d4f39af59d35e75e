import type { Host } from '../runtime/host.ts';
import { Secret } from '../runtime/secret.ts';
import type { AuthMethod } from '../security/method.ts';
export interface PasswordSource {
    readonly text: Secret | undefined;
    /** SEC_PASSWORD_FILE, as condor_store_cred writes it. */
    readonly file: string | undefined;
}
/**
 * PASSWORD with the pool password; a string says why there is none.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE an empty one in the input.
 */
export declare function loadPassword({ text, file }: PasswordSource, host: Host): AuthMethod | string;
