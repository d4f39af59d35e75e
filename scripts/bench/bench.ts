/**
 * `npm run bench [-- NODE…]`: compares the cost of a fetch by this project with that of a fetch by HTCondor's own tool.
 * Runs both programs side by side, times whole processes and reports medians. Writes the tables of docs/PERFORMANCE.md.
 *
 * NODE: additional Node binaries for the first table. The other tables use only the last binary. List Node 24 last,
 * because the Action runs on Node 24.
 */
import { poolSuites, poolUnavailable } from '../../test/support/pool/pool.ts';
import { prepareTree } from '../../test/support/pool/tree.ts';
import { coldMachine } from './cold.ts';
import { atADistance, HEAD, inShort } from './distance.ts';
import { bundles, wholeProcess } from './start.ts';
import { table, write } from './table.ts';

const DOCUMENT = 'docs/PERFORMANCE.md';
const nodes = [process.execPath, ...process.argv.slice(2)];
const node = nodes.at(-1) ?? process.execPath;

write(DOCUMENT, 'process', `${await wholeProcess(nodes)}\n\n${bundles()}\n`);
const reason = poolUnavailable();
if (reason === undefined) {
  const rows: string[][] = [];
  for (const suite of poolSuites()) {
    await prepareTree(suite);
    rows.push(...(await atADistance(suite, node)));
  }
  write(DOCUMENT, 'distance', table(HEAD, ...rows));
  write(DOCUMENT, 'bench', inShort(rows));
  write(DOCUMENT, 'cold', await coldMachine('trixie'));
} else console.log(`No comparison with HTCondor’s own tool: ${reason}`);
