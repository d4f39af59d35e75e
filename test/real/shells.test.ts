/**
 * Tests the built Action and the built command with real daemons. HTCondor's tools then use the files that the Action
 * and the command have written.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { onlyToken } from '../support/pool/real-fetch.ts';
import { runCommand } from '../support/runner/program.ts';
import { Runner } from '../support/runner/runner.ts';
import { assertFailed, assertMasked, assertNoLeak } from '../support/runner/step-assertions.ts';

for (const suite of poolSuites()) {
  describe(`The entry points, on HTCondor of ${suite}:`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    let runner: Runner;
    let idtoken: string;
    before(async () => {
      pool = await startPool({ suite });
      runner = new Runner();
      idtoken = await pool.idToken({ user: 'alice' });
    });
    after(async () => {
      runner?.close();
      await pool?.stop();
    });

    test('the Action fetches, delivers, masks and cleans up in debug mode', async () => {
      const inputs = { pool: pool.collector, name: pool.scheddName, idtoken, authz: 'READ', lifetime: '10m' };
      let content = '';
      const step = await runner.runAction(
        { ...inputs, token: 'ci', 'token-directory': 'tokens.d' },
        {
          debug: true,
          beforePost: () => {
            content = readFileSync(join(runner.workspace, 'tokens.d', 'ci'), 'utf8');
          },
        },
      );
      assert.equal(step.status, 0, step.raw);
      const { token = '', identity, authz, lifetime, 'daemon-version': version } = step.outputs;
      assert.deepEqual([identity, authz, lifetime], [`alice@${pool.trustDomain}`, 'READ', '600']);
      assert.equal(version, pool.version);
      assert.equal(content, `${token}\n`);
      assertMasked(step, [idtoken, token]);
      assertNoLeak(step, [idtoken, token]);
      assert.ok(!existsSync(join(runner.workspace, 'tokens.d', 'ci')));
      assert.deepEqual([step.post?.status, step.post?.annotations], [0, []]);
    });

    test('the Action fails with one annotation if the name is wrong', async () => {
      const step = await runner.runAction({ pool: pool.collector, name: 'nobody@nowhere', idtoken }, { debug: true });
      assertFailed(step, { code: 'ERR_NOT_FOUND', status: 3, text: new RegExp(`it lists ${pool.scheddName}`) });
      assertNoLeak(step, [idtoken]);
    });

    test('the command writes a token file that HTCondor accepts for READ but not for WRITE', async () => {
      writeFileSync(join(runner.workspace, 'credential'), `${idtoken}\n`, { mode: 0o600 });
      const file = join(runner.workspace, 'fetched');
      const args = [
        '-pool',
        pool.collector,
        '-name',
        pool.scheddName,
        '-authz',
        'READ',
        '-lifetime',
        '600',
        '-file',
        file,
      ];
      const { status, stderr } = await runCommand(args, { env: { _CONDOR_SEC_TOKEN_DIRECTORY: runner.workspace } });
      assert.deepEqual([status, stderr], [0, '']);
      await pool.run('mkdir', '-m', '700', '/home/bob/fetched');
      await pool.write('/home/bob/fetched/token', readFileSync(file), 0o600);
      await pool.run('chown', '-R', 'bob', '/home/bob/fetched');
      const env = onlyToken('/home/bob/fetched');
      const ping = (level: string) =>
        pool.exec(['condor_ping', '-type', 'schedd', '-table', level], { user: 'bob', env });
      const read = await ping('READ');
      assert.match(read.stdout, /IDTOKENS +AES +AES +ALLOW +alice@/, read.stdout + read.stderr);
      assert.doesNotMatch((await ping('WRITE')).stdout, /ALLOW/);
    });

    for (const { onReduced, status, stdout, file } of [
      { onReduced: 'fail', status: 7, stdout: '', file: false },
      { onReduced: 'warn', status: 0, stdout: '', file: true },
    ])
      test(`the command with -on-reduced ${onReduced} ${file ? 'writes' : 'does not write'} a token with fewer levels than requested`, async () => {
        const directory = mkdtempSync(join(runner.workspace, 'narrow-'));
        const narrow = await pool.idToken({ user: 'alice', authz: ['READ'] });
        writeFileSync(join(directory, 'credential'), `${narrow}\n`, { mode: 0o600 });
        const path = join(runner.workspace, `reduced-${onReduced}`);
        const args = ['-pool', pool.collector, '-name', pool.scheddName, '-authz', 'READ', '-authz', 'WRITE'];
        const ran = await runCommand([...args, '-on-reduced', onReduced, '-file', path], {
          env: { _CONDOR_SEC_TOKEN_DIRECTORY: directory },
        });
        assert.deepEqual([ran.status, ran.stdout, existsSync(path)], [status, stdout, file], ran.stderr);
        assert.match(ran.stderr, /authorization: requested READ WRITE, granted READ/);
      });
  });
}
