/** A fuzz target is a function that takes bytes and must either return a value or throw an error from src/errors.ts. */
import assert from 'node:assert/strict';
import { HTCondorError } from '../../src/errors.ts';
import { describeError } from '../../src/messages/describe.ts';

export interface Target {
  readonly name: string;
  /** Names of the modules that the target reaches. */
  readonly reaches: string;
  /** Relative share of the executions. Fast targets get a larger share. */
  readonly weight: number;
  readonly seeds: readonly Uint8Array[];
  /** Executes an input and returns the kind of its result. Failed assertions count as unexpected errors. */
  run(input: Uint8Array): string | Promise<string>;
  /** Returns true for an error from outside src/errors.ts that the function is documented to throw. */
  readonly allows?: (error: unknown) => boolean;
}

/** Returns the kind of an error: its code, and the constant part of its message. */
export function kindOf(target: Target, error: unknown): string {
  if (error instanceof HTCondorError) return `${error.code} ${shape(error.message)}`;
  if (target.allows?.(error) === true) return `${(error as Error).name} ${shape((error as Error).message)}`;
  throw error;
}

/** Removes numbers and most quoted text from a message to keep the number of kinds small. */
function shape(message: string): string {
  return message
    .replace(/^broker \S+ |(?<=").*/gs, '')
    .slice(0, 16)
    .replaceAll(/\d+/g, '0')
    .replaceAll(/[^\x20-\x7e]/g, '?');
}

/** Matches text that must not appear in a line of the runner's log: control characters and workflow commands. */
const HARMFUL = /[\p{Cc}\p{Cf}\u2028\u2029]|##\[|^\s*::/u;

export function assertHarmless(line: string): void {
  assert.doesNotMatch(line, HARMFUL);
}

/** Asserts that all text printed for an error is harmless. */
export function assertPrintable(error: unknown): void {
  if (!(error instanceof HTCondorError)) return;
  assertHarmless(error.message);
  for (const line of describeError(error)) assertHarmless(line);
}
