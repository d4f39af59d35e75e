/**
 * `npm run faults`: injects each fault into each frame between the client and real daemons, and writes the outcomes to
 * docs/RELIABILITY.md. Afterwards, starts a process that writes tokens and kills it at a random moment, and repeats
 * this a thousand times. If arguments name methods (`npm run faults -- KERBEROS`), tests only these methods and skips
 * the kills.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fetchThrough, startDestination, stopDestination } from '../../test/support/faults/fault-run.ts';
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
} from '../../test/support/faults/fault-table.ts';
import { poolSuites } from '../../test/support/pool/pool.ts';
import { prepareTree } from '../../test/support/pool/tree.ts';
import { projectRoot } from '../../test/support/project.ts';

const KILLS = 1000;

const named = process.argv.slice(2);
const measured = METHODS.filter((method) => named.length === 0 || named.includes(method));

type Cell = Pick<FaultCase, 'method' | 'direction' | 'name'> & { readonly fault: { readonly name: string } };

/** Outcomes, by release and case. */
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
    const { error } = await fetchThrough(each.method, each.plan, to, expectedOutcome(each, version));
    seen.set(keyOf(version, each), error === undefined ? '✓' : error.code.replace('ERR_', ''));
  };
  const cases = everyFault().filter(({ method }) => measured.includes(method));
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

const [before = '', documented = '', after = ''] = readFileSync(RELIABILITY, 'utf8').split(/<!-- table -->\n/);
const tables = METHODS.flatMap((method) =>
  DIRECTIONS.map((direction) => {
    const title = `${method}, ${direction}`;
    const earlier = documented.split('\n\n').find((table) => table.startsWith(`| ${title} |`));
    if (!measured.includes(method)) return earlier ?? '';
    const names = FRAMES[method][direction];
    const rows = FAULTS.map((fault) => [
      fault.name,
      ...names.map((name) => outcomes({ method, fault, direction, name })),
    ]);
    const lines = [[title, ...names], names.map(() => '---').concat('---'), ...rows];
    return lines.map((row) => `| ${row.join(' | ')} |`).join('\n');
  }),
);
const table = `HTCondor ${versions.join(' / ')}:\n\n${tables.join('\n\n')}\n\n`;
writeFileSync(RELIABILITY, `${before}<!-- table -->\n${table}<!-- table -->\n${after}`);
console.log(`${seen.size} cases in docs/RELIABILITY.md`);

if (named.length === 0) {
  const { status } = spawnSync(process.execPath, ['--test', 'build/test/token/token-file-crash.test.js'], {
    cwd: projectRoot,
    env: { ...process.env, CONDOR_TEST_KILLS: String(KILLS) },
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
