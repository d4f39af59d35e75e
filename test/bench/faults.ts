/** `npm run faults`: damages every frame in every way, between us and real daemons, and writes docs/RELIABILITY.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DIRECTIONS,
  everyFault,
  type FaultCase,
  fetchThrough,
  isExclusive,
  startDestination,
  stopDestination,
} from '../support/fault-run.ts';
import { FAULTS, FRAMES, HARMLESS, METHODS } from '../support/fault-table.ts';
import { poolSuites } from '../support/pool.ts';
import { prepareTree } from '../support/pool-tree.ts';
import { projectRoot } from '../support/project.ts';

const DOCUMENT = join(projectRoot, 'docs/RELIABILITY.md');
const AT_ONCE = 8;
/** For what is no damage. */
const PATIENCE_MS = 10_000;

type Cell = Pick<FaultCase, 'method' | 'direction' | 'name'> & { readonly fault: { readonly name: string } };

/** What each case ended in, by release and case. */
const seen = new Map<string, string>();
const keyOf = (version: string, { method, fault, direction, name }: Cell) =>
  [version, method, fault.name, direction, name].join('|');
const versions: string[] = [];

for (const suite of poolSuites()) {
  await prepareTree(suite);
  const to = await startDestination(suite);
  const { version } = to.secure.pool;
  versions.push(version);
  const tell = async (each: FaultCase) => {
    const timeoutMs = HARMLESS.includes(each.fault.name) ? PATIENCE_MS : undefined;
    const { error } = await fetchThrough(each.method, each.plan, to, timeoutMs);
    seen.set(keyOf(version, each), error === undefined ? '✓' : error.code.replace('ERR_', ''));
  };
  const cases = everyFault();
  const together = cases.filter((each) => !isExclusive(each));
  console.log(`HTCondor ${version}: ${cases.length} cases`);
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = together.pop(); next !== undefined; next = together.pop()) await tell(next);
    }),
  );
  for (const each of cases.filter(isExclusive)) await tell(each);
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
const [before = '', , after = ''] = readFileSync(DOCUMENT, 'utf8').split(/<!-- table -->\n/);
const table = `HTCondor ${versions.join(' / ')}:\n\n${tables.join('\n\n')}\n\n`;
writeFileSync(DOCUMENT, `${before}<!-- table -->\n${table}<!-- table -->\n${after}`);
console.log(`${seen.size} cases in docs/RELIABILITY.md`);
