/** Fuzz targets for frames, messages and ads, the first data that the client parses from any peer. */
import assert from 'node:assert/strict';
import { Channel } from '../../src/transport/channel.ts';
import { type ClassAd, getClassAd, putClassAd } from '../../src/wire/classad.ts';
import { Deframer, HEADER_LENGTH, MAX_BODY_LENGTH } from '../../src/wire/frame.ts';
import { FrameProtection } from '../../src/wire/frame-protection.ts';
import { Reader } from '../../src/wire/reader.ts';
import { Writer } from '../../src/wire/writer.ts';
import { bytes, vectors } from '../../test/support/vectors.ts';
import { fixedHost } from './fixed-host.ts';
import { adInput, allRead, rawInput, readerOf } from './inputs.ts';
import { socketOf } from './scripts.ts';
import type { Target } from './target.ts';

const { framing, tokenHandshake, rawCollectorQuery, encoding } = vectors;
const handshake = tokenHandshake.frames.map(({ frame }) => bytes(frame));

/** Splits a stream into chunks of equal length, as a network might. */
function pieces(stream: Uint8Array, length: number): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += length) found.push(stream.subarray(at, at + length));
  return found;
}

/** Returns the lengths of all frames, and the error that ended the stream, if any. */
function framesOf(chunks: readonly Uint8Array[]): { lengths: readonly number[]; error?: unknown } {
  const deframer = new Deframer();
  const lengths: number[] = [];
  try {
    for (const chunk of chunks) {
      deframer.push(chunk);
      for (let frame = deframer.next(); frame !== undefined; frame = deframer.next()) {
        assert.equal(frame.header.length, HEADER_LENGTH);
        assert.ok(frame.body.length > 0 && frame.body.length <= MAX_BODY_LENGTH);
        lengths.push(frame.body.length);
      }
    }
  } catch (error) {
    return { lengths, error };
  }
  return { lengths };
}

const deframer: Target = {
  ...{ name: 'deframer', reaches: 'wire/frame', weight: 20 },
  seeds: [...handshake, Buffer.concat(handshake), Buffer.from('HTTP/1.1 400 Bad Request\r\n')].map((each) =>
    Buffer.concat([Uint8Array.of(3), each]),
  ),
  run(input) {
    const stream = input.subarray(1);
    const whole = framesOf([stream]);
    const cut = framesOf(pieces(stream, 1 + (input[0] ?? 0)));
    assert.deepEqual(cut.lengths, whole.lengths);
    assert.equal((cut.error as Error)?.name, (whole.error as Error)?.name);
    if (whole.error !== undefined) throw whole.error;
    return `frames: ${Math.min(whole.lengths.length, 9)}`;
  },
};

/** Reads primitives in an order that the input selects. */
const reader: Target = {
  ...{ name: 'reader', reaches: 'wire/reader', weight: 20 },
  seeds: [
    rawInput((m) => m.int(7).string('abc').int(-1)),
    rawInput((m) => m.int(7).string('abc').string(''), true),
    Buffer.concat([Uint8Array.of(0, 0x1b), bytes(encoding.ad_clear.hex)]),
    Uint8Array.of(0, 0xad, 0),
    Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 1, 0xad),
  ],
  run(input) {
    const message = new Reader(input.subarray(2), ((input[0] ?? 0) & 1) === 1);
    let order = input[1] ?? 0;
    for (let left = 16; left > 0 && message.remaining > 0; left--) {
      const before = message.remaining;
      if ((order & 3) === 0) assert.ok(Number.isSafeInteger(message.int()));
      else if ((order & 3) === 1) assert.ok(message.bytes(message.int()).length <= before);
      else assert.ok(!message.string().includes('\0'));
      assert.ok(message.remaining < before);
      order = (order >> 2) | ((order & 3) << 6);
    }
    return allRead(message);
  },
};

const NAMES: readonly string[] = ['Name', 'MyAddress', 'Token', 'ErrorCode', 'Result', 'A', 'S', 'B', 'constructor'];

/**
 * Reads every attribute as every type. The result must be a value or ERR_CLASSAD. Strings must survive a round trip.
 */
