/** The loop: mutants of inputs that once did something new. New is a kind of outcome, or a block of src. */
import { setImmediate } from 'node:timers/promises';
import type { Coverage } from './coverage.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import { assertPrintable, kindOf, type Target } from './target.ts';

/** Executions between two looks at the coverage. */
const BATCH = 256;
const MAX_CORPUS = 2000;

/** An input that was not survived, with what was thrown. */
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

/** Limit for the processor time of one execution of at most 4 kB, garbage collection included, in milliseconds. */
const MAX_MS = 2000;

/** Processor time of this process since `started`, in milliseconds: unlike wall time, independent of other processes. */
export function cpuMs(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

export class Fuzzer {
  readonly target: Target;
  readonly kinds = new Set<string>();
  readonly blocks = new Set<string>();
  executions = 0;
  /** What is being executed. */
  current: Uint8Array = new Uint8Array();
  seconds = 0;
  worstMs = 0;
  /** Most memory in use, garbage included, in MB. */
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

  /** @throws Crash. */
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

  /** One execution: gives the kind of its outcome. */
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
    // Half of the time one of the latest: what is new is worth more.
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
    await setImmediate(); // until then, nothing that was held weakly is let go
    this.memoryMb = Math.max(this.memoryMb, memoryInUseMb());
    const found = this.#newBlocks();
    for (const block of found) this.blocks.add(block);
    if (found.size > 0) await this.#attribute(inputs, found);
  }

  #newBlocks(): ReadonlySet<string> {
    return new Set([...(this.#coverage?.take() ?? [])].filter((block) => !this.blocks.has(block)));
  }

  /** Finds by halves which inputs reached these blocks. */
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

/** Of the heap and of all buffers. */
export function memoryInUseMb(): number {
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}
