/** Every kind of error that has advice of its own: one of each. */
import type { AnyHTCondorError } from '../../src/errors.ts';
import { OF_DAEMONS } from './errors/answers.ts';
import { OF_AUTHENTICATION } from './errors/authentication.ts';
import { OF_THE_WAY } from './errors/daemons-out-of-reach.ts';
import { OF_INPUTS } from './errors/inputs-and-credentials.ts';
import { OF_KERBEROS } from './errors/kerberos.ts';
import { OF_TOKENS } from './errors/tokens-and-outputs.ts';

/** By words that people see of it. docs/TROUBLESHOOTING.md has a heading for each, and test/golden/hints.json the advice. */
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
