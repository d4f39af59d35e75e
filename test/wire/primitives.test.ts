/** Tests how integers, strings and bytes are encoded: test vectors, round trips, and truncation at every position. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../../src/errors.ts';
import { Reader } from '../../src/wire/reader.ts';
import { Writer } from '../../src/wire/writer.ts';
import { bytes, hex, vectors } from '../support/vectors.ts';

const text = fc.string({ unit: 'binary' }).filter((each) => !each.includes('\0'));
const code = (expected: string) => (error: unknown) => error instanceof ProtocolError && error.code === expected;

describe('A primitive', () => {
  const { encoding } = vectors;
  const written: readonly [string, (message: Writer) => Writer, boolean][] = [
    ['int_60046', (message) => message.int(60046), false],
    ['int_minus1', (message) => message.int(-1), false],
    ['string_clear_abc', (message) => message.string('abc'), false],
    ['string_encrypted_abc', (message) => message.string('abc'), true],
    ['string_clear_empty', (message) => message.string(''), false],
    ['string_encrypted_empty', (message) => message.string(''), true],
  ];
  for (const [name, write, encrypted] of written) {
    test(`is encoded as in ${name}`, () => {
      assert.equal(hex(write(new Writer(encrypted)).finish()), encoding[name]);
    });
  }
  test('is decoded as it was encoded', () => {
    assert.equal(new Reader(bytes(encoding['int_60046'] ?? '')).int(), 60046);
    assert.equal(new Reader(bytes(encoding['int_minus1'] ?? '')).int(), -1);
    assert.equal(new Reader(bytes(encoding['string_clear_abc'] ?? '')).string(), 'abc');
    assert.equal(new Reader(bytes(encoding['string_encrypted_abc'] ?? ''), true).string(), 'abc');
  });
  test('survives a round trip in cleartext and encrypted', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), text, fc.uint8Array(), fc.boolean(), (int, string, block, encrypted) => {
        const message = new Writer(encrypted).int(int).string(string).bytes(block).finish();
        const reader = new Reader(message, encrypted);
        assert.equal(reader.int(), int);
        assert.equal(reader.string(), string);
        assert.deepEqual(reader.bytes(block.length), block);
        assert.equal(reader.remaining, 0);
      }),
    );
  });
  test('causes an error if it is truncated at any position', () => {
    fc.assert(
      fc.property(text, fc.boolean(), fc.nat(), (string, encrypted, at) => {
        const message = new Writer(encrypted).string(string).finish();
        const cut = new Reader(message.subarray(0, at % message.length), encrypted);
        assert.throws(() => cut.string(), code('ERR_MESSAGE'));
      }),
    );
  });
});

describe('A hostile primitive', () => {
  const cases: readonly [string, () => unknown][] = [
    ['an integer beyond 2^53', () => new Reader(bytes('0020000000000000')).int()],
    ['an integer below -2^53', () => new Reader(bytes('ffe0000000000000')).int()],
    ['seven bytes of an integer', () => new Reader(bytes('00000000000000')).int()],
    ['a string of length -1', () => new Reader(bytes('ffffffffffffffff00'), true).string()],
    ['a string of length 0', () => new Reader(bytes('000000000000000000'), true).string()],
    ['a string of length 2^52', () => new Reader(bytes('001000000000000000'), true).string()],
    ['a string that contains NUL', () => new Reader(bytes('00000000000000046100620000'), true).string()],
    ['a string that does not end in NUL', () => new Reader(bytes('0000000000000003616263'), true).string()],
    ['a string that never ends', () => new Reader(bytes('616263')).string()],
    ['a string that is not UTF-8', () => new Reader(bytes('c32800')).string()],
    ['a block of length -1', () => new Reader(bytes('00')).bytes(-1)],
    ['a block that extends beyond the end', () => new Reader(bytes('00')).bytes(2)],
  ];
  for (const [what, read] of cases) {
    test(`causes ERR_MESSAGE: ${what}`, () => assert.throws(read, code('ERR_MESSAGE')));
  }
  test('a null pointer of C++ is decoded as an empty string', () => {
    assert.equal(new Reader(bytes('ad00')).string(), '');
    assert.equal(new Reader(bytes('0000000000000001ad'), true).string(), '');
  });
  test('a value that CEDAR cannot encode is rejected', () => {
    assert.throws(() => new Writer().string('a\0b'), RangeError);
    assert.throws(() => new Writer().int(0.5), RangeError);
    assert.throws(() => new Writer().int(2 ** 53), RangeError);
  });
});
