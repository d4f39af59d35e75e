import type { Secret } from './secret.ts';

/**
 * The environment of a run: deadline, log, masks, clock and entropy. The shells implement it; tests pass a fixed clock,
 * fixed entropy and a mask that records its calls.
 */
export interface Host {
  /** Aborts the run: ends every wait and closes every socket. */
  readonly signal: AbortSignal;
  /** Milliseconds until the deadline aborts the run. */
  timeLeftMs(): number;
  readonly log: {
    debug(line: string): void;
    info(line: string): void;
    /** Prints a line that a person has to act on while the run waits. */
    notice(line: string): void;
    warn(line: string): void;
  };
  /** Masks a secret in all later output. Called before the secret is used. */
  mask(secret: Secret): void;
  now(): Date;
  /** Returns cryptographically strong random bytes. */
  randomBytes(length: number): Uint8Array;
}
