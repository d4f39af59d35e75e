/** The commands that return a token at once. token-request.ts has those that wait for an administrator. */
import { CredentialError, TokenError, withPhase } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { Secret } from '../runtime/secret.ts';
import type { AuthMethod, Credentials } from '../security/method.ts';
import { onlyClaimed } from '../security/methods/ssl.ts';
import { formatSinful } from '../transport/sinful.ts';
import { type ClassAd, type ClassAdValue, getClassAd, putClassAd } from '../wire/classad.ts';
import { callCommand } from './call.ts';
import { DC_EXCHANGE_SCITOKEN, DC_GET_SESSION_TOKEN, IMPERSONATION_TOKEN_REQUEST } from './commands.ts';
import { daemonError } from './daemon-error.ts';
import type { Command, CommandResult, Target } from './session-command.ts';

/** The restrictions with which a token is requested. */
export interface TokenLimits {
  /** Authorization levels. Empty: no restriction. */
  readonly authz: readonly string[];
  /** Undefined: no lifetime is requested, and only the expiry of the credential limits the token. */
  readonly lifetimeSeconds: number | undefined;
  /** Name of the signing key. Undefined: the daemon's default. */
  readonly key: string | undefined;
}

/** The attributes of a request ad for these limits, without the key. */
export function limitAttributes({ authz, lifetimeSeconds }: Omit<TokenLimits, 'key'>) {
  return { LimitAuthorization: authz.length > 0 ? authz.join(',') : undefined, TokenLifetime: lifetimeSeconds };
}

/** Sends a command whose request and reply are one ClassAd each. `read` reads the reply. */
export function askDaemon<T>(
  command: Pick<Command, 'target' | 'command' | 'credentials' | 'mayBeUnmapped'>,
  request: Readonly<Record<string, ClassAdValue | undefined>>,
  read: (reply: ClassAd) => T,
  host: Host,
): Promise<CommandResult<T>> {
  return callCommand(
    { ...command, request: (message) => putClassAd(message, request) },
    ({ channel }) =>
      withPhase('token', formatSinful(command.target.address), async () => read(await channel.receive(getClassAd))),
    host,
  );
}

/**
 * DC_GET_SESSION_TOKEN: returns a token for the identity that the daemon assigns to the client (Daemon::getSessionToken,
 * handle_dc_session_token).
 *
 * @throws DaemonError ERR_DAEMON with HTCondor's code and text; what `callCommand` throws.
 */
export function getSessionToken(
  target: Target,
  limits: TokenLimits,
  credentials: Credentials,
  host: Host,
): Promise<CommandResult<Secret>> {
  const request = { ...limitAttributes(limits), RequestedKey: limits.key };
  return askDaemon({ target, command: DC_GET_SESSION_TOKEN, credentials }, request, readTokenReply, host);
}

/** A token that the collector fetches. The signing key cannot be chosen: it is always the schedd's own. */
interface ImpersonationLimits extends Omit<TokenLimits, 'key'> {
  /** Name of the schedd, exactly as in its ad. */
  readonly schedd: string;
}

/**
 * IMPERSONATION_TOKEN_REQUEST: the collector fetches a schedd's token for the identity that the collector assigns to the
 * client (DCCollector::requestScheddToken, CollectorDaemon::schedd_token_request,
 * Scheduler::handle_collector_token_request).
 *
 * The schedd signs with its own key and for its own trust domain. It does not know the client's credential, so neither the
 * credential's levels nor its expiry limit the token.
 *
 * A refusal has code 1 (the client has no identity), 3 (not encrypted), 4 (no name) or 5 (no such schedd, or the collector
 * finds no capability of it: since 9.9.0 it searches the ad from which the capability was removed), or the schedd's own.
 *
 * @throws DaemonError ERR_DAEMON with HTCondor's code and text; what `callCommand` throws.
 */
