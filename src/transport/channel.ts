import type { Socket } from 'node:net';
import { ConnectError, ProtocolError } from '../errors.ts';
import { systemReason } from '../runtime/system-reason.ts';
import { Deframer, type Frame, MAX_BODY_LENGTH, putHeader } from '../wire/frame.ts';
import { FrameProtection } from '../wire/frame-protection.ts';
import type { ExpectedMessage, SecurableChannel } from '../wire/message-channel.ts';
import { Reader } from '../wire/reader.ts';
import { Transcript } from '../wire/transcript.ts';
import { concat, Writer } from '../wire/writer.ts';

/**
 * Maximum length of a message: 1 MiB before the switch to encryption, 16 MiB afterwards. The limit bounds the memory
 * that a peer can occupy.
 */
const MAX_CLEARTEXT_MESSAGE = MAX_BODY_LENGTH;
const MAX_ENCRYPTED_MESSAGE = 16 * 1024 * 1024;

/**
 * Maximum number of frames in a message. The limit bounds the overhead of many small frames, which the length limit
 * does not take into account.
 */
const MAX_FRAMES_OF_MESSAGE = 65_536;

export interface ChannelOptions {
  readonly signal: AbortSignal;
  randomBytes(length: number): Uint8Array;
  /** Logs the sizes of messages, but never their content. */
  readonly log?: { debug(line: string): void };
  /**
   * Bytes that are sent before the first message and are not part of the transcript, because the shared port consumes
   * them.
   */
  readonly preamble?: Uint8Array;
  /** Number of round trips that it took to open this connection. Default: 1, for the TCP handshake. */
  readonly roundTrips?: number;
}

/** The receiving side of a connection, including bytes that are already buffered. */
interface Incoming {
  readonly chunks: AsyncIterator<Uint8Array>;
  readonly deframer: Deframer;
}

/**
 * Sends and receives messages on a socket, unencrypted or encrypted. The caller that creates a channel must close it.
 */
export class Channel implements SecurableChannel {
  readonly #socket: Socket;
  readonly #options: ChannelOptions;
  readonly #incoming: Incoming;
  readonly #sent = new Transcript();
  readonly #received = new Transcript();
  #outgoing: Uint8Array[];
  #expectedCleartext: { readonly frame: Uint8Array; readonly otherwise: ExpectedMessage['otherwise'] }[] = [];
  #protection: FrameProtection | undefined;
  #roundTrips: number;
  #hasReceived = false;
  #handedOver = false;
  readonly #onAbort = () => this.close();

  /** `socket` must be connected. */
  constructor(socket: Socket, options: ChannelOptions, incoming?: Incoming) {
    this.#socket = socket;
    this.#options = options;
    this.#incoming = incoming ?? {
      chunks: (socket as AsyncIterable<Uint8Array>)[Symbol.asyncIterator](),
      deframer: new Deframer(),
    };
    this.#outgoing = options.preamble === undefined ? [] : [options.preamble];
    this.#roundTrips = options.roundTrips ?? 1;
    // The pending read reports the error; without a listener, the error would end the process.
    socket.on('error', () => {});
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** The peer's IP address (without brackets) and port. */
  get remote(): { readonly address: string; readonly port: number } {
    const { remoteAddress = '', remotePort = 0 } = this.#socket;
    return { address: remoteAddress, port: remotePort };
  }

  /** Number of round trips so far, including the TCP handshake. */
  get roundTrips(): number {
    return this.#roundTrips;
  }

  /** The client's IP address on this connection. */
  get localAddress(): string | undefined {
    return this.#socket.localAddress;
  }

  send(write: (message: Writer) => void): void {
    const message = new Writer(this.#protection !== undefined);
    write(message);
    const plaintext = message.finish();
    this.#outgoing.push(this.#protection?.seal(plaintext) ?? cleartextFrame(plaintext));
    if (this.#protection === undefined) this.#sent.add(...this.#outgoing.slice(-1));
  }

  async receive<T>(read: (message: Reader) => T): Promise<T> {
    this.flush();
    while (this.#expectedCleartext.length > 0) await this.#receiveExpected();
    const limit = this.#protection === undefined ? MAX_CLEARTEXT_MESSAGE : MAX_ENCRYPTED_MESSAGE;
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

  protect(key: Uint8Array, expectedCleartext: readonly ExpectedMessage[] = []): void {
    this.#expectedCleartext = expectedCleartext.map(({ write, otherwise }) => {
      const message = new Writer();
      write(message);
      return { frame: cleartextFrame(message.finish()), otherwise };
    });
    this.#received.add(...this.#expectedCleartext.map(({ frame }) => frame));
    const digests = { sent: this.#sent.digest(), received: this.#received.digest() };
    this.#protection = new FrameProtection(key, digests, this.#options.randomBytes(16));
  }

  /** Sends the queued messages without waiting for a reply. Intended for the last message before `close`. */
  flush(): void {
    if (this.#outgoing.length === 0) return;
    const bytes = concat(this.#outgoing);
    this.#options.log?.debug(`wire: sent ${bytes.length} bytes in one flight (port ${this.#socket.localPort})`);
    this.#socket.write(bytes);
    this.#outgoing = [];
    this.#roundTrips += 1;
  }

  /**
   * Returns a new, unencrypted channel on the same connection, with an empty transcript (ReliSock::resetHeaderMD). Call
   * this method after the peer has passed the connection to another daemon, or before a new session starts on the
   * connection. The caller must close the new channel and must no longer use the old one.
   */
  handOver(roundTrips = this.#roundTrips): Channel {
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#handedOver = true;
    const { preamble: _, ...options } = this.#options;
    const next = new Channel(this.#socket, { ...options, roundTrips }, this.#incoming);
    if (options.signal.aborted) next.close(); // an aborted signal does not fire again
    return next;
  }

  /**
   * Closes the connection after the flushed data has been sent. Call this method on every path, because a daemon might
   * be blocked in a read.
   */
  close(): void {
    if (this.#handedOver) return;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#socket.destroySoon();
    // A peer that does not read must not keep the process alive. Unsent data is no longer needed.
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
        throw new ConnectError('ERR_CLOSED', `the connection failed: ${systemReason(chunk.failure)}`, {
          cause: chunk.failure,
          mayBeRestarting: !this.#hasReceived,
        });
      }
      if (chunk.done === true) {
        const first = this.#hasReceived ? '' : ' before it sent anything';
        throw new ConnectError('ERR_CLOSED', `the peer closed the connection${first}`, {
          mayBeRestarting: !this.#hasReceived,
        });
      }
      this.#hasReceived = true;
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
    const expected = this.#expectedCleartext.shift();
    if (expected !== undefined && Buffer.compare(concat([header, body]), expected.frame) === 0) return;
    throw expected?.otherwise?.() ?? new ProtocolError('ERR_MESSAGE', 'the peer sent an unexpected message');
  }
}

/** Returns whether a run was aborted by its deadline rather than cancelled by the caller. */
export function isTimeout({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof Error && reason.name === 'TimeoutError';
}

/**
 * Returns the error for an aborted run. The error is ConnectError ERR_TIMEOUT, even if the caller cancelled the run.
 */
export function abortedError(signal: AbortSignal): ConnectError {
  const cause: unknown = signal.reason;
  const text = isTimeout(signal) && cause instanceof Error ? cause.message : undefined;
  return new ConnectError('ERR_TIMEOUT', text ?? 'cancelled', {
    cause,
    reason: text === undefined ? 'cancelled' : 'timeout',
  });
}

function cleartextFrame(plaintext: Uint8Array): Uint8Array {
  return concat([putHeader(plaintext.length), plaintext]);
}
