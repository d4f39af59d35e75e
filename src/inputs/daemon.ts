import { COLLECTOR_TYPES, DAEMON_TYPES } from '../daemon/commands.ts';
import { findLocal, type LocalDaemon } from '../daemon/local.ts';
import type { DaemonSelector } from '../pipeline/request.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import { DEFAULT_PORT, parseAddress, type Sinful } from '../transport/sinful.ts';
import { INPUTS, type InputSource, type Surroundings } from './table.ts';
import { oneOf, plainText, quote, refuse, splitList } from './words.ts';

/**
 * Returns the collectors for HTCondor's tools in later steps: those in `pool`, the daemon itself if it is a collector,
 * or the configured collectors.
 */
export function readCollectors(input: InputSource, surroundings: Surroundings): readonly Sinful[] {
  const given = readPool(input('pool'), surroundings);
  if (given !== undefined) return given;
  const address = readAddress(input('address'));
  const isCollector = COLLECTOR_TYPES.includes((input('type') ?? INPUTS.type).trim().toLowerCase());
  return isCollector && address !== undefined ? [address] : (configuredPool(surroundings) ?? []);
}

const UNKNOWN_COLLECTOR = 'the collector is unknown; set pool to its host (host or host:port)';

/** Options for selecting the daemon. */
interface Manner {
  /** Selects the daemon if no name is set: the daemon of this host if true, or the pool's only daemon if false. */
  readonly localFirst: boolean;
  /** True if the collector fetches the token. The client then needs only the name of the daemon. */
  readonly remote: boolean;
}

/**
 * Returns the address of the daemon, or the collectors to query (Daemon::getDaemonInfo and getCmInfo in C++).
 *
 * @throws InputError ERR_INPUT.
 */
export function readDaemon(
  input: InputSource,
  surroundings: Surroundings,
  { localFirst, remote }: Manner,
): DaemonSelector {
  const type = oneOf('type', (input('type') ?? INPUTS.type).toLowerCase(), Object.keys(DAEMON_TYPES));
  const pool = readPool(input('pool'), surroundings);
  const name = readName(input('name'), pool === undefined ? hostOf(type, surroundings) : undefined);
  if (remote) checkRemote(input, type);
  const address = readAddress(input('address'));
  // If a name or a pool is also set, an address in the form host:port is the local end of a tunnel to the daemon.
  const tunnel = address !== undefined && address.params.size === 0 && (name !== undefined || pool !== undefined);
  if (address !== undefined && !tunnel) return { kind: 'address', addresses: [address] };
  const named = name === undefined || remote ? undefined : addressInName(name);
  if (named !== undefined) return { kind: 'address', addresses: [address ?? named] };
  if (COLLECTOR_TYPES.includes(type)) {
    return { kind: 'address', addresses: readCollector(type, pool, name, address, surroundings) };
  }

  const local = readLocal(type, name, pool, surroundings, localFirst);
  const collectors = pool ?? configuredPool(surroundings) ?? noCollectors(local !== undefined && !remote);
  const through = address && { host: address.host, port: address.port };
  return { kind: 'pool', collectors, type, name, local, through };
}

function readName(text: string | undefined, fallback: string | undefined): string | undefined {
  const name = plainText('name', text) ?? fallback;
  if (name === undefined || !/@[^@]*:\d+$/.test(name)) return name;
  refuse('name', `${quote(name)} has a port; remove it, because the collector reports the port`);
}

/**
 * Returns an empty list of collectors. @throws InputError ERR_INPUT unless the daemon can be found without a collector.
 */
function noCollectors(mayBeLocal: boolean): readonly Sinful[] {
  if (mayBeLocal) return [];
  refuse('pool', `${UNKNOWN_COLLECTOR}, or set address`);
}

/**
 * Rejects inputs that are incompatible with `remote`. The collector fetches tokens only from schedds, and cannot select
 * the signing key (main in token_fetch.cpp, CollectorDaemon::schedd_token_request).
 */
