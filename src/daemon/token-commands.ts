import { DaemonError, TokenError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { Secret } from '../runtime/secret.ts';
import type { Credentials } from '../security/method.ts';
import { type ClassAd, getClassAd, putClassAd } from '../wire/classad.ts';
import { type CommandResult, callCommand, inPhase, type Target } from './call.ts';
import { DC_GET_SESSION_TOKEN } from './commands.ts';

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
export function getSessionToken(
  target: Target,
  limits: TokenLimits,
  credentials: Credentials,
  host: Host,
): Promise<CommandResult<Secret>> {
  const ad = {
    LimitAuthorization: limits.authz.length > 0 ? limits.authz.join(',') : undefined,
    TokenLifetime: limits.lifetimeSeconds,
    RequestedKey: limits.key,
  };
  const call = { target, command: DC_GET_SESSION_TOKEN, request: putRequest, credentials };
  return callCommand(
    call,
    ({ channel }) => inPhase('token', target.address, async () => readTokenReply(await channel.receive(getClassAd))),
    host,
  );

  function putRequest(message: Parameters<typeof putClassAd>[0]): void {
    putClassAd(message, ad);
  }
}

/** A reply is encrypted, so that an authenticated daemon sends it; 64 KiB is also the limit of parseIdToken. */
export const MAX_TOKEN_LENGTH = 64 * 1024;
/** A daemon may quote a whole SciToken in its error. DaemonError shortens the text before any expression runs over it. */
const MAX_ERROR_LENGTH = 1024 * 1024;

/**
 * The token of a reply.
 *
 * @throws DaemonError ERR_DAEMON with HTCondor's code and text; TokenError ERR_TOKEN_MALFORMED if there is neither.
 */
export function readTokenReply(reply: ClassAd): Secret {
  const token = refuseError(reply).string('Token', MAX_TOKEN_LENGTH);
  if (token === undefined || token === '') throw new TokenError('ERR_TOKEN_MALFORMED', 'the reply contains no token');
  return new Secret(token);
}

/** The reply, if it is none. An ErrorString is a failure whatever else stands there, as in C++. */
export function refuseError(reply: ClassAd): ClassAd {
  const error = reply.string('ErrorString', MAX_ERROR_LENGTH);
  const code = reply.integer('ErrorCode') ?? 0;
  if (error !== undefined || code !== 0) throw new DaemonError(code === 0 ? -1 : code, error ?? 'no text');
  return reply;
}
