/** Time limits, switches, and an error for every invalid value. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '../../src/errors.ts';
import { readBoolean, readTimeout } from '../../src/inputs/request.ts';
import { INPUTS } from '../../src/inputs/table.ts';
import { inputError } from '../support/input-error.ts';
import { request } from '../support/said.ts';
import type { Words } from '../support/ways.ts';

describe('The input timeout', () => {
  const good: readonly [string | undefined, number][] = [
    [undefined, 60_000],
    ['1', 1000],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1d', 86_400_000],
  ];
  for (const [text, milliseconds] of good) {
    test(`parses ${JSON.stringify(text)} as ${milliseconds} ms`, () =>
      assert.equal(
        readTimeout(() => text),
        milliseconds,
      ));
  }
  for (const text of ['0', '25h', '-1', 'soon', 'unlimited', '']) {
    test(`rejects ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => readTimeout(() => text),
        inputError('timeout', /^timeout: ".*" is not a duration from 1s to 1d/),
      );
    });
  }
});

describe('A boolean input', () => {
  test('is true or false in any case', () => {
    assert.deepEqual(
      ['true', 'TRUE', 'False'].map((text) => readBoolean('summary', text)),
      [true, true, false],
    );
  });
  test('rejects other values', () => {
    assert.throws(() => readBoolean('summary', 'yes'), inputError('summary', /use one of true false$/));
  });
});

test('any inputs yield a request or an error about one of them', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('cm:9618', 'READ', '1h', 'schedd', 'fail', '..', '<h:1?sock=x>'),
  );
  const words = fc.dictionary(fc.constantFrom(...Object.keys(INPUTS)), text, { noNullPrototype: true });
  fc.assert(
    fc.property(words, (said: Words) => {
      try {
        request(said);
      } catch (error) {
        assert.ok(error instanceof InputError, String(error));
        assert.ok(error.input in INPUTS);
        assert.ok(error.message.startsWith(error.input), error.message);
        assert.ok(error.message.length < 600);
      }
    }),
    { numRuns: 1000 },
  );
});
