/** Tests which single-word values are valid. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '../../src/errors.ts';
import { oneOf, parseDuration, plainText, quote, splitList } from '../../src/inputs/words.ts';

describe('A duration', () => {
  const good: readonly [string, number][] = [
    ['0', 0],
    ['90', 90],
    ['90s', 90],
    [' 5m\n', 300],
    ['2h', 7200],
    ['1d', 86_400],
    ['000000000001', 1],
    ['999999999999', 999_999_999_999],
  ];
  for (const [text, seconds] of good)
    test(`parses ${JSON.stringify(text)} as ${seconds} s`, () => assert.equal(parseDuration(text), seconds));
  for (const text of ['', ' ', 's', '-1', '+1', '1.5', '1e3', '0x10', '1 h', '1w', '1H', '1hh', '1000000000000', '٣'])
    test(`rejects ${JSON.stringify(text)}`, () => assert.equal(parseDuration(text), undefined));
  test('is a whole number of seconds or undefined for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const seconds = parseDuration(text);
        assert.ok(seconds === undefined || (Number.isSafeInteger(seconds) && seconds >= 0));
      }),
    );
  });
});

describe('A list', () => {
  test('is separated by commas, blanks and line endings', () => {
    assert.deepEqual(splitList(' a,b\n c,,\td\r\n'), ['a', 'b', 'c', 'd']);
    for (const text of ['', ' ', ',,', '\n']) assert.deepEqual(splitList(text), []);
  });
  test('contains words without blanks or commas, and survives a round trip', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const words = splitList(text);
        assert.ok(words.every((word) => word !== '' && !/[\s,]/.test(word)));
        assert.deepEqual(splitList(words.join(', ')), words);
      }),
    );
  });
});

describe('An enumerated value', () => {
  test('accepts blanks around a valid word', () =>
    assert.equal(oneOf('mode', ' fetch\n', ['fetch', 'request']), 'fetch'));
  for (const text of ['', 'Fetch', 'fetch request', 'toString'])
    test(`rejects ${JSON.stringify(text)}`, () => {
      const message = /^mode: ".*" is not valid; use one of fetch request$/;
      assert.throws(
        () => oneOf('mode', text, ['fetch', 'request']),
        (error: unknown) => error instanceof InputError && error.input === 'mode' && message.test(error.message),
      );
    });
});

describe('Plain text', () => {
  test('may be absent, and is trimmed', () => {
    assert.equal(plainText('name', undefined), undefined);
    assert.equal(plainText('name', ' ci@pool\n'), 'ci@pool');
    assert.equal(plainText('name', 'ä b'), 'ä b');
    assert.equal(plainText('name', 'x'.repeat(1024))?.length, 1024);
  });
  for (const text of ['', ' ', 'a"b', 'a\\b', 'a\nb', 'a\0b', 'a\u0085b', 'x'.repeat(1025)])
    test(`rejects ${JSON.stringify(text.slice(0, 10))}`, () => {
      assert.throws(() => plainText('name', text), InputError);
    });
  test('cannot end the quotes of a ClassAd string, whatever it contains', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          assert.doesNotMatch(plainText('name', text) ?? '', /["\\\p{Cc}]/u);
        } catch (error) {
          assert.ok(error instanceof InputError, String(error));
        }
      }),
    );
  });
});

test('a quotation is truncated to its maximum length', () => {
  assert.equal(quote('x'), '"x"');
  assert.equal(quote('x'.repeat(101)), `"${'x'.repeat(100)}…"`);
});
