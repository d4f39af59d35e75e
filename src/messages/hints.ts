import type { AnyHTCondorError, AuthenticationError, NegotiationError } from '../errors.ts';
import { type Hints, hintsOf } from './hint-text.ts';
import { exhaustedHints, METHOD_USES, unprovenHints } from './hints-authentication.ts';
import { CONNECT_HINTS, CREDENTIAL_HINTS, INPUT_HINTS, LOCATE_HINTS, PROTOCOL_HINTS } from './hints-connect.ts';
import { DAEMON_HINTS } from './hints-daemon.ts';
import { AUTHORIZATION_HINTS, NEGOTIATION_HINTS, OUTPUT_HINTS, TOKEN_HINTS } from './hints-token.ts';

/**
 * Hints for all errors except authentication errors, whose hints depend on the attempts. The type requires a hint for
 * each reason.
 */
const HINTS: Hints<Exclude<AnyHTCondorError, AuthenticationError>['reason']> = {
  ...INPUT_HINTS,
  ...CREDENTIAL_HINTS,
  ...LOCATE_HINTS,
  ...CONNECT_HINTS,
  ...PROTOCOL_HINTS,
  ...NEGOTIATION_HINTS,
  ...AUTHORIZATION_HINTS,
  ...DAEMON_HINTS,
  ...TOKEN_HINTS,
  ...OUTPUT_HINTS,
};

const WITHOUT_COLLECTOR = 'Workflow: specify address to skip the collector.';

/** Returns hints for an error, the most likely fix first. The result depends only on the error. */
export function hintsFor(error: AnyHTCondorError): readonly string[] {
  // a daemon other than the collector is usually a schedd
  const side = error.phase === 'locate' ? 'collector' : 'schedd';
  switch (error.code) {
    case 'ERR_METHODS_EXHAUSTED':
      return exhaustedHints(error.attempts, side);
    case 'ERR_SERVER_UNPROVEN':
      return unprovenHints(error.attempts, side);
  }
  const hints = hintsOf(HINTS[error.reason], { ...error, ...error.details }, side);
  if (error.code === 'ERR_NO_COMMON_METHOD') return [...usesOf(error), ...hints];
  return error.reason === 'denied' && side === 'collector' ? [...hints, WITHOUT_COLLECTOR] : hints;
}

/** Returns a hint that lists the inputs for the methods that the daemon accepts. */
function usesOf({ methods }: NegotiationError): readonly string[] {
  const uses = methods.flatMap((method) => METHOD_USES[method] ?? []);
  return uses.length === 0 ? [] : [`Workflow: use a method that this daemon accepts: ${uses.join('; or ')}.`];
}
