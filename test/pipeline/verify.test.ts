/** Tests verification of the new token with the daemon that issued it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fetchToken } from '../../src/index.ts';
import { SigningKey } from '../support/credentials/signing-key.ts';
import { fetchFrom, withPool } from '../support/embedded-pool/with-pool.ts';

const LIMITS = { authz: ['READ', 'WRITE'], lifetime: 60 };

describe('The verification of a token', () => {
  test('queries all levels in parallel, in three additional round trips', () =>
    withPool({}, async (pool) => {
      const plain = await fetchFrom(pool, LIMITS);
      const verified = await fetchFrom(pool, { ...LIMITS, verify: true });
      assert.equal(verified.roundTrips - plain.roundTrips, 3);
      assert.equal(pool.log.filter((line) => /GRANTED to alice@pool.test for command 60040/.test(line)).length, 2);
    }));

  test('queries whether the daemon accepts the token if no levels are requested', () =>
    withPool({}, async (pool) => {
      await fetchFrom(pool, { verify: true });
      assert.equal(pool.log.filter((line) => /for command 60040/.test(line)).length, 1);
    }));

  test('fails for a level that the daemon denies', () =>
    withPool({}, async (pool) => {
      const idtoken = pool.idToken('alice', { authz: ['READ'] });
      await assert.rejects(fetchFrom(pool, { ...LIMITS, idtoken, verify: true }), {
        code: 'ERR_TOKEN_REFUSED',
        phase: 'verify',
        message:
          'the new token is restricted to READ, which does not include WRITE; the credential has the same restriction',
      });
    }));

  test('fails for a token that the daemon does not accept', () =>
    withPool({ revoked: ({ exp }) => exp !== undefined }, async (pool) => {
      await assert.rejects(fetchFrom(pool, { ...LIMITS, verify: true }), {
        code: 'ERR_TOKEN_REFUSED',
        message: /rejected the new token of alice@pool\.test: .*SEC_TOKEN_REVOCATION_EXPR/,
      });
    }));

  test('fails for a reply that is not an authorization', () =>
    withPool(
      { edit: { 'post-auth': (ad) => ({ ...ad, User: ad['ValidCommands'] === '60046' ? ad['User'] : 'eve@x' }) } },
      async (pool) => {
        await assert.rejects(fetchFrom(pool, { ...LIMITS, verify: true }), {
          code: 'ERR_TOKEN_REFUSED',
          message: 'the daemon maps the new token for alice@pool.test to eve@x',
        });
      },
    ));

  test('is rejected with remote', () =>
    assert.rejects(fetchToken({ pool: 'cm', name: 'ap40', remote: true, verify: true }), {
      code: 'ERR_INPUT',
      input: 'verify',
    }));
});

describe('An expected claim', () => {
  test('is accepted', () =>
    withPool({}, async (pool) => {
      const expected = { expectedIdentity: 'alice@pool.test', expectedTrustDomain: 'pool.test' };
      assert.equal((await fetchFrom(pool, expected)).token.subject, 'alice@pool.test');
    }));

  for (const [option, claim, message] of [
    ['expectedIdentity', 'sub', 'the token is for alice@pool.test, but expected-identity is bob'],
    ['expectedTrustDomain', 'iss', 'the token was issued by pool.test, but expected-trust-domain is bob'],
  ] as const) {
    test(`causes a failure with ${option} if it differs`, () =>
      withPool({}, async (pool) => {
        await assert.rejects(fetchFrom(pool, { [option]: 'bob' }), { code: 'ERR_TOKEN_CLAIM', claim, message });
      }));
  }
});

describe('Clock skew', () => {
  const fetchFromClock = (ahead: number, lifetime: number) => {
    const lines: string[] = [];
    const now = () => Math.floor(Date.now() / 1000) + ahead;
    return withPool(
      {
        edit: {
          reply: (ad) => ({
            ...ad,
            Token: new SigningKey().issue({
              subject: 'alice@pool.test',
              issuer: 'pool.test',
              issuedAt: now(),
              lifetime,
            }),
          }),
        },
      },
      async (pool) => {
        const fetched = await fetchFrom(pool, {
          lifetime,
          onLog: (level, line) => level === 'warn' && lines.push(line),
        });
        return { lines, skew: fetched.clockSkewSeconds };
      },
    );
  };

  test('causes a warning if the daemon’s clock is ahead', async () => {
    const { lines, skew } = await fetchFromClock(600, 3600);
    assert.ok(Math.abs(skew - 600) <= 5, String(skew));
    assert.match(
      lines.join(),
      /clock is (\d+ s|10 min) ahead of the clock of this host.*later than its times suggest.*timedatectl/,
    );
  });

  test('causes a warning with both clocks if the token is valid for much longer than requested', async () => {
    const lines = (await fetchFromClock(86_400, 3600)).lines.join('\n');
    assert.match(lines, /valid for (1 d|24 h) longer than the requested 1 h/);
    assert.equal(lines.match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g)?.length, 2);
    assert.doesNotMatch((await fetchFromClock(590, 3600)).lines.join('\n'), /longer than/);
  });

  test('causes a warning if the daemon’s clock is behind by a tenth of the lifetime', async () => {
    assert.match(
      (await fetchFromClock(-30, 240)).lines.join(),
      /clock is \d+ s behind the clock of this host.*earlier/,
    );
  });

  test('causes no warning if it is small', async () => {
    assert.deepEqual((await fetchFromClock(-30, 3600)).lines, []);
    assert.deepEqual((await fetchFromClock(5, 20)).lines, []);
  });
});
