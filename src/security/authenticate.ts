import {
  AuthenticationError,
  CredentialError,
  type MethodAttempt,
  NegotiationError,
  ProtocolError,
} from '../errors.ts';
import type { ExpectedMessage, MessageChannel } from '../wire/message-channel.ts';
import {
  type AuthMethod,
  type Candidate,
  type Credentials,
  displayName,
  METHOD_BIT,
  type MethodName,
  MethodRefused,
  type Peer,
} from './method.ts';
import type { ServerPolicy } from './policy.ts';

/** A method with one of its credentials: what the server is offered next. */
export interface Offer {
  readonly method: MethodName;
  readonly candidate: Candidate;
}

/** Who was let in how, and what the server still says in clear before everything is encrypted. */
export interface Authenticated {
  readonly method: MethodName;
  readonly clearToCome: readonly ExpectedMessage[];
}

/** The peers are out of step, but there is more to try: once more on a new connection, presuming nothing. */
export class StartOver extends Error {
  readonly credentials: Credentials;
  /** Those of the connection that is given up. */
  roundTrips = 0;

  constructor(message: string, credentials: Credentials) {
    super(message);
    this.credentials = credentials;
  }
}

/**
 * Names one method and says its first words in the same flight.
 *
 * The answer must then be this method's bit: the server cannot choose among one.
 */
export async function makeOffer(channel: MessageChannel, { method, candidate }: Offer): Promise<void> {
  channel.send((message) => message.int(METHOD_BIT[method]));
  await candidate.open(channel);
}

/** The method that is tried first whatever the server prefers; undefined: the choice depends on the server. */
function firstMethod({ methods, preference }: Credentials): AuthMethod | undefined {
  return preference === 'daemon' && methods.length > 1 ? undefined : methods[0];
}

/** Begins what the first method can do while the connection is opened. */
export function prepare(credentials: Credentials, names: Pick<Peer, 'serverName' | 'claimedName'>): void {
  firstMethod(credentials)?.prepare?.(names);
}

/** What may be offered before the server has said anything: the first choice, if the choice is ours. */
export function presume(credentials: Credentials, peer: Peer): Offer | undefined {
  const first = firstMethod(credentials);
  if (first === undefined) return undefined;
  const candidate = first.presumed(peer);
  return candidate && { method: first.name, candidate };
}

/**
 * The method negotiation (cedar-rfc §5.2; Authentication::handshake in C++), one credential after the other.
 *
 * We name one method at a time, so that its first words can leave at once; the server answers with its bit, or 0. A
 * credential refused is followed by the next on the same connection.
 *
 * @throws NegotiationError ERR_NO_COMMON_METHOD.
 * @throws CredentialError ERR_NO_CREDENTIAL if there was nothing but our account, which is of no use at another machine.
 * @throws AuthenticationError ERR_METHODS_EXHAUSTED with the reason of each credential, those not sent included;
 *   ERR_SERVER_UNPROVEN.
 * @throws ProtocolError ERR_MESSAGE if the server chooses what was not offered.
 * @throws StartOver if `presumed` was offered already and does not fit, or a method failed in the middle of a message.
 */
export async function authenticate(
  channel: MessageChannel,
  credentials: Credentials,
  peer: Peer,
  server: ServerPolicy,
  presumed: Offer | undefined,
): Promise<Authenticated> {
  const { queue, attempts } = plan(credentials, peer, server);
  if (queue.length === 0 && credentials.methods.every(({ name }) => name === 'FS')) {
    const reasons = attempts.map(({ method, reason }) => `${method}: ${reason}`);
    throw new CredentialError('ERR_NO_CREDENTIAL', `there is no credential for this daemon; ${reasons.join('. ')}`);
  }
  if (presumed !== undefined) {
    const first = queue.findIndex(
      ({ method, candidate }) => method === presumed.method && candidate.label === presumed.candidate.label,
    );
    if (first === -1) throw queue.length > 0 ? new StartOver('it does not fit', credentials) : exhausted(attempts);
    queue.splice(first, 1);
    queue.unshift(presumed);
  }
  for (const [index, next] of queue.entries()) {
    const { method, candidate } = next;
    const failed = (reason: string) =>
      attempts.push({ method: displayName(method), reason: `${candidate.label}: ${reason}` });
    if (next !== presumed) await makeOffer(channel, next);
    const chosen = await channel.receive((message) => message.int());
    if (chosen === 0) {
      failed('the daemon declined the method');
      break; // it has given up and closes
    }
    if (chosen !== METHOD_BIT[method])
      throw new ProtocolError('ERR_MESSAGE', `the daemon chose method ${chosen}, which was not offered`);
    try {
      const expected = await candidate.finish(channel, server, index === queue.length - 1);
      const clearToCome = expected.map(({ write, otherwise }) => ({
        write,
        otherwise: () => {
          failed(otherwise?.().message ?? 'the daemon refused it');
          return exhausted(attempts);
        },
      }));
      return { method, clearToCome };
    } catch (error) {
      if (!(error instanceof MethodRefused)) throw error; // out of step, or not to be trusted: nothing more is said
      failed(error.message);
      if (error.outOfStep && index < queue.length - 1) {
        const methods = credentials.methods.filter(({ name }) => name !== method);
        throw new StartOver(error.message, { ...credentials, methods, unavailable: attempts });
      }
    }
  }
  throw exhausted(attempts);
}

/** What to try in which order, and why not the rest. */
function plan(
  { methods, preference, unavailable }: Credentials,
  peer: Peer,
  server: ServerPolicy,
): { queue: Offer[]; attempts: MethodAttempt[] } {
  const common = methods.filter(({ name }) => server.methods.includes(name));
  if (common.length === 0) {
    const ours = methods.map(({ name }) => displayName(name)).join(', ');
    const theirs = server.methods.map(displayName);
    throw new NegotiationError(
      'ERR_NO_COMMON_METHOD',
      `no authentication method in common: we have ${ours}; the daemon takes ${theirs.join(', ') || 'none of them'}`,
      theirs,
    );
  }
  if (preference === 'daemon') {
    const rank = (name: string) => server.methods.indexOf(name);
    common.sort((a, b) => rank(a.name) - rank(b.name));
  }
  const queue: Offer[] = [];
  const attempts: MethodAttempt[] = [...unavailable];
  for (const { name } of methods.filter((method) => !common.includes(method)))
    attempts.push({ method: displayName(name), reason: 'the daemon does not offer it' });
  for (const method of common) {
    const { fit, unfit } = method.candidatesFor(server, peer);
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
