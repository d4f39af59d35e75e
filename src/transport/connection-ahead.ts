import { connect, type Socket } from 'node:net';
import { type Endpoint, endpoints, formatEndpoint, type Sinful } from './sinful.ts';

/**
 * A connection to where a daemon probably is, begun while it is still asked where it really is. That saves the round trip
 * of a TCP connection where the guess is right; where it is wrong, whoever is
 * there has a line in its log about somebody who said nothing.
 */
export class ConnectionAhead {
  readonly #guess: Endpoint;
  readonly #socket: Socket;
  readonly #onAbort = () => this.close();
  readonly #signal: AbortSignal;
  #taken = false;

  constructor(guess: Endpoint, signal: AbortSignal) {
    this.#guess = guess;
    this.#signal = signal;
    this.#socket = connect({ ...guess, noDelay: true });
    this.#socket.on('error', () => {}); // whoever needs a connection will make one, and be told
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === 'open';
  }

  /** The connection, if it is there and leads to this address; if not it is closed. It can be had once. */
  take(address: Sinful): Socket | undefined {
    if (this.#taken) return undefined;
    this.#taken = true;
    const { remoteAddress: host = '', remotePort: port = 0 } = this.#socket;
    const [first] = endpoints(address).map(formatEndpoint);
    const leadsThere = first === formatEndpoint(this.#guess) || first === formatEndpoint({ host, port });
    const isFresh = this.isOpen && this.#socket.readableLength === 0; // a daemon says nothing before we do
    if (isFresh && leadsThere && !this.#signal.aborted) {
      this.#signal.removeEventListener('abort', this.#onAbort);
      this.#socket.removeAllListeners('error');
      return this.#socket;
    }
    this.close();
    return undefined;
  }

  /** Gives it up. */
  close(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#socket.destroy();
  }
}
