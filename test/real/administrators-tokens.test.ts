/** Tests docs/ADMINISTRATORS.md with real daemons: the tokens for CI, their levels, keys, lifetimes and revocation. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { administered, blocks, CI, DOCUMENT, TRIED } from '../support/pool/administered-pool.ts';
import { poolSuites, poolUnavailable } from '../support/pool/pool.ts';
import { claimsOf } from '../support/pool/real-fetch.ts';
import { until } from '../support/until.ts';

const DAY = 24 * 3600;
/** The document's placeholder for a token ID. */
const EXAMPLE_JTI = 'c760c2af193a1fd4e40bc9c53c96ee7c';

for (const suite of poolSuites()) {
  describe(`${DOCUMENT} on HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    const { on, block, logLines, configured, fetch, refusedWith, ...tokens } = administered(suite, 'tokens');
    const { withToken, levels, assertTaken, assertRefused, create, signingKey, takes } = tokens;

    test('the account, the key and the bootstrap token exist with the documented permissions', async () => {
      assert.match(await on.pool.run('id', 'ci'), /\(ci\)/);
      assert.equal((await on.pool.run('stat', '-c', '%U %a %s', '/etc/condor/passwords.d/CI')).trim(), 'root 600 64');
      const { sub, kid, iss, scope, exp, iat } = claimsOf(on.bootstrap);
      assert.deepEqual([sub, kid, iss], [CI, 'CI', 'example.org']);
      assert.equal(scope, 'condor:/READ condor:/WRITE');
      assert.equal(Number(exp) - Number(iat), 90 * DAY);
      assert.deepEqual(await levels(on.bootstrap), ['READ', 'WRITE']);
      assert.deepEqual(await levels(on.bootstrap, 'collector', ['READ']), ['READ']);
    });

    test('a fetched token is restricted to the levels and the lifetime of the bootstrap token', async () => {
      await refusedWith(4, { authz: ['ADMINISTRATOR'] });
      const fetched = claimsOf(await fetch({ lifetime: 'unlimited' }));
      assert.ok(Math.abs(Number(fetched['exp']) - Number(claimsOf(on.bootstrap)['exp'])) <= 1);
      assert.equal(fetched['scope'], 'condor:/READ,condor:/WRITE'.replace(',', ' '));
    });

    test('with all settings together, CI fetches a one-hour token with its own key, and submits a job', async () => {
      const settings = ['universes', 'own-key-beside', 'lifetimes', 'audit', 'encryption'].map(block).join('\n');
      await configured(settings, async () => {
        const jwt = await fetch({ authz: ['READ', 'WRITE'], key: 'CI', lifetime: DAY });
        const { kid, exp, iat } = claimsOf(jwt);
        assert.deepEqual([kid, Number(exp) - Number(iat)], ['CI', 3600]);
        assert.deepEqual(await levels(jwt), ['READ', 'WRITE']);
        await on.pool.write('/tmp/ci.sub', 'executable = /bin/true\ntransfer_executable = false\nqueue\n', 0o644);
        const submitted = await withToken(jwt, 'condor_submit', '-remote', on.pool.scheddName, '/tmp/ci.sub');
        assert.equal(submitted.status, 0, submitted.stdout + submitted.stderr);
        await on.pool.run('condor_rm', '-all');
      });
    });

    describe('levels', () => {
      const CASES: readonly { limit?: string; ci: readonly string[]; condor: readonly string[] }[] = [
        { limit: 'READ', ci: ['READ'], condor: ['READ'] },
        { limit: 'WRITE', ci: ['READ', 'WRITE'], condor: ['READ', 'WRITE'] },
        { limit: 'DAEMON', ci: ['READ', 'WRITE'], condor: ['READ', 'WRITE', 'DAEMON'] },
        { limit: 'ADMINISTRATOR', ci: ['READ', 'WRITE'], condor: ['READ', 'WRITE', 'ADMINISTRATOR'] },
        { ci: ['READ', 'WRITE'], condor: ['READ', 'WRITE', 'DAEMON', 'ADMINISTRATOR'] },
      ];
      for (const { limit, ...expected } of CASES) {
        test(`restrict a token with ${limit ?? 'no restriction'}`, async () => {
          for (const account of ['ci', 'condor'] as const) {
            const limits = limit === undefined ? [] : ['-authz', limit];
            const jwt = await create('-identity', `${account}@example.org`, ...limits, '-lifetime', '600');
            assert.deepEqual(await levels(jwt), expected[account], account);
          }
        });
      }

      test('WRITE does not permit jobs in universes that the access point disables', async () => {
        const job = 'universe = UNIVERSE\nexecutable = /bin/true\ntransfer_executable = false\nqueue\n';
        const jwt = await fetch({ authz: ['WRITE', 'READ'] });
        const started = async (universe: string) => {
          await on.pool.write('/tmp/local.sub', job.replace('UNIVERSE', universe), 0o644);
          const { stdout } = await withToken(jwt, 'condor_submit', '-remote', on.pool.scheddName, '/tmp/local.sub');
          return stdout;
        };
        const states = async () =>
          (await on.pool.run('condor_q', '-allusers', '-constraint', 'JobUniverse != 5', '-af', 'JobStatus')).split(
            /\s+/,
          );
        await started('local');
        await until('without the setting, a job of the local universe has run', 60, async () => {
          const found = await states();
          return found.includes('4') ? undefined : found.join(' ');
        });
        await on.pool.run('condor_rm', '-all');
        await configured(block('universes'), async () => {
          for (const universe of ['local', 'scheduler']) await started(universe);
          await until('both jobs are idle', 60, async () => {
            const found = (await states()).filter((state) => state === '1');
            return found.length === 2 ? undefined : found.join(' ');
          });
          await on.pool.run('condor_rm', '-all');
        });
      });

      test('only WRITE permits submission of a job', async () => {
        await on.pool.write('/tmp/job.sub', 'executable = /bin/true\ntransfer_executable = false\nqueue\n', 0o644);
        const submit = async (authz: string[]) =>
          withToken(await fetch({ authz }), 'condor_submit', '-remote', on.pool.scheddName, '/tmp/job.sub');
        assert.notEqual((await submit(['READ'])).status, 0);
        const { status, stdout, stderr } = await submit(['WRITE']);
        assert.equal(status, 0, stdout + stderr);
        const owners = await on.pool.run('condor_q', '-allusers', '-af', 'User', 'OsUser', 'Owner');
        assert.match(owners, /^ci@example\.org .*\bci$/m);
      });
    });

    test('a schedd with its own key signs only with that key', async () => {
      await configured(block('own-key'), async () => {
        assert.equal(claimsOf(await fetch())['kid'], 'CI');
        assert.equal(claimsOf(await fetch({ key: 'CI' }))['kid'], 'CI');
        await refusedWith(3, { key: 'POOL' });
      });
    });

    test('the list of keys does not restrict a request without a key', async () => {
      await configured('SEC_TOKEN_FETCH_ALLOWED_SIGNING_KEYS = CI', async () => {
        assert.equal(claimsOf(await fetch())['kid'], 'POOL');
        await refusedWith(3, { key: 'POOL' });
      });
    });

    test('the input key selects one of two keys', async () => {
      await configured(block('own-key-beside'), async () => {
        assert.equal(claimsOf(await fetch())['kid'], 'POOL');
        assert.equal(claimsOf(await fetch({ key: 'CI' }))['kid'], 'CI');
        await refusedWith(3, { key: 'CI-2' });
      });
    });

    test('requested lifetimes are limited, and the schedd rejects old tokens', async () => {
      await configured(block('lifetimes'), async () => {
        const lifetime = (jwt: string) => Number(claimsOf(jwt)['exp']) - Number(claimsOf(jwt)['iat']);
        assert.equal(lifetime(await fetch({ lifetime: DAY })), 3600);
        assert.equal(lifetime(await fetch({ lifetime: 600 })), 600);
        const endless = await create('-identity', CI);
        assert.equal(claimsOf(await fetch({ idtoken: endless, lifetime: 'unlimited' }))['exp'], undefined);
        const theirs = await withToken(endless, 'condor_token_fetch');
        assert.equal(claimsOf(theirs.stdout)['exp'], undefined, theirs.stderr);

        const issuedAt = Math.floor(Date.now() / 1000) - 91 * DAY;
        const old = (await signingKey('CI')).issue({ subject: CI, issuer: 'example.org', issuedAt });
        await assertRefused(old);
        await assertTaken(old, 'collector');
      });
      const expired = (await signingKey('CI')).issue({
        ...{ subject: CI, issuer: 'example.org', lifetime: 600 },
        issuedAt: Math.floor(Date.now() / 1000) - DAY,
      });
      await assertRefused(expired);
    });

    describe('a token', () => {
      const revoking = (name: string, jwt: string) => {
        const { jti, iat } = claimsOf(jwt);
        return block(name).replace(EXAMPLE_JTI, String(jti)).replace('1700000000', String(iat));
      };

      test('is revoked by its ID after condor_reconfig, but tokens that were fetched with it remain valid', async () => {
        const [victim, other] = [await create('-identity', CI), await create('-identity', CI)];
        const descendant = await fetch({ idtoken: victim });
        const file = '/etc/condor/config.d/99-revoked';
        await on.pool.write(file, revoking('revoke-token', victim), 0o644);
        await on.pool.run('sh', '-ec', block('reconfig'));
        try {
          for (const type of ['schedd', 'collector']) {
            await until(`the ${type} rejects it`, 60, async () => ((await takes(victim, type)) ? 'taken' : undefined));
            await assertTaken(other, type);
            await assertTaken(descendant, type);
          }
          const [line = ''] = logLines('log-revoked');
          assert.match(await on.pool.run('cat', '/var/log/condor/SchedLog'), new RegExp(line));
        } finally {
          await on.pool.run('rm', file);
          await on.secure.configure();
        }
        await assertTaken(victim);
      });

      test('is revoked together with all earlier tokens of its account, but no other tokens', async () => {
        const victim = await create('-identity', CI);
        const alice = await create('-identity', 'alice@example.org');
        const { iat } = claimsOf(victim);
        const later = (await signingKey('CI')).issue({
          ...{ subject: CI, issuer: 'example.org' },
          issuedAt: Number(iat) + 1,
        });
        await configured(revoking('revoke-account', victim), async () => {
          await assertRefused(victim);
          await assertRefused(on.bootstrap);
          await assertTaken(alice);
          await assertTaken(later);
        });
      });

      test('is revoked by either operand of || in an expression', async () => {
        const [victim, other] = [
          await create('-identity', 'alice@example.org'),
          await create('-identity', 'bob@example.org'),
        ];
        const ofCi = await create('-identity', CI);
        const both = revoking('revoke-both', victim).replace(/iat <= \d+/, `iat <= ${Number(claimsOf(ofCi)['iat'])}`);
        await configured(both, async () => {
          await assertRefused(victim);
          await assertRefused(ofCi);
          await assertTaken(other);
        });
      });

      test('is revoked together with every other token by an expression that evaluates to undefined', async () => {
        const alice = await create('-identity', 'alice@example.org');
        await configured('SEC_TOKEN_REVOCATION_EXPR = kid == "CI"', () => assertRefused(alice));
        await configured('SEC_TOKEN_REVOCATION_EXPR = kid =?= "CI"', () => assertTaken(on.bootstrap));
      });

      test('is not revoked by an expression that cannot be parsed', async () => {
        const settings = revoking('revoke-token', on.bootstrap).trim();
        await configured(`${settings} ||`, () => assertTaken(on.bootstrap));
        await configured(settings, () => assertRefused(on.bootstrap));
      });
    });

    test('a second key replaces the first, and removing the first key invalidates its tokens', async () => {
      await on.pool.run('sh', '-ec', block('make-second-key'));
      await configured(block('second-key'), async () => {
        await assertTaken(on.bootstrap);
        const fetched = await fetch();
        assert.equal(claimsOf(fetched)['kid'], 'CI-2');
        await on.pool.run('sh', '-ec', block('remove-key'));
        await assertRefused(on.bootstrap);
        await assertRefused(on.bootstrap, 'collector');
        await assert.rejects(fetch(), { code: 'ERR_METHODS_EXHAUSTED' });
        await assertTaken(fetched);
        await assertTaken(fetched, 'collector');
      });
      const log = await on.pool.run('cat', '/var/log/condor/SchedLog');
      for (const line of logLines('log-refused')) assert.ok(new RegExp(line).test(log), line);
    });
  });
}

test(`every named block of ${DOCUMENT} is tested`, { skip: poolUnavailable() ?? false }, () => {
  const names = blocks.map(({ name, line }) => name ?? `(without a name, line ${line})`);
  assert.deepEqual([...new Set<string>(Object.values(TRIED).flat())].sort(), [...names].sort());
});
