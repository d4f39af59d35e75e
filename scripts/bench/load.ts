/**
 * `npm run load [-- MINUTES]`: runs many parallel fetches from one real schedd, in a single process and in many, and
 * compares them with HTCondor's own tool. Then runs a steady load for MINUTES to detect leaks of memory, sockets or
 * files.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchToken } from '../../src/index.ts';
import { type Pool, poolSuites, startPool } from '../../test/support/pool/pool.ts';
import { onlyToken } from '../../test/support/pool/real-fetch.ts';
import { prepareTree } from '../../test/support/pool/tree.ts';
import { runCommand } from '../../test/support/runner/program.ts';
import { type Figures, many, printFigures } from './figures.ts';

const minutes = Number(process.argv[2] ?? 1);

/** Runs `work`, and meanwhile times condor_ping against the same schedd. */
async function beside<T>(pool: Pool, work: () => Promise<T>): Promise<{ result: T; pings: Figures }> {
  let over = false;
  const started = performance.now();
  const timesMs: number[] = [];
  const failures: string[] = [];
  const pinging = (async () => {
    while (!over) {
      const begun = performance.now();
      const { status, stderr } = await pool.exec(['condor_ping', '-type', 'schedd', 'READ']);
      timesMs.push(performance.now() - begun);
      if (status !== 0) failures.push(stderr);
    }
  })();
  const result = await work().finally(() => {
    over = true;
  });
  await pinging;
  timesMs.sort((a, b) => a - b);
  return { result, pings: { failures, seconds: (performance.now() - started) / 1000, timesMs } };
}

const mb = (bytes: number) => (bytes / 1e6).toFixed(0);
const idle = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const openFiles = () => readdirSync('/proc/self/fd').length;
const memory = () => {
  globalThis.gc?.();
  return process.memoryUsage();
};

for (const suite of poolSuites()) {
  await prepareTree(suite);
  const pool = await startPool({ suite });
  const directory = mkdtempSync(join(tmpdir(), 'load-'));
  const idtoken = await pool.idToken({ user: 'alice' });
  const address = await pool.sinful('schedd', pool.scheddName);
  writeFileSync(join(directory, 'credential'), `${idtoken}\n`, { mode: 0o600 });
  await pool.run('mkdir', '-m', '700', '/tmp/load');
  await pool.write('/tmp/load/credential', `${idtoken}\n`, 0o600);
  const env = onlyToken(directory);
  const theirEnv = onlyToken('/tmp/load');
  console.log(`\nHTCondor ${pool.version}, Node ${process.versions.node}`);

  const fetchOnce = async () => {
    const failed = (error: unknown) => String(error);
    return await fetchToken({ address, idtoken, authz: ['READ'], lifetime: 600, retries: 0 }).then(
      () => undefined,
      failed,
    );
  };
  const ours = async () => {
    const { status, stderr } = await runCommand(['-name', address, '-retries', '0'], { env });
    return status === 0 ? undefined : stderr;
  };
  const theirs = async () => {
    const { status, stderr } = await pool.theirs(['-name', address], { env: theirEnv });
    return status === 0 ? undefined : stderr;
  };
  printFigures('ping from another client, idle schedd', (await beside(pool, () => idle(2000))).pings);
  const one = await beside(pool, () => many(1000, 50, fetchOnce));
  printFigures('1000 fetches, 50 in parallel, from one process', one.result);
  printFigures('  ping from another client meanwhile', one.pings);
  for (const [what, work] of [
    ['200 processes, 8 in parallel: this command', ours],
    ["200 processes, 8 in parallel: HTCondor's tool", theirs],
  ] as const) {
    const { result, pings } = await beside(pool, () => many(200, 8, work));
    printFigures(what, result);
    printFigures('  ping from another client meanwhile', pings);
  }

  const end = performance.now() + minutes * 60_000;
  console.log(`  ${minutes} minutes of fetches, 4 in parallel, with memory and open files at intervals:`);
  while (performance.now() < end) {
    const until = Math.min(end, performance.now() + (minutes * 60_000) / 5);
    let fetches = 0;
    const failures: string[] = [];
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (; performance.now() < until; fetches++) {
          const failure = await fetchOnce();
          if (failure !== undefined) failures.push(failure);
        }
      }),
    );
    await idle(200);
    console.log(
      `    ${fetches} fetches, ${mb(memory().heapUsed)} MB heap, ${mb(memory().rss)} MB RSS, ${openFiles()} open files, ${failures.length} failures`,
    );
  }
  await pool.stop();
  rmSync(directory, { recursive: true });
}
