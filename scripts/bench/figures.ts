/** Helpers that run the same work many times and print statistics of its duration. */

export interface Figures {
  readonly failures: readonly string[];
  readonly seconds: number;
  readonly timesMs: readonly number[];
}

/**
 * Runs `work` `count` times in total, with `atOnce` runs in parallel. Each run returns undefined or an error message.
 */
export function many(count: number, atOnce: number, work: () => Promise<string | undefined>): Promise<Figures> {
  let left = count;
  return steadily(atOnce, () => left-- <= 0, work);
}

/** Runs `work` repeatedly, with `atOnce` runs in parallel, until `over` returns true. */
export async function steadily(
  atOnce: number,
  over: () => boolean,
  work: () => Promise<string | undefined>,
): Promise<Figures> {
  const failures: string[] = [];
  const timesMs: number[] = [];
  const started = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (!over()) {
        const begun = performance.now();
        const failure = await work();
        timesMs.push(performance.now() - begun);
        if (failure !== undefined) failures.push(failure);
      }
    }),
  );
  return { failures, seconds: (performance.now() - started) / 1000, timesMs: timesMs.sort((a, b) => a - b) };
}

export const at = (sorted: readonly number[], share: number) =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(0).padStart(5);

export function printFigures(what: string, { failures, seconds, timesMs }: Figures): void {
  const rate = (timesMs.length / seconds).toFixed(0).padStart(5);
  console.log(
    `  ${what.padEnd(44)}${rate}/s  median ${at(timesMs, 0.5)} ms  95 % ${at(timesMs, 0.95)} ms  max ${at(timesMs, 1)} ms  failed ${failures.length}`,
  );
  for (const failure of new Set(failures)) console.log(`    ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}
