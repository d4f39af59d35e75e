/** A coverage-guided fuzzer. It mutates inputs that produced a new kind of outcome or reached a new block of src. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Profiler, Session } from 'node:inspector';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { projectRoot } from '../../test/support/project.ts';
import { mutate, Random } from './mutate.ts';
import { assertPrintable, kindOf, type Target } from './target.ts';

/** Number of executions between two readings of the coverage data. */
const BATCH = 256;
const MAX_CORPUS = 2000;

/** Error for an input that made a target throw an unexpected error or exceed a limit. */
export class Crash extends Error {
  readonly target: string;
  readonly input: Uint8Array;

  constructor(target: string, input: Uint8Array, cause: unknown) {
    const what = cause instanceof Error ? (cause.stack ?? String(cause)) : String(cause);
    super(`${target}, ${input.length} bytes: ${what.slice(0, 500)}`, { cause });
    this.target = target;
    this.input = input;
  }
}

interface Limits {
  readonly executions: number;
  readonly milliseconds: number;
}

/** Maximum CPU time in milliseconds, including garbage collection, for one execution with at most 4 kB of input. */
const MAX_MS = 2000;

/**
 * Returns the CPU time since `started`, in milliseconds. CPU time, unlike wall time, does not depend on other
 * processes.
 */
