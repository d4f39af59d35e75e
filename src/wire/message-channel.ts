import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** Sends and receives CEDAR messages. This interface separates the content of messages from their transport. */
export interface MessageChannel {
  /**
   * Queues one message. The next `receive` sends the queue, so that all messages queued before a wait leave in one
   * flight.
   */
  send(write: (message: Writer) => void): void;
  /**
   * Sends the queue, waits for one complete message and parses it. `read` must consume the whole message.
   *
   * @throws ProtocolError if a frame or the message is malformed, or if bytes are left over.
   * @throws ConnectError ERR_CLOSED, ERR_TIMEOUT.
   */
  receive<T>(read: (message: Reader) => T): Promise<T>;
}

/**
 * A cleartext message that the peer has not sent yet. Unless the peer reports a failure, every byte of the message is
 * known in advance.
 */
export interface ExpectedMessage {
  readonly write: (message: Writer) => void;
  /** Returns the error to throw if the peer sends a different message. Default: ProtocolError ERR_MESSAGE. */
  readonly otherwise?: () => Error;
}

/** A channel that can switch to AES-256-GCM once. */
export interface SecurableChannel extends MessageChannel {
  /**
   * Encrypts every later frame in both directions with `key` (32 bytes). The first encrypted frame authenticates all
   * preceding cleartext frames (§1.4.2).
   *
   * `expectedCleartext` lists the messages that the peer will still send in cleartext. Their digest is computed in
   * advance, so that an encrypted request can be sent before they arrive. Any other message in their place ends the
   * connection.
   */
  protect(key: Uint8Array, expectedCleartext?: readonly ExpectedMessage[]): void;
}
