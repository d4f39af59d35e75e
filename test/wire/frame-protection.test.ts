/**
 * Tests AES-256-GCM frames. Recorded sessions produce the same bytes in both directions, and modified frames are
 * rejected.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../../src/errors.ts';
import { Deframer, type Frame } from '../../src/wire/frame.ts';
import { FrameProtection } from '../../src/wire/frame-protection.ts';
import { Transcript } from '../../src/wire/transcript.ts';
import { bytes, hex, type RecordedHandshake, vectors } from '../support/vectors.ts';

function frameOf(encoded: Uint8Array): Frame {
  const deframer = new Deframer();
  deframer.push(encoded);
  const frame = deframer.next();
  assert.ok(frame);
  return frame;
}

const notAuthentic = (error: unknown) => error instanceof ProtocolError && error.code === 'ERR_DECRYPT';

function clientOf({ aesKey, sendDigest, recvDigest, clientBaseIV }: RecordedHandshake): FrameProtection {
  const digests = { sent: bytes(sendDigest), received: bytes(recvDigest) };
  return new FrameProtection(bytes(aesKey), digests, bytes(clientBaseIV));
}

for (const name of ['tokenHandshake', 'tokenHandshakePipelined'] as const) {
  const handshake = vectors[name];
  const encrypted = handshake.frames.filter(({ clear }) => !clear);

  describe(`the frames of ${name}`, () => {
    test('encrypt to the recorded bytes', () => {
      const client = clientOf(handshake);
      const sent = encrypted.filter(({ dir }) => dir === 'C>S');
      assert.ok(sent.length > 0);
      for (const { frame, plaintext = '' } of sent) assert.equal(hex(client.seal(bytes(plaintext))), frame);
    });

    test('decrypt to the recorded text', () => {
      const client = clientOf(handshake);
      const received = encrypted.filter(({ dir }) => dir === 'S>C');
      assert.ok(received.length > 1);
      for (const { frame, plaintext = '' } of received)
        assert.equal(hex(client.open(frameOf(bytes(frame)))), plaintext);
    });

    test('have the digests of the cleartext', () => {
      for (const [dir, expected] of [
        ['C>S', handshake.sendDigest],
        ['S>C', handshake.recvDigest],
      ]) {
        const transcript = new Transcript();
        const clear = handshake.frames.filter((each) => each.clear && each.dir === dir);
        for (const { frame, note } of clear) if (note !== 'SHARED_PORT_CONNECT') transcript.add(bytes(frame));
        assert.equal(hex(transcript.digest()), expected);
      }
    });

    test('cannot be decrypted if one bit is changed', () => {
      const { frame = '' } = encrypted.find(({ dir }) => dir === 'S>C') ?? {};
      const length = bytes(frame).length;
      fc.assert(
        fc.property(fc.integer({ min: 5, max: length - 1 }), fc.nat(7), (at, bit) => {
          const changed = bytes(frame);
          changed[at] = (changed[at] ?? 0) ^ (1 << bit);
          assert.throws(() => clientOf(handshake).open(frameOf(changed)), notAuthentic);
        }),
      );
    });

    test('cannot be decrypted with another header, twice, out of order, or on another connection', () => {
      const [first = '', second = ''] = encrypted.filter(({ dir }) => dir === 'S>C').map(({ frame }) => frame);
      const changed = bytes(first);
      changed[0] = 2;
      assert.throws(() => clientOf(handshake).open(frameOf(changed)), notAuthentic);
      const twice = clientOf(handshake);
      twice.open(frameOf(bytes(first)));
      assert.throws(() => twice.open(frameOf(bytes(first))), notAuthentic);
      assert.throws(() => clientOf(handshake).open(frameOf(bytes(second))), notAuthentic);
      const other = clientOf({ ...handshake, recvDigest: handshake.sendDigest });
      assert.throws(() => other.open(frameOf(bytes(first))), notAuthentic);
    });
  });
}

describe('A protected frame', () => {
  const { key, baseIV, sendDigest, recvDigest, packets, zeroDigestExample } = vectors.framing;

  test('adds its counter modulo 2^32 to the first four bytes of the nonce', () => {
    const digests = { sent: bytes(recvDigest), received: bytes(sendDigest) };
    const receiver = new FrameProtection(bytes(key), digests, new Uint8Array(16));
    for (const { frame, plaintext } of packets) assert.equal(hex(receiver.open(frameOf(bytes(frame)))), plaintext);
  });

  test('has a digest of zeros for a direction without cleartext', () => {
    const nothing = new Transcript().digest();
    const sender = new FrameProtection(bytes(key), { sent: nothing, received: nothing }, bytes(baseIV));
    assert.equal(hex(sender.seal(bytes(zeroDigestExample.plaintext))), zeroDigestExample.frame);
  });

  test('is not authentic if it is too short for its tag', () => {
    const digests = { sent: new Uint8Array(32), received: new Uint8Array(32) };
    const receiver = () => new FrameProtection(bytes(key), digests, new Uint8Array(16));
    for (const length of [1, 16, 31]) {
      const frame = new Uint8Array(5 + length);
      frame.set([1, 0, 0, 0, length]);
      assert.throws(() => receiver().open(frameOf(frame)), notAuthentic);
    }
  });

  test('survives a round trip in a sequence of any length', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1 }), { maxLength: 20 }),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        (texts, iv) => {
          const digests = { sent: new Uint8Array(32).fill(1), received: new Uint8Array(32).fill(2) };
          const sender = new FrameProtection(bytes(key), digests, iv);
          const mirrored = { sent: digests.received, received: digests.sent };
          const receiver = new FrameProtection(bytes(key), mirrored, new Uint8Array(16));
          for (const text of texts) assert.deepEqual(receiver.open(frameOf(sender.seal(text))), text);
        },
      ),
    );
  });
});
