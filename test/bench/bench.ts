/**
 * `npm run bench`: what a fetch costs, side by side in one run. Whole processes, medians; Node 24 is what the Action
 * runs on.
 */
import { spawn } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DistantProxy } from '../support/distant-proxy.ts';
import { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import { freePort, poolSuites, poolUnavailable, startPool } from '../support/pool.ts';
import { prepareTree } from '../support/pool-tree.ts';
import { projectRoot } from '../support/project.ts';
import { onlyToken } from '../support/real-fetch.ts';
import { ownEnvironment, Runner, runCommand } from '../support/runner.ts';

const ROUNDS = 31;
const DISTANCES_MS = [0, 20, 100];
const ROUNDS_AT_A_DISTANCE = 5;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Runs each in turn, again and again, so that what else the machine does hits all alike. Milliseconds by name. */
async function sideBySide(
  rounds: number,
  works: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<Readonly<Record<string, number>>> {
  const times = new Map(Object.keys(works).map((name): [string, number[]] => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, work] of Object.entries(works)) {
      const start = performance.now();
      await work();
      if (round > 0) times.get(name)?.push(performance.now() - start); // the first one warms up
    }
  }
  return Object.fromEntries([...times].map(([name, values]) => [name, median(values)]));
}

function emptyProcess(): Promise<void> {
  return new Promise((resolve, reject) => {
    spawn(process.execPath, ['-e', '0'], { env: ownEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] })
      .on('error', reject)
      .on('close', () => resolve());
  });
}

function succeeded({ status, stderr }: { status: number | null; stderr: string }): void {
  if (status !== 0) throw new Error(`status ${status}: ${stderr}`);
}

const ms = (value: number | undefined) => `${(value ?? Number.NaN).toFixed(1)} ms`.padStart(10);

async function wholeProcess(): Promise<void> {
  console.log(
    `\nOne fetch from a daemon on loopback, whole process, Node ${process.versions.node}, median of ${ROUNDS}`,
  );
  const pool = await EmbeddedPool.start();
  const runner = new Runner();
  const idtoken = pool.idToken();
  writeFileSync(join(runner.workspace, 'credential'), `${idtoken}\n`, { mode: 0o600 });
  const env = { _CONDOR_SEC_TOKEN_DIRECTORY: runner.workspace };
  const EMPTY = 'node -e 0';
  const medians = await sideBySide(ROUNDS, {
    [EMPTY]: emptyProcess,
    command: async () => succeeded(await runCommand(['-address', pool.schedd()], { env })),
    Action: async () => succeeded(await runner.runAction({ address: pool.schedd(), idtoken })),
  });
  const empty = medians[EMPTY] ?? Number.NaN;
  for (const [name, limit] of [[EMPTY], ['command', 35], ['Action', 60]] as const) {
    const more =
      limit === undefined
        ? ''
        : `  +${ms(medians[name] === undefined ? undefined : medians[name] - empty)}  (at most + ${limit} ms)`;
    console.log(`  ${name.padEnd(10)}${ms(medians[name])}${more}`);
  }
  for (const bundle of ['action', 'cli', 'lib']) {
    const { size } = statSync(join(projectRoot, 'dist', bundle, 'index.js'));
    console.log(`  dist/${bundle}/index.js ${(size / 1000).toFixed(0).padStart(5)} kB`);
  }
  runner.close();
  await pool.stop();
}

async function atADistance(): Promise<void> {
  for (const suite of poolSuites()) {
    const port = await freePort();
    const target = { host: '127.0.0.1', port };
    const forwarding = '127.0.0.2';
    const starting = await DistantProxy.start({ host: forwarding, port, target, roundTripMs: 0 });
    const pool = await startPool({ suite, port, config: `TCP_FORWARDING_HOST = ${forwarding}` });
    const idtoken = await pool.idToken({ user: 'alice' });
    const schedd = await pool.sinful('schedd', pool.scheddName);
    await starting.close();
    const runner = new Runner();
    writeFileSync(join(runner.workspace, 'credential'), `${idtoken}\n`, { mode: 0o600 });
    // The same for both: this token, and no other method.
    await pool.run('mkdir', '-m', '700', '/tmp/bench');
    await pool.write('/tmp/bench/credential', `${idtoken}\n`, 0o600);
    const reference = onlyToken('/tmp/bench');
    const env = onlyToken(runner.workspace);
    console.log(
      `\nThe same fetch by HTCondor’s tool and ours, whole process, HTCondor ${pool.version}, median of ${ROUNDS_AT_A_DISTANCE}`,
    );
    const { bare } = await sideBySide(ROUNDS_AT_A_DISTANCE, { bare: () => pool.exec(['true']) });
    console.log(`  (HTCondor’s tool is started in a namespace of its own; that alone takes${ms(bare)})`);
    for (const roundTripMs of DISTANCES_MS) {
      const proxy = await DistantProxy.start({ host: forwarding, port, target, roundTripMs });
      for (const [what, theirs, ours] of [
        ['address known', ['-name', schedd], ['-name', schedd]],
        [
          'by name',
          ['-pool', `${forwarding}:${port}`, '-name', pool.scheddName],
          ['-pool', `${forwarding}:${port}`, '-name', pool.scheddName],
        ],
      ] as const) {
        const roundTrips = { theirs: 0, ours: 0 };
        const counted = async (who: keyof typeof roundTrips, work: () => Promise<void>) => {
          proxy.reset();
          await work();
          roundTrips[who] = proxy.roundTrips;
        };
        const medians = await sideBySide(ROUNDS_AT_A_DISTANCE, {
          theirs: () => counted('theirs', async () => succeeded(await pool.theirs(theirs, { env: reference }))),
          ours: () => counted('ours', async () => succeeded(await runCommand(ours, { env }))),
        });
        const { theirs: a = Number.NaN, ours: b = Number.NaN } = medians;
        const trips = roundTripMs === 0 ? '' : `; round trips ${roundTrips.theirs} and ${roundTrips.ours}`;
        console.log(
          `  ${String(roundTripMs).padStart(3)} ms away, ${what.padEnd(14)} HTCondor’s${ms(a)}  ours${ms(b)}  ratio ${(a / b).toFixed(2)}${trips}`,
        );
      }
      await proxy.close();
    }
    runner.close();
    await pool.stop();
  }
}

await wholeProcess();
const reason = poolUnavailable();
if (reason === undefined) {
  for (const suite of poolSuites()) await prepareTree(suite);
  await atADistance();
} else {
  console.log(`\nNo comparison with HTCondor’s own tool: ${reason}`);
}
