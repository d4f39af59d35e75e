/** The report of a check with real daemons, which issue no token. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertAdvised } from '../support/advice.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool.ts';
import { Runner } from '../support/runner.ts';
import { assertFailed, assertNoLeak } from '../support/step-assertions.ts';

for (const suite of poolSuites()) {
  describe(`A check of HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    let runner: Runner;
    before(async () => {
      pool = await startPool({ suite });
      runner = new Runner();
    });
    after(async () => {
      runner?.close();
      await pool?.stop();
    });
    const inputs = async (authz: readonly string[] = []) => ({
      ...{ mode: 'check', pool: pool.collector, name: pool.scheddName },
      idtoken: await pool.idToken({ user: 'alice', authz }),
    });

    test('reports every step, the identity and each level', async () => {
      const given = await inputs();
      const step = await runner.runAction({ ...given, authz: 'READ WRITE ADMINISTRATOR' });
      const { token, ...outputs } = step.outputs;
      assert.equal(step.status, 0, step.raw);
      assert.equal(token, undefined, 'no token is made');
      assert.deepEqual(
        [outputs['identity'], outputs['authz'], outputs['daemon-version']],
        [`alice@${pool.trustDomain}`, 'READ WRITE', pool.version],
      );
      const log = step.log.join('\n');
      for (const line of [
        /^credentials: IDTOKENS from idtoken/m,
        /^locate: querying the collector .* for the schedd ci@pool$/m,
        /^connect: TCP connection to [\d.:]+ in \d+ ms$/m,
        /^locate: ci@pool is at <.*sock=.*>$/m,
        /^connect: requesting schedd_\w+ through the shared port$/m,
        /^session: the daemon accepts .*IDTOKENS.*; trust domain pool\.test; signing keys POOL/m,
        /^session: authenticated as alice@pool\.test with IDTOKENS/m,
        /^token: the daemon issues tokens$/m,
        /^levels: WRITE is allowed$/m,
        /^levels: ADMINISTRATOR is denied$/m,
        /^A fetch from ci@pool would succeed as alice@pool\.test; READ allowed, WRITE allowed, ADMINISTRATOR denied$/m,
      ])
        assert.match(log, line);
      assertNoLeak(step, [given.idtoken]);
    });

    test('fails like the fetch', async () => {
      const narrow = await runner.runAction({ ...(await inputs(['READ'])), authz: 'WRITE' });
      assertFailed(narrow, { code: 'ERR_DAEMON', status: 6, text: /doesn't allow requested authorization levels/ });
      const verified = await runner.runAction({ ...(await inputs(['READ'])), authz: 'READ WRITE', verify: 'true' });
      assertFailed(verified, { code: 'ERR_TOKEN_REFUSED', status: 7, text: /restricted to READ/ });
      assertAdvised(
        verified.annotations.find(({ level }) => level === 'error')?.message ?? '',
        'restricted to READ, which does not include WRITE',
      );
      await pool.configure('SEC_ENABLE_TOKEN_FETCH = False');
      const off = await runner.runAction(await inputs());
      assertFailed(off, { code: 'ERR_DAEMON', status: 6, text: /Token fetch disabled/ });
      await pool.configure('SEC_TOKEN_FETCH_ALLOWED_SIGNING_KEYS = *');
      assert.equal((await runner.runAction(await inputs())).status, 0, 'any key would do, but there is none');
    });

    test('by the command writes to standard error and nothing to standard output', async () => {
      const { idtoken } = await inputs();
      await pool.run('mkdir', '-p', '-m', '700', '/opt/check');
      await pool.write('/opt/check/token', `${idtoken}\n`, 0o600);
      const env = { _CONDOR_SEC_TOKEN_DIRECTORY: '/opt/check', _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'IDTOKENS' };
      const { status, stdout, stderr } = await pool.ours(['-check', '-name', pool.scheddName], { env });
      assert.deepEqual([status, stdout], [0, ''], stderr);
      assert.match(
        stderr,
        /would succeed as alice@pool\.test; READ allowed, WRITE allowed, DAEMON denied, ADMINISTRATOR denied\n$/,
      );
    });
  });
}
