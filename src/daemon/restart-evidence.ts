/**
 * Determines whether a daemon that is missing from the collector might be restarting. docs/RELIABILITY.md describes the
 * rule.
 *
 * A daemon that is restarting is missing from the collector for seconds to minutes. A daemon whose name was misspelled
 * in the request is always missing. The client must retry if the daemon is restarting, and fail immediately if the name
 * is misspelled. The ads of other daemons make it possible to distinguish the two cases.
 */
import type { ClassAd } from '../wire/classad.ts';
import type { CollectorReply, Query } from './collector-query.ts';
import { DAEMON_TYPES } from './commands.ts';

/**
 * Time in seconds after which a restarted collector is assumed to list all daemons. Daemons advertise themselves every
 * UPDATE_INTERVAL, which is 5 min by default.
 */
const COLLECTOR_FILLS_SECONDS = 330;

/** Maximum time in seconds that a daemon is expected to take to advertise itself after it starts. */
const DAEMON_STARTS_SECONDS = 60;

const QUERY_ANY_ADS = 48;
const MAX_ADS = 100;

interface MissingDaemon {
  /** Type of the daemon, a key of DAEMON_TYPES. */
  readonly type: string;
  readonly name: string | undefined;
}

/**
 * Returns the evidence for a restart, worded as a clause of an error message. Returns undefined if there is no
 * evidence. Never throws.
 */
export async function restartEvidence(
  { type, name = '' }: MissingDaemon,
  ask: (query: Query) => Promise<CollectorReply>,
): Promise<string | undefined> {
  const { adType = '' } = DAEMON_TYPES[type] ?? {};
  // condor_master sets this attribute to 0 while the daemon is down (Daemons::Update)
  const started = `${type.toUpperCase()}_StartTime`;
  const host = name.slice(name.lastIndexOf('@') + 1).toLowerCase();
  const ads = await ask(evidenceQuery(started, host)).then(
    (reply) => reply.ads,
    () => [],
  );
  const typeOf = (ad: ClassAd) => ad.string('MyType') ?? '';
  const ofHost = ads.filter((ad) => isOfHost(ad, host));
  const masters = (ofHost.length > 0 ? ofHost : ads).filter((ad) => typeOf(ad) === 'DaemonMaster');
  const down = masters.find((ad) => ad.integer(started) === 0);
  if (down !== undefined) return `condor_master on ${down.string('Machine') ?? 'its host'} reports it as not running`;
  if (ads.some((ad) => typeOf(ad) === 'Collector')) return 'the collector started a moment ago';
  if (ofHost.length === 0) {
    return masters.length === 0 ? undefined : `a ${type} started on ${masters[0]?.string('Machine')} a moment ago`;
  }
  const runsHere = masters.length === 0 || masters.some((ad) => ad.integer(started) !== undefined);
  const hasOther = ofHost.some((ad) => typeOf(ad) === adType);
  return runsHere && !hasOther ? `the collector lists other daemons on ${host}` : undefined;
}

/**
 * Builds a single query for three kinds of evidence. The first is a collector that started too recently to list all
 * daemons. The second is a master that reports that its daemon of this type is down or has just started. The third is
 * an ad of any daemon on the host that is part of the requested name.
 *
 * The collector evaluates the times, so the client's clock does not matter. The collector's own ad has no
 * DaemonStartTime, so the query uses StatsLifetime, the collector's age when the ad was created.
 */
function evidenceQuery(started: string, host: string): Query {
  const young = `MyType == "Collector" && time() - LastHeardFrom + StatsLifetime < ${COLLECTOR_FILLS_SECONDS}`;
  const age = `time() - LastHeardFrom + MyCurrentTime - ${started}`;
  const restarting = `MyType == "DaemonMaster" && (${started} == 0 || ${age} < ${DAEMON_STARTS_SECONDS})`;
  const sameHost = `MyType != "Collector" && MyType != "Machine" && (${hostMatches(host)})`;
  return {
    command: QUERY_ANY_ADS,
    adType: 'Any',
    requirements: `(${young}) || (${restarting}) || (${sameHost})`,
    locationQuery: undefined,
    limit: MAX_ADS,
    projection: ['MyType', 'Name', 'Machine', started],
  };
}

function hostMatches(host: string): string {
  if (!/^[a-z0-9._-]+$/.test(host)) return 'false';
  return host.includes('.') ? `Machine == "${host}"` : `Machine == "${host}" || regexp("^${host}[.]", Machine, "i")`;
}

function isOfHost(ad: ClassAd, host: string): boolean {
  const machine = ad.string('Machine')?.toLowerCase() ?? '';
  return host !== '' && (machine === host || (!host.includes('.') && machine.startsWith(`${host}.`)));
}
