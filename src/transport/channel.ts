import type { Socket } from 'node:net';
import { ConnectError, ProtocolError } from '../errors.ts';
import { Deframer, type Frame, MAX_BODY_LENGTH, putHeader } from '../wire/frame.ts';
import { FrameProtection } from '../wire/frame-protection.ts';
import type { ExpectedMessage, SecurableChannel } from '../wire/message-channel.ts';
import { Reader } from '../wire/reader.ts';
import { Transcript } from '../wire/transcript.ts';
import { concat, Writer } from '../wire/writer.ts';

/** Longest message in bytes: 1 MiB from a stranger, 16 MiB once encrypted. Bounds what a peer can make us hold. */
const MAX_CLEAR_MESSAGE = MAX_BODY_LENGTH;
const MAX_PROTECTED_MESSAGE = 16 * 1024 * 1024;

export interface ChannelOptions {
  readonly signal: AbortSignal;
  randomBytes(length: number): Uint8Array;
  /** Sent in front of everything and part of no transcript: the message to the shared port, which consumes it. */
  readonly preamble?: Uint8Array;
}

/**
 * A socket that carries messages: the one object with state in this program. It belongs to whoever made it, and that
 * one closes it.
 */
export class Channel implements SecurableChannel {
  readonly #socket: Socket;
  readonly #options: ChannelOptions;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #deframer = new Deframer();
  readonly #sent = new Transcript();
  readonly #received = new Transcript();
  #outgoing: Uint8Array[];
  #clearToCome: { readonly frame: Uint8Array; readonly otherwise: ExpectedMessage['otherwise'] }[] = [];
  #protection: FrameProtection | undefined;
  #roundTrips = 1; // the connection itself
  #heard = false;
  readonly #onAbort = () => this.close();

  /** `socket` is connected. */
  constructor(socket: Socket, options: ChannelOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#outgoing = options.preamble === undefined ? [] : [options.preamble];
    this.#chunks = (socket as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    socket.on('error', () => {}); // the pending read tells it; without a listener it would end the process
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** The other end of the connection: IP address, without brackets, and port. */
  get remote(): { readonly address: string; readonly port: number } {
    const { remoteAddress = '', remotePort = 0 } = this.#socket;
    return { address: remoteAddress, port: remotePort };
  }

  /** Round trips waited for so far, the TCP connection included. */
  get roundTrips(): number {
    return this.#roundTrips;
  }

  send(write: (message: Writer) => void): void {
    const message = new Writer(this.#protection !== undefined);
    write(message);
    const plaintext = message.finish();
    this.#outgoing.push(this.#protection?.seal(plaintext) ?? clearFrame(plaintext));
    if (this.#protection === undefined) this.#sent.add(...this.#outgoing.slice(-1));
  }

  async receive<T>(read: (message: Reader) => T): Promise<T> {
    this.flush();
    while (this.#clearToCome.length > 0) await this.#receiveExpected();
    const limit = this.#protection === undefined ? MAX_CLEAR_MESSAGE : MAX_PROTECTED_MESSAGE;
    const parts: Uint8Array[] = [];
    for (let length = 0, ended = false; !ended; ) {
      const frame = await this.#frame();
      const part = this.#open(frame);
      length += part.length;
      if (length > limit) throw new ProtocolError('ERR_FRAME', `a message of more than ${limit} bytes`);
      parts.push(part);
      ended = frame.endOfMessage;
    }
    const message = new Reader(concat(parts), this.#protection !== undefined);
    const value = read(message);
    if (message.remaining > 0)
      throw new ProtocolError('ERR_MESSAGE', `a message is ${message.remaining} bytes too long`);
    return value;
  }

  protect(key: Uint8Array, clearToCome: readonly ExpectedMessage[] = []): void {
    this.#clearToCome = clearToCome.map(({ write, otherwise }) => {
      const message = new Writer();
      write(message);
      return { frame: clearFrame(message.finish()), otherwise };
    });
    this.#received.add(...this.#clearToCome.map(({ frame }) => frame));
    const digests = { sent: this.#sent.digest(), received: this.#received.digest() };
    this.#protection = new FrameProtection(key, digests, this.#options.randomBytes(16));
  }

  /** Sends what is in line without waiting for anything: for the last word before closing. */
  flush(): void {
    if (this.#outgoing.length === 0) return;
    this.#socket.write(concat(this.#outgoing));
    this.#outgoing = [];
    this.#roundTrips += 1;
  }

  /** Ends the connection, after what was flushed. To be called on every path: a daemon may be blocked in a read. */
  close(): void {
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#socket.destroySoon();
    // A peer that does not read must not keep us: whatever is not sent by now is not needed any more.
    if (this.#options.signal.aborted) this.#socket.destroy();
    this.#socket.unref();
  }

  async #frame(): Promise<Frame> {
    for (;;) {
      const frame = this.#deframer.next();
      if (frame !== undefined) return frame;
      const chunk = await this.#chunks.next().catch((cause: unknown) => ({ failure: cause }));
      if (this.#options.signal.aborted) throw abortedError(this.#options.signal);
      if ('failure' in chunk) {
        throw new ConnectError('ERR_CLOSED', `the connection broke: ${String(chunk.failure)}`, {
          cause: chunk.failure,
        });
      }
      if (chunk.done === true) {
        const first = this.#heard ? '' : ' before it had said anything';
        throw new ConnectError('ERR_CLOSED', `the peer closed the connection${first}`);
      }
      this.#heard = true;
      this.#deframer.push(chunk.value);
    }
  }

  #open(frame: Frame): Uint8Array {
    if (this.#protection !== undefined) return this.#protection.open(frame);
    this.#received.add(frame.header, frame.body);
    return frame.body;
  }

  async #receiveExpected(): Promise<void> {
    const { header, body } = await this.#frame();
    const expected = this.#clearToCome.shift();
    if (expected !== undefined && Buffer.compare(concat([header, body]), expected.frame) === 0) return;
    throw (
      expected?.otherwise?.() ??
      new ProtocolError('ERR_MESSAGE', 'the peer sent something else than the protocol has at this point')
    );
  }
}

/** The error for a run that was given up: its deadline passed, or somebody cancelled it. */
export function abortedError(signal: AbortSignal): ConnectError {
  const reason: unknown = signal.reason;
  const timedOut = reason instanceof Error && reason.name === 'TimeoutError';
  return new ConnectError('ERR_TIMEOUT', timedOut ? 'the time allowed is over' : 'cancelled', { cause: reason });
}

function clearFrame(plaintext: Uint8Array): Uint8Array {
  return concat([putHeader(plaintext.length), plaintext]);
}
