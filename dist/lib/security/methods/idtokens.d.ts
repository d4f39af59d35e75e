import type { Host } from '../../runtime/host.ts';
import { type IdToken } from '../../token/jwt.ts';
import type { AuthMethod } from '../method.ts';
import type { ServerPolicy } from '../policy.ts';
export interface IdTokenCredential {
    readonly token: IdToken;
    /** Where it came from, e.g. `idtoken (line 1)` or a file name; unique among the credentials of a run. */
    readonly source: string;
    /**
     * True if the user gave this token for this very daemon. If it is the only one, its header and claims (not its
     * signature) may be shown before the server has said which trust domain it is of; that saves a round trip.
     */
    readonly chosen: boolean;
}
/** A token made here, for whoever has a signing key of the server; undefined: we have none of its keys. */
export type Mint = (server: ServerPolicy) => IdTokenCredential | undefined;
/**
 * IDTOKENS: the signature of a token is the secret that both sides prove to know (cedar-rfc §5.3).
 *
 * A token is sent only to a server of its trust domain that has its key, and only while it is valid: the rule of C++
 * (findTokens in condor_auth_passwd.cpp), and the expiry, which C++ does not look at.
 */
export declare function idtokens(credentials: readonly IdTokenCredential[], host: Host, mint?: Mint): AuthMethod;
