/** Tests ClassAds: recorded ads, HTCondor's quoting, round trips of arbitrary ads, and hostile ads. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../../src/errors.ts';
import { type ClassAdValue, Expression, getClassAd, putClassAd } from '../../src/wire/classad.ts';
import { Reader } from '../../src/wire/reader.ts';
import { Writer } from '../../src/wire/writer.ts';
import { bytes, hex, vectors } from '../support/vectors.ts';

function encode(ad: Readonly<Record<string, ClassAdValue | undefined>>, encrypted = false): Uint8Array {
  const message = new Writer(encrypted);
  putClassAd(message, ad);
  return message.finish();
}

function decode(encoded: Uint8Array, encrypted = false) {
  const message = new Reader(encoded, encrypted);
  const ad = getClassAd(message);
  assert.equal(message.remaining, 0);
  return ad;
}

/** Returns an ad with exactly these lines. */
function ofLines(...lines: readonly string[]): Uint8Array {
  const message = new Writer().int(lines.length);
  for (const line of lines) message.string(line);
  return message.string('').string('').finish();
}

const code = (expected: string) => (error: unknown) => error instanceof ProtocolError && error.code === expected;

describe('An ad', () => {
  test('is written as HTCondor writes it', () => {
    const { ad_clear, ad_encrypted, ad_empty_clear } = vectors.encoding;
    assert.equal(hex(encode({ A: 1, S: 'x"y\\z', B: true })), ad_clear.hex);
    assert.equal(hex(encode({ A: 1 }, true)), ad_encrypted.hex);
    assert.equal(hex(encode({ A: undefined })), ad_empty_clear);
  });

  test('is parsed from a recorded policy', () => {
    const { frames, serverPolicyAd } = vectors.tokenHandshake;
    const policy = decode(bytes(frames[2]?.frame ?? '').subarray(5));
    let compared = 0;
    for (const [name, value] of Object.entries(serverPolicyAd)) {
      if (typeof value === 'string' && !name.startsWith('__')) assert.equal(policy.string(name), value);
      else if (typeof value === 'number') assert.equal(policy.integer(name), value);
      else continue;
      compared += 1;
    }
    assert.ok(compared > 10);
  });

  // Eight strings that a real daemon parsed and sent back.
  const quoted: readonly [string, string][] = [
    ['plain', '"plain"'],
    ['', '""'],
    ['a\\b', '"a\\b"'],
    ['a"b', '"a\\"b"'],
    ['a\\"b', '"a\\\\"b"'],
    ['ab"', '"ab\\""'],
    ['a\nb', '"a\nb"'],
    ['ä€😀', '"ä€😀"'],
  ];
  for (const [value, source] of quoted) {
    test(`quotes ${JSON.stringify(value)} as HTCondor does`, () => {
      assert.deepEqual(encode({ S: value }), ofLines(`S = ${source}`));
      assert.equal(decode(ofLines(`S = ${source}`)).string('S'), value);
    });
  }

  test('survives a round trip', () => {
    const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/);
    const word = fc.string({ unit: 'grapheme' }).filter((each) => !/[\0]|\\$|\\"/.test(each));
    const value = fc.oneof(fc.maxSafeInteger(), word);
    fc.assert(
      fc.property(fc.dictionary(name, value), fc.boolean(), (ad, encrypted) => {
        const names = Object.keys(ad).map((each) => each.toLowerCase());
        fc.pre(new Set(names).size === names.length);
        const read = decode(encode(ad, encrypted), encrypted);
        assert.equal(read.size, names.length);
        for (const [each, expected] of Object.entries(ad)) {
          assert.equal(typeof expected === 'number' ? read.integer(each) : read.string(each), expected);
        }
      }),
    );
  });

  test('has case-insensitive names, uses the last of several duplicates, and contains the attributes after ZKM', () => {
    const ad = decode(ofLines('name = "a"', 'NAME="b"'));
    assert.equal(ad.string('Name'), 'b');
    const message = new Writer().int(1).string('ZKM').string('Secret = "x"').string('').string('').finish();
    assert.equal(decode(message).string('Secret'), 'x');
  });

  test('returns undefined for absent and UNDEFINED attributes', () => {
    const ad = decode(ofLines('A = undefined', 'B = UNDEFINED'));
    assert.deepEqual([ad.string('A'), ad.integer('B'), ad.string('C')], [undefined, undefined, undefined]);
  });

  test('sends an expression unquoted, and rejects one if a literal is required', () => {
    assert.deepEqual(encode({ R: new Expression('((Name == "x"))') }), ofLines('R = ((Name == "x"))'));
    const ad = decode(
      ofLines('E = strcat("a", "b")', 'Q = "a" + "b"', 'N = 1 + 1', 'S = "x', 'Big = 99999999999999999999'),
    );
    for (const name of ['E', 'Q', 'N', 'S']) {
      assert.throws(() => ad.integer(name), code('ERR_CLASSAD'));
      assert.throws(() => ad.string(name), code('ERR_CLASSAD'));
    }
    assert.throws(() => ad.integer('Big'), code('ERR_CLASSAD'));
  });
});

describe('A hostile ad', () => {
  const cases: readonly [string, Uint8Array, string][] = [
    ['-1 attributes', bytes('ffffffffffffffff0000'), 'ERR_CLASSAD'],
    ['a million attributes in a few bytes', bytes('00000000000f42400000'), 'ERR_CLASSAD'],
    ['a line that is not an attribute', ofLines('hello'), 'ERR_CLASSAD'],
    ['an attribute without a name', ofLines('= 1'), 'ERR_CLASSAD'],
    ['an attribute with an invalid name', ofLines('a b = 1'), 'ERR_CLASSAD'],
    ['fewer attributes than it announces', bytes('00000000000000024120'), 'ERR_MESSAGE'],
    ['no types at its end', bytes('0000000000000000'), 'ERR_MESSAGE'],
  ];
  for (const [what, encoded, expected] of cases) {
    test(`with ${what} causes ${expected}`, () => assert.throws(() => decode(encoded), code(expected)));
  }

  test('is parsed or causes a ProtocolError, whatever its bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(4), fc.boolean(), (noise, count, encrypted) => {
        const message = new Writer().int(count).bytes(noise).finish();
        try {
          assert.ok(getClassAd(new Reader(message, encrypted)).size <= count);
        } catch (error) {
          assert.ok(error instanceof ProtocolError, String(error));
        }
      }),
    );
  });
});
