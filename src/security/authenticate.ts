import { AuthenticationError, type MethodAttempt, NegotiationError, ProtocolError } from '../errors.ts';
import type { MessageChannel } from '../wire/message-channel.ts';
import { type AuthMethod, type Candidate, displayName, METHOD_BIT, type MethodName, MethodRefused } from './method.ts';
import type { ServerPolicy } from './policy.ts';

/** Method and credential that the first flight carried, before the server had said anything. */
export interface Presumption {
  readonly method: MethodName;
  readonly candidate: Candidate;
}

/** What was presumed did not hold, so the peers are out of step: once more, on a new connection, presuming nothing. */
export class PresumptionFailed extends Error {
  readonly attempts: readonly MethodAttempt[];

  constructor(attempts: readonly MethodAttempt[]) {
    super('the presumed credential does not fit');
    this.attempts = attempts;
  }
}

/**
 * Offers one method and says its first words in the same flight.
 *
 * The answer must then be this method's bit: the server cannot choose among one.
 */
export function offer(channel: MessageChannel, { method, candidate }: Presumption): void {
  channel.send((message) => message.int(METHOD_BIT[method]));
  candidate.open(channel);
}

/**
 * The method negotiation (cedar-rfc §5.2; Authentication::handshake in C++), one credential after the other.
 *
 * We name one method at a time, the first of ours that the server knows too, so that its first words can leave at
 * once; the server answers with its bit, or 0. A credential refused is followed by the next on the same connection.
 *
 * @throws NegotiationError ERR_NO_COMMON_METHOD.
 * @throws AuthenticationError ERR_METHODS_EXHAUSTED with the reason of each credential, those not sent included;
 *   ERR_SERVER_UNPROVEN.
 * @throws ProtocolError ERR_MESSAGE if the server chooses what was not offered.
 * @throws PresumptionFailed if `presumed` was offered already and does not fit.
 */
export async function authenticate(
  channel: MessageChannel,
  methods: readonly AuthMethod[],
  server: ServerPolicy,
  presumed: Presumption | undefined,
): Promise<MethodName> {
  const { queue, attempts } = plan(methods, server);
  if (presumed !== undefined) {
    const first = queue.findIndex(({ candidate }) => candidate.label === presumed.candidate.label);
    if (first === -1) throw queue.length > 0 ? new PresumptionFailed(attempts) : exhausted(attempts);
    queue.splice(first, 1);
    queue.unshift(presumed);
  }
  for (const next of queue) {
    if (next !== presumed) offer(channel, next);
    const chosen = await channel.receive((message) => message.int());
    if (chosen !== METHOD_BIT[next.method]) {
      if (chosen !== 0)
        throw new ProtocolError('ERR_MESSAGE', `the daemon chose method ${chosen}, which was not offered`);
      attempts.push({
        method: displayName(next.method),
        reason: `${next.candidate.label}: the daemon declined the method`,
      });
      break; // it has given up and closes
    }
    try {
      await next.candidate.finish(channel, server);
      return next.method;
    } catch (error) {
      if (!(error instanceof MethodRefused)) throw error; // out of step, or not to be trusted: nothing more is said
      attempts.push({ method: displayName(next.method), reason: `${next.candidate.label}: ${error.message}` });
    }
  }
  throw exhausted(attempts);
}

/** What to try in which order, and why not the rest. */
function plan(
  methods: readonly AuthMethod[],
  server: ServerPolicy,
): { queue: Presumption[]; attempts: MethodAttempt[] } {
  const queue: Presumption[] = [];
  const attempts: MethodAttempt[] = [];
  const common = methods.filter(({ name }) => server.methods.includes(name));
  if (common.length === 0) {
    const ours = methods.map(({ name }) => displayName(name)).join(', ');
    const theirs = server.methods.map(displayName).join(', ') || 'none of them';
    throw new NegotiationError(
      'ERR_NO_COMMON_METHOD',
      `no authentication method in common: we have ${ours}; the daemon takes ${theirs}`,
    );
  }
  for (const method of methods) {
    if (!common.includes(method)) {
      attempts.push({ method: displayName(method.name), reason: 'the daemon does not offer it' });
      continue;
    }
    const { fit, unfit } = method.candidatesFor(server);
    for (const candidate of fit) queue.push({ method: method.name, candidate });
    for (const { label, reason } of unfit)
      attempts.push({ method: displayName(method.name), reason: `${label}: ${reason}` });
  }
  return { queue, attempts };
}

function exhausted(attempts: readonly MethodAttempt[]): AuthenticationError {
  const text = 'the daemon accepted none of our credentials';
  return new AuthenticationError('ERR_METHODS_EXHAUSTED', text, attempts);
}
