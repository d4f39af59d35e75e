/** A fetch and its credentials: which ones are sent to which peer, and what is tried next. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AuthenticationError } from '../../src/errors.ts';
import { fetchFrom, withPool } from '../support/embedded-fetch.ts';
import { SigningKey } from '../support/signing-key.ts';

describe('A credential', () => {
  test('is sent only to its issuer if there are several', () =>
    withPool({}, async (pool) => {
      const foreign = new SigningKey('POOL').issue({ subject: 'eve@other.test', issuer: 'other.test' });
      const { roundTrips, token } = await fetchFrom(pool, { idtoken: `${foreign}\n${pool.idToken('bob')}` });
      assert.equal(token.subject, 'bob@pool.test');
      assert.equal(roundTrips, 4, 'the policy is waited for');
    }));

  test('that was guessed wrongly costs one more connection', () =>
    withPool({ faults: { method: 'close' } }, async (pool) => {
      await assert.rejects(fetchFrom(pool), { code: 'ERR_CLOSED' });
      assert.equal(pool.log.filter((line) => line === 'close').length, 2);
    }));

  test('that does not fit is not tried again, with the reason', () =>
    withPool({ trustDomain: 'pool.test' }, async (pool) => {
      const foreign = new SigningKey('POOL').issue({ subject: 'eve@other.test', issuer: 'other.test' });
      await assert.rejects(fetchFrom(pool, { idtoken: foreign }), (error: AuthenticationError) => {
        assert.equal(error.code, 'ERR_METHODS_EXHAUSTED');
        assert.match(error.attempts.map(({ reason }) => reason).join(), /issued by other\.test; .* is pool\.test/);
        return true;
      });
    }));

  test('that is refused is followed by the next, on the same connection', () =>
    withPool({ revoked: ({ sub }) => sub === 'alice@pool.test' }, async (pool) => {
      const { token, roundTrips } = await fetchFrom(pool, {
        idtoken: `${pool.idToken('alice')}\n${pool.idToken('bob')}`,
      });
      assert.equal(token.subject, 'bob@pool.test');
      assert.equal(roundTrips, 5);
    }));

  const past = { issuedAt: 1_700_000_000, lifetime: 60 };
  test('that has expired is not sent if another one is valid, and costs no round trip', () =>
    withPool({}, async (pool) => {
      const { roundTrips } = await fetchFrom(pool, { idtoken: `${pool.idToken('bob', past)}\n${pool.idToken()}` });
      assert.equal(roundTrips, 3);
      await assert.rejects(
        fetchFrom(pool, { idtoken: pool.idToken('bob', past) }),
        /ERR_METHODS_EXHAUSTED|accepted none/,
      );
      assert.ok(!pool.log.some((line) => line.includes('bob')));
    }));

  test('of a key that the daemon does not have is not sent', () =>
    withPool({}, async (pool) => {
      const idtoken = new SigningKey('CI').issue({ subject: 'a@pool.test', issuer: 'pool.test' });
      const other = new SigningKey('XX').issue({ subject: 'a@pool.test', issuer: 'pool.test' });
      await assert.rejects(fetchFrom(pool, { idtoken: `${idtoken}\n${other}` }), (error: AuthenticationError) => {
        assert.deepEqual(
          error.attempts.map(({ reason }) => /the key (\w+); the daemon has POOL/.exec(reason)?.[1]),
          ['CI', 'XX'],
        );
        return true;
      });
      assert.ok(!pool.log.some((line) => line.startsWith('TOKEN')), 'nothing was tried');
    }));
});
