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