function askAll(ad: ClassAd): string {
  let found = 0;
  let failure: unknown;
  for (const name of NAMES) {
    if (ad.source(name) === undefined) continue;
    for (const type of ['string', 'integer', 'boolean'] as const) {
      try {
        const value = ad[type](name);
        if (value === undefined) continue;
        found += 1;
        const message = new Writer(true);
        putClassAd(message, { [name]: value });
        assert.ok(getClassAd(new Reader(message.finish(), true))[type](name) === value); // `===` treats 0 and -0 as equal
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        failure = error;
      }
    }
  }
  if (found === 0 && failure !== undefined) throw failure;
  return `${Math.min(found, 4)} of ${Math.min(ad.size, 4)} known`;
}

const classad: Target = {
  ...{ name: 'classad', reaches: 'wire/classad', weight: 20 },
  seeds: [
    Buffer.concat([Uint8Array.of(0), bytes(encoding.ad_clear.hex)]),
    Buffer.concat([Uint8Array.of(1), bytes(encoding.ad_encrypted.hex)]),
    adInput('A = 1', 'S = "x\\"y\\\\z"', 'B = True', 'Name = "a@b"', 'ErrorCode = -12'),
    adInput('ZKM', 'Token = "secret"', 'Result = false'),
    rawInput((m) => m.int(2).string('ZKM').string('A = "b"').string('Name=undefined').string('').string(''), true),
  ],
  run: (input) => askAll(getClassAd(readerOf(input))),
};

const KEY = bytes(framing.key);
const digests = { sent: bytes(framing.sendDigest), received: bytes(framing.recvDigest) };

/**
 * A modified encrypted frame must be rejected, unless the modification has no effect. The input selects the position,
 * the modification and the content.
 */
const protection: Target = {
  ...{ name: 'frame-protection', reaches: 'wire/frame-protection', weight: 8 },
  seeds: [
    Buffer.from('\0\0\0\0hello'),
    Buffer.from('\0\x03\xffhello', 'latin1'),
    Buffer.concat([Uint8Array.of(1, 0, 0), bytes(framing.packets[0]?.frame ?? '')]),
  ],
  run(input) {
    const [mode = 0, at = 0, change = 0] = input;
    const text = input.subarray(3);
    const peer = new FrameProtection(KEY, { sent: digests.received, received: digests.sent }, new Uint8Array(16));
    const opener = new FrameProtection(KEY, digests, new Uint8Array(16).fill(1));
    const second = (mode & 2) !== 0;
    if (second) opener.open(frameOf(peer.seal(Uint8Array.of(1))));
    const sealed = (mode & 1) === 0 ? peer.seal(text.length === 0 ? Uint8Array.of(0) : text) : text;
    const changed = Uint8Array.from(sealed);
    if (changed.length > 0) changed[at % changed.length] = (changed[at % changed.length] ?? 0) ^ change;
    const opened = opener.open(frameOf(changed));
    assert.ok((mode & 1) === 1 || change === 0, 'a changed frame was taken for the peer’s');
    if ((mode & 1) === 0 && text.length > 0) assert.deepEqual(Buffer.from(opened), Buffer.from(text));
    return `opened${second ? ' the second' : ''}`;
  },
};

function frameOf(sealed: Uint8Array) {
  return { header: sealed.subarray(0, 5), body: sealed.subarray(5), endOfMessage: sealed[0] !== 0 };
}

/** Reads up to four cleartext messages from the stream, as ads or as raw bytes. */
const channel: Target = {
  ...{ name: 'channel', reaches: 'transport/channel', weight: 5 },
  seeds: [
    ...rawCollectorQuery.frames.map(({ frame }) => Buffer.concat([Uint8Array.of(100), bytes(frame)])),
    ...handshake.map((each) => Buffer.concat([Uint8Array.of(2), each])),
    Uint8Array.of(9, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0),
  ],
  async run(input) {
    const chunks = pieces(input.subarray(1), 1 + (input[0] ?? 0) * 16);
    const talking = new Channel(socketOf(chunks), fixedHost(SIGNAL));
    try {
      for (let messages = 0; messages < 4; messages++) {
        if (((input[0] ?? 0) & 1) === 0) await talking.receive(getClassAd);
        else await talking.receive((message) => message.bytes(message.remaining));
      }
      return 'four messages';
    } finally {
      talking.close();
    }
  },
};

const SIGNAL = new AbortController().signal;

export const wireTargets: readonly Target[] = [deframer, reader, classad, protection, channel];
