/**
 * Queries a collector for the address of a daemon (cedar-rfc §3; Daemon::getDaemonInfo and CondorQuery in C++).
 *
 * The collector's reply is only a hint. The daemon at the address must still authenticate itself.
 */
import { LocateError, ProtocolError, withPhase } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import type { Credentials } from '../security/method.ts';
import { MAX_TIME } from '../token/jwt.ts';
import { formatSinful, parseSinful, type Sinful } from '../transport/sinful.ts';
import type { ClassAd } from '../wire/classad.ts';
import { type CollectorReply, type Query, queryCollector } from './collector-query.ts';
import { DAEMON_TYPES } from './commands.ts';
import { restartEvidence } from './restart-evidence.ts';
import type { Target } from './session-command.ts';

interface DaemonQuery {
  /** Type of the daemon, a key of DAEMON_TYPES. */
  readonly type: string;
  /** Name of the daemon. If undefined, the pool must have only one daemon of this type. */
  readonly name: string | undefined;
  /**
   * True if authenticating the daemon requires a host name that the user did not supply. The collector can supply the
   * host name only if the collector is authenticated, or if the name also occurs in the user's input.
   */
  readonly needsServerName: boolean;
  /**
   * True if the client is allowed to send an unauthenticated query when the collector accepts none of the credentials.
   */
  readonly mayBeUnauthenticated: boolean;
}

/** A daemon, as described by its ad in the collector or by a file on this host. */
export interface AdvertisedDaemon extends Target {
  readonly name: string;
  readonly roundTrips: number;
}

/** Maximum number of daemon names listed in an error. */
const MAX_NAMES = 10;

/**
 * Finds a daemon in a collector, and returns the address and name in the daemon's ad.
 *
 * @throws LocateError ERR_NOT_FOUND with the names of the daemons of this type that the collector lists; ERR_AMBIGUOUS
 * if no name was requested and the collector lists several daemons.
 */
export function locate(
  collector: Target,
  wanted: DaemonQuery,
  credentials: Credentials,
  host: Host,
): Promise<AdvertisedDaemon> {
  const trusted = ({ ads, authenticated }: CollectorReply) =>
    authenticated ||
    !wanted.needsServerName ||
    ads.every((ad) => isUserSupplied(readAddress(ad, wanted.type).params.get('alias'), wanted, collector));
  return withPhase('locate', formatSinful(collector.address), () =>
    find(wanted, collector, (query) =>
      queryCollector(
        collector,
        query,
        credentials,
        { trusted, mayBeUnauthenticated: wanted.mayBeUnauthenticated },
        host,
      ),
    ),
  );
}

/** Finds a daemon like `locate`, but sends the queries with `ask`. */
export async function find(
  wanted: DaemonQuery,
  collector: Target,
  ask: (query: Query) => Promise<CollectorReply>,
): Promise<AdvertisedDaemon> {
  const read = (ad: ClassAd, { authenticated }: CollectorReply, roundTrips: number): AdvertisedDaemon => {
    const address = readAddress(ad, wanted.type);
    const alias = address.params.get('alias');
    const names = isUserSupplied(alias, wanted, collector)
      ? { serverName: alias }
      : { serverName: undefined, claimedName: authenticated ? alias : undefined };
    return { address, ...names, name: readName(ad, wanted), lastHeardFrom: readTime(ad), roundTrips };
  };
  const { type, name } = wanted;
  if (name === undefined) {
    // If the reply contains several ads, the user must choose one of the daemons, so the error lists their names.
    const reply = await ask(queryFor(type, undefined, MAX_NAMES + 1));
    const [only, ...others] = reply.ads;
    if (only === undefined) throw notFound(wanted, [], await restartEvidence(wanted, ask));
    if (others.length > 0) throw notFound(wanted, namesOf(reply.ads), undefined);
    return read(only, reply, reply.roundTrips);
  }
  const reply = await ask(queryFor(type, name, 1));
  const [found] = reply.ads;
  if (found !== undefined) return read(found, reply, reply.roundTrips);
  // The requested name could be a host name without a domain. HTCondor's tools complete such a name with the resolver;
  // this client queries the collector.
  if (/^[A-Za-z0-9-]+$/.test(name)) {
    const guess = await ask(queryFor(type, new RegExp(`^([^@]*@)?${name}[.]`, 'i'), 2));
    const [only, ...others] = guess.ads;
    if (only !== undefined && others.length === 0) return read(only, guess, reply.roundTrips + guess.roundTrips);
  }
  const [all, evidence] = await Promise.all([
    ask(queryFor(type, undefined, MAX_NAMES + 1)),
    restartEvidence(wanted, ask),
  ]);
  throw notFound(wanted, namesOf(all.ads), evidence);
}

