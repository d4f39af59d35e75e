/**
 * `node build/scripts/demo/pool.js embedded|real`: starts a pool that outlives this process, for the workflow that
 * tests the Action. Sets the address of the pool and a token for alice as step outputs. If the pool is real, also adds
 * HTCondor's tools to the PATH of later steps.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedPool } from '../../test/support/embedded-pool/pool.ts';
import { writeCondorTools } from '../../test/support/pool/condor-tools.ts';
import { poolSuites, poolUnavailable, startPool } from '../../test/support/pool/pool.ts';
import { prepareTree } from '../../test/support/pool/tree.ts';

interface Outputs {
  readonly collector: string;
  readonly schedd: string;
  readonly idtoken: string;
  /** PID of the process to terminate when the pool is no longer needed. */
  readonly pid: number;
}

const suite = poolSuites().at(-1) ?? 'sid';

async function stay(kind: string): Promise<Outputs> {
  const { pid } = process;
  if (kind === 'embedded') {
    const pool = await EmbeddedPool.start();
    return { collector: pool.collector, schedd: 'ci@pool', idtoken: pool.idToken('alice'), pid };
  }
  const pool = await startPool({ suite });
  const idtoken = await pool.idToken({ user: 'alice' });
  return { collector: pool.collector, schedd: pool.scheddName, idtoken, pid };
}

async function start(kind: string): Promise<void> {
  if (kind === 'real') {
    const reason = poolUnavailable();
    if (reason !== undefined) throw new Error(reason);
    await prepareTree(suite);
  }
  const child = fork(fileURLToPath(import.meta.url), [kind], { detached: true, stdio: 'ignore' });
  const [found] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error('the pool has ended');
    }),
  ])) as [Outputs];
  child.disconnect();
  child.unref();
  const { GITHUB_OUTPUT, GITHUB_PATH } = process.env;
  if (GITHUB_OUTPUT !== undefined) console.log(`::add-mask::${found.idtoken}`);
  for (const pair of Object.entries(found)) say(GITHUB_OUTPUT, pair.join('='));
  if (kind !== 'real') return;
  const tools = mkdtempSync(join(process.env['RUNNER_TEMP'] ?? tmpdir(), 'tools-'));
  writeCondorTools(tools, suite);
  say(GITHUB_PATH, tools);
}

function say(file: string | undefined, line: string): void {
  if (file === undefined) console.log(line);
  else appendFileSync(file, `${line}\n`);
}

const [kind = ''] = process.argv.slice(2);
if (kind !== 'embedded' && kind !== 'real') {
  console.error('usage: pool.js embedded|real');
  process.exitCode = 2;
} else if (process.send !== undefined) {
  process.send(await stay(kind));
} else {
  await start(kind);
}
