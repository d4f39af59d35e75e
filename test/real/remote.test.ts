/**
 * Tests tokens that the collector fetches from a schedd. An unmodified HTCondor rejects every client. A patched one
 * issues the same token to both tools.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { loadIdTokens } from '../../src/credentials/idtokens.ts';
import { callCommand } from '../../src/daemon/call.ts';
import type { DaemonError } from '../../src/errors.ts';
import type { FetchOptions } from '../../src/index.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { Unavailable } from '../../src/runtime/unavailable.ts';
import { parseAddress } from '../../src/transport/sinful.ts';
import { type ClassAd, Expression, getClassAd, putClassAd } from '../../src/wire/classad.ts';
import { advised } from '../support/errors/advice.ts';
import type { ErrorName } from '../support/errors/every-error.ts';
import { notingHost } from '../support/noting-host.ts';
import { patchRemote, patchUnavailable } from '../support/pool/patched-htcondor.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { claimsOf, fetchFrom, onlyToken, referenceFetch } from '../support/pool/real-fetch.ts';
import { assertSameOutcome } from '../support/pool/same-outcome.ts';
import { patience } from '../support/slowness.ts';
import { until } from '../support/until.ts';

/** The schedd advertises a capability that is valid for twice SCHEDD_INTERVAL. */
const SETTINGS = 'SCHEDD_INTERVAL = 30\nSEC_ENABLE_IMPERSONATION_TOKENS = True';

const remotely = (pool: Pool, options: FetchOptions) =>
  fetchFrom(pool, { pool: pool.collector, name: pool.scheddName, remote: true, ...options });

function refusal(errorCode: number, text: RegExp, name: ErrorName): (error: DaemonError) => boolean {
  return (error) => {
    assert.deepEqual([error.code, error.errorCode, error.phase], ['ERR_DAEMON', errorCode, 'token'], error.message);
    assert.match(error.errorString, text);
    return advised(name)(error);
  };
}

/** Queries the collector for the schedd's ad as an administrator. With `all`, the ad includes private attributes. */
async function scheddAd(pool: Pool, all: boolean): Promise<ClassAd> {
  const { host } = notingHost({ signal: AbortSignal.timeout(patience(20_000)) });
  const tokens = loadIdTokens({ text: new Secret(await pool.idToken({ user: 'condor' })) }, host);
  const address = parseAddress(pool.collector);
  assert.ok(address !== undefined && !(tokens instanceof Unavailable));
  const query = { MyType: 'Query', TargetType: 'Scheduler', Requirements: new Expression('true') };
  const { value } = await callCommand(
    {
      ...{ target: { address, serverName: undefined }, command: 6 },
      credentials: { methods: [tokens], preference: 'ours', unavailable: [] },
      request: (message) => putClassAd(message, { ...query, SendPrivateAttributes: all, LimitResults: 1 }),
    },
    ({ channel }) =>
      channel.receive((message) => {
        assert.equal(message.int(), 1, 'one ad');
        const ad = getClassAd(message);
        assert.equal(message.int(), 0, 'no other ad');
        return ad;
      }),
    host,
  );
  return value;
}

