/** Opens a TCP connection to the first address that accepts the connection (RFC 8305). */
import { connect as connectSocket, type Socket } from 'node:net';
import { ConnectError } from '../errors.ts';
import { crypto } from '../runtime/crypto.ts';
import type { Host } from '../runtime/host.ts';
import { isDeniedByNode } from '../runtime/platform.ts';
import { systemReason } from '../runtime/system-reason.ts';
import { abortedError, isTimeout } from './channel.ts';
import { type Endpoint, formatEndpoint, isIpAddress } from './sinful.ts';

/** Connection attempt delay of RFC 8305, in milliseconds. After this delay, the next attempt starts in parallel. */
const ATTEMPT_DELAY_MS = 250;

/** Maximum number of addresses that are tried for one host name. */
const MAX_ADDRESSES = 16;

/** An address to try. `name` is the host name that resolved to it. */
interface Candidate extends Endpoint {
  readonly name?: string;
}

interface Failure {
  readonly candidate: Candidate;
  readonly text: string;
  readonly error: NodeJS.ErrnoException;
}

/**
 * Races staggered TCP connections to all addresses of all endpoints. The first connection wins. The others are closed
 * before any byte is sent on them.
 *
 * Only the deadline of the run ends an attempt. A time limit per address, such as Node's
 * `autoSelectFamilyAttemptTimeout`, would make every host with a longer round-trip time unreachable.
 *
 * @throws ConnectError ERR_CONNECT with the reason for each address; ERR_TIMEOUT, with the same reasons if the deadline
 *   has passed, or without reasons if the run was cancelled.
 */
export function dial(
  endpoints: readonly Endpoint[],
  { signal, log, timeLeftMs }: Pick<Host, 'signal' | 'log' | 'timeLeftMs'>,
): Promise<Socket> {
  const started = timeLeftMs();
  const waiting: Candidate[] = [...endpoints];
  const sockets = new Map<Socket, Candidate>();
  const resolving = new Set<Candidate>();
  const failures: Failure[] = [];
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const finish = (winner?: Socket) => {
      isOver = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      for (const socket of sockets.keys()) if (socket !== winner) socket.destroy();
    };
    const abort = () => {
      finish();
      const silent = [...sockets.values(), ...resolving, ...waiting].map((candidate) => ({
        candidate,
        text: `${formatCandidate(candidate)}: no response`,
        error: new Error('no response'),
      }));
      reject(isTimeout(signal) ? unreachable([...failures, ...silent], 'ERR_TIMEOUT') : abortedError(signal));
    };
    const tryNext = () => {
      clearTimeout(timer);
      const candidate = waiting.shift();
      if (candidate !== undefined) {
        timer = setTimeout(tryNext, ATTEMPT_DELAY_MS);
        (isIpAddress(candidate.host) ? attempt : resolveName)(candidate);
      } else if (sockets.size + resolving.size === 0) {
        finish();
        reject(unreachable(failures));
      }
    };
    const fail = (candidate: Candidate, error: NodeJS.ErrnoException) => {
      if (isOver) return;
      failures.push({ candidate, text: `${formatCandidate(candidate)}: ${reasonOf(error, candidate)}`, error });
      tryNext();
    };
    const resolveName = (endpoint: Candidate) => {
      const { host, port } = endpoint;
      resolving.add(endpoint);
      // Loaded only when needed, because most addresses are numeric.
      const { lookup } = process.getBuiltinModule('node:dns');
      lookup(host, { all: true, verbatim: true }, (error, found) => {
        resolving.delete(endpoint);
        if (error !== null) return fail(endpoint, error);
        if (isOver) return;
        const addresses = interleaved(found.map(({ address }) => address)).slice(0, MAX_ADDRESSES);
        log.debug(`connect: the host name ${host} resolves to ${addresses.join(', ')}`);
        waiting.unshift(...addresses.map((address) => ({ host: address, port, name: host })));
        tryNext();
      });
    };
    const attempt = (candidate: Candidate) => {
      const socket = connectSocket({ host: candidate.host, port: candidate.port, noDelay: true });
      sockets.set(socket, candidate);
      socket.once('connect', () => {
        if (isOver) return;
        log.debug(
          `connect: TCP connection to ${formatCandidate(candidate)} in ${Math.round(started - timeLeftMs())} ms`,
        );
        socket.removeAllListeners('error');
        finish(socket);
        resolve(socket);
      });
      socket.on('error', (error: Error) => {
        sockets.delete(socket);
        fail(candidate, error);
      });
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    tryNext();
    setImmediate(crypto); // every session needs the crypto module; loading it now overlaps the wait for the connection
  });
}

/**
 * Reorders addresses so that the address families alternate, starting with the family of the first address. Keeps the
 * order within each family (RFC 8305 §4).
 */
function interleaved(addresses: readonly string[]): readonly string[] {
  const family = (address: string) => address.includes(':');
  const first = addresses.filter((address) => family(address) === family(addresses[0] ?? ''));
  const second = addresses.filter((address) => !first.includes(address));
  return Array.from({ length: addresses.length }, (_, at) => [first[at], second[at]])
    .flat()
    .filter((address) => address !== undefined);
}

/** Returns whether an address is in a private network (RFC 1918). */
function isPrivateAddress(host: string): boolean {
  return /^(10\.\d|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(host);
}

function formatCandidate({ host, port, name }: Candidate): string {
  return `${formatEndpoint({ host, port })}${name === undefined ? '' : ` (${name})`}`;
}

function unreachable(failures: readonly Failure[], code: ConnectError['code'] = 'ERR_CONNECT'): ConnectError {
  const text = `no connection to ${failures.map((each) => each.text).join(', ')}`;
  const unknown = failures.find(({ error }) => error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN');
  const isRefused = failures.some(({ error }) => error.code === 'ECONNREFUSED');
  const isPrivate = failures.some(({ candidate }) => isPrivateAddress(candidate.host));
  const isSilent = code === 'ERR_TIMEOUT';
  const other = isSilent ? 'no-response' : isRefused ? 'connection-refused' : undefined;
  return new ConnectError(code, text, {
    reason: unknown && !isSilent ? 'name-unknown' : isPrivate ? 'private-address' : other,
    details: { host: unknown?.candidate.host ?? '' },
    permanent: failures.every(({ error }) => error.code === 'ENOTFOUND' || isDeniedByNode(error)),
    mayBeRestarting: isRefused,
  });
}

function reasonOf(error: NodeJS.ErrnoException, { host }: Endpoint): string {
  const { code } = error;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the host name ${host} does not resolve`;
  if (isDeniedByNode(error)) return "Node's permission model denies connections (--allow-net)";
  return systemReason(error);
}
