import { ConnectError, ProtocolError } from '../../src/errors.ts';
import type { MessageChannel } from '../../src/wire/message-channel.ts';
import { Reader } from '../../src/wire/reader.ts';
import { Writer } from '../../src/wire/writer.ts';

/**
 * A channel to a peer that sends the messages of a script, regardless of what it receives, and then closes the
 * connection.
 */
export class ScriptedChannel implements MessageChannel {
  /** Messages that the client sent to the peer. */
  readonly sent: Uint8Array[] = [];
  readonly #script: Uint8Array[];

  constructor(script: readonly Uint8Array[]) {
    this.#script = [...script];
  }

  send(write: (message: Writer) => void): void {
    const message = new Writer();
    write(message);
    this.sent.push(message.finish());
  }

  async receive<T>(read: (message: Reader) => T): Promise<T> {
    const bytes = this.#script.shift();
    if (bytes === undefined) throw new ConnectError('ERR_CLOSED', 'the script has ended');
    const message = new Reader(bytes);
    const value = read(message);
    if (message.remaining > 0) throw new ProtocolError('ERR_MESSAGE', 'a message is too long');
    return value;
  }
}

/** Returns the encoded bytes of one message. */
export function bytesOf(write: (message: Writer) => unknown): Uint8Array {
  const message = new Writer();
  write(message);
  return message.finish();
}
