/** The requested token: levels, lifetime, key, and the reaction to a reduced one. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TokenRequest } from '../../src/pipeline/request.ts';
import { AUTHORIZATION_LEVELS } from '../../src/token/levels.ts';
import { inputError } from '../support/input-error.ts';
import { withPool } from '../support/said.ts';

describe('authz', () => {
  const lists: readonly [string | undefined, readonly string[]][] = [
    [undefined, []],
    ['READ', ['READ']],
    ['read, Write', ['READ', 'WRITE']],
    ['READ\n  ADVERTISE_STARTD\n', ['READ', 'ADVERTISE_STARTD']],
    ['READ READ,read', ['READ']],
    [AUTHORIZATION_LEVELS.join(' '), AUTHORIZATION_LEVELS],
  ];
  for (const [text, levels] of lists) {
    test(`${JSON.stringify(text)} is ${levels.join(' ') || 'no restriction'}`, () => {
      assert.deepEqual(withPool(text === undefined ? {} : { authz: text }).authz, levels);
    });
  }

  test('with a level that HTCondor does not have lists those that it has', () => {
    const all = /^authz: "SUBMIT" is not an authorization level; the levels are ALLOW READ WRITE .*ADVERTISE_MASTER$/;
    assert.throws(() => withPool({ authz: 'READ SUBMIT' }), inputError('authz', all));
  });

  test('with a scope of a token is refused', () => {
    assert.throws(() => withPool({ authz: 'condor:/READ' }), inputError('authz', /"CONDOR:\/READ" is not/));
  });

  test('without any level is refused', () => {
    assert.throws(() => withPool({ authz: ' ,\n' }), inputError('authz', /the list is empty/));
  });

  test('with __proto__ is refused', () => {
    assert.throws(() => withPool({ authz: '__proto__' }), inputError('authz', /not an authorization level/));
  });
});

describe('lifetime', () => {
  const good: readonly [string | undefined, TokenRequest['lifetimeSeconds']][] = [
    [undefined, undefined],
    ['1', 1],
    ['600', 600],
    [' 90s ', 90],
    ['30m', 1800],
    ['1h', 3600],
    ['2d', 172_800],
    ['2147483647', 2 ** 31 - 1],
    ['unlimited', 'unlimited'],
  ];
  for (const [text, lifetime] of good) {
    test(`${JSON.stringify(text)} is ${String(lifetime)}`, () => {
      assert.equal(withPool(text === undefined ? {} : { lifetime: text }).lifetimeSeconds, lifetime);
    });
  }
  const bad = [
    '0',
    '-1',
    '0s',
    '1.5h',
    '1e3',
    'an hour',
    '1w',
    '2147483648',
    '24856d',
    '99999999999999',
    '٣',
    '0x10',
    ' ',
  ];
  for (const text of bad) {
    test(`${JSON.stringify(text)} is refused, with what is possible`, () => {
      const message = /^lifetime: ".*" is not a lifetime; use seconds .* to 2147483647 s\), or unlimited$/;
      assert.throws(() => withPool({ lifetime: text }), inputError('lifetime', message));
    });
  }
});

describe('key', () => {
  test('is passed on', () => assert.equal(withPool({ key: ' CI ' }).key, 'CI'));
  test('is not asked for if it is not given', () => assert.equal(withPool({}).key, undefined));
  test('that is blank is refused', () =>
    assert.throws(() => withPool({ key: ' ' }), inputError('key', /the value is empty/)));
  test('with a quote is refused', () => assert.throws(() => withPool({ key: '"' }), inputError('key', /characters/)));
});

describe('on-reduced', () => {
  for (const word of ['warn', 'fail', 'ignore'] as const) {
    test(`can be ${word}`, () => assert.equal(withPool({ 'on-reduced': word }).onReduced, word));
  }
  test('is warn', () => assert.equal(withPool({}).onReduced, 'warn'));
  test('can be nothing else', () => {
    assert.throws(() => withPool({ 'on-reduced': 'no' }), inputError('on-reduced', /use one of warn fail ignore$/));
  });
});
