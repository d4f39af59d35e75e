import type { Secret } from './secret.ts';

/**
 * Environment of a run: deadline, log, masks, clock and entropy. Each entry point implements it. Tests pass a fixed
 * clock, fixed entropy and a mask that records its calls.
 */
export interface Host {
  /** Signal that aborts the run, which ends every wait and closes every socket. */
  readonly signal: AbortSignal;
  /** Returns the time until the deadline aborts the run, in milliseconds. */
  timeLeftMs(): number;
  readonly log: {
    debug(line: string): void;
    info(line: string): void;
    /** Prints a line that requires action from a person while the run waits. */
    notice(line: string): void;
    warn(line: string): void;
  };
  /** Masks a secret in all later output. Called before the secret is used. */
  mask(secret: Secret): void;
  now(): Date;
  /** Returns cryptographically strong random bytes. */
  randomBytes(length: number): Uint8Array;
}

/** Log and mask functions for a run that produces no output. */
export const SILENT: Pick<Host, 'log' | 'mask'> = {
  log: { debug: () => {}, info: () => {}, notice: () => {}, warn: () => {} },
  mask: () => {},
};

/** A part of a run that can be cancelled separately. */
export interface HostBranch {
  readonly host: Host;
  readonly cancel: (reason?: unknown) => void;
}

/** Returns a branch of the run. Its signal is aborted when the run ends or the branch is cancelled. */
export function branchOf(host: Host): HostBranch {
  const controller = new AbortController();
  const signal = AbortSignal.any([host.signal, controller.signal]);
  return { host: { ...host, signal }, cancel: (reason) => controller.abort(reason) };
}

/** Runs `work` in a branch of the run, and cancels the branch with `reason` after `limitMs` milliseconds. */
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
