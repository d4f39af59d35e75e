/** One query to a collector (CondorQuery in C++), asked in the way that is answered first. */
import {
  AuthenticationError,
  AuthorizationError,
  ConnectError,
  CredentialError,
  type HTCondorError,
  NegotiationError,
  ProtocolError,
} from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { messageOf } from '../runtime/printable.ts';
import { type Credentials, ONE_SIDED } from '../security/method.ts';
import { startUnauthenticated } from '../security/unauthenticated.ts';
import type { Channel } from '../transport/channel.ts';
import { connect } from '../transport/connect.ts';
import { type ClassAd, Expression, getClassAd, putClassAd } from '../wire/classad.ts';
import type { Reader } from '../wire/reader.ts';
import type { Writer } from '../wire/writer.ts';
import { callCommand, callInClear, type Target } from './call.ts';

export interface Query {
  readonly command: number;
  /** TargetType. */
  readonly adType: string;
  /** ClassAd expression. */
  readonly requirements: string;
  readonly locationQuery: string | undefined;
  /** How many ads at most. */
  readonly limit: number;
  readonly projection: readonly string[];
}

export interface Answer {
  readonly ads: readonly ClassAd[];
  readonly roundTrips: number;
  /** True if the collector had proven itself. */
  readonly vouched: boolean;
}

/** Which answers are good enough. */
interface Acceptance {
  trusted(answer: Answer): boolean;
  /** True if a collector that accepts no credential is asked without authentication. */
  readonly mayBeUnauthenticated: boolean;
}

/** The answer is there, but who gave it has not proven itself, and it matters. */
class NotVouched extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super('the collector has not authenticated itself');
    this.answer = answer;
  }
}

/**
 * Asks twice at once: without any session, which most collectors answer and which takes two round trips, and in an
 * authenticated one, which takes three. The first answer that is `trusted` counts. Asking one after the other would cost
 * those who protect their collector two round trips more.
 *
 * The other connection goes on to its end, unless the run ends first: giving it up in the middle of the handshake would
 * put an error into the collector's log each time, and it takes less time than what is still to do.
 */
export async function queryCollector(
  collector: Target,
  query: Query,
  credentials: Credentials,
  { trusted, mayBeUnauthenticated }: Acceptance,
  host: Host,
): Promise<Answer> {
  const plain = queryInClear(collector, query, host).then((answer) => {
    if (!trusted(answer)) throw new NotVouched(answer);
    return answer;
  });
  const authenticated = queryInSession(collector, query, credentials, host);
  authenticated.catch((error: unknown) => {
    if (error instanceof AuthenticationError && error.code === 'ERR_SERVER_UNPROVEN')
      host.log.warn(`The collector failed to authenticate itself; its answers are not trusted. ${error.message}`);
  });
  try {
    return await Promise.any([plain, authenticated]);
  } catch {
    return await plain.catch((error: unknown) => {
      if (error instanceof NotVouched) return error.answer; // there may be methods to which it does not matter
      // A hang-up is how a collector says that it wants authentication; then the other failure is the one to tell.
      const hungUp = error instanceof ConnectError && error.code === 'ERR_CLOSED';
      if (!hungUp) throw error;
      return authenticated.catch((failure: unknown) => {
        if (!mayBeUnauthenticated || !isRefusal(failure) || host.signal.aborted) throw failure;
        return queryUnauthenticated(collector, query, failure, host);
      });
    });
  }
}

function queryInClear({ address }: Target, query: Query, host: Host): Promise<Answer> {
  const call = { address, command: query.command, request: (message: Writer) => putQuery(message, query) };
  const read = async (channel: Channel) => {
    const ads = await channel.receive(getAds);
    return { ads, roundTrips: channel.roundTrips, vouched: false };
  };
  return callInClear(call, read, host);
}

async function queryInSession(target: Target, query: Query, credentials: Credentials, host: Host): Promise<Answer> {
  const request = (message: Writer) => putQuery(message, query);
  // Who may READ is for the collector to say: even somebody whom its map file does not know may.
  const call = { target, command: query.command, request, credentials, phase: 'locate' as const, mayBeUnmapped: true };
  const { value, session, roundTrips } = await callCommand(call, ({ channel }) => channel.receive(getAds), host);
  return { ads: value, roundTrips, vouched: !ONE_SIDED.includes(session.method) };
}

/** Whether the collector accepts none of the credentials, or does not authorize the identity. */
function isRefusal(error: unknown): error is HTCondorError {
  return (
    error instanceof CredentialError ||
    error instanceof NegotiationError ||
    error instanceof AuthenticationError ||
    error instanceof AuthorizationError
  );
}

/** The query in a session without authentication. @throws `refusal` if the collector does not answer that either. */
async function queryUnauthenticated(
  { address }: Target,
  query: Query,
  refusal: HTCondorError,
  host: Host,
): Promise<Answer> {
  const channel = await connect(address, host);
  try {
    await startUnauthenticated(channel, { command: query.command }, (message) => putQuery(message, query), host);
    const ads = await channel.receive(getAds);
    host.log.notice(
      `The collector accepts no credential (${refusal.message}), so the query was not authenticated: its reply is not trusted for SciTokens and client certificates`,
    );
    return { ads, roundTrips: channel.roundTrips, vouched: false };
  } catch (error) {
    host.log.debug(`locate: the query without authentication failed too (${messageOf(error)})`);
    throw refusal;
  } finally {
    channel.flush();
    channel.close();
  }
}

function putQuery(message: Writer, { adType, requirements, locationQuery, limit, projection }: Query): void {
  putClassAd(message, {
    MyType: 'Query',
    TargetType: adType,
    Requirements: new Expression(requirements),
    LocationQuery: locationQuery,
    LimitResults: limit,
    Projection: projection.join(' '),
  });
}

/** Ads until a 0 says that there are no more. */
export function getAds(message: Reader): readonly ClassAd[] {
  const ads: ClassAd[] = [];
  for (let more = message.int(); more !== 0; more = message.int()) {
    if (more !== 1) throw new ProtocolError('ERR_MESSAGE', `${more} instead of 1 or 0 before an ad`);
    ads.push(getClassAd(message));
  }
  return ads;
}
