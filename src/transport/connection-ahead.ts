import type { Socket } from 'node:net';
import type { Host } from '../runtime/host.ts';
import { dial } from './dial.ts';
import { type Endpoint, endpoints, formatEndpoint, type Sinful } from './sinful.ts';

/**
 * Connections to where a daemon probably is, begun while the collector is asked where it really is. A right guess saves
 * the round trip of a TCP connection. A wrong guess costs a line in the log of the host there, about a client that sent
 * nothing.
 */
export class ConnectionsAhead {
  readonly #open: { readonly guess: Endpoint; readonly socket: Socket }[] = [];
  readonly #over = new AbortController();
  readonly #onAbort = () => this.close();
  readonly #signal: AbortSignal;

  constructor(guesses: readonly Endpoint[], host: Pick<Host, 'signal' | 'log' | 'timeLeftMs'>) {
    this.#signal = host.signal;
    this.#signal.addEventListener('abort', this.#onAbort, { once: true });
    if (this.#signal.aborted) this.close();
    for (const guess of guesses) {
      dial([guess], { ...host, signal: this.#over.signal }).then(
        (socket) => {
          socket.on('error', () => {}); // a broken connection is not taken
          if (this.#over.signal.aborted) socket.destroy();
          else this.#open.push({ guess, socket });
        },
        () => {}, // the connection to the daemon's address reports what is wrong with it
      );
    }
  }

  /** Number of connections that are established. */
  get established(): number {
    return this.#open.length;
  }

  /**
   * The connection that leads to the best of this daemon's addresses for which there is one. It can be taken once; all
   * others close.
   */
  take(address: Sinful): Socket | undefined {
    if (this.#over.signal.aborted) return undefined;
    const usable = this.#open.filter(({ socket }) => socket.readyState === 'open' && socket.readableLength === 0);
    for (const endpoint of endpoints(address).map(formatEndpoint)) {
      const found = usable.find(({ guess, socket: { remoteAddress: host = '', remotePort: port = 0 } }) =>
        [guess, { host, port }].map(formatEndpoint).includes(endpoint),
      );
      if (found === undefined) continue;
      this.#open.splice(this.#open.indexOf(found), 1);
      found.socket.removeAllListeners('error');
      this.close();
      return found.socket;
    }
    this.close();
    return undefined;
  }

  /** Closes all connections. */
  close(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#over.abort();
    for (const { socket } of this.#open.splice(0)) socket.destroy();
  }
}
