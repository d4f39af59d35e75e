import { createServer, type Server, type Socket } from 'node:net';
import type { Reader } from '../wire/reader.ts';
import { abortedError, Channel, type ChannelOptions } from './channel.ts';
import type { Endpoint } from './sinful.ts';

/** Whom we wait for has a word to say at once. */
const GREETING_TIMEOUT_MS = 5_000;

/** Strangers listened to at a time; one more, and the oldest has to go. Bounds what anybody can make us hold. */
const MAX_STRANGERS = 16;

/**
 * A port at which one connection is waited for: the first whose first message is the right one. Everybody else who
 * comes is sent away without a word.
 *
 * The right word does not prove who says it: nothing that arrives here is trusted before a CEDAR session is.
 */
export class ReverseListener {
  readonly endpoint: Endpoint;
  /** The connection, with its first message read. It ends with the listener unless it is handed over before. */
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
        // A signal of its own: so many listeners on one would look like a leak.
        const channel = new Channel(socket, { ...options, signal: AbortSignal.any([options.signal]) });
        void this.#listenTo(channel, isGreeting).then((right) => right && resolve(channel));
      });
    });
    this.connected.catch(() => {}); // whoever waits is told; often nobody does any more
    this.#onAbort = () => {
      this.close();
      fail(abortedError(options.signal));
    };
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
    if (options.signal.aborted) this.#onAbort();
  }

  /**
   * Listens at one address of ours, an IP, at any free port. `isGreeting` reads the first message of whoever comes, and
   * may throw if it cannot.
   *
   * @throws the system's error if there is no such port.
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

  /** Closes the port and all connections to it that were not handed over. To be called on every path. */
  close(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#server.close();
    for (const channel of this.#channels) channel.close();
    this.#channels.clear();
  }

  /** Whether this is the connection waited for; if not, it is closed. */
  async #listenTo(channel: Channel, isGreeting: (message: Reader) => boolean): Promise<boolean> {
    if (!this.#server.listening) {
      channel.close();
      return false;
    }
    if (this.#channels.size >= MAX_STRANGERS) this.#dismiss([...this.#channels][0]);
    this.#channels.add(channel);
    const timer = setTimeout(() => this.#dismiss(channel), GREETING_TIMEOUT_MS);
    try {
      if (await channel.receive(isGreeting)) return true;
    } catch {
      // Said something else, or nothing: a port scanner, a health check, somebody who guesses.
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
