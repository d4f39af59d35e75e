/**
 * `npm test [-- WORD…]`: prepares the real pools, then runs all test files, or those whose path contains one of the words.
 * With `--unit` it leaves out the files that need real daemons or namespaces of Linux.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { filesBelow, projectRoot } from './support/project.ts';

const args = process.argv.slice(2);
const unitOnly = args.includes('--unit');
const words = args.filter((word) => word !== '--unit');
const files = filesBelow('build/test', '.test.js')
  .filter((file) => !unitOnly || !/\/(real\/|support\/pool\.test)/.test(file))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
if (files.length === 0) {
  console.error(`no test file has ${words.join(' or ')} in its path`);
  process.exit(1);
}
const run = (...options: string[]) =>
  spawnSync(process.execPath, options, { cwd: projectRoot, stdio: 'inherit' }).status ?? 1;
if (files.some((file) => file.includes('/real/'))) {
  const prepared = run('build/test/support/prepare-pools.js');
  if (prepared !== 0) process.exit(prepared);
}
// As many files at a time as there are processors: much of it is waiting. A test that hangs is a failure.
const options = ['--test-timeout=600000', `--test-concurrency=${availableParallelism()}`];
if (unitOnly) options.push('--test-reporter=dot');
process.exit(run('--enable-source-maps', '--test', ...options, ...files));
