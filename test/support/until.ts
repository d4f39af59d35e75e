import { patience } from './slowness.ts';

const INTERVAL_MS = 200;

/**
 * Repeats `check` until it returns undefined. If it still returns a complaint after `seconds` (scaled to the speed of
 * the host), throws an error with that complaint. The result does not depend on the interval.
 */
export async function until(what: string, seconds: number, check: () => Promise<string | undefined>): Promise<void> {
  const deadline = performance.now() + patience(seconds * 1000);
  for (;;) {
    const complaint = await check();
    if (complaint === undefined) return;
    if (performance.now() > deadline) throw new Error(`waited ${seconds} s or more until ${what}; ${complaint}`);
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}
