/** Runs the scripts of the examples with real daemons and HTCondor's own tools. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { EXAMPLES } from '../support/documents/example-runs.ts';
import { writeCondorTools } from '../support/pool/condor-tools.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { CiMachine } from '../support/runner/ci-machine.ts';

for (const suite of poolSuites()) {
  describe(`The examples, on HTCondor of ${suite}:`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    let machine: CiMachine;
    before(async () => {
      pool = await startPool({ suite });
      machine = new CiMachine();
      writeCondorTools(machine.bin, suite);
      const job = 'executable = /bin/true\ntransfer_executable = false\nqueue\n';
      writeFileSync(join(machine.workspace, 'job.sub'), job);
    });
    after(async () => {
      machine?.close();
      await pool?.stop();
    });

    for (const [file, runExample] of Object.entries(EXAMPLES)) {
      test(`${file} pings and submits under the token’s identity, and leaves no files`, async () => {
        const user = `user-of-${file.replaceAll(/\W/g, '')}`;
        const idtoken = await pool.idToken({ user });
        const place = { collector: pool.collector, schedd: pool.scheddName };
        await pool.run('useradd', '-m', user);
        const { status, output, remains } = await runExample({ machine, pool: place, idtoken });
        assert.equal(status, 0, output);
        assert.match(output, new RegExp(`WRITE +IDTOKENS .* ALLOW +${user}@pool\\.test`));
        assert.match(output, /1 job\(s\) submitted to cluster \d+/);
        assert.deepEqual(remains, []);
        assert.doesNotMatch(output, /eyJ[\w-]+\.eyJ/, 'neither the old nor the new token is printed');
        const owners = await pool.run('condor_q', '-allusers', '-af', 'Owner');
        assert.deepEqual(
          owners.split('\n').filter((owner) => owner === user),
          [user],
        );
      });
    }
  });
}