export function getImpersonationToken(
  collector: Target,
  { schedd, ...limits }: ImpersonationLimits,
  credentials: Credentials,
  host: Host,
): Promise<CommandResult<Secret>> {
  const request = { Name: schedd, ...limitAttributes(limits) };
  const command = { target: collector, command: IMPERSONATION_TOKEN_REQUEST, credentials };
  return askDaemon(command, request, readTokenReply, host);
}

/**
 * DC_EXCHANGE_SCITOKEN: returns an IDTOKEN for the identity that the daemon's map file assigns to a SciToken, with the
 * SciToken's levels and remaining lifetime (Daemon::exchangeSciToken, handle_dc_exchange_scitoken).
 *
 * The session may have any identity, but the daemon must have authenticated itself, because the SciToken is sent. A host
 * name that only the collector returned does not suffice: a certificate for that name is easy to obtain.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL if there is no credential for such a session.
 * @throws DaemonError ERR_DAEMON with the reason, which the method SCITOKENS never returns.
 */
export async function exchangeSciToken(
  target: Target,
  scitoken: Secret,
  credentials: Credentials,
  host: Host,
): Promise<CommandResult<Secret>> {
  const methods = credentials.methods.filter((method) => method.authenticatesServer).map(withoutClaimedName);
  if (methods.length === 0) {
    const text =
      'a SciToken is sent only to a daemon that authenticates itself: with IDTOKENS, SCITOKENS, SSL or PASSWORD, not with FS or MUNGE';
    throw new CredentialError('ERR_NO_CREDENTIAL', text, { phase: 'credentials', reason: 'scitoken-needs-proof' });
  }
  const command = { target, command: DC_EXCHANGE_SCITOKEN, credentials: { ...credentials, methods } };
  return await askDaemon(command, { Token: scitoken.reveal() }, readTokenReply, host);
}

/** The same method, except that SSL does not accept a host name that only the collector returned. SCITOKENS never does. */
function withoutClaimedName(method: AuthMethod): AuthMethod {
  if (method.name !== 'SSL') return method;
  return {
    ...method,
    candidatesFor(server, { claimedName, ...peer }) {
      const { usable, rejected } = method.candidatesFor(server, peer);
      if (claimedName === undefined) return { usable, rejected };
      return { usable, rejected: rejected.map(({ label }) => ({ label, reason: onlyClaimed(claimedName) })) };
    },
    guessed: ({ claimedName: _, ...peer }) => method.guessed(peer),
  };
}

/** Longest token, in characters. An authenticated daemon sends the reply; parseIdToken has the same limit. */
const MAX_TOKEN_LENGTH = 64 * 1024;
/** A daemon may quote a whole SciToken in its error. DaemonError shortens the text before any expression runs over it. */
const MAX_ERROR_LENGTH = 1024 * 1024;

/** @throws DaemonError ERR_DAEMON; TokenError ERR_TOKEN_MALFORMED if the reply has neither a token nor an error. */
export function readTokenReply(reply: ClassAd): Secret {
  const token = tokenOf(checkReply(reply));
  if (token === undefined) throw new TokenError('ERR_TOKEN_MALFORMED', 'the reply contains no token');
  return token;
}

/** Returns the token in a reply; undefined if there is none. */
export function tokenOf(reply: ClassAd): Secret | undefined {
  const token = reply.string('Token', MAX_TOKEN_LENGTH);
  return token === undefined || token === '' ? undefined : new Secret(token);
}

/** Returns the reply. As in C++, an ErrorString is a failure, whatever else the reply contains. @throws DaemonError ERR_DAEMON. */
export function checkReply(reply: ClassAd): ClassAd {
  const error = reply.string('ErrorString', MAX_ERROR_LENGTH);
  const code = reply.integer('ErrorCode') ?? 0;
  if (error !== undefined || code !== 0) throw daemonError(code === 0 ? -1 : code, error ?? 'no text');
  return reply;
}
