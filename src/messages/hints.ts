import type { AnyHTCondorError, NegotiationError } from '../errors.ts';
import { firstOf, type Row } from './hint-rows.ts';
import { exhaustedHints, METHOD_USES, unprovenHints } from './hints-authentication.ts';
import { REACHING } from './hints-connect.ts';
import { DAEMON_TEXTS } from './hints-daemon.ts';
import { GRANTING } from './hints-token.ts';

type HasAttempts = 'ERR_METHODS_EXHAUSTED' | 'ERR_SERVER_UNPROVEN';

/** A new code without a row does not compile. */
const HINTS: Readonly<Record<Exclude<AnyHTCondorError['code'], HasAttempts>, readonly Row[]>> = {
  ...REACHING,
  ...GRANTING,
  ERR_DAEMON: DAEMON_TEXTS,
};

/** What to try next, most likely first. Pure: the same error gives the same advice. */
export function hintsFor(error: AnyHTCondorError): readonly string[] {
  const side = error.phase === 'locate' ? 'collector' : 'schedd'; // which is asked more often than any other afterwards
  switch (error.code) {
    case 'ERR_METHODS_EXHAUSTED':
      return exhaustedHints(error.attempts, side);
    case 'ERR_SERVER_UNPROVEN':
      return unprovenHints(error.attempts, side);
    case 'ERR_NO_COMMON_METHOD':
      return [...usesOf(error), ...firstOf(HINTS[error.code], factsOf(error), side)];
    default:
      return firstOf(HINTS[error.code], factsOf(error), side);
  }
}

/** The message, behind what it is about: input, claim or phase. */
function factsOf(error: AnyHTCondorError): string {
  const about = 'input' in error ? error.input : 'claim' in error ? error.claim : error.phase;
  return `${about ?? '-'} ${error.message}`;
}

/** How to use a method that the daemon takes. */
function usesOf({ methods }: NegotiationError): readonly string[] {
  const uses = methods.flatMap((method) => METHOD_USES[method] ?? []);
  return uses.length === 0 ? [] : [`Workflow: give what this daemon takes: ${uses.join('; or ')}.`];
}
