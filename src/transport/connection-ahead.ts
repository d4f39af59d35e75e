import type { Socket } from 'node:net';
import type { Host } from '../runtime/host.ts';
import { dial } from './dial.ts';
import { type Endpoint, endpoints, formatEndpoint, type Sinful } from './sinful.ts';

/**
 * Connections to a daemon's probable addresses, opened while the client queries the collector for the actual address. A
 * correct guess saves the round trip of a TCP handshake. A wrong guess causes one line in the log of the guessed host.
 * The line reports a client that sent nothing.
 */
export class ConnectionsAhead {
  readonly #open: { readonly guess: Endpoint; readonly socket: Socket }[] = [];
  readonly #closed = new AbortController();
  readonly #onAbort = () => this.close();
  readonly #signal: AbortSignal;

  constructor(guesses: readonly Endpoint[], host: Pick<Host, 'signal' | 'log' | 'timeLeftMs'>) {
    this.#signal = host.signal;
    this.#signal.addEventListener('abort', this.#onAbort, { once: true });
    if (this.#signal.aborted) this.close();
    for (const guess of guesses) {
      dial([guess], { ...host, signal: this.#closed.signal }).then(
        (socket) => {
          socket.on('error', () => {}); // errors are ignored; `take` skips a broken connection
          if (this.#closed.signal.aborted) socket.destroy();
          else this.#open.push({ guess, socket });
        },
        () => {}, // errors are ignored; `connect` retries the daemon's address and reports its error
      );
    }
  }

  /** Number of connections that are open and have not been taken. */
  get established(): number {
    return this.#open.length;
  }

  /**
   * Returns the connection to the most preferred address of this daemon, or undefined if no address has a connection.
   * Closes all other connections, so only the first call can return one.
   */
  take(address: Sinful): Socket | undefined {
    if (this.#closed.signal.aborted) return undefined;
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
    this.#closed.abort();
    for (const { socket } of this.#open.splice(0)) socket.destroy();
  }
}
