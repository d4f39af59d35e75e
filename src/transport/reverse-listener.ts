import { createServer, type Server, type Socket } from 'node:net';
import type { Reader } from '../wire/reader.ts';
import { abortedError, Channel, type ChannelOptions } from './channel.ts';
import type { Endpoint } from './sinful.ts';

/**
 * Time limit, in milliseconds, for the first message of an accepted connection. The expected peer sends the message
 * immediately.
 */
const GREETING_TIMEOUT_MS = 5_000;

/**
 * Maximum number of connections that have not sent their first message. When this number is exceeded, the oldest
 * connection is closed.
 */
const MAX_PENDING = 16;

/**
 * Listens on a port for one connection: the first one that sends the expected greeting as its first message. Closes all
 * other connections without a reply.
 *
 * The greeting does not authenticate the peer. The client trusts nothing from this connection until a CEDAR session is
 * established on it.
 */
export class ReverseListener {
  readonly endpoint: Endpoint;
  /**
   * Resolves to the connection after its first message has been read. Closing the listener also closes the connection,
   * unless the connection was handed over.
   */
  readonly connected: Promise<Channel>;
  readonly #server: Server;
  readonly #channels = new Set<Channel>();
  readonly #onAbort: () => void;
  readonly #signal: AbortSignal;

  private constructor(server: Server, isGreeting: (message: Reader) => boolean, options: ChannelOptions) {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new RangeError('not listening');
    this.endpoint = { host: address.address, port: address.port };
    this.#server = server;
    this.#signal = options.signal;
    let fail: (reason: Error) => void = () => {};
    this.connected = new Promise((resolve, reject) => {
      fail = reject;
      server.on('connection', (socket: Socket) => {
        // Each channel has its own signal, because many listeners on one signal trigger Node's warning about a leak.
        const channel = new Channel(socket, { ...options, signal: AbortSignal.any([options.signal]) });
        void this.#expectGreeting(channel, isGreeting).then((right) => right && resolve(channel));
      });
    });
    this.connected.catch(() => {}); // prevents an unhandled rejection; awaiting callers get the error
    this.#onAbort = () => {
      this.close();
      fail(abortedError(options.signal));
    };
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
    if (options.signal.aborted) this.#onAbort();
  }

  /**
   * Listens on any free port of a local IP address. `isGreeting` reads the first message of each connection, and can
   * throw if the message is malformed.
   *
   * @throws Error from the operating system if the listener cannot be opened on that address.
   */
  static async open(
    address: string,
    isGreeting: (message: Reader) => boolean,
    options: ChannelOptions,
  ): Promise<ReverseListener> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen({ host: address, port: 0, exclusive: true }, resolve);
    });
    return new ReverseListener(server, isGreeting, options);
  }

  /** Closes the port and all connections to it that were not handed over. Call this method on every path. */
  close(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#server.close();
    for (const channel of this.#channels) channel.close();
    this.#channels.clear();
  }

  /**
   * Resolves to true if the connection sends the expected greeting. Otherwise, closes the connection and resolves to
   * false.
   */
  async #expectGreeting(channel: Channel, isGreeting: (message: Reader) => boolean): Promise<boolean> {
    if (!this.#server.listening) {
      channel.close();
      return false;
    }
    if (this.#channels.size >= MAX_PENDING) this.#dismiss([...this.#channels][0]);
    this.#channels.add(channel);
    const timer = setTimeout(() => this.#dismiss(channel), GREETING_TIMEOUT_MS);
    try {
      if (await channel.receive(isGreeting)) return true;
    } catch {
      // The peer sent a different message or none. The peer might be a port scanner, a health check, or an attacker who
      // guesses the greeting.
    } finally {
      clearTimeout(timer);
    }
    this.#dismiss(channel);
    return false;
  }

  #dismiss(channel: Channel | undefined): void {
    if (channel === undefined) return;
    this.#channels.delete(channel);
    channel.close();
  }
}
