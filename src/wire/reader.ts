import { ProtocolError } from '../errors.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A string of this one byte stands for C++'s null pointer (Stream::get_string_ptr). */
const NULL_STRING = 0xad;

/**
 * Reads primitives out of one whole message (cedar-rfc §2; Stream::get in C++).
 *
 * Every read is checked against the end of the message and throws ProtocolError ERR_MESSAGE when it would cross it.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #encrypted: boolean;
  #at = 0;

  /** `encrypted`: strings carry their length in front, as they do once a connection is encrypted (§1.3.4). */
  constructor(bytes: Uint8Array, encrypted = false) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#encrypted = encrypted;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** A signed integer: eight bytes, big endian, two's complement. Beyond ±2^53 it is no integer that we know. */
  int(): number {
    const value = Number(this.#view.getBigInt64(this.#take(8)));
    if (!Number.isSafeInteger(value)) throw new ProtocolError('ERR_MESSAGE', 'an integer is out of range');
    return value;
  }

  /** The next `length` bytes, not copied. */
  bytes(length: number): Uint8Array {
    if (!Number.isInteger(length) || length < 0)
      throw new ProtocolError('ERR_MESSAGE', `an invalid length of ${length}`);
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** A string of UTF-8; C++'s null pointer reads as the empty string. */
  string(): string {
    const bytes = this.#encrypted ? this.#prefixedString() : this.#terminatedString();
    if (bytes.length === 1 && bytes[0] === NULL_STRING) return '';
    try {
      return UTF8.decode(bytes);
    } catch (cause) {
      throw new ProtocolError('ERR_MESSAGE', 'a string is not UTF-8', { cause });
    }
  }

  #terminatedString(): Uint8Array {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end === -1) throw new ProtocolError('ERR_MESSAGE', 'a string does not end within the message');
    const bytes = this.bytes(end - this.#at);
    this.#at += 1;
    return bytes;
  }

  #prefixedString(): Uint8Array {
    const length = this.int();
    if (length < 1) throw new ProtocolError('ERR_MESSAGE', `a string has the invalid length ${length}`);
    const bytes = this.bytes(length);
    const nul = bytes.indexOf(0);
    // The null pointer has length 1 and no NUL behind its one byte.
    if (nul === -1 && length === 1 && bytes[0] === NULL_STRING) return bytes;
    if (nul !== length - 1) throw new ProtocolError('ERR_MESSAGE', 'a string does not match its declared length');
    return bytes.subarray(0, nul);
  }

  #take(length: number): number {
    const start = this.#at;
    if (length > this.remaining) throw new ProtocolError('ERR_MESSAGE', 'a message ends too early');
    this.#at += length;
    return start;
  }
}
