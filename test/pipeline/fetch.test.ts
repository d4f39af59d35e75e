/** Tests the pipeline of a fetch with the embedded pool, and the choice of credentials. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { AuthenticationError } from '../../src/errors.ts';
import { SigningKey } from '../support/credentials/signing-key.ts';
import { versionString } from '../support/embedded-pool/settings.ts';
import { fetchFrom, withPool } from '../support/embedded-pool/with-pool.ts';
import { assertRoundTrips, DistantProxy } from '../support/network/distant-proxy.ts';
import { patience } from '../support/slowness.ts';

describe('A fetch', () => {
  test('returns the requested token', () =>
    withPool({}, async (pool) => {
      const fetched = await fetchFrom(pool, { pool: pool.collector, name: 'ci@pool', authz: ['READ'], lifetime: 600 });
      const { token, path: _, roundTrips: __, clockSkewSeconds, ...facts } = fetched;
      assert.ok(Math.abs(clockSkewSeconds) <= 2, `${clockSkewSeconds} s`);
      assert.deepEqual([token.subject, token.issuer, token.keyId], ['alice@pool.test', 'pool.test', 'POOL']);
      assert.deepEqual([token.authz, Number(token.expiresAt) - Number(token.issuedAt)], [['READ'], 600]);
      assert.deepEqual(facts, {
        reductions: [],
        daemonName: 'ci@pool',
        daemonAddress: pool.schedd(),
        daemonVersion: '25.14.1',
        daemonVersionText: versionString('25.14.1'),
        authenticationMethod: 'IDTOKENS',
        credentialSource: 'idtoken',
        directoryMade: undefined,
      });
    }));

  for (const pieces of [1, 7, 100]) {
    test(`parses replies in chunks of ${pieces} bytes`, () =>
      withPool({ pieces }, async (pool) => {
        const { roundTrips } = await fetchFrom(pool, { authz: ['READ'], lifetime: 600 });
        assert.equal(roundTrips, 3);
        await fetchFrom(pool, { pool: pool.collector, name: 'ci@pool' });
      }));
  }

  test('works over IPv6', () =>
    withPool({ host: '::1' }, async (pool) => {
      const { daemonAddress } = await fetchFrom(pool, { pool: pool.collector, name: 'ci@pool' });
      assert.equal(daemonAddress, pool.schedd());
    }));

  test('leaves no connection open', () =>
    withPool({ readNeedsSession: true }, async (pool) => {
      await fetchFrom(pool, { pool: pool.collector, name: 'ci@pool' });
      await assert.rejects(fetchFrom(pool, { pool: pool.collector, name: 'nobody' }));
      while (pool.open > 0) await new Promise((resolve) => setImmediate(resolve));
    }));
});

test('an address with a hundred endpoints is rejected without a connection', () =>
  withPool(
    {
      edit: {
        daemon: (ad) => ({ ...ad, MyAddress: `<127.0.0.1:1?addrs=${Array(17).fill('127.0.0.1-1').join('+')}>` }),
      },
    },
    (pool) => assert.rejects(fetchFrom(pool, { pool: pool.collector, name: 'ci@pool' }), { code: 'ERR_CLASSAD' }),
  ));

test('a daemon cannot make the client mask the daemon’s own text', () =>
  withPool({ edit: { reply: () => ({ Token: 'e' }) } }, async (pool) => {
    const idtoken = pool.idToken();
    const masked: string[] = [];
    const onSecret = (secret: { reveal(): string }) => void masked.push(secret.reveal());
    await assert.rejects(fetchFrom(pool, { idtoken, onSecret }), { code: 'ERR_TOKEN_MALFORMED' });
    assert.deepEqual([...new Set(masked)].sort(), [idtoken, idtoken.split('.')[2]].sort());
  }));

describe('Round trips', () => {
  const cases: readonly [string, boolean, boolean, number][] = [
    ['for a known address', false, false, 3],
    ['for a name', true, false, 4],
    ['for a name if the collector requires authentication', true, true, 5],
  ];
  for (const [what, byName, readNeedsSession, expected] of cases) {
    test(`are ${expected} ${what}, as counted by the client and by the network`, () =>
      withPool({ readNeedsSession, edit: { daemon: (ad) => ({ ...ad, MyAddress: viaProxy() }) } }, async (pool) => {
        proxy = await DistantProxy.start({
          ...{ host: '127.0.0.1', port: 0, target: { host: '127.0.0.1', port: pool.port }, roundTripMs: patience(40) },
        });
        try {
          const where = byName ? { pool: `127.0.0.1:${proxy.port}`, name: 'ci@pool' } : { address: viaProxy() };
          await assertRoundTrips(proxy, expected, async () =>
            assert.equal((await fetchFrom(pool, where)).roundTrips, expected),
          );
        } finally {
          await proxy.close();
        }
      }));
  }
  let proxy: DistantProxy;
  const viaProxy = () => `<127.0.0.1:${proxy.port}?sock=schedd_0>`;
});

describe('Delivery', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'fetch-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  test('writes a file with one newline after the token was masked', () =>
    withPool({}, async (pool) => {
      const secrets: string[] = [];
      const file = join(directory, 'tokens.d', 'ci');
      const onSecret = (secret: { reveal(): string }) => {
        assert.ok(!existsSync(file), 'masked before it is written');
        secrets.push(secret.reveal());
      };
      const { token, path } = await fetchFrom(pool, { file, onSecret });
      assert.equal(path, file);
      assert.equal(readFileSync(file, 'utf8'), `${token.jwt.reveal()}\n`);
      assert.ok(secrets.includes(token.jwt.reveal()));
      assert.ok(secrets.includes(token.jwt.reveal().split('.')[2] ?? ''));
    }));

  test('writes nothing if the token differs from the requested one', () =>
    withPool({ maxLifetime: 60 }, async (pool) => {
      const file = join(directory, 'reduced');
      await assert.rejects(fetchFrom(pool, { file, onReduced: 'fail' }), { code: 'ERR_TOKEN_REDUCED', phase: 'check' });
      assert.ok(!existsSync(file));
      const { reductions } = await fetchFrom(pool, { file });
      assert.deepEqual(reductions, ['lifetime: requested 1 h, granted 1 min']);
    }));
});

describe('A credential', () => {
  test('is sent only to its issuer if there are several credentials', () =>
    withPool({}, async (pool) => {
      const foreign = new SigningKey('POOL').issue({ subject: 'eve@other.test', issuer: 'other.test' });
      const { roundTrips, token } = await fetchFrom(pool, { idtoken: `${foreign}\n${pool.idToken('bob')}` });
      assert.equal(token.subject, 'bob@pool.test');
      assert.equal(roundTrips, 4, 'the client waits for the policy');
    }));

  test('that the client guessed wrongly costs one more connection', () =>
    withPool({ faults: { method: 'close' } }, async (pool) => {
      await assert.rejects(fetchFrom(pool), { code: 'ERR_CLOSED' });
      assert.equal(pool.log.filter((line) => line === 'close').length, 2);
    }));

  test('that is unsuitable is not tried again, and the error gives the reason', () =>
    withPool({ trustDomain: 'pool.test' }, async (pool) => {
      const foreign = new SigningKey('POOL').issue({ subject: 'eve@other.test', issuer: 'other.test' });
      await assert.rejects(fetchFrom(pool, { idtoken: foreign }), (error: AuthenticationError) => {
        assert.equal(error.code, 'ERR_METHODS_EXHAUSTED');
        assert.match(error.attempts.map(({ reason }) => reason).join(), /issued by other\.test; .* is pool\.test/);
        return true;
      });
    }));

  test('that is rejected is followed by the next one, on the same connection', () =>
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

  test('that is signed with a key that the daemon does not have is not sent', () =>
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
