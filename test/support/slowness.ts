/** Scales time limits to the speed of this host, so that they only end tests that hang. */
import { createHash } from 'node:crypto';
import { availableParallelism, loadavg } from 'node:os';

/** Wall time of the measurement on an idle reference host, in milliseconds. */
const REFERENCE_MS = 12;

let measured: number | undefined;

/**
 * Returns CONDOR_TEST_SLOWNESS. If it is not set, measures the wall time of some work and the load of the host, once
 * per process. The result is at least 1.
 */
function slowness(): number {
  const given = Number(process.env['CONDOR_TEST_SLOWNESS']);
  if (given >= 1) return given;
  measured ??= Math.max(1, wallTimeOfWork() / REFERENCE_MS, (loadavg()[0] ?? 0) / availableParallelism());
  return measured;
}

/** Scales a time limit for an idle host to this host, in milliseconds. */
export const patience = (milliseconds: number): number => Math.ceil(milliseconds * slowness());

/**
 * Returns the deadline, in milliseconds, for a fetch that is expected to fail with this code. The deadline is short
 * only if it causes the failure. Otherwise, a slow host could change the code.
 */
export const deadlineFor = (code: string): number => patience(code.endsWith('TIMEOUT') ? 300 : 10_000);

/** Measures wall time rather than CPU time, so that the result includes the load from other processes. */
function wallTimeOfWork(): number {
  const block = Buffer.alloc(1 << 20);
  const started = performance.now();
  for (let round = 0; round < 16; round++) createHash('sha256').update(block).digest();
  return performance.now() - started;
}
