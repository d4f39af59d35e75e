/**
 * `npm run faults`: injects each fault into each frame between the client and real daemons, and writes the outcomes to
 * docs/RELIABILITY.md. Then kills a process that writes tokens, a thousand times.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fetchThrough, startDestination, stopDestination } from '../../test/support/fault-run.ts';
import {
  DIRECTIONS,
  everyFault,
  expectedOutcome,
  FAULTS,
  type FaultCase,
  FRAMES,
  GROUPS,
  groupOf,
  METHODS,
  RELIABILITY,
} from '../../test/support/fault-table.ts';
import { poolSuites } from '../../test/support/pool.ts';
import { prepareTree } from '../../test/support/pool-tree.ts';
import { projectRoot } from '../../test/support/project.ts';

const KILLS = 1000;

type Cell = Pick<FaultCase, 'method' | 'direction' | 'name'> & { readonly fault: { readonly name: string } };

/** Outcome of each case, by release and case. */
const seen = new Map<string, string>();
const keyOf = (version: string, { method, fault, direction, name }: Cell) =>
  [version, method, fault.name, direction, name].join('|');
const versions: string[] = [];

for (const suite of poolSuites()) {
  await prepareTree(suite);
  const to = await startDestination(suite);
  const { version } = to.secure.pool;
  versions.push(version);
  const runCase = async (each: FaultCase) => {
    // A case that the document lacks gets a long deadline, so that a timeout is visible too.
    const expected = expectedOutcome(each, version) ?? '';
    const { error } = await fetchThrough(each.method, each.plan, to, expected);
    seen.set(keyOf(version, each), error === undefined ? '✓' : error.code.replace('ERR_', ''));
  };
  const cases = everyFault();
  console.log(`HTCondor ${version}: ${cases.length} cases`);
  for (const [group, atOnce] of Object.entries(GROUPS)) {
    const left = cases.filter((each) => groupOf(each) === group);
    const work = async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) await runCase(next);
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  }
  await stopDestination(to);
}

function outcomes(cell: Cell): string {
  const all = versions.map((version) => seen.get(keyOf(version, cell)) ?? '–');
  return [...new Set(all)].join(' / ');
}

const tables = METHODS.flatMap((method) =>
  DIRECTIONS.map((direction) => {
    const names = FRAMES[method][direction];
    const rows = FAULTS.map((fault) => [
      fault.name,
      ...names.map((name) => outcomes({ method, fault, direction, name })),
    ]);
    const lines = [[`${method}, ${direction}`, ...names], names.map(() => '---').concat('---'), ...rows];
    return lines.map((row) => `| ${row.join(' | ')} |`).join('\n');
  }),
);
const [before = '', , after = ''] = readFileSync(RELIABILITY, 'utf8').split(/<!-- table -->\n/);
const table = `HTCondor ${versions.join(' / ')}:\n\n${tables.join('\n\n')}\n\n`;
writeFileSync(RELIABILITY, `${before}<!-- table -->\n${table}<!-- table -->\n${after}`);
console.log(`${seen.size} cases in docs/RELIABILITY.md`);

const { status } = spawnSync(process.execPath, ['--test', 'build/test/token/token-file-crash.test.js'], {
  cwd: projectRoot,
  env: { ...process.env, CONDOR_TEST_KILLS: String(KILLS) },
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
