/**
 * `node scripts/mutants.mjs [WORD…]`: changes one line of src at a time, as listed in test/mutants.md, and checks that
 * the change makes the named test fail. If WORDs are given, changes only files whose paths contain one of them.
 *
 * Works in copies of the project in the temporary directory. In each copy, dist loads the compiled files of src instead
 * of containing bundles, so a changed file takes effect without a build. Compile first (`npm run compile`).
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
const TABLE = join(root, 'test/mutants.md');
/** Time limit for a test, in milliseconds. A test that exceeds it is assumed to hang because of the change. */
const LIMIT_MS = 300_000;
const COMPILER = [
  ...['--ignoreConfig', '--noCheck', '--noResolve', '--skipLibCheck', '--target', 'es2023', '--module', 'nodenext'],
  ...['--verbatimModuleSyntax', '--rewriteRelativeImportExtensions', '--types', 'node'],
];

/** Reads the rows of the table: number, file, before, after, what the change breaks, test file, and title. */
function readTable() {
  const rows = readFileSync(TABLE, 'utf8')
    .split('\n')
    .filter((line) => /^\| *\d/.test(line));
  return rows.map((row) => {
    const cells = row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
    const code = (cell) => cell.replace(/^`+|`+$/g, '').trim();
    const [, number, file, before, after, breaks, killer] = cells;
    const [, test, title] = /^`([^`]+)`: (.*)$/.exec(killer) ?? [];
    return { number, file: code(file), before: code(before), after: code(after), breaks, test, title };
  });
}

/** Creates a copy of the project in which files of src can be changed. */
function makeCopy() {
  const copy = mkdtempSync(join(tmpdir(), 'mutants-'));
  for (const name of readdirSync(root))
    if (!['build', 'dist', '.git'].includes(name)) symlinkSync(join(root, name), join(copy, name));
  for (const part of ['src', 'test', 'scripts'])
    cpSync(join(root, 'build', part), join(copy, 'build', part), { recursive: true });
  cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true });
  for (const part of ['action', 'cli', 'service'])
    writeFileSync(
      join(copy, 'dist', part, 'index.js'),
      `#!/usr/bin/env node\nimport '../../build/src/${part}/index.js';\n`,
    );
  writeFileSync(join(copy, 'dist/lib/index.js'), "export * from '../../build/src/index.js';\n");
  return copy;
}

/** Compiles the changed file into the copy. */
function mutate(copy, { file, before, after }) {
  const text = readFileSync(join(root, file), 'utf8');
  if (text.split(before).length !== 2) throw new Error(`${file} must contain exactly once: ${before}`);
  const changed = join(copy, 'changed', file);
  mkdirSync(dirname(changed), { recursive: true });
  writeFileSync(
    changed,
    text.replace(before, () => after),
  );
  writeFileSync(join(copy, 'changed/package.json'), '{ "type": "module" }');
  const options = [...COMPILER, '--rootDir', join(copy, 'changed'), '--outDir', join(copy, 'build'), changed];
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options]);
  if (status !== 0) throw new Error(`${file} does not compile: ${after}\n${stdout}`);
}

function restore(copy, { file }) {
  const compiled = join('build', file.replace(/ts$/, 'js'));
  cpSync(join(root, compiled), join(copy, compiled));
}

/** Returns whether the test failed, and the output of the test. */
function runTest(copy, { test, title }) {
  const name = title.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const program = join(copy, 'build', test.replace(/ts$/, 'js'));
  const options = ['--test', `--test-name-pattern=${name}`, '--test-reporter=tap', program];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, options, { cwd: copy, stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('close', (status) => resolve({ failed: status !== 0 && output.includes(`not ok`), output }));
  });
}

const words = process.argv.slice(2);
const mutants = readTable().filter(({ file }) => words.length === 0 || words.some((word) => file.includes(word)));
const survivors = [];

async function work(queue) {
  const copy = makeCopy();
  try {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      mutate(copy, mutant);
      const { failed } = await runTest(copy, mutant);
      restore(copy, mutant);
      if (!failed) survivors.push(mutant);
      console.log(`${failed ? 'killed  ' : 'SURVIVED'} ${mutant.number.padStart(2)} ${mutant.file}: ${mutant.after}`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const queue = [...mutants];
await Promise.all(Array.from({ length: availableParallelism() }, () => work(queue)));
console.log(`${mutants.length - survivors.length} of ${mutants.length} killed`);
process.exitCode = survivors.length > 0 ? 1 : 0;
