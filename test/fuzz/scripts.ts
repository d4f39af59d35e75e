/** A peer that says what an input says, whatever it is told. */
import type { Socket } from 'node:net';
import { ProtocolError } from '../../src/errors.ts';
import type { Channel } from '../../src/transport/channel.ts';
import type { ExpectedMessage, SecurableChannel } from '../../src/wire/message-channel.ts';
import { bytesOf, ScriptedChannel } from '../support/scripted-channel.ts';

/** Can be switched to encryption, which is left out: what is said in clear before must be what was expected. */
export class SecurableScript extends ScriptedChannel implements SecurableChannel {
  #toCome: readonly ExpectedMessage[] = [];

  protect(_key: Uint8Array, expectedCleartext: readonly ExpectedMessage[] = []): void {
    this.#toCome = expectedCleartext;
  }

  override async receive<T>(read: Parameters<typeof ScriptedChannel.prototype.receive<T>>[0]): Promise<T> {
    for (const { write, otherwise } of this.#toCome) {
      const said = await super.receive((message) => message.bytes(message.remaining));
      if (Buffer.compare(said, bytesOf(write)) === 0) continue;
      throw otherwise?.() ?? new ProtocolError('ERR_MESSAGE', 'the peer sent something else');
    }
    this.#toCome = [];
    return await super.receive(read);
  }
}

/** The same where a connection is handed over, which is all that is done with it. */
export function asChannel(script: ScriptedChannel): Channel {
  return Object.assign(script, { roundTrips: 1, handOver: () => script }) as unknown as Channel;
}

/** A socket from which a stream comes in pieces. */
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
