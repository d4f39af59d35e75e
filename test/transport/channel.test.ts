/** Tests the frames of a message. Any sequence is accepted, except an endless one. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fixedHost } from '../../scripts/fuzz/fixed-host.ts';
import { socketOf } from '../../scripts/fuzz/scripts.ts';
import type { ProtocolError } from '../../src/errors.ts';
import { Channel } from '../../src/transport/channel.ts';
import { putHeader } from '../../src/wire/frame.ts';

const LIMIT = 65_536;

/** Returns this many one-byte frames. Only the last one ends the message. */
function frames(count: number): Uint8Array {
  const frame = Buffer.concat([putHeader(1), Uint8Array.of(0x41)]);
  const all = Buffer.alloc(count * frame.length, frame);
  for (let at = 0; at < all.length - frame.length; at += frame.length) all[at] = 0;
  return all;
}

const receive = (count: number) =>
  new Channel(socketOf([frames(count)]), fixedHost()).receive((message) => message.bytes(message.remaining));

describe('A message', () => {
  test(`with ${LIMIT} frames is accepted`, async () => assert.equal((await receive(LIMIT)).length, LIMIT));

  test('of several frames is rejected if it exceeds 1 MiB in total', async () => {
    const last = Buffer.concat([putHeader(600_000), new Uint8Array(600_000)]);
    const first = Buffer.from(last);
    first[0] = 0;
    const channel = new Channel(socketOf([first, last]), fixedHost());
    await assert.rejects(
      channel.receive(() => assert.fail('it was accepted')),
      { code: 'ERR_FRAME', message: /^a message exceeds 1048576 bytes$/ },
    );
  });

  test('with more frames is rejected, because a limit on their length does not limit their overhead', async () => {
    await assert.rejects(receive(LIMIT + 1), (error: ProtocolError) => {
      assert.equal(error.code, 'ERR_FRAME');
      assert.match(error.message, /exceeds 65536 frames/);
      return true;
    });
  });
});
