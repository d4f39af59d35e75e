/**
 * Writes primitives into one message (cedar-rfc §2; Stream::put in C++). This class is the counterpart of `Reader`.
 *
 * Throws RangeError for a value that CEDAR cannot encode. Inputs are validated earlier, so this error indicates a bug
 * in the client.
 */
export class Writer {
  readonly #parts: Uint8Array[] = [];
  readonly #encrypted: boolean;

  constructor(encrypted = false) {
    this.#encrypted = encrypted;
  }

  int(value: number): this {
    if (!Number.isSafeInteger(value)) throw new RangeError(`not an integer: ${value}`);
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigInt64(0, BigInt(value));
    return this.bytes(bytes);
  }

  bytes(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  string(value: string): this {
    if (value.includes('\0')) throw new RangeError('a CEDAR string cannot contain NUL');
    const bytes = new TextEncoder().encode(`${value}\0`);
    if (this.#encrypted) this.int(bytes.length);
    return this.bytes(bytes);
  }

  /** Returns the bytes of the message. */
  finish(): Uint8Array {
    return concat(this.#parts);
  }
}

/** Concatenates byte arrays. If there is only one array, returns that array itself instead of a copy. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
