/** Tests the command and the Action with Node for Windows, under Wine, with schedds of both releases. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { execute } from '../support/processes.ts';
import { projectRoot } from '../support/project.ts';

const WINE = join(projectRoot, '.ci/wine');
/** Exit status of .ci/wine if Wine cannot be installed. */
const UNAVAILABLE = 77;

function wineUnavailable(): string | undefined {
  const { status, stderr } = spawnSync('bash', [WINE], { encoding: 'utf8' });
  if (status === UNAVAILABLE) return stderr.trim();
  if (status !== 0) throw new Error(`${WINE} ended with status ${status}: ${stderr}`);
  return undefined;
}

const skip = poolUnavailable() ?? wineUnavailable() ?? false;

for (const suite of poolSuites()) {
  describe(`A client on Windows, with HTCondor of ${suite},`, { skip }, () => {
    let pool: Pool;
    before(async () => {
      pool = await startPool({ suite });
    });
    after(() => pool?.stop());

    test('verifies, checks, renews and cleans up', async () => {
      const variables = [
        `WINDOWS_COLLECTOR=${pool.collector}`,
        `WINDOWS_SCHEDD=${pool.scheddName}`,
        `WINDOWS_IDTOKEN=${await pool.idToken({ user: 'alice' })}`,
      ];
      const options = ['--enable-source-maps', '--test', '--test-reporter=spec', 'build/test/windows/real-pool.js'];
      const { status, output } = await run([...variables, '--', ...options]);
      assert.equal(status, 0, output);
      assert.match(output, /^ℹ skipped 0$/m);
    });
  });
}

async function run(args: readonly string[]): Promise<{ status: number | null; output: string }> {
  const { status, stdout, stderr } = await execute(['bash', WINE, ...args]);
  return { status, output: stdout + stderr };
}
