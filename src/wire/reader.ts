import { ProtocolError } from '../errors.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Byte that represents a C++ null pointer if it is the only byte of a string (Stream::get_string_ptr). */
const NULL_STRING = 0xad;

/**
 * Reads primitives from one complete message (cedar-rfc §2; Stream::get in C++).
 *
 * Every read throws ProtocolError ERR_MESSAGE if it would extend past the end of the message.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #encrypted: boolean;
  #at = 0;

  /** If `encrypted` is true, a length precedes each string, as on encrypted connections (§1.3.4). */
  constructor(bytes: Uint8Array, encrypted = false) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#encrypted = encrypted;
  }

  /** Number of bytes that have not been read yet. */
  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** Reads a signed integer of eight bytes in big-endian two's complement. Rejects values beyond ±(2^53 - 1). */
  int(): number {
    const value = Number(this.#view.getBigInt64(this.#take(8)));
    if (!Number.isSafeInteger(value)) throw new ProtocolError('ERR_MESSAGE', 'an integer is out of range');
    return value;
  }

  /** Returns a view of the next `length` bytes, without copying them. */
  bytes(length: number): Uint8Array {
    if (!Number.isInteger(length) || length < 0)
      throw new ProtocolError('ERR_MESSAGE', `the length ${length} is invalid`);
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Reads a UTF-8 string. Returns an empty string if the message contains a C++ null pointer instead. */
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
    // A null pointer is encoded with length 1 and without a terminating NUL.
    if (nul === -1 && length === 1 && bytes[0] === NULL_STRING) return bytes;
    if (nul !== length - 1) throw new ProtocolError('ERR_MESSAGE', 'a string does not match its declared length');
    return bytes.subarray(0, nul);
  }

  #take(length: number): number {
    const start = this.#at;
    if (length > this.remaining) throw new ProtocolError('ERR_MESSAGE', 'a message is truncated');
    this.#at += length;
    return start;
  }
}
