/** `npm run faults`: damages every frame in every way, between us and real daemons, and writes docs/RELIABILITY.md. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Direction } from '../support/fault-proxy.ts';
import {
  type Destination,
  DIRECTIONS,
  everyFault,
  type FaultCase,
  fetchThrough,
  isExclusive,
} from '../support/fault-run.ts';
import { FAULTS, FRAMES } from '../support/fault-table.ts';
import { poolSuites, startPool } from '../support/pool.ts';
import { prepareTree } from '../support/pool-tree.ts';
import { projectRoot } from '../support/project.ts';

const DOCUMENT = join(projectRoot, 'docs/RELIABILITY.md');
const AT_ONCE = 8;

/** What each case ended in, by release and case. */
const seen = new Map<string, string>();
const keyOf = (
  version: string,
  { fault, direction, name }: Pick<FaultCase, 'direction' | 'name'> & { fault: { name: string } },
) => [version, fault.name, direction, name].join('|');
const versions: string[] = [];

for (const suite of poolSuites()) {
  await prepareTree(suite);
  const pool = await startPool({ suite });
  const directory = mkdtempSync(join(tmpdir(), 'faults-'));
  versions.push(pool.version);
  const to: Destination = {
    ...{ pool, directory, idtoken: await pool.idToken({ user: 'alice' }) },
    address: await pool.sinful('schedd', pool.scheddName),
  };
  const tell = async (each: FaultCase) => {
    const { error } = await fetchThrough(each.plan, to);
    seen.set(keyOf(pool.version, each), error === undefined ? '✓' : error.code.replace('ERR_', ''));
  };
  const cases = everyFault();
  const together = cases.filter((each) => !isExclusive(each));
  console.log(`HTCondor ${pool.version}: ${cases.length} cases`);
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = together.pop(); next !== undefined; next = together.pop()) await tell(next);
    }),
  );
  for (const each of cases.filter(isExclusive)) await tell(each);
  await pool.stop();
  rmSync(directory, { recursive: true });
}

function cell(fault: { name: string }, direction: Direction, name: string): string {
  const all = versions.map((version) => seen.get(keyOf(version, { fault, direction, name })) ?? '–');
  return [...new Set(all)].join(' / ');
}

const tables = DIRECTIONS.map((direction) => {
  const names = FRAMES[direction];
  const rows = FAULTS.map((fault) => [fault.name, ...names.map((name) => cell(fault, direction, name))]);
  const lines = [[`${direction}`, ...names], names.map(() => '---').concat('---'), ...rows];
  return lines.map((row) => `| ${row.join(' | ')} |`).join('\n');
});
const [before = '', , after = ''] = readFileSync(DOCUMENT, 'utf8').split(/<!-- table -->\n/);
const table = `HTCondor ${versions.join(' / ')}:\n\n${tables.join('\n\n')}\n\n`;
writeFileSync(DOCUMENT, `${before}<!-- table -->\n${table}<!-- table -->\n${after}`);
console.log(`${seen.size} cases in docs/RELIABILITY.md`);
