/** A deterministic Host, with which every execution of the same input has the same outcome. */
import type { Host } from '../../src/runtime/host.ts';

/** Value of every random byte. */
export const ENTROPY = 7;

export function fixedHost(signal: AbortSignal = new AbortController().signal): Host {
  return {
    ...{ signal, timeLeftMs: () => 60_000, now: () => new Date(1_795_427_200_000), mask: () => {} },
    log: { debug: () => {}, info: () => {}, notice: () => {}, warn: () => {} },
    randomBytes: (length) => new Uint8Array(length).fill(ENTROPY),
  };
}
