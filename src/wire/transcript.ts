import type { Hash } from 'node:crypto';
import { crypto } from '../runtime/crypto.ts';

/**
 * SHA-256 over all cleartext frames of one direction, including their headers (cedar-rfc §1.4.2).
 *
 * Without any cleartext frame, the digest is 32 zero bytes, not SHA-256 of the empty string, because C++ creates the
 * digest context on first use.
 */
export class Transcript {
  #hash: Hash | undefined;

  add(...parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.#hash ??= crypto().createHash('sha256');
      this.#hash.update(part);
    }
  }

  /** Returns the 32-byte digest of all parts so far. More parts can be added afterwards. */
  digest(): Uint8Array {
    return this.#hash === undefined ? new Uint8Array(32) : new Uint8Array(this.#hash.copy().digest());
  }
}