function queryFor(type: string, name: string | RegExp | undefined, limit: number): Query {
  const { query, adType, addressAttribute, byMachine = false } = typeOf(type);
  const projection = [
    'CondorVersion',
    'CondorPlatform',
    'MyAddress',
    'AddressV1',
    'Name',
    'Machine',
    'LastHeardFrom',
    addressAttribute,
  ];
  const slot = typeof name === 'string' && name.includes('@');
  const attribute = byMachine && !slot ? 'Machine' : 'Name';
  return {
    command: query,
    adType,
    requirements:
      name === undefined
        ? 'true'
        : typeof name === 'string'
          ? `((${attribute} == "${name}"))`
          : `regexp("${name.source}", ${attribute}, "i")`,
    // Marks the query as an address lookup, so that the collector's reply omits the slots of a startd.
    locationQuery: typeof name === 'string' && !(byMachine && slot) ? name : undefined,
    limit,
    projection: projection.filter((each) => each !== undefined),
  };
}

function typeOf(type: string) {
  const found = DAEMON_TYPES[type];
  if (found === undefined) throw new RangeError(`unknown daemon type ${type}`);
  return found;
}

/** Returns the time at which the daemon last advertised itself, by the collector's clock. Used only in error texts. */
function readTime(ad: ClassAd): number | undefined {
  try {
    const seconds = ad.integer('LastHeardFrom') ?? 0;
    return seconds > 0 && seconds < MAX_TIME ? seconds : undefined;
  } catch {
    return undefined; // the time is optional, so an invalid value is ignored
  }
}

/** Matches acceptable daemon names. Names that are exported to HTCondor's tools are restricted further. */
const NAME = /^[^"\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,255}$/u;

/**
 * Returns the daemon's name from an ad. The ad is not trusted, so the name, or the host name in it, must match the
 * requested name. The requested name does not have to include the domain.
 *
 * @throws ProtocolError ERR_CLASSAD.
 */
function readName(ad: ClassAd, { type, name: asked }: DaemonQuery): string {
  const name = ad.string('Name') ?? asked ?? '';
  const { byMachine = false } = typeOf(type);
  const [actual, wanted] = [name.toLowerCase(), asked?.toLowerCase()];
  const host = actual.slice(actual.lastIndexOf('@') + 1);
  const fits =
    wanted === undefined || actual === wanted || host.startsWith(`${wanted}.`) || (byMachine && host === wanted);
  if (fits && NAME.test(name)) return name;
  throw new ProtocolError('ERR_CLASSAD', `the collector returned a different daemon than requested: ${name}`);
}

function readAddress(ad: ClassAd, type: string): Sinful {
  const { addressAttribute = 'MyAddress' } = typeOf(type);
  const text = ad.string(addressAttribute) ?? ad.string('MyAddress');
  const address = text === undefined ? undefined : parseSinful(text);
  if (address !== undefined) return address;
  throw new ProtocolError('ERR_CLASSAD', `the collector returned no usable address: ${text ?? 'the ad has none'}`, {
    reason: 'no-address',
  });
}

/** True if the user supplied the host name `alias`, either in the daemon's name or as the collector's host name. */
function isUserSupplied(alias: string | undefined, { name }: DaemonQuery, { serverName }: Target): boolean {
  const supplied = [name?.slice(name.lastIndexOf('@') + 1), serverName].map((each) => each?.toLowerCase());
  return alias !== undefined && supplied.includes(alias.toLowerCase());
}

function namesOf(ads: readonly ClassAd[]): readonly string[] {
  return [...new Set(ads.map((ad) => ad.string('Name') ?? '').filter((name) => name !== ''))].sort();
}

/**
 * Returns the error for a query that no daemon or several daemons match. `evidence` is the reason to assume that the
 * daemon is restarting.
 */
function notFound({ type, name }: DaemonQuery, all: readonly string[], evidence: string | undefined): LocateError {
  const names = all.slice(0, MAX_NAMES);
  const listed = `${names.join(', ')}${all.length > MAX_NAMES ? ' and more' : ''}`;
  if (name === undefined && names.length > 0) {
    return new LocateError('ERR_AMBIGUOUS', `the collector has several daemons of type ${type}: ${listed}`, names);
  }
  const others = names.length === 0 ? 'it lists no daemon of that type' : `it lists ${listed}`;
  const what = name === undefined ? `no daemon of type ${type}` : `no ${type} named ${name}`;
  const restart = evidence === undefined ? '' : `; it may be restarting: ${evidence}`;
  const mayBeRestarting = evidence !== undefined;
  return new LocateError('ERR_NOT_FOUND', `the collector lists ${what}; ${others}${restart}`, names, {
    mayBeRestarting,
  });
}
