/** One example of each kind of error that has its own advice. */
import type { AnyHTCondorError } from '../../../src/errors.ts';
import { OF_DAEMONS } from './answers.ts';
import { OF_AUTHENTICATION } from './authentication.ts';
import { OF_THE_WAY } from './daemons-out-of-reach.ts';
import { OF_INPUTS } from './inputs-and-credentials.ts';
import { OF_KERBEROS } from './kerberos.ts';
import { OF_TOKENS } from './tokens-and-outputs.ts';

/**
 * Errors by a substring of their messages. Each substring is a heading of docs/TROUBLESHOOTING.md;
 * test/golden/hints.json contains the advice.
 */
export const ERRORS = {
  ...OF_INPUTS,
  ...OF_THE_WAY,
  ...OF_AUTHENTICATION,
  ...OF_KERBEROS,
  ...OF_DAEMONS,
  ...OF_TOKENS,
} as const satisfies Readonly<Record<string, AnyHTCondorError>>;

export type ErrorName = keyof typeof ERRORS;

export function everyError(): readonly AnyHTCondorError[] {
  return Object.values(ERRORS);
}
