import type { AnyHTCondorError, AuthenticationError, NegotiationError } from '../errors.ts';
import { type Hints, hintsOf } from './hint-text.ts';
import { exhaustedHints, METHOD_USES, unprovenHints } from './hints-authentication.ts';
import { CONNECT_HINTS, CREDENTIAL_HINTS, INPUT_HINTS, LOCATE_HINTS, PROTOCOL_HINTS } from './hints-connect.ts';
import { DAEMON_HINTS } from './hints-daemon.ts';
import { AUTHORIZATION_HINTS, NEGOTIATION_HINTS, OUTPUT_HINTS, TOKEN_HINTS } from './hints-token.ts';

/** Hints of all errors except those of authentication, which depend on the attempts. A reason without a hint does not compile. */
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

const WITHOUT_COLLECTOR = 'Workflow: or specify address, which skips the collector.';

/** Returns what to try next, most likely first. Pure: equal errors have equal hints. */
export function hintsFor(error: AnyHTCondorError): readonly string[] {
  const side = error.phase === 'locate' ? 'collector' : 'schedd'; // the most frequent daemon after the collector
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

/** Which inputs provide the methods that the daemon accepts. */
function usesOf({ methods }: NegotiationError): readonly string[] {
  const uses = methods.flatMap((method) => METHOD_USES[method] ?? []);
  return uses.length === 0 ? [] : [`Workflow: use a method that this daemon accepts: ${uses.join('; or ')}.`];
}
