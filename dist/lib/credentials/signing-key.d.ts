import type { Host } from '../runtime/host.ts';
import type { Mint } from '../security/methods/idtokens.ts';
/** Where HTCondor keeps signing keys, and whom they are for. */
export interface SigningKeys {
    readonly trustDomain: string | undefined;
    /** SEC_TOKEN_POOL_SIGNING_KEY_FILE: the key POOL. */
    readonly poolKeyFile: string | undefined;
    /** SEC_PASSWORD_DIRECTORY: all others, by their names. */
    readonly keyDirectory: string | undefined;
}
/**
 * Makes a token for this one session with a signing key of this machine, as HTCondor's tools do for root when no token
 * fits (Condor_Auth_Passwd::fetchLogin). Undefined if there is no key here that we may read.
 */
export declare function mintWith({ trustDomain, poolKeyFile, keyDirectory }: SigningKeys, host: Host): Mint | undefined;
/** How HTCondor keeps key and password files (simple_scramble); it hides nothing. */
export declare function descramble(bytes: Uint8Array): Uint8Array;
