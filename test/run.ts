/**
 * `npm test [-- WORD…]`: prepares the real pools, then runs all test files, or those whose path contains one of the
 * words. Prints one line per file as it finishes, all failures in full, and a summary.
 *
 * CONDOR_TEST_CONCURRENCY sets how many files run in parallel. The slowest files start first. Files that mostly wait
 * run in addition to these. With `--unit`, omits the files that need real daemons or Linux namespaces.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesBelow, projectRoot } from './support/project.ts';
import type { Report, Status } from './support/reporter.ts';
import { patience } from './support/slowness.ts';

/** Time limit for a file. If a file exceeds the limit, its process is killed, and its unfinished tests are reported. */
const LIMIT_MS = patience(1_200_000);
/** Interval between lines that name the running files, if no other line is printed. */
const PROGRESS_MS = 15_000;
/** The file that records the duration of each test file in the last run, in seconds. */
const DURATIONS = join(projectRoot, 'build/test-durations.json');
/** Estimated duration of files without a recorded run, in seconds on two idle processors. The first match applies. */
const ESTIMATES: readonly (readonly [RegExp, number])[] = [
  [/real\/(reliability|methods|act|documented-workflows)\./, 90],
  [/real\//, 30],
  [/token-file-crash|fuzz\/|action\/|examples|documents/, 15],
];
/** Files that mostly wait: for daemons that restart, for a job, for a tool that polls, or for a distant peer. */
const WAITING =
  /real\/(restarts|token-request-command|fs-relay|documented-workflows|embedded-pool(-kerberos)?|act)\.|transport\/distance\.|\/renew\./;
/** Number of waiting files that run in addition to the others, because they hardly use a processor. */
const WAITING_AT_ONCE = 2;

interface FileResult {
  readonly file: string;
  readonly reports: readonly Report[];
  readonly seconds: number;
  readonly output: string;
  readonly status: number | null;
}

const args = process.argv.slice(2);
const unitOnly = args.includes('--unit');
const words = args.filter((word) => word !== '--unit');
const sourceOf = (file: string) => file.replace(/^build\/(.*)\.js$/, '$1.ts');
const files = filesBelow('build/test', '.test.js')
  // Omits a compiled file whose source has since been renamed.
  .filter((file) => existsSync(join(projectRoot, sourceOf(file))))
  .filter((file) => !unitOnly || !/\/(real\/|support\/pool\/)/.test(file))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
if (files.length === 0) {
  console.error(`no path of a test file contains ${words.join(' or ')}`);
  process.exit(1);
}
if (files.some((file) => file.includes('/real/'))) {
  const { status } = spawnSync(process.execPath, ['build/test/support/pool/prepare.js'], {
    cwd: projectRoot,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

const recorded = existsSync(DURATIONS)
  ? (JSON.parse(readFileSync(DURATIONS, 'utf8')) as Record<string, number | undefined>)
  : {};
const estimate = (file: string) => recorded[file] ?? ESTIMATES.find(([pattern]) => pattern.test(file))?.[1] ?? 2;

/** Runs one test file in a separate process. */
async function runFile(file: string, folder: string): Promise<FileResult> {
  const log = join(folder, `${file.replaceAll('/', '-')}.ndjson`);
  const options = [
    '--enable-source-maps',
    `--test-reporter=${pathToFileURL(join(projectRoot, 'build/test/support/reporter.js')).href}`,
    `--test-reporter-destination=${log}`,
  ];
  const started = performance.now();
  const child = spawn(process.execPath, [...options, file], { cwd: projectRoot, stdio: ['ignore', 'pipe', 'pipe'] });
  processes.add(child);
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const status = await ended(child);
  clearTimeout(limit);
  processes.delete(child);
  return {
    file,
    reports: existsSync(log) ? reportsOf(readFileSync(log, 'utf8')) : [],
    seconds: (performance.now() - started) / 1000,
    output: output.join(''),
    status,
  };
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
}

/**
 * Parses the reports of a file. Drops the last line if it is incomplete, because the process might have been killed.
 */
function reportsOf(text: string): readonly Report[] {
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Report);
}

/** Adds failures of the process itself: unfinished tests, or an exit status that no test explains. */
function withProcessFailures({ reports, status, output }: FileResult): readonly Report[] {
  const results = reports.filter((report) => report.status !== undefined);
  if (status === 0 || results.some((report) => report.status === 'fail')) return results;
  const [first] = status === null ? unfinished(reports) : [];
  const text = status === null ? `stopped: not finished within ${LIMIT_MS / 1000} s` : `exit status ${status}`;
  return [...results, { path: first?.path ?? ['the file'], status: 'fail', text: `${text}\n${output.slice(-4000)}` }];
}

function unfinished(reports: readonly Report[]): readonly Report[] {
  const done = new Set(reports.filter(({ status }) => status !== undefined).map(({ path }) => path.join('\0')));
  const started = reports.filter(({ status, path }) => status === undefined && !done.has(path.join('\0')));
  return started.sort((a, b) => b.path.length - a.path.length);
}

const counts: Record<Status, number> = { pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };
/** Titles of the failed tests, each with the first lines of the error. The summary repeats them. */
const failures: string[] = [];
/** Number of lines of each error that the list at the end repeats, because a CI log may be truncated to its end. */
const LINES_AT_THE_END = 12;
/** Number of skipped tests in each file, grouped by the reason for skipping them. */
const skips = new Map<string, Map<string, number>>();
let finished = 0;
let lastLineAt = performance.now();

function print(line: string): void {
  lastLineAt = performance.now();
  console.log(line);
}

function tell(result: FileResult): void {
  const reports = withProcessFailures(result);
  const own: Record<Status, number> = { pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };
  for (const report of reports) {
    const { status = 'fail', text = '' } = report;
    own[status] += 1;
    counts[status] += 1;
    if (status === 'skipped') {
      const files = skips.get(text) ?? new Map<string, number>();
      skips.set(text, files.set(sourceOf(result.file), (files.get(sourceOf(result.file)) ?? 0) + 1));
    }
  }
  finished += 1;
  const bad = own.fail + own.cancelled;
  const notes = [bad > 0 ? `${bad} failed` : '', own.skipped > 0 ? `${own.skipped} skipped` : ''].filter(Boolean);
  const place = `${finished}/${files.length}`.padStart(2 * String(files.length).length + 1);
  const tests = `${String(own.pass + bad + own.todo).padStart(5)} tests`;
  const name = sourceOf(result.file).padEnd(46);
  print(
    `${place} ${bad > 0 ? 'FAIL' : 'ok  '} ${name} ${tests} ${result.seconds.toFixed(1).padStart(7)} s${notes.map((note) => `, ${note}`).join('')}`,
  );
  for (const { path, status, text = '' } of reports) {
    // The tests that a failed hook cancelled are only counted; the hook's failure is printed.
    if (status !== 'fail' && (status !== 'cancelled' || own.fail > 0)) continue;
    const title = `${sourceOf(result.file)}: ${path.join(' › ')}`;
    const shown = text.trimEnd().replaceAll(/^(?=.)/gm, '    ');
    failures.push(`${title}\n${shown.split('\n').slice(0, LINES_AT_THE_END).join('\n')}`);
    print(`\n  ${title}\n${shown}\n`);
  }
}

/** Start times and processes of the files that are running. */
const running = new Map<string, number>();
const processes = new Set<ChildProcess>();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    for (const child of processes) child.kill(signal);
    process.kill(process.pid, signal);
  });

async function runAll(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'condor-tests-'));
  const sorted = files.toSorted((a, b) => estimate(b) - estimate(a));
  const [busy, waiting] = [sorted.filter((file) => !WAITING.test(file)), sorted.filter((file) => WAITING.test(file))];
  const concurrency = Number(process.env['CONDOR_TEST_CONCURRENCY'] ?? availableParallelism() + 1);
  const progress = setInterval(() => {
    if (performance.now() - lastLineAt < PROGRESS_MS) return;
    const each = [...running].map(
      ([file, started]) => `${sourceOf(file)} (${((performance.now() - started) / 1000).toFixed(0)} s)`,
    );
    print(`${' '.repeat(12)}running: ${each.join(', ')}`);
  }, 1000);
  const durations: Record<string, number | undefined> = { ...recorded };
  const work = async (next: () => string | undefined) => {
    for (let file = next(); file !== undefined; file = next()) {
      running.set(file, performance.now());
      const result = await runFile(file, folder);
      running.delete(file);
      durations[file] = Math.round(result.seconds * 10) / 10;
      tell(result);
    }
  };
  print(`${files.length} test files, ${concurrency} at a time`);
  const workers = Array.from({ length: concurrency }, () => work(() => busy.shift() ?? waiting.shift()));
  await Promise.all([...workers, ...Array.from({ length: WAITING_AT_ONCE }, () => work(() => waiting.shift()))]);
  clearInterval(progress);
  writeFileSync(DURATIONS, JSON.stringify(durations, undefined, 1));
  rmSync(folder, { recursive: true, force: true });
}

const startedAt = performance.now();
await runAll();
if (failures.length > 0) console.log(`\nfailed:\n${failures.map((title) => `  ${title}\n`).join('')}`);
for (const [reason, byFile] of skips) {
  const total = [...byFile.values()].reduce((sum, count) => sum + count, 0);
  console.log(`\n*** SKIPPED: ${total} (${reason || 'no reason given'})`);
  for (const [file, count] of byFile) console.log(`***   ${file}: ${count}`);
}
const failed = counts.fail + counts.cancelled;
const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
console.log(`
# tests ${total}
# files ${files.length}
# pass ${counts.pass}
# fail ${counts.fail}
# cancelled ${counts.cancelled}
# skipped ${counts.skipped}
# todo ${counts.todo}
# duration_ms ${(performance.now() - startedAt).toFixed(0)}
${counts.pass} passed, ${failed} failed, ${counts.skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
