/** Scales time limits by the speed of this host, so that they only end tests that hang. */
import { createHash } from 'node:crypto';
import { availableParallelism, loadavg } from 'node:os';

/** Wall time of the measured work on an idle reference host, in milliseconds. */
const REFERENCE_MS = 12;

let measured: number | undefined;

/**
 * Returns CONDOR_TEST_SLOWNESS or, once per process, a measurement from the wall time of some work and the load. At
 * least 1.
 */
function slowness(): number {
  const given = Number(process.env['CONDOR_TEST_SLOWNESS']);
  if (given >= 1) return given;
  measured ??= Math.max(1, wallTimeOfWork() / REFERENCE_MS, (loadavg()[0] ?? 0) / availableParallelism());
  return measured;
}

/** Scales a time limit for an idle host, in milliseconds. */
export const patience = (milliseconds: number): number => Math.ceil(milliseconds * slowness());

/**
 * Returns the deadline of a fetch that is expected to end with this code, in milliseconds. It is short only if the
 * deadline itself ends the fetch, so that the speed of the host does not influence the code.
 */
export const deadlineFor = (code: string): number => patience(code.endsWith('TIMEOUT') ? 300 : 10_000);

/** Measures wall time, because it includes the time that other processes use. */
function wallTimeOfWork(): number {
  const block = Buffer.alloc(1 << 20);
  const started = performance.now();
  for (let round = 0; round < 16; round++) createHash('sha256').update(block).digest();
  return performance.now() - started;
}
