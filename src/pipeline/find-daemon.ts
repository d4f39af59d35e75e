import { findLocal } from '../daemon/local.ts';
import { type AdvertisedDaemon, locate } from '../daemon/locate.ts';
import type { Target } from '../daemon/session-command.ts';
import { LocateError } from '../errors.ts';
import { isUnreachable } from '../runtime/failures.ts';
import { type Host, withTimeLimit } from '../runtime/host.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import type { Credentials, MethodName } from '../security/method.ts';
import { inPrivateNetwork } from '../transport/ccb-contact.ts';
import { ConnectionsAhead } from '../transport/connection-ahead.ts';
import {
  DEFAULT_PORT,
  type Endpoint,
  formatSinful,
  hostNameOf,
  type Sinful,
  throughEndpoint,
} from '../transport/sinful.ts';
import { askFirst } from './ask-collectors.ts';
import type { DaemonSelector, TokenRequest } from './request.ts';

/** Addresses to request a token from, in order of preference, and the name of the daemon that issues the token. */
export interface LocatedDaemon {
  /** Empty if the fetch does not have to contact a daemon. */
  readonly targets: readonly Target[];
  readonly name: string;
  readonly roundTrips: number;
}

/**
 * Locates the daemon by the address in the request, through the daemon's files on this host, or through a collector.
 */
export async function findDaemon(request: TokenRequest, credentials: Credentials, host: Host): Promise<LocatedDaemon> {
  const { daemon, remote, serverName, privateNetworkName } = request;
  const inNetwork = (address: Sinful) => inPrivateNetwork(address, privateNetworkName);
  if (daemon.kind === 'address') {
    const addresses = daemon.addresses.map(inNetwork);
    const targets = addresses.map((address) => ({ address, serverName: serverName ?? hostNameOf(address) }));
    return { targets, name: '', roundTrips: 0 };
  }
  if (remote) return await collectorsOf(daemon, request, credentials, host);
  const here = findHere(daemon, host);
  const ahead = here === undefined ? new ConnectionsAhead(guessesOf(daemon), host) : undefined;
  const found =
    here ??
    (await askCollectors(daemon, request, credentials, host).catch((error: unknown) => {
      ahead?.close();
      throw error;
    }));
  host.log.debug(`locate: ${found.name} is at ${formatSinful(found.address)}`);
  const { through } = daemon;
  const address = through === undefined ? inNetwork(found.address) : throughEndpoint(found.address, through);
  const { name, roundTrips } = found;
  return { targets: [{ ...found, address, ahead, serverName: serverName ?? found.serverName }], name, roundTrips };
}

/**
 * Returns the probable addresses of a daemon. If there is a tunnel, its local end is the only address. Otherwise, the
 * candidates are the host in the daemon's name and the collector's host, each with the collector's port, which is
 * usually a shared port.
 */
export function guessesOf({ name = '', collectors: [collector], through }: InPool): readonly Endpoint[] {
  if (through !== undefined) return [through];
  const { host = '', port = DEFAULT_PORT } = collector ?? {};
  const named = name.slice(name.lastIndexOf('@') + 1).toLowerCase();
  // A name without a dot is usually not a host name, and resolving it could take seconds.
  const hosts = new Set([/^[a-z0-9-]+([.][a-z0-9-]+)+$/.test(named) ? named : '', host.toLowerCase()]);
  return [...hosts].filter((each) => each !== '').map((each) => ({ host: each, port }));
}

/**
 * Returns the collectors as targets, and the name of the schedd that they fetch the token from. If the user supplied no
 * name, returns the name of the schedd on this host or of the only schedd in the pool.
 */
async function collectorsOf(
  daemon: InPool,
  request: QueryOptions,
  credentials: Credentials,
  host: Host,
): Promise<LocatedDaemon> {
  const { serverName } = request;
  const targets = daemon.collectors.map((address) => ({ address, serverName: serverName ?? hostNameOf(address) }));
  if (daemon.name !== undefined) return { targets, name: daemon.name, roundTrips: 0 };
  const { name, roundTrips } = findHere(daemon, host) ?? (await askCollectors(daemon, request, credentials, host));
  return { targets, name, roundTrips };
}

type InPool = Extract<DaemonSelector, { kind: 'pool' }>;

/**
 * Returns the daemon on this host. Returns undefined if no daemon is found on this host, but a collector can be
 * queried.
 *
 * @throws LocateError ERR_NOT_FOUND if there is no collector to query either.
 */
function findHere({ type, name = '', local, collectors }: InPool, host: Host): AdvertisedDaemon | undefined {
  if (local === undefined) return undefined;
  const here = findLocal(local, type);
  if (!(here instanceof Unavailable))
    return { serverName: hostNameOf(here.address), roundTrips: 0, ...here, name: here.name || name || local.name };
  const { reason } = here;
  if (collectors.length === 0)
    throw new LocateError('ERR_NOT_FOUND', `no ${type} on this host: ${reason}`, [], {
      reason: 'not-on-this-host',
    });
  host.log.debug(`locate: not on this host: ${reason}`);
  return undefined;
}

/** Authentication methods that check the daemon's host name. */
const NEEDS_HOST_NAME: readonly MethodName[] = ['SSL', 'SCITOKENS', 'KERBEROS'];

type QueryOptions = Pick<TokenRequest, 'serverName' | 'mayBeUnauthenticated'>;

function askCollectors(
  { collectors, type, name }: InPool,
  { serverName, mayBeUnauthenticated }: QueryOptions,
  credentials: Credentials,
  host: Host,
): Promise<AdvertisedDaemon> {
  const needsServerName =
    serverName === undefined && credentials.methods.some(({ name }) => NEEDS_HOST_NAME.includes(name));
  return askFirst(
    collectors,
    (address, within) => {
      host.log.debug(
        `locate: querying the collector ${formatSinful(address)} for ${name === undefined ? `the only ${type}` : `the ${type} ${name}`}`,
      );
      const collector = { address, serverName: hostNameOf(address) ?? serverName };
      return locate(collector, { type, name, needsServerName, mayBeUnauthenticated }, credentials, within);
    },
    host,
  );
}

/** Time in milliseconds after which an unresponsive address is abandoned and the next one is tried. */
const PATIENCE_MS = 10_000;

/**
 * Runs `talk` with each address in turn until one is reachable. Returns or throws the outcome for that address, even if
 * the daemon refuses the request.
 */
export async function inTurn<A, T>(
  addresses: readonly A[],
  talk: (address: A, host: Host) => Promise<T>,
  host: Host,
): Promise<T> {
  for (const address of addresses.slice(0, -1)) {
    const silence = new Error('no response in time');
    try {
      return await withTimeLimit(PATIENCE_MS, silence, (within) => talk(address, within), host);
    } catch (error) {
      if (!isUnreachable(error) || host.signal.aborted) throw error;
      const reason = error.cause === silence ? silence.message : error.message;
      host.log.warn(`${reason}; trying the next address. If this persists, correct the input pool`);
    }
  }
  const [last] = addresses.slice(-1);
  if (last === undefined) throw new RangeError('no address');
  return await talk(last, host);
}
