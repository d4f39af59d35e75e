/** The way to Kerberos' KDCs: TCP, with the length of each message in front of it (RFC 4120 §7.2.2). */
import type { Socket } from 'node:net';
import { ConnectError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { messageOf } from '../runtime/printable.ts';
import { abortedError } from './channel.ts';
import { dial } from './dial.ts';
import { type Endpoint, formatEndpoint, parseAddress } from './sinful.ts';

const KDC_PORT = 88;
/** Tickets of Windows with many groups have some 64 kB. */
const MAX_REPLY_LENGTH = 1024 * 1024;
/** Time after which a KDC that does not answer is given up for the next, in milliseconds. */
const REPLY_TIMEOUT_MS = 10_000;
const LENGTH_SIZE = 4;

/** `host`, `host:port` or `[v6]:port`, as a line `kdc` of krb5.conf has it; undefined: it is neither. */
export function parseKdc(text: string): Endpoint | undefined {
  const found = parseAddress(text.replace(/^tcp\//, ''), KDC_PORT);
  return found === undefined || text.includes('?') ? undefined : { host: found.host, port: found.port };
}

/** The KDCs of a realm that DNS has, best first (RFC 4120 §7.2.3.2); none: DNS does not know the realm. */
export async function lookUpKdcs(realm: string, { signal, log }: Host): Promise<readonly Endpoint[]> {
  if (!/^[\w-]+(\.[\w-]+)*$/.test(realm)) return [];
  const { promises } = process.getBuiltinModule('node:dns');
  const resolver = new promises.Resolver();
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const found = await resolver.resolveSrv(`_kerberos._tcp.${realm}`);
    return [...found]
      .sort((a, b) => a.priority - b.priority || b.weight - a.weight)
      .map(({ name, port }) => ({ host: name, port }));
  } catch (error) {
    if (signal.aborted) throw abortedError(signal);
    log.debug(`kerberos: DNS has no SRV records of _kerberos._tcp.${realm} (${(error as NodeJS.ErrnoException).code})`);
    return [];
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/**
 * Sends a request to the KDC that answers first, and returns its reply. A KDC that accepts the connection and does not
 * reply is left out, and the others are tried again.
 *
 * @throws ConnectError ERR_CONNECT; ERR_CLOSED; ERR_TIMEOUT.
 */
export async function askKdc(
  kdcs: readonly Endpoint[],
  realm: string,
  request: Uint8Array,
  host: Host,
): Promise<Uint8Array> {
  let left = kdcs;
  for (;;) {
    const socket = await dial(left, host).catch((cause: unknown) => {
      if (!(cause instanceof ConnectError) || cause.code !== 'ERR_CONNECT') throw cause;
      throw new ConnectError('ERR_CONNECT', `no KDC of the realm ${realm} can be reached: ${cause.message}`, {
        peer: `KDC of ${realm}`,
        permanent: cause.permanent,
        cause,
      });
    });
    const { remoteAddress = '', remotePort = 0 } = socket;
    const peer = formatEndpoint({ host: remoteAddress, port: remotePort });
    try {
      const reply = await exchange(socket, request, host.signal);
      host.log.debug(`kerberos: the KDC of ${realm} at ${peer} answered with ${reply.length} bytes`);
      return reply;
    } catch (cause) {
      if (host.signal.aborted) throw abortedError(host.signal);
      const text = `the KDC of ${realm} at ${peer} did not answer: ${messageOf(cause)}`;
      left = withoutKdc(left, { host: remoteAddress, port: remotePort });
      if (left.length === 0) throw new ConnectError('ERR_CONNECT', text, { peer, cause });
      host.log.debug(`kerberos: ${text}`);
    } finally {
      socket.destroy();
    }
  }
}

/** The KDCs except the one at an address; of those with names, the first with its port is taken for it. */
function withoutKdc(kdcs: readonly Endpoint[], { host, port }: Endpoint): readonly Endpoint[] {
  const gone =
    kdcs.find((each) => each.host === host && each.port === port) ?? kdcs.find((each) => each.port === port) ?? kdcs[0];
  return kdcs.filter((each) => each !== gone);
}

/** Sends a message and reads one. */
function exchange(socket: Socket, request: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const framed = new Uint8Array(LENGTH_SIZE + request.length);
  new DataView(framed.buffer).setUint32(0, request.length);
  framed.set(request, LENGTH_SIZE);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let [length, wanted] = [0, LENGTH_SIZE];
    const abort = () => socket.destroy(new Error('given up'));
    const fail = (error: Error) => {
      signal.removeEventListener('abort', abort);
      reject(error);
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.setTimeout(REPLY_TIMEOUT_MS, () => socket.destroy(new Error('no answer in time')));
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('it closed the connection')));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      while (length >= wanted) {
        const whole = Buffer.concat(chunks.splice(0));
        chunks.push(whole);
        const end = LENGTH_SIZE + whole.readUInt32BE();
        if (end > MAX_REPLY_LENGTH) return fail(new Error(`it announces ${end} bytes`));
        if (length >= end) {
          signal.removeEventListener('abort', abort);
          return resolve(whole.subarray(LENGTH_SIZE, end));
        }
        wanted = end;
      }
    });
    socket.write(framed);
  });
}
