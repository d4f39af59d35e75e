/** Tests later steps of a job. They run HTCondor's own tools with only the variables that the Action exports. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { Runner } from '../support/runner/runner.ts';

/** A Python script of a later step, which submits a job and reads its owner through HTCondor's bindings. */
const PYTHON = `
import htcondor2
schedd = htcondor2.Schedd()
job = htcondor2.Submit({'executable': '/bin/true', 'transfer_executable': 'false'})
result = schedd.submit(job, spool=True)
(found,) = schedd.query(f'ClusterId == {result.cluster()}', ['Owner'])
print('owner', found['Owner'])
`;

for (const suite of poolSuites()) {
  describe(`The exported environment, on HTCondor of ${suite}:`, { skip: poolUnavailable() ?? false }, () => {
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

    /** Runs the Action in the pool's file system, as in a job container. */
    async function exported(inputs: Record<string, string>, owner: string): Promise<Record<string, string>> {
      const step = await runner.runAction({ ...inputs, 'export-environment': 'true', authz: 'READ WRITE' });
      assert.equal(step.status, 0, step.raw);
      const { 'token-file': file = '', 'token-directory': directory = '' } = step.outputs;
      await pool.run('mkdir', '-p', directory);
      await pool.write(file, readFileSync(file), 0o600);
      const address = step.env['_CONDOR_SCHEDD_ADDRESS_FILE'];
      if (address !== undefined) await pool.write(address, readFileSync(address), 0o600);
      await pool.run('chown', '-R', `${owner}:${owner}`, directory);
      await pool.run('chmod', '700', directory);
      return { ...step.env, CONDOR_CONFIG: 'ONLY_ENV', HOME: '/nowhere' };
    }

    for (const user of ['bob', 'root']) {
      for (const how of ['name', 'address'] as const) {
        test(`tools of ${user} use the token, with the daemon selected by ${how}`, async () => {
          const idtoken = await pool.idToken({ user: 'alice' });
          const where =
            how === 'name'
              ? { pool: pool.collector, name: pool.scheddName }
              : { address: await pool.sinful('schedd', pool.scheddName) };
          const env = await exported({ ...where, idtoken }, user);
          const as = { env, cwd: '/tmp', ...(user === 'root' ? {} : { user }) };
          const ping = await pool.exec(
            ['condor_ping', '-type', 'schedd', '-table', 'READ', 'WRITE', 'ADMINISTRATOR'],
            as,
          );
          assert.match(ping.stdout, /READ .*ALLOW/, ping.stdout + ping.stderr);
          assert.match(ping.stdout, /WRITE .*IDTOKENS .*ALLOW +alice@/);
          assert.match(ping.stdout, /ADMINISTRATOR .*(DENY|FAIL)/);
          await pool.write('/tmp/job.sub', 'executable = /bin/true\ntransfer_executable = false\nqueue\n', 0o644);
          const submitted = await pool.exec(['condor_submit', '-spool', 'job.sub'], as);
          assert.equal(submitted.status, 0, submitted.stdout + submitted.stderr);
          const queue = await pool.exec(['condor_q', '-allusers', '-af', 'Owner'], as);
          assert.match(queue.stdout, /^alice$/m, queue.stdout + queue.stderr);
          const script = await pool.exec(['python3', '-c', PYTHON], as);
          assert.equal(script.stdout, 'owner alice\n', script.stderr);
        });
      }
    }

    test('the command in the summary revokes the token', async () => {
      const idtoken = await pool.idToken({ user: 'alice' });
      const inputs = { pool: pool.collector, name: pool.scheddName, idtoken };
      const { summary, outputs } = await runner.runAction({ ...inputs, authz: 'READ' });
      const [line = ''] = /SEC_TOKEN_REVOCATION_EXPR = .*?(?=<)/.exec(summary) ?? [];
      const again = { ...inputs, idtoken: outputs['token'] ?? '' };
      assert.equal((await runner.runAction(again)).status, 0);
      await pool.configure(line.replaceAll('&quot;', '"'));
      assert.equal((await runner.runAction(again)).outputs['error-code'], 'ERR_METHODS_EXHAUSTED');
      assert.equal((await runner.runAction(inputs)).status, 0, 'other tokens are still valid');
    });
  });
}
