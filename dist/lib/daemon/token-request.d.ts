import type { Host } from '../host.ts';
import { Secret } from '../secret.ts';
import type { Credentials } from '../security/method.ts';
import { type ClassAd } from '../wire/classad.ts';
import { type CommandResult, type Target } from './open-session.ts';
import { type TokenLimits } from './session-token.ts';
/** What an administrator is asked for. A signing key cannot be chosen. */
export interface TokenWish extends Omit<TokenLimits, 'key'> {
    /** `user@domain` that the token is to be for. */
    readonly identity: string;
    /** Between two looks at whether it is approved. */
    readonly pollIntervalMs: number;
}
/**
 * DC_START_TOKEN_REQUEST, then DC_FINISH_TOKEN_REQUEST until it is approved (condor_token_request; Daemon::
 * startTokenRequest and finishTokenRequest). `announce` is told the id that the approval needs.
 *
 * The id of the client, which is the only proof that the token is for us when it comes, is drawn at random.
 *
 * @throws DaemonError ERR_DAEMON refused, expired, unknown; ConnectError ERR_TIMEOUT with the id of the request if
 *   nobody approved it in time; whatever opening a session throws.
 */
export declare function requestToken(target: Target, { identity, authz, lifetimeSeconds, pollIntervalMs }: TokenWish, credentials: Credentials, announce: (requestId: string) => void, host: Host): Promise<CommandResult<Secret>>;
/** @throws TokenError ERR_TOKEN_MALFORMED if there is none. It ends up in a command line that people copy. */
export declare function requestIdOf(ad: ClassAd): string;
export declare function tokenOf(ad: ClassAd): Secret | undefined;
