import { setTimeout as wait } from 'node:timers/promises';
import { ConnectError, DaemonError, TokenError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { Secret } from '../runtime/secret.ts';
import type { Credentials } from '../security/method.ts';
import { abortedError, isTimeout } from '../transport/channel.ts';
import { type ClassAd, type ClassAdValue, getClassAd, putClassAd } from '../wire/classad.ts';
import { type CommandResult, callCommand, inPhase, type Target } from './call.ts';
import { DC_FINISH_TOKEN_REQUEST, DC_START_TOKEN_REQUEST } from './commands.ts';
import { MAX_TOKEN_LENGTH, refuseError, type TokenLimits } from './token-commands.ts';

/** What an administrator is asked for. A signing key cannot be chosen. */
export interface TokenWish extends Omit<TokenLimits, 'key'> {
  /** `user@domain` that the token is to be for. */
  readonly identity: string;
  /** Between two looks at whether it is approved. */
  readonly pollIntervalMs: number;
  /** Name of the CI run, which condor_token_request_list shows in the id of the client. */
  readonly run: string | undefined;
}

/** Times in a row that nobody answers before we no longer believe that somebody will. */
const MAX_SILENT_POLLS = 5;

/** A daemon that has too many who ask says so with this text (handle_dc_finish_token_request). */
const RATE_LIMIT = /rate limit/i;

/**
 * DC_START_TOKEN_REQUEST, then DC_FINISH_TOKEN_REQUEST until it is approved (condor_token_request; Daemon::
 * startTokenRequest and finishTokenRequest). `announce` is told the id that the approval needs.
 *
 * The id of the client, which is the only proof that the token is for us when it comes, is drawn at random.
 *
 * @throws DaemonError ERR_DAEMON refused, expired, unknown; ConnectError ERR_TIMEOUT with the id of the request if
 *   nobody approved it in time; whatever opening a session throws.
 */
export async function requestToken(
  target: Target,
  { identity, authz, lifetimeSeconds, pollIntervalMs, run }: TokenWish,
  credentials: Credentials,
  announce: (requestId: string) => void,
  host: Host,
): Promise<CommandResult<Secret>> {
  const ask = (command: number, ad: Readonly<Record<string, ClassAdValue | undefined>>) =>
    callCommand(
      { target, command, request: (message) => putClassAd(message, ad), credentials, mayBeUnmapped: true },
      ({ channel }) => inPhase('token', target.address, async () => refuseError(await channel.receive(getClassAd))),
      host,
    );
  const random = Buffer.from(host.randomBytes(16)).toString('hex');
  const clientId = ['condor-token-fetch', ...(run === undefined ? [] : [run]), random].join('-');
  const limits = { LimitAuthorization: authz.length > 0 ? authz.join(',') : undefined, TokenLifetime: lifetimeSeconds };
  const started = await ask(DC_START_TOKEN_REQUEST, { ClientId: clientId, User: identity, ...limits });
  const at = tokenOf(started.value);
  if (at !== undefined) return { ...started, value: at };
  const requestId = requestIdOf(started.value);
  announce(requestId);

  for (let silent = 0, roundTrips = started.roundTrips; ; ) {
    try {
      await wait(pollIntervalMs, undefined, { signal: host.signal });
      const polled = await ask(DC_FINISH_TOKEN_REQUEST, { ClientId: clientId, RequestId: requestId });
      roundTrips += polled.roundTrips;
      silent = 0;
      const token = tokenOf(polled.value);
      if (token !== undefined) return { ...polled, value: token, roundTrips };
    } catch (error) {
      if (host.signal.aborted) throw notApproved(requestId, host.signal);
      const passing =
        error instanceof ConnectError || (error instanceof DaemonError && RATE_LIMIT.test(error.errorString));
      if (!passing || ++silent > MAX_SILENT_POLLS) throw error;
      host.log.debug(`token: could not poll request ${requestId} (${error.message})`);
    }
  }
}

/** @throws TokenError ERR_TOKEN_MALFORMED if there is none; DaemonError if too many requests are pending. It ends up in a command line that people copy. */
export function requestIdOf(ad: ClassAd): string {
  // A daemon with more than 1,000 pending requests returns an empty ad: it forgets to add its error text.
  if (ad.size === 0) throw new DaemonError(-1, 'Too many requests in the system. (empty reply)');
  const requestId = ad.string('RequestId') ?? '';
  if (/^\w{1,64}$/.test(requestId)) return requestId;
  throw new TokenError('ERR_TOKEN_MALFORMED', 'the reply contains neither a token nor a request id');
}

export function tokenOf(ad: ClassAd): Secret | undefined {
  const token = ad.string('Token', MAX_TOKEN_LENGTH);
  return token === undefined || token === '' ? undefined : new Secret(token);
}

function notApproved(requestId: string, signal: AbortSignal): ConnectError {
  if (!isTimeout(signal)) return abortedError(signal).at('token');
  const text = `request ${requestId} was not approved within the time limit`;
  return new ConnectError('ERR_TIMEOUT', text, { cause: signal.reason, phase: 'token', requestId });
}
