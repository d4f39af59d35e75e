import { ProtocolError } from '../errors.ts';
import { concat } from './writer.ts';

/** Bytes of a frame's header: end flag, then the length of the body, big endian (cedar-rfc §1.2). */
export const HEADER_LENGTH = 5;

/** Longest body of a frame, in bytes. A larger length is how a hostile peer would make us allocate gigabytes. */
export const MAX_BODY_LENGTH = 1024 * 1024;

/** End flags above this are refused by C++ too (ReliSock::RcvMsg::rcv_packet). */
const MAX_END_FLAG = 10;

/** One frame ("packet" in C++) as it was on the wire. */
export interface Frame {
  readonly header: Uint8Array;
  readonly body: Uint8Array;
  /** Last frame of its message. */
  readonly endOfMessage: boolean;
}

/** The header of a frame that ends its message. */
export function putHeader(bodyLength: number): Uint8Array {
  if (bodyLength < 1 || bodyLength > MAX_BODY_LENGTH) throw new RangeError(`a frame of ${bodyLength} bytes`);
  const header = new Uint8Array(HEADER_LENGTH);
  header[0] = 1;
  new DataView(header.buffer).setUint32(1, bodyLength);
  return header;
}

/**
 * Cuts a byte stream into frames (cedar-rfc §1.2; ReliSock::RcvMsg::rcv_packet in C++).
 *
 * Holds at most the chunks of one unfinished frame and what came behind it. Throws ERR_FRAME on a wrong end flag, a
 * length of 0 or one above 1 MiB as soon as the header is there, before anything is allocated for the body.
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

  /** The next whole frame, or undefined until more bytes are pushed. */
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

/** The first byte of a frame is its end flag; of other protocols it is something else, and worth naming. */
function refuseForeign(chunks: readonly Uint8Array[]): void {
  const start = chunks.find((chunk) => chunk.length > 0) ?? new Uint8Array();
  const flag = start[0] ?? 0;
  if (flag <= MAX_END_FLAG) return;
  throw new ProtocolError('ERR_FRAME', `the peer does not speak CEDAR${foreignProtocol(start)}`);
}

function foreignProtocol(start: Uint8Array): string {
  const text = String.fromCharCode(...start.subarray(0, 4));
  if (text.startsWith('HTTP'.slice(0, text.length))) return '; it responds like a web server (HTTP)';
  if (text.startsWith('SSH-'.slice(0, text.length))) return '; it responds like an SSH server';
  if (start[0] === 0x15 || start[0] === 0x16) return '; it responds like a TLS server';
  return ` (its first byte is ${start[0]})`;
}
