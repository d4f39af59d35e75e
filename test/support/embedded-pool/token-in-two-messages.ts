/** Simulates a SCITOKENS client that sends the token with status SENDING, and HOLDING in a separate message. */
import type { AuthMethod, Candidate } from '../../../src/security/method.ts';
import type { MessageChannel } from '../../../src/wire/message-channel.ts';
import { Reader } from '../../../src/wire/reader.ts';
import { Writer } from '../../../src/wire/writer.ts';

const SENDING = 1;
const HOLDING = 4;
/**
 * A length that is less than that of any SciToken and greater than that of any other record that the client sends with
 * HOLDING.
 */
const SHORTEST_TOKEN = 300;

export function inTwoMessages(method: AuthMethod): AuthMethod {
  const split = (candidate: Candidate): Candidate => ({
    ...candidate,
    finish: (channel, server) => candidate.finish(splitting(channel), server, false),
  });
  return {
    ...method,
    candidatesFor(server, peer) {
      const { usable, rejected } = method.candidatesFor(server, peer);
      return { usable: usable.map(split), rejected };
    },
    guessed: () => undefined,
  };
}

function splitting(channel: MessageChannel): MessageChannel {
  return {
    receive: (read) => channel.receive(read),
    send(write) {
      const message = new Writer();
      write(message);
      const reader = new Reader(message.finish(), false);
      const status = reader.int();
      const length = reader.int();
      if (status !== HOLDING || length < SHORTEST_TOKEN) return channel.send(write);
      const records = reader.bytes(length);
      channel.send((first) => first.int(SENDING).int(length).bytes(records));
      channel.send((second) => second.int(HOLDING).int(0));
    },
  };
}
