import type { Hash } from 'node:crypto';
import { crypto } from '../runtime/crypto.ts';

/**
 * SHA-256 over all clear frames of one direction, headers included (cedar-rfc §1.4.2).
 *
 * A direction in which nothing was sent in clear counts as 32 zero bytes, not as SHA-256 of nothing: C++ makes the
 * digest's context on first use.
 */
export class Transcript {
  #hash: Hash | undefined;

  add(...parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.#hash ??= crypto().createHash('sha256');
      this.#hash.update(part);
    }
  }

  /** The digest so far, 32 bytes. More can be added afterwards. */
  digest(): Uint8Array {
    return this.#hash === undefined ? new Uint8Array(32) : new Uint8Array(this.#hash.copy().digest());
  }
}
