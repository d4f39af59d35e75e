/** The requested token: levels, lifetime, key, and the reaction to a reduced one. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TokenRequest } from '../../src/pipeline/request.ts';
import { AUTHORIZATION_LEVELS } from '../../src/token/levels.ts';
import { inputError } from '../support/input-error.ts';
import { withPool } from '../support/said.ts';

describe('The input authz', () => {
  const lists: readonly [string | undefined, readonly string[]][] = [
    [undefined, []],
    ['READ', ['READ']],
    ['read, Write', ['READ', 'WRITE']],
    ['READ\n  ADVERTISE_STARTD\n', ['READ', 'ADVERTISE_STARTD']],
    ['READ READ,read', ['READ']],
    [AUTHORIZATION_LEVELS.join(' '), AUTHORIZATION_LEVELS],
  ];
  for (const [text, levels] of lists) {
    test(`parses ${JSON.stringify(text)} as ${levels.join(' ') || 'no restriction'}`, () => {
      assert.deepEqual(withPool(text === undefined ? {} : { authz: text }).authz, levels);
    });
  }

  test('rejects an unknown level with a list of the known ones', () => {
    const all = /^authz: "SUBMIT" is not an authorization level; the levels are ALLOW READ WRITE .*ADVERTISE_MASTER$/;
    assert.throws(() => withPool({ authz: 'READ SUBMIT' }), inputError('authz', all));
  });

  test('rejects a scope of a token', () => {
    assert.throws(() => withPool({ authz: 'condor:/READ' }), inputError('authz', /"CONDOR:\/READ" is not/));
  });

  test('rejects an empty list', () => {
    assert.throws(() => withPool({ authz: ' ,\n' }), inputError('authz', /the list is empty/));
  });

  test('rejects __proto__', () => {
    assert.throws(() => withPool({ authz: '__proto__' }), inputError('authz', /not an authorization level/));
  });
});

describe('The input lifetime', () => {
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
    test(`parses ${JSON.stringify(text)} as ${String(lifetime)}`, () => {
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
    test(`rejects ${JSON.stringify(text)} with the valid values`, () => {
      const message = /^lifetime: ".*" is not a lifetime; use seconds .* to 2147483647 s\), or unlimited$/;
      assert.throws(() => withPool({ lifetime: text }), inputError('lifetime', message));
    });
  }
});

describe('The input key', () => {
  test('is passed to the daemon', () => assert.equal(withPool({ key: ' CI ' }).key, 'CI'));
  test('is undefined by default', () => assert.equal(withPool({}).key, undefined));
  test('rejects blanks', () => assert.throws(() => withPool({ key: ' ' }), inputError('key', /the value is empty/)));
  test('rejects a quote', () => assert.throws(() => withPool({ key: '"' }), inputError('key', /characters/)));
});

describe('The input on-reduced', () => {
  for (const word of ['warn', 'fail', 'ignore'] as const) {
    test(`accepts ${word}`, () => assert.equal(withPool({ 'on-reduced': word }).onReduced, word));
  }
  test('is warn by default', () => assert.equal(withPool({}).onReduced, 'warn'));
  test('rejects other values', () => {
    assert.throws(() => withPool({ 'on-reduced': 'no' }), inputError('on-reduced', /use one of warn fail ignore$/));
  });
});
