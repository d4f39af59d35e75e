import { connect as connectSocket, type Socket } from 'node:net';
import { ConnectError } from '../errors.ts';
import { crypto } from '../runtime/crypto.ts';
import type { Host } from '../runtime/host.ts';
import { putHeader } from '../wire/frame.ts';
import { concat, Writer } from '../wire/writer.ts';
import { abortedError, Channel } from './channel.ts';
import type { ConnectionAhead } from './connection-ahead.ts';
import { type Endpoint, endpoints, formatEndpoint, formatSinful, type Sinful, sharedPortId } from './sinful.ts';

/** SHARED_PORT_CONNECT (condor_commands.h). */
const SHARED_PORT_CONNECT = 75;

/** A silent address gets this long before the next one is tried beside it (RFC 8305, connection attempt delay). */
const ATTEMPT_DELAY_MS = 250;

/** An address that never answers is given up after this long. */
const ATTEMPT_TIMEOUT_MS = 10_000;

/**
 * Connects to a daemon: TCP to whichever of its addresses answers first, then, behind a shared port, the name of the
 * daemon's socket (cedar-rfc §3.3.1). That message has no answer, so it leaves with whatever is said first.
 *
 * `ahead`: a connection that may lead there already.
 *
 * @throws ConnectError ERR_CONNECT with the reason of each address; ERR_TIMEOUT.
 */
export async function connect(address: Sinful, host: Host, ahead?: ConnectionAhead): Promise<Channel> {
  const early = ahead?.take(address);
  const socket = early ?? (await dial(endpoints(address), formatSinful(address), host)).socket;
  const id = sharedPortId(address);
  if (early !== undefined) host.log.debug('connect: a connection to the daemon is there already');
  if (id !== undefined) host.log.debug(`connect: the shared port there is told to pass us on to ${id}`);
  const preamble = id === undefined ? {} : { preamble: sharedPortConnect(id) };
  return new Channel(socket, { ...host, ...preamble, roundTrips: early === undefined ? 1 : 0 });
}

function sharedPortConnect(id: string): Uint8Array {
  const message = new Writer().int(SHARED_PORT_CONNECT).string(id).string('condor-token-fetch').int(-1).int(0).finish();
  return concat([putHeader(message.length), message]);
}

/**
 * Tries all addresses, each a little later than the one before; the first that connects wins, the rest is closed.
 *
 * `peer` is what an error calls them together.
 */
export function dial(
  addresses: readonly Endpoint[],
  peer: string,
  { signal, log, timeLeftMs }: Pick<Host, 'signal' | 'log' | 'timeLeftMs'>,
): Promise<{ readonly socket: Socket; readonly endpoint: Endpoint }> {
  const started = timeLeftMs();
  const waiting = [...addresses];
  const sockets = new Set<Socket>();
  const failures: Failure[] = [];
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const finish = (winner?: Socket) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      for (const socket of sockets) if (socket !== winner) socket.destroy();
    };
    const abort = () => {
      finish();
      reject(abortedError(signal));
    };
    const tryNext = () => {
      clearTimeout(timer);
      const endpoint = waiting.shift();
      if (endpoint === undefined) {
        if (sockets.size > 0) return;
        finish();
        reject(unreachable(peer, failures));
        return;
      }
      timer = setTimeout(tryNext, ATTEMPT_DELAY_MS);
      const socket = connectSocket({ ...endpoint, noDelay: true });
      sockets.add(socket);
      socket.setTimeout(ATTEMPT_TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
      socket.on('lookup', (_, ip) => log.debug(`connect: the host name ${endpoint.host} resolves to ${ip}`));
      socket.once('connect', () => {
        log.debug(`connect: TCP to ${formatEndpoint(endpoint)} in ${Math.round(started - timeLeftMs())} ms`);
        socket.setTimeout(0);
        socket.removeAllListeners('error');
        finish(socket);
        resolve({ socket, endpoint });
      });
      socket.once('error', (error: Error) => {
        sockets.delete(socket);
        failures.push({ text: `${formatEndpoint(endpoint)}: ${reasonOf(error, endpoint)}`, error });
        tryNext();
      });
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    tryNext();
    setImmediate(crypto); // loaded while we wait: whoever talks to a daemon needs it
  });
}

interface Failure {
  readonly text: string;
  readonly error: NodeJS.ErrnoException;
}

function unreachable(peer: string, failures: readonly Failure[]): ConnectError {
  const text = `no connection to ${failures.map((each) => each.text).join(', ')}`;
  const permanent = failures.every(({ error }) => error.code === 'ENOTFOUND');
  return new ConnectError('ERR_CONNECT', text, { peer, permanent });
}

function reasonOf(error: NodeJS.ErrnoException, { host }: Endpoint): string {
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return `the host name ${host} does not resolve`;
  if (error.code === 'ECONNREFUSED') return 'connection refused';
  // One name with several addresses fails as a whole, with an empty message.
  if (error instanceof AggregateError) return error.errors.map((each: Error) => each.message).join(', ');
  return error.message;
}
