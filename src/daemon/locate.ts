/**
 * Asks a collector where a daemon is (cedar-rfc §3; Daemon::getDaemonInfo and CondorQuery in C++).
 *
 * What comes back is a hint, not a fact: whoever is at the address still has to prove itself.
 */
import { ConnectError, LocateError, ProtocolError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { AuthMethod } from '../security/method.ts';
import { connect } from '../transport/connect.ts';
import { parseSinful, type Sinful } from '../transport/sinful.ts';
import { type ClassAd, Expression, getClassAd, putClassAd } from '../wire/classad.ts';
import type { Reader } from '../wire/reader.ts';
import type { Writer } from '../wire/writer.ts';
import { DAEMON_TYPES } from './commands.ts';
import { callCommand, inPhase } from './open-session.ts';

export interface DaemonQuery {
  /** A key of DAEMON_TYPES. */
  readonly type: string;
  /** Undefined: the only one of its type in the pool. */
  readonly name: string | undefined;
}

export interface LocatedDaemon {
  readonly address: Sinful;
  readonly name: string;
  readonly roundTrips: number;
}

/** How many names of other daemons an error tells. */
const MAX_NAMES = 10;

/**
 * The daemon's address as the collector has it.
 *
 * @throws LocateError ERR_NOT_FOUND with the names that the collector has of this type; ERR_AMBIGUOUS if no name was
 *   given and there are several.
 */
export function locate(
  collector: Sinful,
  wanted: DaemonQuery,
  methods: readonly AuthMethod[],
  host: Host,
): Promise<LocatedDaemon> {
  return inPhase('locate', collector, () => find(wanted, (query) => queryFirstAnswer(collector, query, methods, host)));
}

async function find(wanted: DaemonQuery, ask: (query: Query) => Promise<Answer>): Promise<LocatedDaemon> {
  // Without a name, a second ad tells that there is a choice, and what it is.
  const { ads, roundTrips } = await ask(queryFor(wanted, wanted.name === undefined ? MAX_NAMES + 1 : 1));
  const [found] = ads;
  if (found !== undefined && (wanted.name !== undefined || ads.length === 1)) {
    return { ...readDaemon(found, wanted), roundTrips };
  }
  const names = namesOf(
    found !== undefined ? ads : (await ask(queryFor({ ...wanted, name: undefined }, MAX_NAMES + 1))).ads,
  );
  throw notFound(wanted, names, found !== undefined);
}

interface Query {
  readonly command: number;
  readonly putAd: (message: Writer) => void;
}

function queryFor({ type, name }: DaemonQuery, limit: number): Query {
  const { query, adType, addressAttribute, byMachine = false } = typeOf(type);
  const attribute = byMachine && name !== undefined && !name.includes('@') ? 'Machine' : 'Name';
  const projection = ['CondorVersion', 'CondorPlatform', 'MyAddress', 'AddressV1', 'Name', 'Machine', addressAttribute];
  const ad = {
    MyType: 'Query',
    TargetType: adType,
    Requirements: new Expression(name === undefined ? 'true' : `((${attribute} == "${name}"))`),
    // Marks a cheap look-up; with it collectors leave the slots of a startd out.
    LocationQuery: name !== undefined && !(byMachine && name.includes('@')) ? name : undefined,
    LimitResults: limit,
    Projection: projection.filter((each) => each !== undefined).join(' '),
  };
  return { command: query, putAd: (message) => putClassAd(message, ad) };
}

function typeOf(type: string) {
  const found = DAEMON_TYPES[type];
  if (found === undefined) throw new RangeError(`unknown daemon type ${type}`);
  return found;
}

interface Answer {
  readonly ads: readonly ClassAd[];
  readonly roundTrips: number;
}

/**
 * Asks twice at once: without any session, which most collectors answer and which takes two round trips, and in an
 * authenticated one, which takes three. The first answer counts. Asking one after the other would cost those who
 * protect their collector two round trips more.
 *
 * The other connection goes on to its end, unless the run ends first: giving it up in the middle of the handshake would
 * put an error into the collector's log each time, and it takes less time than what is still to do.
 */
async function queryFirstAnswer(
  collector: Sinful,
  query: Query,
  methods: readonly AuthMethod[],
  host: Host,
): Promise<Answer> {
  const plain = queryInClear(collector, query, host);
  const authenticated = queryInSession(collector, query, methods, host);
  try {
    return await Promise.any([plain, authenticated]);
  } catch {
    // A hang-up is how a collector says that it wants authentication; then the other failure is the one to tell.
    return await plain.catch((error: unknown) => {
      const hungUp = error instanceof ConnectError && error.code === 'ERR_CLOSED';
      if (!hungUp) throw error;
      return authenticated;
    });
  }
}

async function queryInClear(collector: Sinful, { command, putAd }: Query, host: Host): Promise<Answer> {
  const channel = await connect(collector, host);
  try {
    channel.send((message) => putAd(message.int(command)));
    const ads = await channel.receive(getAds);
    return { ads, roundTrips: channel.roundTrips };
  } finally {
    channel.close();
  }
}

async function queryInSession(
  address: Sinful,
  { command, putAd }: Query,
  methods: readonly AuthMethod[],
  host: Host,
): Promise<Answer> {
  const call = { address, command, request: putAd, methods, phase: 'locate' as const };
  const { value, roundTrips } = await callCommand(call, ({ channel }) => channel.receive(getAds), host);
  return { ads: value, roundTrips };
}

/** Ads until a 0 says that there are no more. */
function getAds(message: Reader): readonly ClassAd[] {
  const ads: ClassAd[] = [];
  for (let more = message.int(); more !== 0; more = message.int()) {
    if (more !== 1) throw new ProtocolError('ERR_MESSAGE', `${more} where 1 or 0 says whether an ad follows`);
    ads.push(getClassAd(message));
  }
  return ads;
}

function readDaemon(ad: ClassAd, { type, name }: DaemonQuery): { address: Sinful; name: string } {
  const { addressAttribute = 'MyAddress' } = typeOf(type);
  const text = ad.string(addressAttribute) ?? ad.string('MyAddress');
  const address = text === undefined ? undefined : parseSinful(text);
  if (address === undefined) {
    throw new ProtocolError('ERR_CLASSAD', `the collector gives no usable address: ${text ?? 'none at all'}`);
  }
  return { address, name: ad.string('Name') ?? name ?? '' };
}

function namesOf(ads: readonly ClassAd[]): readonly string[] {
  return [...new Set(ads.map((ad) => ad.string('Name') ?? '').filter((name) => name !== ''))].sort();
}

function notFound({ type, name }: DaemonQuery, all: readonly string[], ambiguous: boolean): LocateError {
  const names = all.slice(0, MAX_NAMES);
  const listed = `${names.join(', ')}${all.length > MAX_NAMES ? ' and more' : ''}`;
  if (ambiguous) {
    return new LocateError('ERR_AMBIGUOUS', `the collector has several daemons of type ${type}: ${listed}`, names);
  }
  const others = names.length === 0 ? 'it has none of that type' : `it has ${listed}`;
  const what = name === undefined ? `no daemon of type ${type}` : `no ${type} named ${name}`;
  return new LocateError('ERR_NOT_FOUND', `the collector knows ${what}; ${others}`, names);
}
