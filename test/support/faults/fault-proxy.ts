import { connect, createServer, type Server, type Socket } from 'node:net';
import { Deframer } from '../../../src/wire/frame.ts';
import { listen, portOf } from '../network/listen.ts';

export type Direction = 'to the daemon' | 'to the client';

/**
 * Bytes that replace a frame, and what the proxy does after sending them. Without `after`, it forwards later frames
 * unchanged.
 */
export interface Damage {
  readonly bytes?: readonly Uint8Array[];
  /**
   * `stall`: the proxy forwards no more bytes in this direction. `reset`: it resets both connections. `end`: it closes
   * this direction and leaves the other open. `wait`: it sends the bytes together with the next ones, or alone after
   * `WHILE_MS`.
   */
  readonly after?: 'stall' | 'reset' | 'end' | 'wait';
}

export interface FaultPlan {
  readonly direction: Direction;
  /** Index of the frame among those in its direction, on each connection. */
  readonly frame: number;
  /** `earlier` contains the undamaged previous frames of both directions. */
  readonly damage: (frame: Uint8Array, earlier: Readonly<Record<Direction, readonly Uint8Array[]>>) => Damage;
}

/**
 * Maximum time for which `wait` delays the bytes, in milliseconds. It is limited, because the sender of the next frame
 * might be waiting for a response.
 */
const WHILE_MS = 20;

/** A TCP proxy that parses CEDAR frames and damages one frame on each connection. */
export class FaultProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Lengths of the frames on the first connection. */
  readonly seen: Readonly<Record<Direction, number[]>> = { 'to the daemon': [], 'to the client': [] };
  #struck = 0;
  readonly #onStrike: () => void;
  #connections = 0;

  private constructor(target: { host: string; port: number }, plan: FaultPlan | undefined, onStrike: () => void) {
    this.#onStrike = onStrike;
    this.#server = createServer((client) => {
      const daemon = connect({ ...target, noDelay: true });
      client.setNoDelay(true);
      for (const socket of [client, daemon]) this.#sockets.add(socket);
      this.#join(client, daemon, plan, ++this.#connections === 1);
    });
  }

  /** Starts the proxy. Calls `onStrike` for each damaged frame. */
  static async start(
    target: { host: string; port: number },
    plan?: FaultPlan,
    onStrike: () => void = () => {},
  ): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, plan, onStrike);
    await listen(proxy.#server, 0, '127.0.0.1');
    return proxy;
  }

  get port(): number {
    return portOf(this.#server);
  }

  /** Number of frames that the proxy damaged. */
  get struck(): number {
    return this.#struck;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, daemon: Socket, plan: FaultPlan | undefined, first: boolean): void {
    const earlier: Record<Direction, Uint8Array[]> = { 'to the daemon': [], 'to the client': [] };
    const carry = (from: Socket, to: Socket, direction: Direction) => {
      const deframer = new Deframer();
      let mute = false;
      let waiting: Uint8Array[] = [];
      const pass = (...bytes: readonly Uint8Array[]) => {
        const all = Buffer.concat([...waiting.splice(0), ...bytes]);
        if (!mute && !to.destroyed) to.write(all);
      };
      const onFrame = (frame: Uint8Array) => {
        const strikes = plan?.direction === direction && plan.frame === earlier[direction].length;
        const { bytes = [frame], after } = strikes ? plan.damage(frame, earlier) : {};
        if (strikes) {
          this.#struck += 1;
          this.#onStrike();
        }
        earlier[direction].push(frame);
        if (first) this.seen[direction].push(frame.length);
        if (after === 'wait') {
          waiting = [...bytes];
          setTimeout(() => waiting.length > 0 && pass(), WHILE_MS);
          return;
        }
        for (const each of bytes) pass(each);
        if (after !== undefined) mute = true;
        if (after === 'end') to.end();
        if (after === 'reset') for (const socket of [client, daemon]) socket.resetAndDestroy();
      };
      from.on('data', (chunk) => {
        deframer.push(chunk);
        for (let frame = deframer.next(); frame !== undefined; frame = deframer.next())
          onFrame(Buffer.concat([frame.header, frame.body]));
      });
      from.on('error', () => to.destroy());
      from.on('end', () => {
        if (waiting.length > 0) pass();
        if (!mute) to.end();
      });
      from.on('close', () => !mute && to.destroy());
    };
    carry(client, daemon, 'to the daemon');
    carry(daemon, client, 'to the client');
  }
}