for (const suite of poolSuites()) {
  describe(`The collector of HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    let idtoken: string;
    before(async () => {
      pool = await startPool({ suite, config: SETTINGS });
      idtoken = await pool.idToken({ user: 'alice' });
    });
    after(() => pool?.stop());

    const unknown = refusal(
      5,
      /^Schedd (ci@pool|nobody) is not known to the collector\.$/,
      'is not known to the collector.',
    );

    test('has the schedd’s capability in its private ad', async () => {
      assert.equal((await scheddAd(pool, false)).string('Capability'), undefined);
      assert.match((await scheddAd(pool, true)).string('Capability') ?? '', /^<.*ValidCommands="523"/);
    });

    test('replies that it does not list the schedd', () => assert.rejects(remotely(pool, { idtoken }), unknown));

    test('returns the same reply for a schedd that does not exist', () =>
      assert.rejects(remotely(pool, { idtoken, name: 'nobody' }), unknown));

    test('returns the same reply to HTCondor’s tool', async () => {
      for (const args of [['-remote'], ['-remote', '-name', pool.scheddName], ['-remote', '-name', 'nobody']]) {
        const { status, stderr } = await assertSameOutcome(pool, idtoken, ['-pool', pool.collector, ...args]);
        assert.equal(status, 5);
        assert.match(stderr, /DAEMON:5:Schedd \S+ is not known to the collector\./);
      }
    });
  });

  describe(`The collector of a patched HTCondor of ${suite}`, {
    skip: poolUnavailable() ?? patchUnavailable(suite) ?? false,
  }, () => {
    let pool: Pool;
    let idtoken: string;
    before(async () => {
      pool = await startPool({ suite, config: SETTINGS, prepare: patchRemote });
      idtoken = await pool.idToken({ user: 'alice' });
    });
    after(() => pool?.stop());

    async function configured(settings: string, work: () => Promise<unknown>): Promise<void> {
      await pool.configure(`${SETTINGS}\n${settings}`);
      try {
        await work();
      } finally {
        await pool.configure(SETTINGS);
      }
    }

    test('fetches a token with the requested claims in three round trips', async () => {
      const fetched = await remotely(pool, { idtoken, authz: ['READ', 'WRITE'], lifetime: 600 });
      const { iss, sub, kid, scope, iat, exp } = claimsOf(fetched.token.jwt.reveal());
      assert.deepEqual([iss, sub, kid], [pool.trustDomain, `alice@${pool.trustDomain}`, 'POOL']);
      assert.deepEqual([scope, Number(exp) - Number(iat)], ['condor:/READ condor:/WRITE', 600]);
      assert.deepEqual([fetched.reductions, fetched.roundTrips], [[], 3]);
      assert.deepEqual([fetched.daemonName, fetched.daemonVersion], [pool.scheddName, pool.version]);
      assert.equal(fetched.daemonAddress, `<${pool.collector}>`);
    });

    test('fetches a token from the only schedd, which the client locates first', async () => {
      const { daemonName } = await remotely(pool, { idtoken, name: undefined });
      assert.equal(daemonName, pool.scheddName);
    });

    test('fetches a token with which the schedd authorizes READ but not WRITE', async () => {
      const { token } = await remotely(pool, { idtoken, authz: ['READ'], lifetime: 600 });
      await pool.run('mkdir', '-m', '700', '/tmp/fetched');
      await pool.write('/tmp/fetched/token', `${token.jwt.reveal()}\n`, 0o600);
      const env = onlyToken('/tmp/fetched');
      const ping = (level: string) => pool.exec(['condor_ping', '-type', 'schedd', '-table', level], { env });
      assert.match((await ping('READ')).stdout, /IDTOKENS +AES +AES +ALLOW +alice@/);
      assert.doesNotMatch((await ping('WRITE')).stdout, /ALLOW/);
    });

    const cases: readonly [string, readonly string[], Parameters<Pool['idToken']>[0]?][] = [
      ['nothing', []],
      ['levels and a lifetime', ['-authz', 'READ', '-a', 'DAEMON', '-lifetime', '600']],
      ['a key, which the collector ignores', ['-key', 'NONE']],
      ['more levels than the credential has', ['-authz', 'WRITE'], { user: 'alice', authz: ['READ'] }],
      ['no restriction, with a restricted credential', [], { user: 'alice', authz: ['READ'] }],
      ['a longer lifetime than the credential has', ['-lifetime', '3600'], { user: 'bob', lifetime: 300 }],
    ];
    for (const [what, args, credential = { user: 'alice' }] of cases) {
      test(`issues the same token to HTCondor’s tool: ${what}`, async () => {
        const all = ['-pool', pool.collector, '-name', pool.scheddName, '-remote', ...args];
        const theirs = await assertSameOutcome(pool, await pool.idToken(credential), all);
        assert.equal(theirs.status, 0, theirs.stderr);
      });
    }

    test('rejects the request of either tool for a daemon that is not a schedd', async () => {
      const all = ['-pool', pool.collector, '-name', pool.scheddName, '-r', '-type', 'MASTER'];
      assert.equal((await assertSameOutcome(pool, idtoken, all)).status, 1);
    });

    test('limits the token to SEC_IMPERSONATION_TOKEN_LIMITS and SEC_ISSUED_TOKEN_EXPIRATION, with warnings', () =>
      configured('SEC_IMPERSONATION_TOKEN_LIMITS = READ\nSEC_ISSUED_TOKEN_EXPIRATION = 120', async () => {
        const { reductions } = await remotely(pool, { idtoken, authz: ['READ', 'WRITE'], lifetime: 600 });
        assert.deepEqual(reductions, [
          'authorization: requested READ WRITE, granted READ',
          'lifetime: requested 10 min, granted 2 min',
        ]);
        const refused = refusal(2, /were eliminated by/, 'eliminated by the SEC_IMPERSONATION_TOKEN_LIMITS setting');
        await assert.rejects(remotely(pool, { idtoken, authz: ['WRITE'] }), refused);
      }));

    test('forwards the error that the schedd has no signing key', () =>
      configured('SCHEDD.SEC_TOKEN_ISSUER_KEY = NOWHERE', () =>
        assert.rejects(
          remotely(pool, { idtoken }),
          refusal(4, /signing key configured/, 'Server does not have a signing key configured.'),
        ),
      ));

    test('causes an error if the schedd has another trust domain, unlike with HTCondor’s tool', () =>
      configured('SCHEDD.TRUST_DOMAIN = other.test', async () => {
        const args = ['-pool', pool.collector, '-name', pool.scheddName, '-remote'];
        const { stdout } = await referenceFetch(pool, idtoken, args);
        assert.equal(claimsOf(stdout)['iss'], 'other.test');
        const expected = { code: 'ERR_TOKEN_CLAIM', claim: 'iss', phase: 'check' };
        const fetching = remotely(pool, { idtoken });
        await assert.rejects(fetching, expected);
        await assert.rejects(fetching, advised("but the daemon's trust domain is"));
      }));

    test('fetches no token from a schedd without SEC_ENABLE_IMPERSONATION_TOKENS', () =>
      configured('SEC_ENABLE_IMPERSONATION_TOKENS = False', () =>
        until('the schedd has withdrawn its capability', 60, async () => {
          const complaint = await remotely(pool, { idtoken }).then(
            () => 'a token is still issued',
            (error: Error) => error.message,
          );
          return complaint.includes('is not known to the collector') ? undefined : complaint;
        }),
      ));
  });
}
