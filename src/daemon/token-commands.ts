/** Commands that return a token immediately. The commands that wait for an administrator are in token-request.ts. */
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

/** Restrictions that the client requests for a token. */
export interface TokenLimits {
  /** Requested authorization levels. If the list is empty, no restriction is requested. */
  readonly authz: readonly string[];
  /**
   * Requested lifetime. If undefined, no lifetime is requested, and only the daemon's settings and the expiry of the
   * credential limit the token's lifetime.
   */
  readonly lifetimeSeconds: number | undefined;
  /** Name of the signing key. If undefined, the daemon uses its default key. */
  readonly key: string | undefined;
}

/** Returns the attributes that express these limits in the ClassAd of a request. */
export function limitAttributes({ authz, lifetimeSeconds }: Omit<TokenLimits, 'key'>) {
  return { LimitAuthorization: authz.length > 0 ? authz.join(',') : undefined, TokenLifetime: lifetimeSeconds };
}

/** Sends a command whose request and reply each consist of one ClassAd. `read` extracts the result from the reply. */
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
 * Sends DC_GET_SESSION_TOKEN, which returns a token for the identity that the daemon assigns to the client
 * (Daemon::getSessionToken, handle_dc_session_token).
 *
 * @throws DaemonError ERR_DAEMON with HTCondor's code and text, and anything that `callCommand` throws.
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

/**
 * Restrictions for a token that the collector fetches. The client cannot select a signing key, because the schedd uses
 * its own key.
 */
interface ImpersonationLimits extends Omit<TokenLimits, 'key'> {
  /** Name of the schedd, exactly as in its ad. */
  readonly schedd: string;
}

/**
 * Sends IMPERSONATION_TOKEN_REQUEST. The collector then fetches a token from a schedd. The token is for the identity
 * that the collector assigns to the client (DCCollector::requestScheddToken, CollectorDaemon::schedd_token_request,
 * Scheduler::handle_collector_token_request).
 *
 * The schedd signs the token with its own key and for its own trust domain. Because the schedd does not receive the
 * client's credential, neither the credential's levels nor its expiry limit the token.
 *
 * The collector refuses with code 1 (the client has no identity), 3 (the session is not encrypted), 4 (the request
 * contains no name) or 5 (the schedd does not exist, or the collector has no capability for it). Since HTCondor 9.9.0,
 * the collector looks for the capability in an ad from which it has already been removed. If the schedd refuses, the
 * error contains the schedd's code.
 *
 * @throws DaemonError ERR_DAEMON with HTCondor's code and text, and anything that `callCommand` throws.
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
 * Sends DC_EXCHANGE_SCITOKEN, which returns an IDTOKEN for the identity that the daemon's map file assigns to a
 * SciToken. The IDTOKEN has the SciToken's levels and remaining lifetime (Daemon::exchangeSciToken,
 * handle_dc_exchange_scitoken).
 *
 * The client's identity in the session does not matter, but the daemon must have authenticated itself, because the
 * daemon receives the SciToken. A host name that only the collector returned does not suffice, because a certificate
 * for that name is easy to obtain.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL if no credential permits such a session.
 * @throws DaemonError ERR_DAEMON with the daemon's reason. Authentication with SCITOKENS, in contrast, reports no
 * reason.
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

/**
 * Returns the method, modified so that SSL rejects a host name that only the collector returned. SCITOKENS needs no
 * change, because it always rejects such a name.
 */
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

/** Maximum length of a token, in characters. parseIdToken has the same limit. */
const MAX_TOKEN_LENGTH = 64 * 1024;
/**
 * Maximum length of an error text, in characters. A daemon might quote a whole SciToken in the text. DaemonError
 * shortens the text before any regular expression is applied to it.
 */
const MAX_ERROR_LENGTH = 1024 * 1024;

/**
 * Returns the token in a reply.
 *
 * @throws DaemonError ERR_DAEMON if the reply reports an error; TokenError ERR_TOKEN_MALFORMED if the reply contains
 * neither a token nor an error.
 */
export function readTokenReply(reply: ClassAd): Secret {
  const token = tokenOf(checkReply(reply));
  if (token === undefined) throw new TokenError('ERR_TOKEN_MALFORMED', 'the reply contains no token');
  return token;
}

/** Returns the token in a reply, or undefined if the reply contains none. */
export function tokenOf(reply: ClassAd): Secret | undefined {
  const token = reply.string('Token', MAX_TOKEN_LENGTH);
  return token === undefined || token === '' ? undefined : new Secret(token);
}

/**
 * Returns the reply if it reports no error. As in C++, a reply with an ErrorString is a failure even if it contains a
 * token.
 *
 * @throws DaemonError ERR_DAEMON.
 */
export function checkReply(reply: ClassAd): ClassAd {
  const error = reply.string('ErrorString', MAX_ERROR_LENGTH);
  const code = reply.integer('ErrorCode') ?? 0;
  if (error !== undefined || code !== 0) throw daemonError(code === 0 ? -1 : code, error ?? 'no text');
  return reply;
}
