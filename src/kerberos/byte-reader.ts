import { KerberosError } from './kerberos-error.ts';

/**
 * Reads big-endian numbers and length-prefixed bytes from credential caches and keytabs. Throws KerberosError instead
 * of reading past the end.
 */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  unsigned(length: 1 | 2 | 4): number {
    return this.#bytes.readUIntBE(this.#take(length), length);
  }

  signed(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Reads length-prefixed bytes. The length is an integer of `size` bytes. */
  counted(size: 2 | 4): Uint8Array {
    return this.bytes(this.unsigned(size));
  }

  text(size: 2 | 4): string {
    return Buffer.from(this.counted(size)).toString();
  }

  #take(length: number): number {
    const start = this.#at;
    if (length > this.remaining) throw new KerberosError('it is truncated');
    this.#at += length;
    return start;
  }
}
