/** Frames of a message: any sequence, except an endless one. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ProtocolError } from '../../src/errors.ts';
import { Channel } from '../../src/transport/channel.ts';
import { putHeader } from '../../src/wire/frame.ts';
import { fixedHost } from '../fuzz/fixed-host.ts';
import { socketOf } from '../fuzz/scripts.ts';

const LIMIT = 65_536;

/** This many frames of one byte; only the last one ends the message. */
function frames(count: number): Uint8Array {
  const frame = Buffer.concat([putHeader(1), Uint8Array.of(0x41)]);
  const all = Buffer.alloc(count * frame.length, frame);
  for (let at = 0; at < all.length - frame.length; at += frame.length) all[at] = 0;
  return all;
}

const receive = (count: number) =>
  new Channel(socketOf([frames(count)]), fixedHost()).receive((message) => message.bytes(message.remaining));

describe('a message', () => {
  test(`may have ${LIMIT} frames`, async () => assert.equal((await receive(LIMIT)).length, LIMIT));

  test('may not have more: their length says nothing of what they cost us', async () => {
    await assert.rejects(receive(LIMIT + 1), (error: ProtocolError) => {
      assert.equal(error.code, 'ERR_FRAME');
      assert.match(error.message, /exceeds 65536 frames/);
      return true;
    });
  });
});
