import { HTCondorError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { putHeader } from '../wire/frame.ts';
import { concat, Writer } from '../wire/writer.ts';
import { Channel } from './channel.ts';
import type { ConnectionsAhead } from './connection-ahead.ts';
import { dial } from './dial.ts';
import { endpoints, formatSinful, type Sinful, sharedPortId } from './sinful.ts';

/** Command number of SHARED_PORT_CONNECT (condor_commands.h). */
const SHARED_PORT_CONNECT = 75;

/**
 * Connects to a daemon over TCP, at the first of its addresses that accepts a connection. If the daemon is behind a
 * shared port, also requests the daemon's socket by name (cedar-rfc §3.3.1). The shared port does not reply, so the
 * request is sent together with the first message.
 *
 * `ahead` contains connections that were opened in advance. If one of these connections leads to this daemon, it is
 * used.
 *
 * @throws ConnectError ERR_CONNECT with the reason for each address; ERR_TIMEOUT.
 */
export async function connect(address: Sinful, host: Host, ahead?: ConnectionsAhead): Promise<Channel> {
  const early = ahead?.take(address);
  const socket =
    early ??
    (await dial(endpoints(address), host).catch((error: unknown) => {
      if (error instanceof HTCondorError) error.peer ??= formatSinful(address);
      throw error;
    }));
  const id = sharedPortId(address);
  if (early !== undefined) host.log.debug('connect: using the connection that was opened in advance');
  if (id !== undefined) host.log.debug(`connect: requesting ${id} through the shared port`);
  const preamble = id === undefined ? {} : { preamble: sharedPortConnect(id) };
  return new Channel(socket, { ...host, ...preamble, roundTrips: early === undefined ? 1 : 0 });
}

function sharedPortConnect(id: string): Uint8Array {
  const message = new Writer().int(SHARED_PORT_CONNECT).string(id).string('condor-token-fetch').int(-1).int(0).finish();
  return concat([putHeader(message.length), message]);
}
