/** Sends requests to Kerberos KDCs over TCP. A length precedes each message (RFC 4120 §7.2.2). */
import type { SrvRecord } from 'node:dns';
import type { Socket } from 'node:net';
import { ConnectError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { systemReason } from '../runtime/system-reason.ts';
import { abortedError } from './channel.ts';
import { dial } from './dial.ts';
import { type Endpoint, formatEndpoint, parseAddress } from './sinful.ts';

const KDC_PORT = 88;
/** Maximum length of a reply, in bytes. The ticket of a Windows user who is in many groups can be about 64 kB long. */
const MAX_REPLY_LENGTH = 1024 * 1024;
/** Time limit for a KDC's reply, in milliseconds. After this time, the client tries the next KDC. */
const REPLY_TIMEOUT_MS = 10_000;
const LENGTH_SIZE = 4;
/**
 * Limits of a DNS query. `timeout` is the time, in milliseconds, for the first attempt; c-ares doubles it for each
 * further attempt. `tries` is the number of attempts.
 */
const DNS_LIMITS = { timeout: 2000, tries: 3 };
/** DNS error codes for a name that does not exist or has no SRV records. */
const NO_RECORDS: readonly string[] = ['ENOTFOUND', 'ENODATA'];
/** Replacement for the weight 0, with which a record has only a very small chance of being selected (RFC 2782). */
const SMALL_WEIGHT = 0.01;

/**
 * Parses a `kdc` value from krb5.conf: `host`, `host:port` or `[v6]:port`. Returns undefined if the value is malformed.
 */
export function parseKdc(text: string): Endpoint | undefined {
  const found = parseAddress(text.replace(/^tcp\//, ''), KDC_PORT);
  return found === undefined || text.includes('?') ? undefined : { host: found.host, port: found.port };
}

/**
 * Looks up the KDCs of a realm in DNS (RFC 4120 §7.2.3.2). Returns a list with the preferred KDC first, or an empty
 * list if DNS has no records.
 *
 * @throws ConnectError ERR_CONNECT if DNS does not respond; ERR_TIMEOUT if the run is aborted.
 */
export async function lookUpKdcs(realm: string, host: Host, limits = DNS_LIMITS): Promise<readonly Endpoint[]> {
  if (!/^[\w-]+(\.[\w-]+)*$/.test(realm)) return [];
  const { getServers, promises } = process.getBuiltinModule('node:dns');
  const resolver = new promises.Resolver(limits);
  resolver.setServers(getServers()); // a new resolver does not use the servers from dns.setServers
  const { signal, log } = host;
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const found = await resolver.resolveSrv(`_kerberos._tcp.${realm}`);
    return inSrvOrder(found, host);
  } catch (cause) {
    if (signal.aborted) throw abortedError(signal);
    const { code = '' } = cause as NodeJS.ErrnoException;
    const text = `no KDC of the realm ${realm} can be found: DNS does not respond (${code})`;
    if (!NO_RECORDS.includes(code))
      throw new ConnectError('ERR_CONNECT', text, {
        reason: 'kdc-lookup-failed',
        details: { realm },
        peer: `KDC of ${realm}`,
        cause,
      });
    log.debug(`kerberos: DNS has no SRV records of _kerberos._tcp.${realm} (${code})`);
    return [];
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/**
 * Sorts records by priority and, within a priority, by a weighted random choice. Omits records with the target `.`,
 * which state that the domain does not offer the service (RFC 2782).
 */
function inSrvOrder(records: readonly SrvRecord[], { randomBytes }: Host): readonly Endpoint[] {
  return records
    .filter(({ name }) => name !== '' && name !== '.')
    .map((record) => {
      const { buffer, byteOffset } = randomBytes(4);
      const random = (new DataView(buffer, byteOffset).getUint32(0) + 1) / 2 ** 32;
      return { ...record, rank: -Math.log(random) / Math.max(record.weight, SMALL_WEIGHT) };
    })
    .sort((a, b) => a.priority - b.priority || a.rank - b.rank)
    .map(({ name, port }) => ({ host: name, port }));
}

/**
 * Sends a request to the first KDC that accepts a connection, and returns the reply. If that KDC does not reply, tries
 * the other KDCs.
 *
 * @throws ConnectError ERR_CONNECT, ERR_CLOSED, ERR_TIMEOUT.
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
        reason: 'kdc-unreachable',
        details: { realm },
        peer: `KDC of ${realm}`,
        permanent: cause.permanent,
        cause,
      });
    });
    const { remoteAddress = '', remotePort = 0 } = socket;
    const peer = formatEndpoint({ host: remoteAddress, port: remotePort });
    try {
      const reply = await exchange(socket, request, host.signal);
      host.log.debug(`kerberos: the KDC of ${realm} at ${peer} replied with ${reply.length} bytes`);
      return reply;
    } catch (cause) {
      if (host.signal.aborted) throw abortedError(host.signal);
      const text = `the KDC of ${realm} at ${peer} did not respond: ${systemReason(cause)}`;
      left = withoutKdc(left, { host: remoteAddress, port: remotePort });
      if (left.length === 0)
        throw new ConnectError('ERR_CONNECT', text, { reason: 'kdc-unreachable', details: { realm }, peer, cause });
      host.log.debug(`kerberos: ${text}`);
    } finally {
      socket.destroy();
    }
  }
}

/**
 * Removes the KDC at this address from the list. The list can contain host names instead of addresses. If no entry has
 * this address, removes the first entry with the same port.
 */
function withoutKdc(kdcs: readonly Endpoint[], { host, port }: Endpoint): readonly Endpoint[] {
  const gone =
    kdcs.find((each) => each.host === host && each.port === port) ?? kdcs.find((each) => each.port === port) ?? kdcs[0];
  return kdcs.filter((each) => each !== gone);
}

/** Sends one message and reads one reply. */
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
    socket.setTimeout(REPLY_TIMEOUT_MS, () => socket.destroy(new Error('no response in time')));
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('it closed the connection')));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      while (length >= wanted) {
        const whole = Buffer.concat(chunks.splice(0));
        chunks.push(whole);
        const end = LENGTH_SIZE + whole.readUInt32BE();
        if (end > MAX_REPLY_LENGTH) return fail(new Error(`its reply of ${end} bytes is too long`));
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
