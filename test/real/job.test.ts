/** Tests the purpose of the token: a user with only this token can submit a job, and the job runs. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { fetchFrom, onlyToken } from '../support/pool/real-fetch.ts';
import { until } from '../support/until.ts';

const COMPLETED = '4';

for (const suite of poolSuites()) {
  describe(`A job in HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    before(async () => {
      pool = await startPool({ suite, negotiator: true });
    });
    after(() => pool?.stop());

    test('that another account submits with the fetched token runs to completion', async () => {
      const idtoken = await pool.idToken({ user: 'alice' });
      const { token } = await fetchFrom(pool, { idtoken, authz: ['READ', 'WRITE'], lifetime: 600 });
      await pool.exec(['mkdir', '-p', '-m', '700', '/home/bob/tokens']);
      await pool.write('/home/bob/tokens/fetched', `${token.jwt.reveal()}\n`, 0o600);
      await pool.write('/home/bob/answer.sh', '#!/bin/sh\necho $((6 * 7))\n', 0o755);
      const job = ['executable = answer.sh', 'output = answer', 'log = log', 'queue', ''];
      await pool.write('/home/bob/job.sub', job.join('\n'), 0o644);
      await pool.exec(['chown', '-R', 'bob', '/home/bob']);
      const asBob = (...argv: string[]) =>
        pool.exec(argv, { user: 'bob', cwd: '/home/bob', env: onlyToken('/home/bob/tokens') });
      const target = ['-pool', pool.collector, '-name', pool.scheddName];

      const submitted = await asBob('condor_submit', '-spool', ...target, 'job.sub');
      assert.equal(submitted.status, 0, submitted.stdout + submitted.stderr);
      const [, cluster = ''] = /submitted to cluster (\d+)/.exec(submitted.stdout) ?? [];

      await until('the job is completed', 180, async () => {
        const { stdout } = await asBob('condor_q', ...target, cluster, '-af', 'JobStatus', 'Owner', 'HoldReason');
        return stdout.startsWith(`${COMPLETED} alice`) ? undefined : `JobStatus, Owner, HoldReason: ${stdout.trim()}`;
      });
      const fetched = await asBob('condor_transfer_data', ...target, cluster);
      assert.equal(fetched.status, 0, fetched.stderr);
      assert.equal((await asBob('cat', 'answer')).stdout.trim(), '42');
    });
  });
}
