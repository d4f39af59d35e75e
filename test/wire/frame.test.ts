/**
 * Tests how frames are split: recorded frames as a whole, byte by byte and in arbitrary chunks, and malformed frames.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../../src/errors.ts';
import { Deframer, HEADER_LENGTH, MAX_BODY_LENGTH, putHeader } from '../../src/wire/frame.ts';
import { concat } from '../../src/wire/writer.ts';
import { bytes, hex, vectors } from '../support/vectors.ts';

const recorded = vectors.tokenHandshake.frames.map(({ frame }) => bytes(frame));

/** Returns all frames in the chunks of a stream, as hex. */
function framesIn(pieces: Iterable<Uint8Array>): readonly string[] {
  const deframer = new Deframer();
  const found: string[] = [];
  for (const piece of pieces) {
    deframer.push(piece);
    for (let frame = deframer.next(); frame !== undefined; frame = deframer.next()) {
      found.push(hex(concat([frame.header, frame.body])));
    }
  }
  return found;
}

describe('A deframer', () => {
  const stream = concat(recorded);
  const expected = recorded.map(hex);

  test('splits recorded frames from a single chunk', () => assert.deepEqual(framesIn([stream]), expected));
  test('splits frames byte by byte', () =>
    assert.deepEqual(framesIn([...stream].map((each) => Uint8Array.of(each))), expected));
  test('splits frames from chunks of any size', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 40 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const pieces = places.slice(1).map((end, index) => stream.subarray(places[index] ?? 0, end));
        assert.deepEqual(framesIn(pieces), expected);
      }),
    );
  });
  test('returns any body with its end flag', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 5000 }), fc.integer({ min: 0, max: 10 }), (body, flag) => {
        const header = putHeader(body.length);
        header[0] = flag;
        const deframer = new Deframer();
        deframer.push(concat([header, body]));
        const frame = deframer.next();
        assert.deepEqual(frame?.body, body);
        assert.equal(frame?.endOfMessage, flag !== 0);
        assert.equal(deframer.next(), undefined);
      }),
    );
  });
  test('accepts the longest body', () => {
    const deframer = new Deframer();
    deframer.push(putHeader(MAX_BODY_LENGTH));
    assert.equal(deframer.next(), undefined);
    deframer.push(new Uint8Array(MAX_BODY_LENGTH));
    assert.equal(deframer.next()?.body.length, MAX_BODY_LENGTH);
  });

  const foreign: readonly [string, Uint8Array, RegExp][] = [
    ['a length of 0', bytes('0100000000'), /length 0/],
    ['a length of 1 MiB plus one byte', bytes('0100100001'), /1048577 bytes/],
    ['a length of 4 GiB', bytes('00ffffffff'), /4294967295 bytes/],
    ['an end flag of 11', bytes('0b'), /its first byte is 11/],
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request'), /web server/],
    ['the first byte of an HTTP response', Buffer.from('H'), /web server/],
    ['SSH', Buffer.from('SSH-2.0-x'), /SSH server/],
    ['a TLS alert', bytes('15030100020228'), /TLS server/],
  ];
  for (const [what, start, text] of foreign) {
    test(`rejects ${what} at once`, () => {
      const deframer = new Deframer();
      deframer.push(start);
      assert.throws(
        () => deframer.next(),
        (error: unknown) => error instanceof ProtocolError && error.code === 'ERR_FRAME' && text.test(error.message),
      );
    });
  }
  test('parses any bytes as frames, as an unfinished frame, or with ERR_FRAME', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        const deframer = new Deframer();
        deframer.push(noise);
        try {
          for (let frame = deframer.next(); frame !== undefined; frame = deframer.next()) {
            assert.ok(frame.header.length === HEADER_LENGTH && frame.body.length > 0);
          }
        } catch (error) {
          assert.ok(error instanceof ProtocolError && error.code === 'ERR_FRAME');
        }
      }),
    );
  });
});
