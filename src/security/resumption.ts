import type { SecurableChannel } from '../wire/message-channel.ts';

/** What it takes to come back to a session: the daemon's name for it, and its key, which nobody sees. */
export class Resumption {
  readonly sid: string;
  readonly #key: Uint8Array;

  /** `key`: 32 bytes. */
  constructor(sid: string, key: Uint8Array) {
    this.sid = sid;
    this.#key = key;
  }

  protect(channel: SecurableChannel): void {
    channel.protect(this.#key);
  }
}
