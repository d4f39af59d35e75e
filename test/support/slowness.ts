/** How slow this machine is, so that the limits of tests end what hangs and nothing else. */
import { createHash } from 'node:crypto';
import { availableParallelism, loadavg } from 'node:os';

/** Wall time of the measured work on an idle machine of the kind the limits were written for, in milliseconds. */
const REFERENCE_MS = 12;

let measured: number | undefined;

/** CONDOR_TEST_SLOWNESS, or measured once per process: from the wall time of some work and from the load. At least 1. */
function slowness(): number {
  const given = Number(process.env['CONDOR_TEST_SLOWNESS']);
  if (given >= 1) return given;
  measured ??= Math.max(1, wallTimeOfWork() / REFERENCE_MS, (loadavg()[0] ?? 0) / availableParallelism());
  return measured;
}

/** Scales a limit that suits an idle machine, in milliseconds. */
export const patience = (milliseconds: number): number => Math.ceil(milliseconds * slowness());

/**
 * Deadline of a fetch that is expected to end with this code: long, unless the deadline is what ends it.
 * Whatever comes before the deadline then has no influence on the code.
 */
export const deadlineFor = (code: string): number => patience(code.endsWith('TIMEOUT') ? 300 : 10_000);

/** Wall time, because it includes what other processes use. */
function wallTimeOfWork(): number {
  const block = Buffer.alloc(1 << 20);
  const started = performance.now();
  for (let round = 0; round < 16; round++) createHash('sha256').update(block).digest();
  return performance.now() - started;
}
