/** The whole job at the embedded pool: what leaves together, what is tried again, and in which order things happen. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { checkFetch } from '../src/diagnose.ts';
import type { AuthenticationError } from '../src/errors.ts';
import { fetchToken as fetchRequested } from '../src/fetch.ts';
import { readRequest } from '../src/inputs/request.ts';
import { DistantProxy } from './support/distant-proxy.ts';
import { fetchFrom, withPool } from './support/embedded-fetch.ts';
import type { EmbeddedPool } from './support/embedded-pool/pool.ts';
import { versionString } from './support/embedded-pool/settings.ts';
import { listen } from './support/listen.ts';
import { notingHost } from './support/noting-host.ts';
import { SigningKey } from './support/signing-key.ts';
import { surroundings } from './support/surroundings.ts';
import { until } from './support/until.ts';

describe('a fetch', () => {
  test('gives what was asked for', () =>
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
        directoryMade: undefined,
      });
    }));

  for (const pieces of [1, 7, 100]) {
    test(`understands answers in pieces of ${pieces} bytes`, () =>
      withPool({ pieces }, async (pool) => {
        const { roundTrips } = await fetchFrom(pool, { authz: ['READ'], lifetime: 600 });
        assert.equal(roundTrips, 3);
        await fetchFrom(pool, { pool: pool.collector, name: 'ci@pool' });
      }));
  }

  test('works on IPv6', () =>
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

describe('a list of pools', () => {
  test('goes on when one of them accepts and says nothing', (context) =>
    withPool({}, async (pool) => {
      context.mock.timers.enable({ apis: ['setTimeout'] });
      const silent = createServer(() => context.mock.timers.tick(10_000));
      const port = await listen(silent);
      const warnings: string[] = [];
      const onLog = (level: string, line: string) => level === 'warn' && warnings.push(line);
      const where = { pool: `127.0.0.1:${port}, ${pool.collector}`, name: 'ci@pool' };
      await fetchFrom(pool, { ...where, onLog, timeoutMs: 100_000 });
      silent.close();
      assert.deepEqual(warnings, ['no answer in time; trying the next address']);
    }));

  for (const mode of ['fetch', 'check'] as const) {
    test(`of collectors that are to be asked themselves does the same (mode ${mode})`, (context) =>
      withPool({}, async (pool) => {
        context.mock.timers.enable({ apis: ['setTimeout'] });
        const silent = createServer((socket) => socket.once('data', () => context.mock.timers.tick(10_000)));
        const port = await listen(silent);
        const { host, log } = notingHost({ timeLeftMs: () => 100_000 });
        const words: Record<string, string> = {
          ...{ pool: `127.0.0.1:${port}, ${pool.collector}`, type: 'collector', idtoken: pool.idToken(), mode },
        };
        const request = readRequest((name) => words[name], surroundings());
        await (mode === 'check' ? checkFetch(request, host) : fetchRequested(request, host));
        silent.close();
        assert.ok(log.includes('warn no answer in time; trying the next address'), log.join('\n'));
      }));
  }
});

describe('a check', () => {
  const check = (pool: EmbeddedPool, more: Record<string, string> = {}) => {
    const words: Record<string, string> = { pool: pool.collector, name: 'ci@pool', idtoken: pool.idToken(), ...more };
    const { host } = notingHost();
    return checkFetch(
      readRequest((name) => words[name], surroundings()),
      host,
    );
  };

  test('leaves nothing open that still goes on beside what was enough', () =>
    withPool({}, async (pool) => {
      let sessions = 0;
      // The collector's session, which is begun beside the question in clear, never comes to its end.
      const policy = (frame: Uint8Array) => (++sessions === 1 ? ('silence' as const) : frame);
      await withPool({ faults: { policy }, keys: pool.keys }, async (mute) => {
        await check(mute);
        await until('all is closed', 5, async () => (mute.open === 0 ? undefined : `${mute.open} open`));
      });
    }));

  for (const [input, value] of [
    ['expected-identity', 'bob@pool.test'],
    ['expected-trust-domain', 'x.test'],
  ] as const) {
    test(`fails where the fetch would, for its ${input}`, () =>
      withPool({}, (pool) =>
        assert.rejects(check(pool, { [input]: value }), { code: 'ERR_TOKEN_CLAIM', phase: 'check' }),
      ));
  }
});

test('an address that is a hundred is knocked at nowhere', () =>
  withPool(
    {
      edit: {
        daemon: (ad) => ({ ...ad, MyAddress: `<127.0.0.1:1?addrs=${Array(17).fill('127.0.0.1-1').join('+')}>` }),
      },
    },
    (pool) => assert.rejects(fetchFrom(pool, { pool: pool.collector, name: 'ci@pool' }), { code: 'ERR_CLASSAD' }),
  ));

test('a daemon cannot have its own words masked', () =>
  withPool({ edit: { reply: () => ({ Token: 'e' }) } }, async (pool) => {
    const idtoken = pool.idToken();
    const masked: string[] = [];
    const onSecret = (secret: { reveal(): string }) => void masked.push(secret.reveal());
    await assert.rejects(fetchFrom(pool, { idtoken, onSecret }), { code: 'ERR_TOKEN_MALFORMED' });
    assert.deepEqual([...new Set(masked)].sort(), [idtoken, idtoken.split('.')[2]].sort());
  }));

describe('round trips', () => {
  const cases: readonly [string, boolean, boolean, number][] = [
    ['with the address known', false, false, 3],
    ['by name', true, false, 4],
    ['by name where the collector demands authentication', true, true, 5],
  ];
  for (const [what, byName, readNeedsSession, expected] of cases) {
    test(`are ${expected} ${what}, by our count and by the network's`, () =>
      withPool({ readNeedsSession, edit: { daemon: (ad) => ({ ...ad, MyAddress: viaProxy() }) } }, async (pool) => {
        proxy = await DistantProxy.start({
          ...{ host: '127.0.0.1', port: 0, target: { host: '127.0.0.1', port: pool.port }, roundTripMs: 40 },
        });
        try {
          const where = byName ? { pool: `127.0.0.1:${proxy.port}`, name: 'ci@pool' } : { address: viaProxy() };
          const { roundTrips } = await fetchFrom(pool, where);
          assert.deepEqual([roundTrips, proxy.roundTrips], [expected, expected]);
        } finally {
          await proxy.close();
        }
      }));
  }
  let proxy: DistantProxy;
  const viaProxy = () => `<127.0.0.1:${proxy.port}?sock=schedd_0>`;
});

describe('a credential', () => {
  test('is shown to nobody who is not its issuer, if there are several', () =>
    withPool({}, async (pool) => {
      const foreign = new SigningKey('POOL').issue({ subject: 'eve@other.test', issuer: 'other.test' });
      const { roundTrips, token } = await fetchFrom(pool, { idtoken: `${foreign}\n${pool.idToken('bob')}` });
      assert.equal(token.subject, 'bob@pool.test');
      assert.equal(roundTrips, 4, 'the policy is waited for');
    }));

  test('that was presumed in vain costs one more connection', () =>
    withPool({ faults: { method: 'close' } }, async (pool) => {
      await assert.rejects(fetchFrom(pool), { code: 'ERR_CLOSED' });
      assert.equal(pool.log.filter((line) => line === 'close').length, 2);
    }));

  test('that does not fit is not tried again, and says why', () =>
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
  test('that has expired is not sent, and no round trip is lost on it', () =>
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

describe('delivery', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'fetch-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  test('is a file with one newline, and the secret was told before', () =>
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

  test('does not happen when the token is not what was asked for', () =>
    withPool({ maxLifetime: 60 }, async (pool) => {
      const file = join(directory, 'reduced');
      await assert.rejects(fetchFrom(pool, { file, onReduced: 'fail' }), { code: 'ERR_TOKEN_REDUCED', phase: 'check' });
      assert.ok(!existsSync(file));
      const { reductions } = await fetchFrom(pool, { file });
      assert.deepEqual(reductions, ['lifetime: asked for 3600 s, granted 60 s']);
    }));
});
