/**
 * Tests how a token is compared with the request. The token may have all requested levels, or fewer with a warning, but
 * never more.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TokenError } from '../../src/errors.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { checkToken, type Expected } from '../../src/token/check.ts';
import type { IdToken } from '../../src/token/jwt.ts';
import { AUTHORIZATION_LEVELS, covers } from '../../src/token/levels.ts';

const TOKEN: IdToken = {
  ...{ jwt: new Secret('x'), signedText: 'x', algorithm: 'HS256', tokenId: 'x' },
  ...{ keyId: 'POOL', issuer: 'pool.test', subject: 'alice@pool.test' },
  ...{ issuedAt: 1000, expiresAt: 1600, authz: ['READ'] },
};
const EXPECTED: Expected = {
  ...{ issuer: 'pool.test', subject: 'alice@pool.test', key: undefined },
  ...{ authz: ['READ'], lifetimeSeconds: 600 },
};

describe('A token', () => {
  const fine: readonly [string, Partial<IdToken>, Partial<Expected>, readonly string[]][] = [
    ['with exactly the requested properties', {}, {}, []],
    ['signed with the requested key', {}, { key: 'POOL' }, []],
    ['with a level that implies the requested one', { authz: ['WRITE'] }, { authz: ['WRITE', 'READ'] }, []],
    [
      'with only the implied level',
      { authz: ['READ'] },
      { authz: ['WRITE', 'READ'] },
      ['authorization: requested WRITE READ, granted READ'],
    ],
    ['with restrictions that were not requested', { authz: ['READ'] }, { authz: [] }, []],
    ['without restrictions, as requested', { authz: undefined }, { authz: [] }, []],
    ['with a shorter lifetime', { expiresAt: 1300 }, {}, ['lifetime: requested 10 min, granted 5 min']],
    [
      'that expires although no expiry was requested',
      {},
      { lifetimeSeconds: 'unlimited' },
      ['lifetime: requested unlimited, granted 10 min'],
    ],
    ['that never expires, as requested', { expiresAt: undefined }, { lifetimeSeconds: 'unlimited' }, []],
    ['with any lifetime if none was requested', {}, { lifetimeSeconds: undefined }, []],
    ['that never expires if no lifetime was requested', { expiresAt: undefined }, { lifetimeSeconds: undefined }, []],
  ];
  for (const [what, token, expected, reductions] of fine) {
    test(`is accepted${reductions.length > 0 ? ' with a reduction' : ''}: ${what}`, () => {
      assert.deepEqual(checkToken({ ...TOKEN, ...token }, { ...EXPECTED, ...expected }), reductions);
    });
  }

  const wrong: readonly [string, Partial<IdToken>, Partial<Expected>, string][] = [
    ['from another issuer', { issuer: 'other' }, {}, 'iss'],
    ['from a daemon that announced no trust domain', {}, { issuer: '' }, 'iss'],
    ['for another identity', { subject: 'root@pool.test' }, {}, 'sub'],
    ['signed with another key', {}, { key: 'CI' }, 'kid'],
    ['without restrictions', { authz: undefined }, {}, 'scope'],
    ['with one additional level', { authz: ['READ', 'WRITE'] }, {}, 'scope'],
    ['with a higher level', { authz: ['ADMINISTRATOR'] }, { authz: ['WRITE'] }, 'scope'],
    ['with a level that HTCondor does not have', { authz: ['READ', 'X'] }, {}, 'scope'],
    ['that never expires', { expiresAt: undefined }, {}, 'exp'],
    ['that lasts one second longer', { expiresAt: 1601 }, {}, 'exp'],
    ['that had expired when it was issued', { expiresAt: 1000 }, {}, 'exp'],
    ['without iat', { issuedAt: undefined }, {}, 'iat'],
  ];
  for (const [what, token, expected, claim] of wrong) {
    test(`is rejected because of ${claim}: ${what}`, () => {
      assert.throws(
        () => checkToken({ ...TOKEN, ...token }, { ...EXPECTED, ...expected }),
        (error: unknown) => error instanceof TokenError && error.code === 'ERR_TOKEN_CLAIM' && error.claim === claim,
      );
    });
  }
});

describe('Authorization levels', () => {
  test('imply the same levels as in HTCondor', () => {
    const implied: Readonly<Record<string, readonly string[]>> = {
      WRITE: ['READ'],
      NEGOTIATOR: ['READ'],
      ADMINISTRATOR: ['WRITE', 'READ'],
      CONFIG: ['READ'],
      DAEMON: ['WRITE', 'READ'],
      ADVERTISE_STARTD: ['READ'],
      ADVERTISE_SCHEDD: ['READ'],
      ADVERTISE_MASTER: ['READ'],
    };
    for (const level of AUTHORIZATION_LEVELS) {
      const covered = AUTHORIZATION_LEVELS.filter((each) => covers([level], each));
      assert.deepEqual(covered.toSorted(), [level, ...(implied[level] ?? [])].toSorted());
      assert.ok(!covers([], level));
    }
  });
});
