import assert from 'node:assert/strict';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { listen, portOf } from './listen.ts';

interface Target {
  readonly host: string;
  readonly port: number;
}

interface DistantProxyOptions {
  /** The endpoint on which the proxy listens. Port 0 selects a free port. */
  readonly host: string;
  readonly port: number;
  readonly target: Target;
  /** Simulated round-trip time, in milliseconds. */
  roundTripMs: number;
}

interface Direction {
  /** Returns the time at which bytes that are received now must be delivered, on the clock of performance.now(). */
  readonly due: () => number;
  /** Returns the logical timestamp of bytes that are received now. */
  readonly sent: () => number;
  /** Called with the logical timestamp of bytes when they have been delivered. */
  readonly arrived: (time: number) => void;
}

/**
 * A TCP proxy that simulates a distant server and counts the round trips that a client waits for.
 *
 * Delays are like those of a network: a connection takes one round trip, and bytes take half a round trip in each
 * direction. Connecting to the proxy itself takes no time, so the proxy delays the client's first bytes instead.
 *
 * The proxy counts round trips on a logical clock, which advances when the direction changes rather than with time.
 * Bytes from the client carry the latest timestamp that the client has received. A response arrives one tick later, and
 * a connection is established one tick after its start. Therefore, parallel connections count only once.
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

  /** Also forwards to a second server at the same distance. Returns the proxy's port for that server. */
  async addTarget(target: Target, host = this.#options.host): Promise<number> {
    const server = createServer((client) => this.#join(client, target));
    this.#more.push(server);
    return await listen(server, 0, host);
  }

  /** Also listens on another host, on the same port. This simulates a second host at the same distance. */
  async addHost(host: string): Promise<void> {
    const server = createServer((client) => this.#join(client));
    await listen(server, this.port, host);
    this.#more.push(server);
  }

  get port(): number {
    return portOf(this.#server);
  }

  /** Number of round trips that the client has waited for since the last `reset`. */
  get roundTrips(): number {
    return this.#clock;
  }

  /** Sets the round-trip time of later connections, in milliseconds. */
  set roundTripMs(value: number) {
    this.#options.roundTripMs = value;
  }

  get connections(): number {
    return this.#connections;
  }

  /** Resets the count for the next client. */
  reset(): void {
    this.#clock = 0;
    this.#connections = 0;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of [this.#server, ...this.#more]) await new Promise((resolve) => server.close(resolve));
  }

  #join(client: Socket, target: Target = this.#options.target): void {
    const { roundTripMs } = this.#options;
    const server = connect({ ...target, noDelay: true });
    client.setNoDelay(true);
    this.#connections += 1;
    const established = this.#clock + 1;
    const establishedAt = performance.now() + roundTripMs;
    let asked = established; // latest logical timestamp that the server has received
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

  /** Forwards the chunks and the end of the stream in order, each when it is due. */
  #carry(from: Socket, to: Socket, { due, sent, arrived }: Direction): void {
    this.#sockets.add(from);
    const queue: (() => void)[] = []; // timers with different delays can fire out of order
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

/**
 * Simulated round-trip time of the first attempt, in milliseconds. If other load disturbs an attempt, the next one
 * doubles the time.
 */
export const ROUND_TRIP_MS = 20;
const MAX_ATTEMPTS = 6;

/**
 * Asserts that `work` waits for exactly this number of round trips.
 *
 * If a busy host delays the client between two messages, bytes can arrive in the meantime. The second message is then
 * counted as a response to these bytes. Such delays can only add round trips. Therefore, the measurement is repeated if
 * the count is too high, and fails at once if the count is too low.
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
