import assert from 'node:assert/strict';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { listen, portOf } from './listen.ts';

interface DistantProxyOptions {
  /** Where to listen; port 0: any. */
  readonly host: string;
  readonly port: number;
  readonly target: { readonly host: string; readonly port: number };
  /** Time that everything takes to the other side and back. */
  roundTripMs: number;
}

interface Direction {
  /** When what comes now is due on the other side, on the clock of performance.now(). */
  readonly due: () => number;
  /** Time on the clock of round trips that what comes now bears. */
  readonly sent: () => number;
  /** It is there. */
  readonly arrived: (time: number) => void;
}

/**
 * A TCP proxy that makes a server on this machine a distant one, and counts the round trips that a client waits for.
 *
 * Time is simulated as it is on a network: a connection takes one round trip (the client's first bytes wait for it,
 * since connecting to the proxy itself takes none), and bytes half of one in each direction.
 *
 * Round trips are counted by a clock of their own, which moves by direction changes and not by milliseconds: what a
 * client sends bears the latest time of anything it has received; the answer arrives one later; a connection is there
 * one after it was begun. Connections that a client uses at the same time thus count once.
 */
export class DistantProxy {
  readonly #options: DistantProxyOptions;
  readonly #server: Server;
  readonly #more: Server[] = [];
  readonly #sockets = new Set<Socket>();
  #clock = 0;
  #connections = 0;

  private constructor(options: DistantProxyOptions) {
    this.#options = { ...options };
    this.#server = createServer((client) => this.#join(client));
  }

  static async start(options: DistantProxyOptions): Promise<DistantProxy> {
    const proxy = new DistantProxy(options);
    await listen(proxy.#server, options.port, options.host);
    return proxy;
  }

  /** Listens on another host too, on the same port: one more host at this distance. */
  async addHost(host: string): Promise<void> {
    const server = createServer((client) => this.#join(client));
    await listen(server, this.port, host);
    this.#more.push(server);
  }

  get port(): number {
    return portOf(this.#server);
  }

  /** Round trips that were waited for since `reset`. */
  get roundTrips(): number {
    return this.#clock;
  }

  /** For connections that are made from now on. */
  set roundTripMs(value: number) {
    this.#options.roundTripMs = value;
  }

  get connections(): number {
    return this.#connections;
  }

  /** For the next client: starts counting anew. */
  reset(): void {
    this.#clock = 0;
    this.#connections = 0;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of [this.#server, ...this.#more]) await new Promise((resolve) => server.close(resolve));
  }

  #join(client: Socket): void {
    const { target, roundTripMs } = this.#options;
    const server = connect({ ...target, noDelay: true });
    client.setNoDelay(true);
    this.#connections += 1;
    const established = this.#clock + 1;
    const establishedAt = performance.now() + roundTripMs;
    let asked = established; // the latest of what the server has
    const halfWay = roundTripMs / 2;
    this.#carry(client, server, {
      due: () => Math.max(establishedAt, performance.now()) + halfWay,
      sent: () => Math.max(this.#clock, established),
      arrived: (time) => {
        asked = time;
      },
    });
    this.#carry(server, client, {
      due: () => performance.now() + halfWay,
      sent: () => asked + 1,
      arrived: (time) => {
        this.#clock = Math.max(this.#clock, time);
      },
    });
  }

  /** Passes on what comes, each chunk and the end, in order, when it is due. */
  #carry(from: Socket, to: Socket, { due, sent, arrived }: Direction): void {
    this.#sockets.add(from);
    const queue: (() => void)[] = []; // timers of different lengths may end in another order
    const later = (work: () => void) => {
      queue.push(work);
      setTimeout(() => queue.shift()?.(), Math.max(0, Math.ceil(due() - performance.now())));
    };
    from.on('data', (chunk) => {
      const time = sent();
      later(() => {
        arrived(time);
        if (!to.destroyed) to.write(chunk);
      });
    });
    from.on('error', () => later(() => to.destroy()));
    from.on('end', () => later(() => to.end()));
    from.on('close', () => {
      this.#sockets.delete(from);
      later(() => to.destroy());
    });
  }
}

/** First delay, in milliseconds. An attempt that a busy machine disturbed is repeated with twice the delay. */
export const ROUND_TRIP_MS = 20;
const MAX_ATTEMPTS = 6;

/**
 * Asserts that `work` waits for exactly this number of round trips.
 *
 * A client that is delayed between two messages may receive something in the meantime, and the next message is then counted
 * as a response to it. Such delays can only add round trips, so a higher count is repeated, and a lower one fails at once.
 * The longer the simulated distance, the less a delay of the client matters.
 */
export async function assertRoundTrips(
  proxy: DistantProxy,
  expected: number,
  work: () => Promise<unknown>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    proxy.reset();
    proxy.roundTripMs = ROUND_TRIP_MS * 2 ** (attempt - 1);
    await work();
    if (proxy.roundTrips <= expected || attempt === MAX_ATTEMPTS) return assert.equal(proxy.roundTrips, expected);
  }
}
