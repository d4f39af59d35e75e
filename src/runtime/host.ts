import type { Secret } from './secret.ts';

/** The world outside. Shells make one; tests pass a fixed clock, fixed entropy, and a mask that keeps count. */
export interface Host {
  /** Ends the run: every wait is given up, every socket closed. */
  readonly signal: AbortSignal;
  /** Milliseconds until it does so by itself. */
  timeLeftMs(): number;
  readonly log: {
    debug(line: string): void;
    info(line: string): void;
    /** What somebody has to see and to act upon, while we wait. */
    notice(line: string): void;
    warn(line: string): void;
  };
  /** Hides a secret in everything that is printed from now on. Called before a secret is put to any use. */
  mask(secret: Secret): void;
  now(): Date;
  /** Cryptographically strong randomness. */
  randomBytes(length: number): Uint8Array;
}

/** A part of a run that can be cancelled by itself. */
export interface HostBranch {
  readonly host: Host;
  readonly cancel: (reason?: unknown) => void;
}

/** Returns a branch of the run: its signal is aborted when the run ends, or when the branch is cancelled. */
export function branchOf(host: Host): HostBranch {
  const controller = new AbortController();
  const signal = AbortSignal.any([host.signal, controller.signal]);
  return { host: { ...host, signal }, cancel: (reason) => controller.abort(reason) };
}

/** Runs `work` in a branch of the run that is cancelled, with `reason`, after `limitMs` milliseconds. */
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
