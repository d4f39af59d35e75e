/** What is fuzzed: a function of bytes that may end in a value or in an error of ours, and in nothing else. */
import assert from 'node:assert/strict';
import { HTCondorError } from '../../src/errors.ts';
import { describeError } from '../../src/messages/describe.ts';

export interface Target {
  readonly name: string;
  /** The code that it reaches, for people. */
  readonly reaches: string;
  /** Share of the executions: the fast ones get more of them. */
  readonly weight: number;
  readonly seeds: readonly Uint8Array[];
  /** Gives what kind of result it was. Its own assertions count as errors that nobody expects. */
  run(input: Uint8Array): string | Promise<string>;
  /** Errors beside those of src/errors.ts that the function is documented to throw. */
  readonly allows?: (error: unknown) => boolean;
}

/** The kind of an error: its code, and the part of its message that is ours. */
export function kindOf(target: Target, error: unknown): string {
  if (error instanceof HTCondorError) return `${error.code} ${shape(error.message)}`;
  if (target.allows?.(error) === true) return `${(error as Error).name} ${shape((error as Error).message)}`;
  throw error;
}

/** Numbers and most of what others said are left out, so that there are few kinds. */
function shape(message: string): string {
  return message
    .replace(/^broker \S+ |(?<=").*/gs, '')
    .slice(0, 16)
    .replaceAll(/\d+/g, '0')
    .replaceAll(/[^\x20-\x7e]/g, '?');
}

/** What a runner must never read in a line of ours. */
const HARMFUL = /[\p{Cc}\p{Cf}\u2028\u2029]|##\[|^\s*::/u;

export function assertHarmless(line: string): void {
  assert.doesNotMatch(line, HARMFUL);
}

/** All that people are told about an error. */
export function assertPrintable(error: unknown): void {
  if (!(error instanceof HTCondorError)) return;
  assertHarmless(error.message);
  for (const line of describeError(error)) assertHarmless(line);
}
