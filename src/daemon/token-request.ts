import { setTimeout as wait } from 'node:timers/promises';
import { ConnectError, DaemonError, TokenError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import type { Secret } from '../runtime/secret.ts';
import type { Credentials } from '../security/method.ts';
import { abortedError, isTimeout } from '../transport/channel.ts';
import type { ClassAd, ClassAdValue } from '../wire/classad.ts';
import { DC_FINISH_TOKEN_REQUEST, DC_START_TOKEN_REQUEST } from './commands.ts';
import { daemonError } from './daemon-error.ts';
import type { CommandResult, Target } from './session-command.ts';
import { askDaemon, checkReply, limitAttributes, type TokenLimits, tokenOf } from './token-commands.ts';

/** A token request that an administrator must approve. The client cannot select the signing key. */
interface RequestedToken extends Omit<TokenLimits, 'key'> {
  /** Identity for which the token is requested, in the form `user@domain`. */
  readonly identity: string;
  /** Time between polls for the approval, in milliseconds. */
  readonly pollIntervalMs: number;
  /** Name of the CI run, which condor_token_request_list shows as part of the client ID. */
  readonly run: string | undefined;
}

/** Maximum number of consecutive failed polls. */
const MAX_SILENT_POLLS = 5;

/**
 * Sends DC_START_TOKEN_REQUEST, then repeats DC_FINISH_TOKEN_REQUEST until the request is approved
 * (condor_token_request; Daemon::startTokenRequest and finishTokenRequest). `announce` receives the request ID, which
 * the administrator needs to approve the request.
 *
 * The client ID is random, because nothing else proves to the daemon that a poll comes from the client that made the
 * request.
 *
 * @throws DaemonError ERR_DAEMON if the request is refused, expired or unknown; ConnectError ERR_TIMEOUT with the
 * request ID if the request is not approved in time; and anything that `callCommand` throws.
 */
export async function requestToken(
  target: Target,
  { identity, pollIntervalMs, run, ...limits }: RequestedToken,
  credentials: Credentials,
  announce: (requestId: string) => void,
  host: Host,
): Promise<CommandResult<Secret>> {
  const ask = (command: number, ad: Readonly<Record<string, ClassAdValue | undefined>>) =>
    askDaemon({ target, command, credentials, mayBeUnmapped: true }, ad, checkReply, host);
  const random = Buffer.from(host.randomBytes(16)).toString('hex');
  const clientId = ['condor-token-fetch', ...(run === undefined ? [] : [run]), random].join('-');
  const request = { ClientId: clientId, User: identity, ...limitAttributes(limits) };
  const started = await ask(DC_START_TOKEN_REQUEST, request);
  const token = tokenOf(started.value);
  if (token !== undefined) return { ...started, value: token };
  const requestId = requestIdOf(started.value);
  announce(requestId);
  const poll = () => ask(DC_FINISH_TOKEN_REQUEST, { ClientId: clientId, RequestId: requestId });
  const approved = await pollUntilApproved(requestId, pollIntervalMs, poll, host);
  return { ...approved, roundTrips: started.roundTrips + approved.roundTrips };
}

async function pollUntilApproved(
  requestId: string,
  intervalMs: number,
  poll: () => Promise<CommandResult<ClassAd>>,
  host: Host,
): Promise<CommandResult<Secret>> {
  for (let silent = 0, roundTrips = 0; ; ) {
    try {
      await wait(intervalMs, undefined, { signal: host.signal });
      const polled = await poll();
      roundTrips += polled.roundTrips;
      silent = 0;
      const token = tokenOf(polled.value);
      if (token !== undefined) return { ...polled, value: token, roundTrips };
    } catch (error) {
      if (host.signal.aborted) throw notApproved(requestId, host.signal);
      if (!isPassing(error) || ++silent > MAX_SILENT_POLLS) throw error;
      host.log.debug(`token: could not poll request ${requestId} (${error.message})`);
    }
  }
}

/**
 * True if the next poll could succeed. For example, a daemon that receives too many polls returns an error
 * (handle_dc_finish_token_request).
 */
function isPassing(error: unknown): error is ConnectError | DaemonError {
  return error instanceof ConnectError || (error instanceof DaemonError && error.reason === 'rate-limit');
}

/**
 * Returns the ID of the request. Only word characters are accepted, because the administrator copies the ID into a
 * command line.
 *
 * @throws TokenError ERR_TOKEN_MALFORMED if there is no valid ID; DaemonError if the daemon has too many pending
 * requests.
 */
export function requestIdOf(ad: ClassAd): string {
  // A daemon with more than 1,000 pending requests returns an empty ad without an error text.
  if (ad.size === 0) throw daemonError(-1, 'Too many requests in the system. (empty reply)');
  const requestId = ad.string('RequestId') ?? '';
  if (/^\w{1,64}$/.test(requestId)) return requestId;
  throw new TokenError('ERR_TOKEN_MALFORMED', 'the reply contains neither a token nor a request id', undefined, {
    reason: 'no-request-id',
  });
}

function notApproved(requestId: string, signal: AbortSignal): ConnectError {
  if (!isTimeout(signal)) return abortedError(signal).at('token');
  const text = `request ${requestId} was not approved within the time limit`;
  return new ConnectError('ERR_TIMEOUT', text, {
    cause: signal.reason,
    phase: 'token',
    requestId,
    reason: 'not-approved',
  });
}
