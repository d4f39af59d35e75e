/**
 * `npm run fuzz [-- COUNT | SECONDSs] [--only WORD] [--seed NUMBER] [--save]`: executes all targets COUNT times in
 * total, or each target for SECONDS (for example, `30s`). Prints a table of the results. `--only` selects the targets
 * whose names contain WORD, and `--save` writes the corpus.
 */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Coverage, Crash, checkGrowth, Fuzzer, memoryInUseMb, readCorpus, writeCorpus } from './fuzzer.ts';
import { allTargets } from './targets.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...{ only: { type: 'string', default: '' }, seed: { type: 'string', default: '1' } },
    ...{ save: { type: 'boolean', default: false } },
  },
});
const [amount = '1000000'] = positionals;
const seconds = /^\d+s$/.test(amount) ? Number.parseInt(amount, 10) : undefined;
const total = seconds === undefined ? Number(amount.replaceAll('_', '')) : Number.POSITIVE_INFINITY;
if (!(total > 0)) throw new RangeError(`neither a number of executions nor of seconds: ${amount}`);

Error.stackTraceLimit = 0; // capturing stack traces would take half of the run time
const targets = (await allTargets()).filter(({ name }) => name.includes(values.only));
const weights = targets.reduce((sum, { weight }) => sum + weight, 0);
const coverage = new Coverage();
const rows: (readonly (string | number)[])[] = [];
const reached = new Set<string>();
const crashes: Crash[] = [];
const sums = { executions: 0, seconds: 0 };

/** Saves the input that caused a crash to a file, and prints the crash. */
function reportCrash({ message, target, input }: Crash): void {
  const file = join(tmpdir(), `fuzz-${target}.txt`);
  writeFileSync(file, `${Buffer.from(input).toString('base64')}\n`);
  console.error(`\n${message}\nThe input is in ${file}.`);
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Returns the memory, in MB, that is in use after garbage collection. */
function memoryKeptMb(): number {
  collectGarbage();
  return memoryInUseMb();
}

let running: Fuzzer | undefined;
process.once('exit', () => {
  if (running !== undefined)
    reportCrash(new Crash(running.target.name, running.current, 'it waits for what never comes'));
});

for (const target of targets) {
  const fuzzer = new Fuzzer(target, Number(values.seed), coverage);
  running = fuzzer;
  const limits = {
    executions: Math.ceil((total * target.weight) / weights),
    milliseconds: seconds === undefined ? Number.POSITIVE_INFINITY : seconds * 1000,
  };
  let growth = 0;
  let kept = -memoryKeptMb();
  try {
    await fuzzer.run(readCorpus(target), limits);
    kept += memoryKeptMb();
    growth = await checkGrowth(target, fuzzer.corpus, target.weight < 1 ? 20 : 200);
    if (values.save) await writeCorpus(target, fuzzer.corpus, coverage);
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    crashes.push(error);
  }
  for (const block of fuzzer.blocks) reached.add(block);
  sums.executions += fuzzer.executions;
  sums.seconds += fuzzer.seconds;
  rows.push([
    ...[target.name, target.reaches, fuzzer.executions, fuzzer.seconds.toFixed(1)],
    ...[Math.round(fuzzer.executions / fuzzer.seconds), fuzzer.kinds.size, fuzzer.blocks.size, fuzzer.corpus.length],
    ...[fuzzer.worstMs.toFixed(1), growth.toFixed(1), Math.round(fuzzer.memoryMb), kept.toFixed(1)],
  ]);
  console.error(`${target.name}: ${fuzzer.executions} executions in ${fuzzer.seconds.toFixed(1)} s`);
}
running = undefined;
coverage.stop();

const command = ['npm run fuzz', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' ');
console.log(`\`${command}\`, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}:\n`);
const head = [
  'target',
  'reaches',
  'executions',
  's',
  'per s',
  'outcomes',
  'blocks',
  'corpus',
  'worst ms',
  '64 kB ms',
  'MB',
  'kept MB',
];
const all = [head, head.map(() => '---'), ...rows];
all.push(['**all**', '', sums.executions, sums.seconds.toFixed(0), '', '', reached.size, '', '', '', '', '']);
for (const row of all) console.log(`| ${row.join(' | ')} |`);
for (const each of crashes) reportCrash(each);
process.exitCode = crashes.length === 0 ? 0 : 1;
