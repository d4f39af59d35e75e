import type { AnyHTCondorError, NegotiationError } from '../errors.ts';
import { firstOf, type Row } from './hint-rows.ts';
import { exhaustedHints, METHOD_USES, unprovenHints } from './hints-authentication.ts';
import { REACHING } from './hints-connect.ts';
import { DAEMON_TEXTS } from './hints-daemon.ts';
import { GRANTING } from './hints-token.ts';

type HasAttempts = 'ERR_METHODS_EXHAUSTED' | 'ERR_SERVER_UNPROVEN';

/** Rows by code. An error code without rows does not compile. */
const HINTS: Readonly<Record<Exclude<AnyHTCondorError['code'], HasAttempts>, readonly Row[]>> = {
  ...REACHING,
  ...GRANTING,
  ERR_DAEMON: DAEMON_TEXTS,
};

/** Returns what to try next, most likely first. Pure: equal errors have equal hints. */
export function hintsFor(error: AnyHTCondorError): readonly string[] {
  const side = error.phase === 'locate' ? 'collector' : 'schedd'; // the most frequent daemon after the collector
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

/** The message, preceded by its input, claim or phase. */
function factsOf(error: AnyHTCondorError): string {
  const about = 'input' in error ? error.input : 'claim' in error ? error.claim : error.phase;
  return `${about ?? '-'} ${error.message}`;
}

/** Which inputs provide the methods that the daemon accepts. */
function usesOf({ methods }: NegotiationError): readonly string[] {
  const uses = methods.flatMap((method) => METHOD_USES[method] ?? []);
  return uses.length === 0 ? [] : [`Workflow: use a method that this daemon accepts: ${uses.join('; or ')}.`];
}
