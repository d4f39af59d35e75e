import type { Hash } from 'node:crypto';
import { crypto } from '../runtime/crypto.ts';

/**
 * SHA-256 digest of all cleartext frames in one direction, including their headers (cedar-rfc §1.4.2).
 *
 * If there are no cleartext frames, the digest consists of 32 zero bytes instead of the SHA-256 digest of an empty
 * string. The C++ code behaves this way because it creates the digest context on first use.
 */
export class Transcript {
  #hash: Hash | undefined;

  add(...parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.#hash ??= crypto().createHash('sha256');
      this.#hash.update(part);
    }
  }

  /** Returns the 32-byte digest of all parts that have been added so far. More parts can be added after this call. */
  digest(): Uint8Array {
    return this.#hash === undefined ? new Uint8Array(32) : new Uint8Array(this.#hash.copy().digest());
  }
}
