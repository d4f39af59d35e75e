import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** One CEDAR message at a time, in either direction. The seam between what is said and how it travels. */
export interface MessageChannel {
  /** Puts one message in line. It leaves with the next `receive`, so what is said before a wait is one flight. */
  send(write: (message: Writer) => void): void;
  /**
   * Sends what is in line, waits for one whole message and reads it. `read` must consume it all.
   *
   * @throws ProtocolError a broken frame or message, or bytes left over.
   * @throws ConnectError ERR_CLOSED, ERR_TIMEOUT.
   */
  receive<T>(read: (message: Reader) => T): Promise<T>;
}

/** A message that the peer still has to send in clear, of which every byte is known beforehand if all goes well. */
export interface ExpectedMessage {
  readonly write: (message: Writer) => void;
  /** What it means if something else comes; undefined: that the peer breaks the protocol. */
  readonly otherwise?: () => Error;
}

/** A channel that can be switched, once, to AES-256-GCM. */
export interface SecurableChannel extends MessageChannel {
  /**
   * From here on every frame is encrypted with `key` (32 bytes), in both directions; all that was said before is
   * bound in (§1.4.2).
   *
   * `expectedCleartext`: messages that the peer still sends in clear. They are bound in unseen, so that an encrypted request
   * can leave before they arrive; anything else in their place ends the connection.
   */
  protect(key: Uint8Array, expectedCleartext?: readonly ExpectedMessage[]): void;
}
