/** Whether long inputs take more than their share of time: parts of short ones repeated, and four times as often. */
import { Crash, Fuzzer } from './fuzzer.ts';
import { Random } from './random.ts';
import type { Target } from './target.ts';

const LENGTH = 64 * 1024;
/** Shorter times say nothing about how they grow. */
const WORTH_A_LOOK_MS = 20;
/** Four times the input may take so much longer; sixteen times would be quadratic. */
const MAX_RATIO = 10;

/** The longest time of one input of 64 kB, in ms. @throws Crash if the time grows faster than the input. */
export async function checkGrowth(target: Target, corpus: readonly Uint8Array[], trials: number): Promise<number> {
  const random = new Random(7);
  const fuzzer = new Fuzzer(target, 7);
  const time = async (input: Uint8Array) => {
    const started = performance.now();
    await fuzzer.execute(input);
    return performance.now() - started;
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
