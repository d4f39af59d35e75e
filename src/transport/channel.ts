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

/** As many frames may be a message: what each of them costs us beside its bytes is not in its length. */
const MAX_FRAMES_OF_MESSAGE = 65_536;

export interface ChannelOptions {
  readonly signal: AbortSignal;
  randomBytes(length: number): Uint8Array;
  /** Is told how much is said, and never what. */
  readonly log?: { debug(line: string): void };
  /** Sent in front of everything and part of no transcript: the message to the shared port, which consumes it. */
  readonly preamble?: Uint8Array;
  /** Round trips that it took to get this connection. Default: the one of every TCP connection. */
  readonly roundTrips?: number;
}

/** What a channel has of a connection on which something was received already. */
interface Incoming {
  readonly chunks: AsyncIterator<Uint8Array>;
  readonly deframer: Deframer;
}

/**
 * A socket that carries messages: the one object with state in this program. It belongs to whoever made it, and that
 * one closes it.
 */
export class Channel implements SecurableChannel {
  readonly #socket: Socket;
  readonly #options: ChannelOptions;
  readonly #incoming: Incoming;
  readonly #sent = new Transcript();
  readonly #received = new Transcript();
  #outgoing: Uint8Array[];
  #clearToCome: { readonly frame: Uint8Array; readonly otherwise: ExpectedMessage['otherwise'] }[] = [];
  #protection: FrameProtection | undefined;
  #roundTrips: number;
  #heard = false;
  #handedOver = false;
  readonly #onAbort = () => this.close();

  /** `socket` is connected. */
  constructor(socket: Socket, options: ChannelOptions, incoming?: Incoming) {
    this.#socket = socket;
    this.#options = options;
    this.#incoming = incoming ?? {
      chunks: (socket as AsyncIterable<Uint8Array>)[Symbol.asyncIterator](),
      deframer: new Deframer(),
    };
    this.#outgoing = options.preamble === undefined ? [] : [options.preamble];
    this.#roundTrips = options.roundTrips ?? 1;
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

  /** Our own address on this connection, an IP. */
  get localAddress(): string | undefined {
    return this.#socket.localAddress;
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
    let length = 0;
    for (let ended = false; !ended; ) {
      const frame = await this.#frame();
      const part = this.#open(frame);
      length += part.length;
      if (length > limit) throw new ProtocolError('ERR_FRAME', `a message exceeds ${limit} bytes`);
      if (parts.push(part) > MAX_FRAMES_OF_MESSAGE)
        throw new ProtocolError('ERR_FRAME', `a message exceeds ${MAX_FRAMES_OF_MESSAGE} frames`);
      ended = frame.endOfMessage;
    }
    const encrypted = this.#protection === undefined ? '' : ', encrypted';
    this.#options.log?.debug(`wire: received ${length} bytes${encrypted} (port ${this.#socket.localPort})`);
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
    const bytes = concat(this.#outgoing);
    this.#options.log?.debug(`wire: sent ${bytes.length} bytes in one flight (port ${this.#socket.localPort})`);
    this.#socket.write(bytes);
    this.#outgoing = [];
    this.#roundTrips += 1;
  }

  /**
   * The connection as a new one, to whom the peer has put us through or who now is to be talked to: nothing was said on
   * it, nothing is encrypted (ReliSock::resetHeaderMD). It belongs to the caller; this channel is spent.
   */
  handOver(roundTrips = this.#roundTrips): Channel {
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#handedOver = true;
    const { preamble: _, ...options } = this.#options;
    const next = new Channel(this.#socket, { ...options, roundTrips }, this.#incoming);
    if (options.signal.aborted) next.close(); // it will not tell any more
    return next;
  }

  /** Ends the connection, after what was flushed. To be called on every path: a daemon may be blocked in a read. */
  close(): void {
    if (this.#handedOver) return;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#socket.destroySoon();
    // A peer that does not read must not keep us: whatever is not sent by now is not needed any more.
    if (this.#options.signal.aborted) this.#socket.destroy();
    this.#socket.unref();
  }

  async #frame(): Promise<Frame> {
    for (;;) {
      const frame = this.#incoming.deframer.next();
      if (frame !== undefined) return frame;
      const chunk = await this.#incoming.chunks.next().catch((cause: unknown) => ({ failure: cause }));
      if (this.#options.signal.aborted) throw abortedError(this.#options.signal);
      if ('failure' in chunk) {
        throw new ConnectError('ERR_CLOSED', `the connection failed: ${String(chunk.failure)}`, {
          cause: chunk.failure,
          mayBeRestarting: !this.#heard,
        });
      }
      if (chunk.done === true) {
        const first = this.#heard ? '' : ' before it sent anything';
        throw new ConnectError('ERR_CLOSED', `the peer closed the connection${first}`, {
          mayBeRestarting: !this.#heard,
        });
      }
      this.#heard = true;
      this.#incoming.deframer.push(chunk.value);
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
    throw expected?.otherwise?.() ?? new ProtocolError('ERR_MESSAGE', 'the peer sent an unexpected message');
  }
}

/** Whether a run ended because its deadline passed, and not because it was cancelled. */
export function isTimeout({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof Error && reason.name === 'TimeoutError';
}

/** The error for a run that ended early: its deadline passed, or it was cancelled. */
export function abortedError(signal: AbortSignal): ConnectError {
  const reason: unknown = signal.reason;
  const text = isTimeout(signal) && reason instanceof Error ? reason.message : 'cancelled';
  return new ConnectError('ERR_TIMEOUT', text, { cause: reason });
}

function clearFrame(plaintext: Uint8Array): Uint8Array {
  return concat([putHeader(plaintext.length), plaintext]);
}