function checkRemote(input: InputSource, type: string): void {
  if (type !== 'schedd') refuse('remote', 'the collector fetches tokens from schedds only');
  if (input('address') !== undefined) {
    refuse('address', 'not supported with remote, which queries the collector; use pool and name');
  }
  if (input('key') !== undefined) {
    refuse('key', 'not supported with remote, because the schedd signs with its own key');
  }
}

/** Returns the addresses of a collector. They can be determined without querying another collector. */
function readCollector(
  type: string,
  pool: readonly Sinful[] | undefined,
  name: string | undefined,
  address: Sinful | undefined,
  surroundings: Surroundings,
): readonly Sinful[] {
  if (address !== undefined) return [address];
  if (pool !== undefined && name !== undefined) {
    refuse('name', `not supported for type ${type}, because pool identifies the daemon`);
  }
  const found = pool ?? readPool(name, surroundings) ?? configuredPool(surroundings);
  if (found !== undefined) return found;
  refuse('pool', UNKNOWN_COLLECTOR);
}

function readAddress(text: string | undefined): Sinful | undefined {
  if (text === undefined) return undefined;
  const parsed = parseAddress(text.trim(), DEFAULT_PORT);
  if (parsed !== undefined) return parsed;
  refuse('address', `${quote(text)} is neither a sinful string nor host:port`);
}

/** Returns the name of the default daemon of a type. For the schedd, the setting is SCHEDD_HOST. */
function hostOf(type: string, { setting }: Surroundings): string | undefined {
  return COLLECTOR_TYPES.includes(type) ? undefined : setting(`${type.toUpperCase()}_HOST`);
}

/**
 * Returns the files that contain the address of this host's daemon; undefined if a different daemon is requested. A
 * negotiator is always located through the collector.
 */
function readLocal(
  type: string,
  name: string | undefined,
  pool: readonly Sinful[] | undefined,
  { setting }: Surroundings,
  localFirst: boolean,
): LocalDaemon | undefined {
  if (type === 'negotiator' || (pool !== undefined && (name !== undefined || !localFirst))) return undefined;
  const of = (what: string) => setting(`${type.toUpperCase()}_${what}`);
  const [host, own] = [setting('FULL_HOSTNAME'), of('NAME')];
  const ownName = own === undefined ? host : own.includes('@') || own === host ? own : `${own}@${host}`;
  if (name !== undefined && name !== ownName) return undefined;
  const files = { adFile: of('DAEMON_AD_FILE'), addressFile: of('ADDRESS_FILE') };
  if (files.adFile === undefined && files.addressFile === undefined) return undefined;
  return { ...files, name: ownName ?? '' };
}

/**
 * Returns the address that a name contains, if any. HTCondor uses such an address without querying a collector
 * (Daemon::locate).
 */
function addressInName(name: string): Sinful | undefined {
  return name.startsWith('<') || /:\d+$/.test(name) ? parseAddress(name) : undefined;
}

function readPool(text: string | undefined, { setting }: Surroundings): readonly Sinful[] | undefined {
  if (text === undefined) return undefined;
  const words = splitList(text);
  if (words.length === 0) refuse('pool', 'the value is empty');
  return words.map((word) => {
    const address = parseAddress(word, Number(setting('COLLECTOR_PORT')) || DEFAULT_PORT);
    if (address === undefined) refuse('pool', `${quote(word)} is not a host, host:port or sinful string`);
    return address;
  });
}

/**
 * Returns the collectors in COLLECTOR_HOST. Port 0 stands for a collector on this host, whose address file contains the
 * port.
 */
function configuredPool(surroundings: Surroundings): readonly Sinful[] | undefined {
  const { setting } = surroundings;
  const text = setting('COLLECTOR_HOST');
  if (text === undefined || !/:0$/.test(text.trim())) return readPool(text, surroundings);
  const found = findLocal({ adFile: undefined, addressFile: setting('COLLECTOR_ADDRESS_FILE') }, 'collector');
  if (!(found instanceof Unavailable)) return [found.address];
  refuse('pool', `COLLECTOR_HOST is ${text}, but no collector was found on this host (${found.reason})`);
}
