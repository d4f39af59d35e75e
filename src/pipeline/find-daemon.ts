import type { Target } from '../daemon/call.ts';
import { findLocal } from '../daemon/local.ts';
import { type LocatedDaemon, locate } from '../daemon/locate.ts';
import { ConnectError, LocateError, ProtocolError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
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
import type { TokenRequest, Wanted } from './request.ts';

/** Whom to ask for the token, best first (none: nobody has to be), and the name of the daemon that issues it. */
export interface Found {
  readonly targets: readonly Target[];
  readonly name: string;
  readonly roundTrips: number;
}

/** Where the daemon may be: as given, as it says on this machine, or as the first collector that answers says. */
export async function findDaemon(request: TokenRequest, credentials: Credentials, host: Host): Promise<Found> {
  const { daemon, remote, serverName, privateNetworkName, issued, verify, checkOnly } = request;
  const asWeSee = (address: Sinful) => inPrivateNetwork(address, privateNetworkName);
  if ('address' in daemon) {
    const targets = daemon.address
      .map(asWeSee)
      .map((address) => ({ address, serverName: serverName ?? hostNameOf(address) }));
    return { targets, name: '', roundTrips: 0 };
  }
  // A token that is there already is nobody's to give: a name is enough, unless somebody is to look at it.
  const { name, through } = daemon;
  if (issued !== undefined && name !== undefined && through === undefined && !verify && !checkOnly)
    return { targets: [], name, roundTrips: 0 };
  if (remote) return await findByName(daemon, request, credentials, host);
  const here = findHere(daemon, host);
  const ahead = here === undefined ? new ConnectionsAhead(guessesOf(daemon), host) : undefined;
  const found =
    here ??
    (await askCollectors(daemon, request, credentials, host).catch((error: unknown) => {
      ahead?.close();
      throw error;
    }));
  host.log.debug(`locate: ${found.name} is at ${formatSinful(found.address)}`);
  const address =
    daemon.through === undefined ? asWeSee(found.address) : throughEndpoint(found.address, daemon.through);
  return { ...found, targets: [{ ...found, address, ahead, serverName: serverName ?? found.serverName }] };
}

/**
 * Where a daemon probably is: at the end of the tunnel; else on the host in its name, and on the host of the collector,
 * at the collector's port, which is most often a shared port.
 */
export function guessesOf({ name = '', collectors: [collector], through }: Sought): readonly Endpoint[] {
  if (through !== undefined) return [through];
  const { host = '', port = DEFAULT_PORT } = collector ?? {};
  const named = name.slice(name.lastIndexOf('@') + 1).toLowerCase();
  // Without a dot it is most often no host, and the resolver may take its time to find that out.
  const hosts = new Set([/^[a-z0-9-]+([.][a-z0-9-]+)+$/.test(named) ? named : '', host.toLowerCase()]);
  return [...hosts].filter((each) => each !== '').map((each) => ({ host: each, port }));
}

/** The collectors, to be asked by name: the one given, that of this machine's daemon, or of the only one they have. */
async function findByName(daemon: Sought, request: Asking, credentials: Credentials, host: Host): Promise<Found> {
  const { serverName } = request;
  const targets = daemon.collectors.map((address) => ({ address, serverName: serverName ?? hostNameOf(address) }));
  if (daemon.name !== undefined) return { targets, name: daemon.name, roundTrips: 0 };
  const { name, roundTrips } = findHere(daemon, host) ?? (await askCollectors(daemon, request, credentials, host));
  return { targets, name, roundTrips };
}

type Sought = Exclude<Wanted, { address: unknown }>;

/** On this machine; undefined: there may be collectors that know more. */
function findHere({ type, name = '', local, collectors }: Sought, host: Host): LocatedDaemon | undefined {
  if (local === undefined) return undefined;
  const here = findLocal(local, type);
  if (typeof here !== 'string')
    return { serverName: hostNameOf(here.address), roundTrips: 0, ...here, name: here.name || name || local.name };
  if (collectors.length === 0) throw new LocateError('ERR_NOT_FOUND', `no ${type} on this host: ${here}`, []);
  host.log.debug(`locate: not on this host: ${here}`);
  return undefined;
}

/** Methods that check the daemon's host name. */
const NEEDS_HOST_NAME: readonly MethodName[] = ['SSL', 'SCITOKENS', 'KERBEROS'];
/** How collectors are asked. */
type Asking = Pick<TokenRequest, 'serverName' | 'mayBeUnauthenticated'>;

function askCollectors(
  { collectors, type, name }: Sought,
  { serverName, mayBeUnauthenticated }: Asking,
  credentials: Credentials,
  host: Host,
) {
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

/** An address that others could stand in for has this long before the next one is asked. */
const PATIENCE_MS = 10_000;

/** The first of a list of equals that can be talked to. An answer counts, whatever it is. */
export async function inTurn<A, T>(
  addresses: readonly A[],
  talk: (address: A, host: Host) => Promise<T>,
  host: Host,
): Promise<T> {
  for (const [index, address] of addresses.entries()) {
    const last = index === addresses.length - 1;
    const patience = new AbortController();
    const timer = last ? undefined : setTimeout(() => patience.abort(new Error('no response')), PATIENCE_MS);
    try {
      const signal = last ? host.signal : AbortSignal.any([host.signal, patience.signal]);
      return await talk(address, { ...host, signal });
    } catch (error) {
      const mute = error instanceof ConnectError || error instanceof ProtocolError;
      if (!mute || host.signal.aborted || last) throw error;
      host.log.warn(`${patience.signal.aborted ? 'no response in time' : error.message}; trying the next address`);
    } finally {
      clearTimeout(timer);
    }
  }
  throw new RangeError('no address');
}
