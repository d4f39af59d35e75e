/** Tests verification of the new token with real daemons, including retries while a daemon is not yet available. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { advised } from '../support/errors/advice.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { fetchFrom } from '../support/pool/real-fetch.ts';

for (const suite of poolSuites()) {
  describe(`Verification with HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    let idtoken: string;
    before(async () => {
      pool = await startPool({ suite });
      idtoken = await pool.idToken({ user: 'alice' });
    });
    after(async () => pool?.stop());

    test('accepts a token for its levels in three additional round trips', async () => {
      const limits = { idtoken, authz: ['READ', 'WRITE'], lifetime: 60 };
      const plain = await fetchFrom(pool, limits);
      const verified = await fetchFrom(pool, { ...limits, verify: true });
      assert.equal(verified.roundTrips - plain.roundTrips, 3);
    });

    test('fails for a level that the pool denies', async () => {
      const verified = fetchFrom(pool, { idtoken, authz: ['READ', 'ADMINISTRATOR'], verify: true });
      await assert.rejects(verified, {
        code: 'ERR_TOKEN_REFUSED',
        phase: 'verify',
        message: `the daemon denied ADMINISTRATOR for alice@${pool.trustDomain} with the new token`,
      });
      await assert.rejects(verified, advised('the daemon denied ADMINISTRATOR for'));
    });

    test('delivers no token if its identity or trust domain differs from the expected one', async () => {
      const expected = { expectedIdentity: `alice@${pool.trustDomain}`, expectedTrustDomain: pool.trustDomain };
      await fetchFrom(pool, { idtoken, ...expected });
      const other = { ...expected, expectedIdentity: `bob@${pool.trustDomain}` };
      const forOther = fetchFrom(pool, { idtoken, ...other });
      await assert.rejects(forOther, { code: 'ERR_TOKEN_CLAIM', claim: 'sub' });
      await assert.rejects(forOther, advised('expected-identity is'));
      const elsewhere = { ...expected, expectedTrustDomain: 'other.test' };
      await assert.rejects(fetchFrom(pool, { idtoken, ...elsewhere }), advised('expected-trust-domain is'));
    });

    test('reports no clock skew on one host', async () => {
      const { clockSkewSeconds } = await fetchFrom(pool, { idtoken });
      assert.ok(Math.abs(clockSkewSeconds) <= 5, `${clockSkewSeconds} s`);
    });
  });
}
