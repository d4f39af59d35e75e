import { COLLECTOR_TYPES, DAEMON_TYPES } from '../daemon/commands.ts';
import { findLocal, type LocalDaemon } from '../daemon/local.ts';
import { InputError } from '../errors.ts';
import type { Wanted } from '../pipeline/request.ts';
import { DEFAULT_PORT, parseAddress, type Sinful } from '../transport/sinful.ts';
import { INPUTS, type InputSource, type Surroundings } from './table.ts';
import { oneOf, plainText, quote, splitList } from './words.ts';

/** The collectors that tools have to be told of: those given, the daemon itself if it is one, or those of the configuration. */
export function readCollectors(input: InputSource, surroundings: Surroundings): readonly Sinful[] {
  const given = readPool(input('pool'), surroundings);
  if (given !== undefined) return given;
  const address = readAddress(input('address'));
  const isCollector = COLLECTOR_TYPES.includes((input('type') ?? INPUTS.type).trim().toLowerCase());
  return isCollector && address !== undefined ? [address] : (configuredPool(surroundings) ?? []);
}

/** How the daemon is meant, beside what it is called. */
interface Manner {
  /** The one of this machine rather than the only one of a pool. */
  readonly localFirst: boolean;
  /** The collector is asked for its token, so that it is known by its name only. */
  readonly remote: boolean;
}

/**
 * Which daemon is meant: where it is, or who to ask (Daemon::getDaemonInfo and getCmInfo in C++).
 *
 * @throws InputError ERR_INPUT.
 */
export function readDaemon(input: InputSource, surroundings: Surroundings, { localFirst, remote }: Manner): Wanted {
  const type = oneOf('type', (input('type') ?? INPUTS.type).toLowerCase(), Object.keys(DAEMON_TYPES));
  const pool = readPool(input('pool'), surroundings);
  const name = plainText('name', input('name')) ?? (pool === undefined ? hostOf(type, surroundings) : undefined);
  if (name !== undefined && /@[^@]*:\d+$/.test(name))
    throw new InputError('name', `name: ${quote(name)} has a port; remove it, because the collector reports the port`);
  if (remote) checkRemote(input, type);
  const address = readAddress(input('address'));
  // A bare host:port with a name beside it is another way to the same daemon: the end of a tunnel.
  const tunnel = address !== undefined && address.params.size === 0 && (name !== undefined || pool !== undefined);
  if (address !== undefined && !tunnel) return { address: [address] };
  const named = name === undefined || remote ? undefined : addressInName(name);
  if (named !== undefined) return { address: [address ?? named] };
  if (COLLECTOR_TYPES.includes(type)) return { address: readCollector(type, pool, name, address, surroundings) };

  const local = readLocal(type, name, pool, surroundings, localFirst);
  const collectors = pool ?? configuredPool(surroundings);
  if (collectors === undefined && (local === undefined || remote)) {
    throw new InputError(
      'pool',
      'pool: the collector is unknown; set pool to its host (host or host:port), or set address',
    );
  }
  const through = tunnel ? { host: address.host, port: address.port } : undefined;
  return { collectors: collectors ?? [], type, name, local, through };
}

/**
 * Refuses what does not go with `remote`: the collector fetches tokens of schedds only, and has no say in the key
 * (main in token_fetch.cpp, CollectorDaemon::schedd_token_request).
 */
function checkRemote(input: InputSource, type: string): void {
  if (type !== 'schedd') throw new InputError('remote', 'remote: the collector fetches tokens from schedds only');
  if (input('address') !== undefined) {
    throw new InputError(
      'address',
      'address: not supported with remote, which queries the collector; use pool and name',
    );
  }
  if (input('key') !== undefined) {
    throw new InputError('key', 'key: not supported with remote, because the schedd signs with its own key');
  }
}

/** A collector is where one asks for the others: it is its own address. */
function readCollector(
  type: string,
  pool: readonly Sinful[] | undefined,
  name: string | undefined,
  address: Sinful | undefined,
  surroundings: Surroundings,
): readonly Sinful[] {
  if (address !== undefined) return [address];
  if (pool !== undefined && name !== undefined) {
    throw new InputError('name', `name: not supported for type ${type}, which pool alone identifies`);
  }
  const found = pool ?? readPool(name, surroundings) ?? configuredPool(surroundings);
  if (found !== undefined) return found;
  throw new InputError('pool', 'pool: the collector is unknown; set pool to its host (host or host:port)');
}

function readAddress(text: string | undefined): Sinful | undefined {
  if (text === undefined) return undefined;
  const parsed = parseAddress(text.trim(), DEFAULT_PORT);
  if (parsed !== undefined) return parsed;
  throw new InputError('address', `address: ${quote(text)} is neither a sinful string nor host:port`);
}

/** SCHEDD_HOST and so on: the daemon that is meant where none is named. */
function hostOf(type: string, { setting }: Surroundings): string | undefined {
  return COLLECTOR_TYPES.includes(type) ? undefined : setting(`${type.toUpperCase()}_HOST`);
}

/**
 * Where the daemon of this machine says that it is, if that one may be meant: there is no name, or its own.
 * The one negotiator of a pool is not looked for here.
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

/** HTCondor takes a name that is an address for what it is, and asks no collector (Daemon::locate). */
function addressInName(name: string): Sinful | undefined {
  return name.startsWith('<') || /:\d+$/.test(name) ? parseAddress(name) : undefined;
}

function readPool(text: string | undefined, { setting }: Surroundings): readonly Sinful[] | undefined {
  if (text === undefined) return undefined;
  const words = splitList(text);
  if (words.length === 0) throw new InputError('pool', 'pool: the value is empty');
  return words.map((word) => {
    const address = parseAddress(word, Number(setting('COLLECTOR_PORT')) || DEFAULT_PORT);
    if (address === undefined)
      throw new InputError('pool', `pool: ${quote(word)} is not a host, host:port or sinful string`);
    return address;
  });
}

/** COLLECTOR_HOST. Port 0 there means a collector of this machine, on whatever port it says in its address file. */
function configuredPool(surroundings: Surroundings): readonly Sinful[] | undefined {
  const { setting } = surroundings;
  const text = setting('COLLECTOR_HOST');
  if (text === undefined || !/:0$/.test(text.trim())) return readPool(text, surroundings);
  const found = findLocal({ adFile: undefined, addressFile: setting('COLLECTOR_ADDRESS_FILE') }, 'collector');
  if (typeof found !== 'string') return [found.address];
  throw new InputError('pool', `pool: COLLECTOR_HOST is ${text}, but no collector was found on this host (${found})`);
}
