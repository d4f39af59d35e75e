import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Deframer, type Frame, putHeader } from '../../../src/wire/frame.ts';
import { FrameProtection } from '../../../src/wire/frame-protection.ts';
import { Reader } from '../../../src/wire/reader.ts';
import { Transcript } from '../../../src/wire/transcript.ts';
import { concat, Writer } from '../../../src/wire/writer.ts';

type Edit = (frame: Uint8Array) => Uint8Array;

/** Selects the fault just before the frame is sent. */
type Choice = (frame: Uint8Array) => Uint8Array | 'silence' | 'reset';

/**
 * A fault in place of a frame: closes the connection, resets it, sends no more data, sends other bytes, or sends other
 * bytes and then no more data.
 */
export type Fault = 'close' | 'reset' | 'silence' | Choice | { readonly last: Edit };

/** Thrown when the client or a fault ends the connection. */
export class Ended extends Error {}

interface ServerChannelOptions {
  /**
   * Faults by message name as passed to `send`, or by name and number. For example, `tls 2` is the second message named
   * `tls`.
   */
  readonly faults: Readonly<Partial<Record<string, Fault>>>;
  /** Number of bytes that each write sends; undefined to send all bytes at once. */
  readonly pieces: number | undefined;
  readonly randomBytes: (length: number) => Uint8Array;
  /** If true, a reset discards sent bytes that the peer has not read, as on Windows. */
  readonly resetDiscards?: boolean | undefined;
  /** Called with all received bytes, and with the plaintext of encrypted frames. */
  readonly hear: (bytes: Uint8Array) => void;
}

/**
 * The server's end of a connection. Sends messages in the format of src/wire, and splits them or injects faults if a
 * test requests this.
 */
export class ServerChannel {
  readonly #socket: Socket;
  readonly #options: ServerChannelOptions;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #deframer = new Deframer();
  #sent = new Transcript();
  #received = new Transcript();
  readonly #counts = new Map<string, number>();
  #protection: FrameProtection | undefined;
  #arrived = 0;
  #taken = 0;

  constructor(socket: Socket, options: ServerChannelOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#chunks = (socket as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    socket.on('error', () => {});
    socket.setNoDelay(true);
  }

  async receive<T>(read: (message: Reader) => T): Promise<T> {
    const parts: Uint8Array[] = [];
    for (let ended = false; !ended; ) {
      const frame = await this.#frame();
      parts.push(this.#open(frame));
      ended = frame.endOfMessage;
    }
    return read(new Reader(concat(parts), this.#protection !== undefined));
  }

  /** Number of received bytes that no `receive` has consumed. */
  get unread(): number {
    return this.#arrived - this.#taken + this.#socket.readableLength;
  }

  /**
   * Closes the connection as C++ does after its last message. If the peer sent bytes that were not read, including
   * bytes in transit, resets the connection.
   */
  async close(): Promise<void> {
    const { unread } = this;
    if (unread === 0 || this.#socket.destroyed) return void this.#socket.destroySoon();
    if (this.#socket.writableLength > 0) await once(this.#socket, 'drain').catch(() => {});
    this.#socket.resetAndDestroy();
    throw new Ended(`closed with ${unread} unread bytes`);
  }

  /** Sends the last message before the connection is closed. */
  async sendLast(name: string, write: (message: Writer) => void): Promise<void> {
    if (this.#options.resetDiscards === true && this.unread > 0) await this.close();
    await this.send(name, write);
  }

  /** Sends one message, or injects the fault that is configured for its name. */
  async send(name: string, write: (message: Writer) => void): Promise<void> {
    const message = new Writer(this.#protection !== undefined);
    write(message);
    const plaintext = message.finish();
    const frame = this.#protection?.seal(plaintext) ?? concat([putHeader(plaintext.length), plaintext]);
    if (this.#protection === undefined) this.#sent.add(frame);
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    const planned = this.#options.faults[`${name} ${count}`] ?? this.#options.faults[name];
    const fault = typeof planned === 'function' ? planned(frame) : planned;
    if (fault === 'close' || fault === 'reset') {
      if (fault === 'reset') this.#socket.resetAndDestroy();
      throw new Ended(fault);
    }
    if (fault === 'silence' || (fault !== undefined && 'last' in fault)) {
      if (fault !== 'silence') await this.#write(fault.last(frame));
      await once(this.#socket, 'close');
      throw new Ended('silence');
    }
    await this.#write(fault ?? frame);
  }

  protect(key: Uint8Array): void {
    const digests = { sent: this.#sent.digest(), received: this.#received.digest() };
    this.#protection = new FrameProtection(key, digests, this.#options.randomBytes(16));
  }

  /** Resets the transcript. Earlier messages were for the shared port or for a CCB broker, not for the daemon. */
  forget(): void {
    this.#protection = undefined;
    this.#sent = new Transcript();
    this.#received = new Transcript();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const { pieces = bytes.length } = this.#options;
    for (let at = 0; at < bytes.length; at += pieces) {
      if (this.#socket.destroyed) throw new Ended('the client is gone');
      this.#socket.write(bytes.subarray(at, at + pieces));
      if (pieces < bytes.length) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #frame(): Promise<Frame> {
    for (;;) {
      const frame = this.#deframer.next();
      if (frame !== undefined) {
        this.#taken += frame.header.length + frame.body.length;
        return frame;
      }
      const chunk = await this.#chunks.next().catch(() => undefined);
      if (chunk === undefined || chunk.done === true) throw new Ended('the client closed the connection');
      this.#options.hear(chunk.value);
      this.#arrived += chunk.value.length;
      this.#deframer.push(chunk.value);
    }
  }

  #open(frame: Frame): Uint8Array {
    if (this.#protection !== undefined) {
      const plaintext = this.#protection.open(frame);
      this.#options.hear(plaintext);
      return plaintext;
    }
    this.#received.add(frame.header, frame.body);
    return frame.body;
  }
}
