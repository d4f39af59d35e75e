import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** Sends and receives CEDAR messages. This interface separates the content of messages from their transport. */
export interface MessageChannel {
  /** Queues one message. The next call to `receive` sends all queued messages in one flight. */
  send(write: (message: Writer) => void): void;
  /**
   * Sends all queued messages, waits for one complete message from the peer and parses it with `read`, which must
   * consume the whole message.
   *
   * @throws ProtocolError if a frame or the message is malformed, or if `read` leaves bytes unread.
   * @throws ConnectError ERR_CLOSED if the connection is closed or lost; ERR_TIMEOUT if the run is aborted.
   */
  receive<T>(read: (message: Reader) => T): Promise<T>;
}

/**
 * A cleartext message that the peer has not sent yet. Unless the peer reports a failure, every byte of the message is
 * known in advance.
 */
export interface ExpectedMessage {
  readonly write: (message: Writer) => void;
  /**
   * Returns the error to throw if the peer sends a different message. If undefined, ProtocolError ERR_MESSAGE is
   * thrown.
   */
  readonly otherwise?: () => Error;
}

/** A channel that can switch from cleartext to AES-256-GCM encryption once. */
export interface SecurableChannel extends MessageChannel {
  /**
   * Encrypts every later frame in both directions with `key` (32 bytes). The first encrypted frame authenticates all
   * preceding cleartext frames (§1.4.2).
   *
   * `expectedCleartext` lists the messages that the peer will still send in cleartext. Their digest is computed in
   * advance, so that an encrypted request can be sent before these messages arrive. If a different message arrives, the
   * connection is no longer usable.
   */
  protect(key: Uint8Array, expectedCleartext?: readonly ExpectedMessage[]): void;
}
