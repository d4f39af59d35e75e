/** Simulated peers that send the messages in an input, regardless of what they receive. */
import type { Socket } from 'node:net';
import { ProtocolError } from '../../src/errors.ts';
import type { Channel } from '../../src/transport/channel.ts';
import type { ExpectedMessage, SecurableChannel } from '../../src/wire/message-channel.ts';
import { bytesOf, ScriptedChannel } from '../../test/support/scripted-channel.ts';

/**
 * A scripted channel that never encrypts. After a call to `protect`, it compares the peer's cleartext messages with the
 * expected ones.
 */
export class SecurableScript extends ScriptedChannel implements SecurableChannel {
  #expected: readonly ExpectedMessage[] = [];

  protect(_key: Uint8Array, expectedCleartext: readonly ExpectedMessage[] = []): void {
    this.#expected = expectedCleartext;
  }

  override async receive<T>(read: Parameters<typeof ScriptedChannel.prototype.receive<T>>[0]): Promise<T> {
    for (const { write, otherwise } of this.#expected) {
      const said = await super.receive((message) => message.bytes(message.remaining));
      if (Buffer.compare(said, bytesOf(write)) === 0) continue;
      throw otherwise?.() ?? new ProtocolError('ERR_MESSAGE', 'the peer sent something else');
    }
    this.#expected = [];
    return await super.receive(read);
  }
}

/** Presents a script as a Channel. `handOver` returns the script itself. */
export function asChannel(script: ScriptedChannel): Channel {
  return Object.assign(script, { roundTrips: 1, handOver: () => script }) as unknown as Channel;
}

/** Returns a socket that delivers the given chunks. */
export function socketOf(chunks: readonly Uint8Array[]): Socket {
  const socket = {
    ...{ on: () => {}, write: () => true, destroySoon: () => {}, destroy: () => {}, unref: () => {} },
    [Symbol.asyncIterator]: () => {
      let next = 0;
      return {
        next: async () => {
          const value = chunks[next++];
          return value === undefined ? { done: true, value } : { done: false, value };
        },
      };
    },
  };
  return socket as unknown as Socket;
}
