/**
 * Asks a collector where a daemon is (cedar-rfc §3; Daemon::getDaemonInfo and CondorQuery in C++).
 *
 * What comes back is a hint, not a fact: whoever is at the address still has to prove itself.
 */
import { LocateError, ProtocolError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import type { Credentials } from '../security/method.ts';
import { parseSinful, type Sinful } from '../transport/sinful.ts';
import type { ClassAd } from '../wire/classad.ts';
import { inPhase, type Target } from './call.ts';
import { type Answer, type Query, queryCollector } from './collector-query.ts';
import { DAEMON_TYPES } from './commands.ts';
import { restartEvidence } from './restart-evidence.ts';

interface DaemonQuery {
  /** A key of DAEMON_TYPES. */
  readonly type: string;
  /** Undefined: the only one of its type in the pool. */
  readonly name: string | undefined;
  /**
   * True if the daemon has to prove itself by a certificate, and the name in it is not known yet: then a collector may
   * say it that says the same as the user, or else one that has proven itself.
   */
  readonly needsServerName: boolean;
  /** True if a collector that accepts no credential is asked without authentication. */
  readonly mayBeUnauthenticated: boolean;
}

export interface LocatedDaemon extends Target {
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
  collector: Target,
  wanted: DaemonQuery,
  credentials: Credentials,
  host: Host,
): Promise<LocatedDaemon> {
  const trusted = ({ ads, vouched }: Answer) =>
    vouched ||
    !wanted.needsServerName ||
    ads.every((ad) => wasTyped(readAddress(ad, wanted.type).params.get('alias'), wanted, collector));
  return inPhase('locate', collector.address, () =>
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

/** The same, with any way to ask. */
export async function find(
  wanted: DaemonQuery,
  collector: Target,
  ask: (query: Query) => Promise<Answer>,
): Promise<LocatedDaemon> {
  const read = (ad: ClassAd, { vouched }: Answer, roundTrips: number): LocatedDaemon => {
    const address = readAddress(ad, wanted.type);
    const alias = address.params.get('alias');
    const names = wasTyped(alias, wanted, collector)
      ? { serverName: alias }
      : { serverName: undefined, claimedName: vouched ? alias : undefined };
    return { address, ...names, name: readName(ad, wanted), lastHeardFrom: readTime(ad), roundTrips };
  };
  const { type, name } = wanted;
  if (name === undefined) {
    // A second ad tells that there is a choice, and what it is.
    const answer = await ask(queryFor(type, undefined, MAX_NAMES + 1));
    const [only, ...others] = answer.ads;
    if (only === undefined) throw notFound(wanted, [], await restartEvidence(wanted, ask));
    if (others.length > 0) throw notFound(wanted, namesOf(answer.ads), undefined);
    return read(only, answer, answer.roundTrips);
  }
  const answer = await ask(queryFor(type, name, 1));
  const [found] = answer.ads;
  if (found !== undefined) return read(found, answer, answer.roundTrips);
  // A host without its domain: HTCondor's tools ask the resolver for the whole name, and we the collector.
  if (/^[A-Za-z0-9-]+$/.test(name)) {
    const guess = await ask(queryFor(type, new RegExp(`^([^@]*@)?${name}[.]`, 'i'), 2));
    const [only, ...others] = guess.ads;
    if (only !== undefined && others.length === 0) return read(only, guess, answer.roundTrips + guess.roundTrips);
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
    // Marks a cheap look-up; with it collectors leave the slots of a startd out.
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

/** The collector's clock when the daemon last advertised itself. It is shown in messages only. */
function readTime(ad: ClassAd): number | undefined {
  try {
    const seconds = ad.integer('LastHeardFrom') ?? 0;
    return seconds > 0 && seconds < 8.64e12 ? seconds : undefined;
  } catch {
    return undefined; // the fetch does not depend on it
  }
}

/** What a name may be made of. Only what is exported to HTCondor's tools is restricted further. */
const NAME = /^[^"\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,255}$/u;

/**
 * The name in an ad: the one that was asked for, or one with the host name that was, whole or without its domain. Anybody
 * may have said it.
 *
 * @throws ProtocolError ERR_CLASSAD.
 */
function readName(ad: ClassAd, { type, name: asked }: DaemonQuery): string {
  const name = ad.string('Name') ?? asked ?? '';
  const { byMachine = false } = typeOf(type);
  const [said, wanted] = [name.toLowerCase(), asked?.toLowerCase()];
  const host = said.slice(said.lastIndexOf('@') + 1);
  const fits =
    wanted === undefined || said === wanted || host.startsWith(`${wanted}.`) || (byMachine && host === wanted);
  if (fits && NAME.test(name)) return name;
  throw new ProtocolError('ERR_CLASSAD', `the collector returned a different daemon than requested: ${name}`);
}

function readAddress(ad: ClassAd, type: string): Sinful {
  const { addressAttribute = 'MyAddress' } = typeOf(type);
  const text = ad.string(addressAttribute) ?? ad.string('MyAddress');
  const address = text === undefined ? undefined : parseSinful(text);
  if (address !== undefined) return address;
  throw new ProtocolError('ERR_CLASSAD', `the collector returned no usable address: ${text ?? 'the ad has none'}`);
}

/** Whether the host name in an ad is one that the user gave: in the daemon's name, or as that of the collector. */
function wasTyped(alias: string | undefined, { name }: DaemonQuery, { serverName }: Target): boolean {
  const typed = [name?.slice(name.lastIndexOf('@') + 1), serverName].map((each) => each?.toLowerCase());
  return alias !== undefined && typed.includes(alias.toLowerCase());
}

function namesOf(ads: readonly ClassAd[]): readonly string[] {
  return [...new Set(ads.map((ad) => ad.string('Name') ?? '').filter((name) => name !== ''))].sort();
}

/** `evidence`: why the daemon may be restarting, if there is any. */
function notFound({ type, name }: DaemonQuery, all: readonly string[], evidence: string | undefined): LocateError {
  const names = all.slice(0, MAX_NAMES);
  const listed = `${names.join(', ')}${all.length > MAX_NAMES ? ' and more' : ''}`;
  if (name === undefined && names.length > 0) {
    return new LocateError('ERR_AMBIGUOUS', `the collector has several daemons of type ${type}: ${listed}`, names);
  }
  const others = names.length === 0 ? 'it knows none of that type' : `it knows ${listed}`;
  const what = name === undefined ? `no daemon of type ${type}` : `no ${type} named ${name}`;
  const restart = evidence === undefined ? '' : `; it may be restarting: ${evidence}`;
  const mayBeRestarting = evidence !== undefined;
  return new LocateError('ERR_NOT_FOUND', `the collector knows ${what}; ${others}${restart}`, names, {
    mayBeRestarting,
  });
}