function cpuMs(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

export class Fuzzer {
  readonly target: Target;
  readonly kinds = new Set<string>();
  readonly blocks = new Set<string>();
  executions = 0;
  /** Input of the current execution. */
  current: Uint8Array = new Uint8Array();
  seconds = 0;
  worstMs = 0;
  /** Peak memory in MB, including garbage that has not been collected. */
  memoryMb = 0;
  readonly #corpus: Uint8Array[] = [];
  readonly #random: Random;
  readonly #coverage: Coverage | undefined;

  constructor(target: Target, seed: number, coverage?: Coverage) {
    this.target = target;
    this.#random = new Random(seed);
    this.#coverage = coverage;
  }

  get corpus(): readonly Uint8Array[] {
    return this.#corpus;
  }

  /**
   * Executes the seeds, then the inputs in `first`, and then mutants, until a limit is reached. Throws Crash if an
   * execution fails.
   */
  async run(first: readonly Uint8Array[], { executions, milliseconds }: Limits): Promise<void> {
    const started = performance.now();
    this.#coverage?.take();
    try {
      await this.#batch([new Uint8Array(), ...this.target.seeds, ...first]);
      while (this.executions < executions && performance.now() - started < milliseconds) {
        const length = Math.min(BATCH, executions - this.executions);
        await this.#batch(Array.from({ length }, () => this.#next()));
      }
    } finally {
      this.seconds += (performance.now() - started) / 1000;
    }
  }

  /** Executes one input and returns the kind of its outcome. Throws Crash if the execution fails. */
  async execute(input: Uint8Array): Promise<string> {
    const { target } = this;
    const started = process.cpuUsage();
    this.executions += 1;
    this.current = input;
    let kind: string;
    try {
      const result = target.run(input);
      kind = typeof result === 'string' ? result : await result;
    } catch (error) {
      try {
        kind = kindOf(target, error);
        if (!this.kinds.has(kind)) assertPrintable(error);
      } catch (cause) {
        throw new Crash(target.name, input, cause);
      }
    }
    const ms = cpuMs(started);
    if (ms > MAX_MS) throw new Crash(target.name, input, new Error(`it took ${ms} ms`));
    this.worstMs = Math.max(this.worstMs, ms);
    return kind;
  }

  #next(): Uint8Array {
    const all = this.#corpus;
    // Picks one of the latest inputs half of the time, because they are the most likely to lead to new outcomes.
    const late = Math.max(0, all.length - 16);
    const at =
      this.#random.below(2) === 0 ? late + this.#random.below(all.length - late) : this.#random.below(all.length);
    return mutate(all[at] ?? new Uint8Array(), this.#random.pick(all), this.#random);
  }

  async #batch(inputs: readonly Uint8Array[]): Promise<void> {
    for (const input of inputs) {
      const kind = await this.execute(input);
      if (this.kinds.has(kind) && this.#corpus.length > 0) continue;
      this.kinds.add(kind);
      this.#keep(input);
    }
    await setImmediate(); // weak references are cleared only after a turn of the event loop
    this.memoryMb = Math.max(this.memoryMb, memoryInUseMb());
    const found = this.#newBlocks();
    for (const block of found) this.blocks.add(block);
    if (found.size > 0) await this.#attribute(inputs, found);
  }

  #newBlocks(): ReadonlySet<string> {
    return new Set([...(this.#coverage?.take() ?? [])].filter((block) => !this.blocks.has(block)));
  }

  /** Adds the inputs that reached these blocks to the corpus. Uses bisection to identify these inputs. */
  async #attribute(inputs: readonly Uint8Array[], wanted: ReadonlySet<string>): Promise<void> {
    const [only] = inputs;
    if (inputs.length <= 1) {
      if (only !== undefined) this.#keep(only);
      return;
    }
    const missing = new Set(wanted);
    for (const half of [inputs.slice(0, inputs.length / 2), inputs.slice(inputs.length / 2)]) {
      for (const input of half) await this.execute(input);
      const reached = this.#coverage?.take() ?? new Set();
      const here = new Set([...missing].filter((block) => reached.has(block)));
      for (const block of here) missing.delete(block);
      if (here.size > 0) await this.#attribute(half, here);
    }
  }

  #keep(input: Uint8Array): void {
    if (this.#corpus.length < MAX_CORPUS) this.#corpus.push(Uint8Array.from(input));
  }
}

/** Returns the total size of the heap and all buffers, in MB. */
export function memoryInUseMb(): number {
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}

/** Matches the paths of compiled files of src. */
const OURS = /\/build\/src\/(.*)$/;

/** Reads V8's block coverage of src. Reading it is cheap enough to do after every batch. */
export class Coverage {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Returns the blocks that were executed since the previous call. */
  take(): ReadonlySet<string> {
    const blocks = new Set<string>();
    this.#session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error !== null) throw error;
      for (const script of result) addBlocks(script, blocks);
    });
    return blocks;
  }

  stop(): void {
    this.#session.post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }
}

function addBlocks({ url, functions }: Profiler.ScriptCoverage, blocks: Set<string>): void {
  const file = OURS.exec(url)?.[1];
  if (file === undefined) return;
  for (const { ranges } of functions) {
    for (const { startOffset, endOffset, count } of ranges) {
      if (count > 0) blocks.add(`${file}:${startOffset}-${endOffset}`);
    }
  }
}

/** Maximum size, in characters, of a file in scripts/fuzz/corpus. Each line of such a file is one input in base64. */
const MAX_CHARACTERS = 4096;

const fileOf = ({ name }: Target) => join(projectRoot, 'scripts/fuzz/corpus', `${name}.txt`);

export function readCorpus(target: Target): readonly Uint8Array[] {
  if (!existsSync(fileOf(target))) return [];
  const lines = readFileSync(fileOf(target), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => Buffer.from(line, 'base64'));
}

/** Writes the shortest inputs that reach the blocks not reached by the seeds, up to the maximum size of the file. */
export async function writeCorpus(target: Target, inputs: readonly Uint8Array[], coverage: Coverage): Promise<void> {
  const measure = new Fuzzer(target, 1);
  const kinds = new Set<string>();
  const blocks = new Set<string>();
  const lines: string[] = [];
  const isNew = async (input: Uint8Array) => {
    const size = kinds.size + blocks.size;
    coverage.take();
    kinds.add(await measure.execute(input));
    for (const block of coverage.take()) blocks.add(block);
    return kinds.size + blocks.size > size;
  };
  for (const seed of target.seeds) await isNew(seed);
  let room = MAX_CHARACTERS;
  for (const input of [...inputs].sort((a, b) => a.length - b.length)) {
    const line = Buffer.from(input).toString('base64');
    if (line.length === 0 || line.length >= room || !(await isNew(input))) continue;
    lines.push(line);
    room -= line.length + 1;
  }
  writeFileSync(fileOf(target), lines.map((line) => `${line}\n`).join(''));
}

/** Length, in bytes, of the shorter inputs in a comparison of CPU times. The longer inputs are four times as long. */
const LENGTH = 64 * 1024;
/** Minimum CPU time, in milliseconds, for a comparison. Shorter times are too imprecise. */
const WORTH_A_LOOK_MS = 20;
/**
 * Maximum factor by which the CPU time is allowed to grow for an input four times as long. Quadratic growth would
 * result in a factor of 16.
 */
const MAX_RATIO = 10;

/**
 * Returns the longest CPU time, in milliseconds, for a 64 kB input. Throws Crash if the time grows much faster than the
 * input.
 */
export async function checkGrowth(target: Target, corpus: readonly Uint8Array[], trials: number): Promise<number> {
  const random = new Random(7);
  const fuzzer = new Fuzzer(target, 7);
  const time = async (input: Uint8Array) => {
    const started = process.cpuUsage();
    await fuzzer.execute(input);
    return cpuMs(started);
  };
  const best = async (input: Uint8Array) => Math.min(await time(input), await time(input), await time(input));
  let worst = 0;
  for (let trial = 0; trial < trials; trial++) {
    const input = random.pick(corpus);
    const from = random.below(input.length + 1);
    const to = from + 1 + random.below(random.pick([1, 4, 32]));
    const grown = (length: number) => {
      const middle = Buffer.alloc(length, input.subarray(from, to).length === 0 ? 'a' : input.subarray(from, to));
      return Buffer.concat([input.subarray(0, from), middle, input.subarray(to)]);
    };
    const first = await time(grown(LENGTH));
    if (first > WORTH_A_LOOK_MS) {
      const [once, more] = [await best(grown(LENGTH)), await best(grown(4 * LENGTH))];
      if (once > WORTH_A_LOOK_MS / 2 && more / once > MAX_RATIO)
        throw new Crash(target.name, grown(64), new Error(`64 kB take ${once} ms, 256 kB ${more} ms`));
    }
    worst = Math.max(worst, first);
  }
  return worst;
}
