import type { Host } from '../host.ts';
import { Secret } from '../secret.ts';
import type { Credentials } from '../security/method.ts';
import { type ClassAd } from '../wire/classad.ts';
import { type CommandResult, type Target } from './open-session.ts';
export interface TokenLimits {
    /** Authorization levels; empty: no restriction. */
    readonly authz: readonly string[];
    /** Undefined: none is asked for, and only the credential's own expiry limits the token. */
    readonly lifetimeSeconds: number | undefined;
    /** Name of the signing key; undefined: the daemon's default. */
    readonly key: string | undefined;
}
/**
 * DC_GET_SESSION_TOKEN: a token for whoever we are to the daemon (Daemon::getSessionToken, handle_dc_session_token).
 *
 * @throws DaemonError ERR_DAEMON with HTCondor's code and text; whatever opening the session throws.
 */
export declare function getSessionToken(target: Target, limits: TokenLimits, credentials: Credentials, host: Host): Promise<CommandResult<Secret>>;
/**
 * The token of a reply.
 *
 * @throws DaemonError ERR_DAEMON with HTCondor's code and text; TokenError ERR_TOKEN_MALFORMED if there is neither.
 */
export declare function readTokenReply(reply: ClassAd): Secret;
/** The reply, if it is none. An ErrorString is a failure whatever else stands there, as in C++. */
export declare function refuseError(reply: ClassAd): ClassAd;
