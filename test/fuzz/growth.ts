/** Checks that processor time grows no faster than the input: parts of short inputs are repeated, then four times as often. */
import { Crash, cpuMs, Fuzzer } from './fuzzer.ts';
import { Random } from './random.ts';
import type { Target } from './target.ts';

const LENGTH = 64 * 1024;
/** Shorter processor times are too imprecise for a ratio, in milliseconds. */
const WORTH_A_LOOK_MS = 20;
/** Limit for four times the input; 16 would be quadratic growth. */
const MAX_RATIO = 10;

/** Returns the longest processor time of an input of 64 kB, in milliseconds. @throws Crash if it grows faster than the input. */
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
