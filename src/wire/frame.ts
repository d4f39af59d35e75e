import { ProtocolError } from '../errors.ts';
import { concat } from './writer.ts';

/**
 * Length of a frame header, in bytes. The header consists of the end flag and the body length in big-endian order
 * (cedar-rfc §1.2).
 */
export const HEADER_LENGTH = 5;

/**
 * Maximum length of a frame body, in bytes. The limit prevents a hostile peer from making the client allocate
 * gigabytes.
 */
export const MAX_BODY_LENGTH = 1024 * 1024;

/** Maximum value of the end flag, as in C++ (ReliSock::RcvMsg::rcv_packet). */
const MAX_END_FLAG = 10;

/** A received frame, which the C++ code calls a packet. */
export interface Frame {
  readonly header: Uint8Array;
  readonly body: Uint8Array;
  /** True if this is the last frame of a message. */
  readonly endOfMessage: boolean;
}

/**
 * Returns the header of the last frame of a message. Throws RangeError unless `bodyLength` is between 1 byte and 1 MiB.
 */
export function putHeader(bodyLength: number): Uint8Array {
  if (bodyLength < 1 || bodyLength > MAX_BODY_LENGTH) throw new RangeError(`a frame of ${bodyLength} bytes`);
  const header = new Uint8Array(HEADER_LENGTH);
  header[0] = 1;
  new DataView(header.buffer).setUint32(1, bodyLength);
  return header;
}

/**
 * Splits a byte stream into frames (cedar-rfc §1.2; ReliSock::RcvMsg::rcv_packet in C++).
 *
 * Buffers at most one incomplete frame and the chunks received after it.
 */
export class Deframer {
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  #header: Uint8Array | undefined;
  #bodyLength = 0;

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
  }

  /**
   * Returns the next complete frame, or undefined if more bytes are needed.
   *
   * @throws ProtocolError ERR_FRAME if the end flag is invalid, or if the length is 0 or exceeds 1 MiB. The error is
   *   thrown as soon as the header has arrived, before the body is buffered.
   */
  next(): Frame | undefined {
    if (this.#header === undefined) {
      if (this.#buffered >= 1) refuseForeign(this.#chunks);
      if (this.#buffered < HEADER_LENGTH) return undefined;
      const header = this.#shift(HEADER_LENGTH);
      this.#bodyLength = bodyLengthOf(header);
      this.#header = header;
    }
    if (this.#buffered < this.#bodyLength) return undefined;
    const header = this.#header;
    this.#header = undefined;
    return { header, body: this.#shift(this.#bodyLength), endOfMessage: header[0] !== 0 };
  }

  #shift(length: number): Uint8Array {
    const all = concat(this.#chunks);
    const rest = all.subarray(length);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#buffered = rest.length;
    return all.subarray(0, length);
  }
}

function bodyLengthOf(header: Uint8Array): number {
  const length = new DataView(header.buffer, header.byteOffset).getUint32(1);
  if (length === 0) throw new ProtocolError('ERR_FRAME', 'a frame has length 0');
  if (length > MAX_BODY_LENGTH) {
    throw new ProtocolError('ERR_FRAME', `a frame of ${length} bytes; at most ${MAX_BODY_LENGTH} are allowed`);
  }
  return length;
}

/**
 * Rejects a stream whose first byte is not a valid end flag. The error names the peer's protocol if the client
 * recognizes it.
 */
function refuseForeign(chunks: readonly Uint8Array[]): void {
  const start = chunks.find((chunk) => chunk.length > 0) ?? new Uint8Array();
  const flag = start[0] ?? 0;
  if (flag <= MAX_END_FLAG) return;
  const protocol = foreignProtocol(start);
  if (protocol === undefined)
    throw new ProtocolError('ERR_FRAME', `the peer does not speak CEDAR (its first byte is ${flag})`);
  throw new ProtocolError('ERR_FRAME', `the peer does not speak CEDAR; it responds like ${protocol}`, {
    reason: 'foreign-protocol',
    details: { protocol },
  });
}

function foreignProtocol(start: Uint8Array): string | undefined {
  const text = String.fromCharCode(...start.subarray(0, 4));
  if (text.startsWith('HTTP'.slice(0, text.length))) return 'a web server (HTTP)';
  if (text.startsWith('SSH-'.slice(0, text.length))) return 'an SSH server';
  if (start[0] === 0x15 || start[0] === 0x16) return 'a TLS server';
  return undefined;
}
