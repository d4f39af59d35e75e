import type { Secret } from './secret.ts';

/**
 * Environment of a run: its deadline, log, masks, clock and source of randomness. Each entry point implements this
 * interface. Tests pass a fixed clock, fixed random bytes and a `mask` function that records its calls.
 */
export interface Host {
  /** Signal that aborts the run. An abort ends every wait and closes every socket. */
  readonly signal: AbortSignal;
  /** Returns the time that is left until the deadline of the run, in milliseconds. */
  timeLeftMs(): number;
  readonly log: {
    debug(line: string): void;
    info(line: string): void;
    /** Prints a line that a person should read even if the run succeeds, such as a request to approve a token. */
    notice(line: string): void;
    warn(line: string): void;
  };
  /** Masks a secret in all later output. Must be called before the secret is used. */
  mask(secret: Secret): void;
  now(): Date;
  /** Returns cryptographically strong random bytes. */
  randomBytes(length: number): Uint8Array;
}

/** Log and mask functions that do nothing, for a run without output. */
export const SILENT: Pick<Host, 'log' | 'mask'> = {
  log: { debug: () => {}, info: () => {}, notice: () => {}, warn: () => {} },
  mask: () => {},
};

/** Part of a run that can be cancelled without aborting the whole run. */
export interface HostBranch {
  readonly host: Host;
  readonly cancel: (reason?: unknown) => void;
}

/**
 * Returns a branch of the run. The signal of the branch is aborted when the run is aborted or the branch is cancelled.
 */
export function branchOf(host: Host): HostBranch {
  const controller = new AbortController();
  const signal = AbortSignal.any([host.signal, controller.signal]);
  return { host: { ...host, signal }, cancel: (reason) => controller.abort(reason) };
}

/**
 * Runs `work` in a branch of the run. Cancels the branch with `reason` if `work` takes longer than `limitMs`
 * milliseconds.
 */
export async function withTimeLimit<T>(
  limitMs: number,
  reason: Error,
  work: (host: Host) => Promise<T>,
  host: Host,
): Promise<T> {
  const branch = branchOf(host);
  const timer = setTimeout(() => branch.cancel(reason), limitMs);
  try {
    return await work(branch.host);
  } finally {
    clearTimeout(timer);
  }
}
