/**
 * Sends a query to a collector (CondorQuery in C++), both with and without a session, and uses the first reply that can
 * be trusted.
 */
import { AuthenticationError, type HTCondorError, messageOf, ProtocolError } from '../errors.ts';
import { isConnectionClosed, isRefusal } from '../runtime/failures.ts';
import type { Host } from '../runtime/host.ts';
import type { Credentials } from '../security/method.ts';
import { startUnauthenticated } from '../security/unauthenticated.ts';
import { connect } from '../transport/connect.ts';
import { type ClassAd, Expression, getClassAd, putClassAd } from '../wire/classad.ts';
import type { Reader } from '../wire/reader.ts';
import type { Writer } from '../wire/writer.ts';
import { callCommand } from './call.ts';
import { commandInCleartext, type Target } from './session-command.ts';

export interface Query {
  readonly command: number;
  /** Value of TargetType in the query ad. */
  readonly adType: string;
  /** ClassAd expression that selects the ads. */
  readonly requirements: string;
  readonly locationQuery: string | undefined;
  /** Maximum number of ads in the reply. */
  readonly limit: number;
  readonly projection: readonly string[];
}

export interface CollectorReply {
  readonly ads: readonly ClassAd[];
  readonly roundTrips: number;
  /** True if the collector authenticated itself. */
  readonly authenticated: boolean;
}

/** Conditions under which a collector's reply is accepted. */
interface Acceptance {
  /** Returns true if the reply can be used. The result can depend on whether the collector authenticated itself. */
  trusted(reply: CollectorReply): boolean;
  /**
   * True if the client is allowed to send an unauthenticated query when the collector accepts none of the credentials.
   */
  readonly mayBeUnauthenticated: boolean;
}

/** Thrown for a reply that is not trusted, because the collector did not authenticate itself. Contains the reply. */
class NotAuthenticated extends Error {
  readonly reply: CollectorReply;

  constructor(reply: CollectorReply) {
    super('the collector has not authenticated itself');
    this.reply = reply;
  }
}

/**
 * Sends the query twice in parallel, and uses the first `trusted` reply. Without a session, a query takes two round
 * trips, and most collectors reply to it. In an authenticated session, a query takes three round trips. If the
 * collector requires authentication, sending the two queries one after the other would cost two more round trips.
 *
 * The slower query runs to completion, unless the run ends first. If the client closed that query's connection during
 * the handshake, the collector would log an error each time. The slower query always ends before the rest of the fetch
 * does.
 */
export async function queryCollector(
  collector: Target,
  query: Query,
  credentials: Credentials,
  { trusted, mayBeUnauthenticated }: Acceptance,
  host: Host,
): Promise<CollectorReply> {
  const plain = queryInCleartext(collector, query, host).then((reply) => {
    if (!trusted(reply)) throw new NotAuthenticated(reply);
    return reply;
  });
  const authenticated = queryInSession(collector, query, credentials, host);
  authenticated.catch((error: unknown) => {
    if (error instanceof AuthenticationError && error.code === 'ERR_SERVER_UNPROVEN')
      host.log.warn(
        `The collector failed to authenticate itself, so its replies are not trusted: ${error.message}. Check pool and ca-certificate`,
      );
  });
  try {
    return await Promise.any([plain, authenticated]);
  } catch {
    return await plain.catch((error: unknown) => {
      // This reply is not trusted, but some methods do not need the host name.
      if (error instanceof NotAuthenticated) return error.reply;
      // A collector that requires authentication closes the connection. Instead of that failure, report the error from
      // the authenticated query.
      if (!isConnectionClosed(error)) throw error;
      return authenticated.catch((failure: unknown) => {
        if (!mayBeUnauthenticated || !isRefusal(failure) || host.signal.aborted) throw failure;
        return queryUnauthenticated(collector, query, failure, host);
      });
    });
  }
}

async function queryInCleartext({ address }: Target, query: Query, host: Host): Promise<CollectorReply> {
  const channel = await connect(address, host);
  const request = (message: Writer) => putQuery(message, query);
  return await commandInCleartext(channel, query.command, request, async () => {
    const ads = await channel.receive(getAds);
    return { ads, roundTrips: channel.roundTrips, authenticated: false };
  });
}

async function queryInSession(
  target: Target,
  query: Query,
  credentials: Credentials,
  host: Host,
): Promise<CollectorReply> {
  const request = (message: Writer) => putQuery(message, query);
  // The collector decides which identities have READ access. Some collectors grant READ access to unmapped identities.
  const call = { target, command: query.command, request, credentials, phase: 'locate' as const, mayBeUnmapped: true };
  const { value, session, roundTrips } = await callCommand(call, ({ channel }) => channel.receive(getAds), host);
  return { ads: value, roundTrips, authenticated: session.serverAuthenticated };
}

/** Sends the query in a session without authentication. @throws `refusal` if this query also fails. */
async function queryUnauthenticated(
  { address }: Target,
  query: Query,
  refusal: HTCondorError,
  host: Host,
): Promise<CollectorReply> {
  const channel = await connect(address, host);
  try {
    await startUnauthenticated(channel, { command: query.command }, (message) => putQuery(message, query), host);
    const ads = await channel.receive(getAds);
    host.log.notice(
      `The collector accepts no credential (${refusal.message}), so the query was not authenticated, and the reply is not trusted for SciTokens and client certificates`,
    );
    return { ads, roundTrips: channel.roundTrips, authenticated: false };
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

/** Reads a list of ads. Each ad follows the number 1, and the number 0 ends the list. */
export function getAds(message: Reader): readonly ClassAd[] {
  const ads: ClassAd[] = [];
  for (let more = message.int(); more !== 0; more = message.int()) {
    if (more !== 1) throw new ProtocolError('ERR_MESSAGE', `${more} instead of 1 or 0 before an ad`);
    ads.push(getClassAd(message));
  }
  return ads;
}
