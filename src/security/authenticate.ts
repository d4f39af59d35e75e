import {
  AuthenticationError,
  type AuthorizationError,
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
  SAFE_AFTER_UNPROVEN,
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
  /** The credential that the server accepted. */
  readonly candidate: Candidate;
}

/** Largest number of IDTOKENS that are offered on one connection. */
const MAX_TOKENS = 8;

/** The peers are out of step, but there is more to try: once more on a new connection, presuming nothing. */
export class StartOver extends Error {
  readonly credentials: Credentials;
  /** The peer closed the connection before it sent its verdict. */
  readonly hungUp: boolean;
  /** Why the daemon refused what was authenticated, for the case that no other method can be used. */
  readonly refused: AuthorizationError | undefined;
  /** Those of the connection that is given up. */
  roundTrips = 0;

  constructor(
    message: string,
    credentials: Credentials,
    { hungUp = false, refused }: { readonly hungUp?: boolean; readonly refused?: AuthorizationError } = {},
  ) {
    super(message);
    this.credentials = credentials;
    this.hungUp = hungUp;
    this.refused = refused;
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
  if (candidate === undefined || (candidate.doubt !== undefined && credentials.methods.length > 1)) return undefined;
  return { method: first.name, candidate };
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
  /** False: the server's last word in clear is waited for, because nothing is sent before its verdict. */
  mayGoAhead: boolean,
): Promise<Authenticated> {
  const { queue: planned, attempts } = plan(credentials, peer, server);
  let queue = planned;
  let unproven = false;
  if (queue.length === 0 && credentials.methods.every(({ name }) => name === 'FS')) {
    const reasons = attempts.map(({ method, reason }) => `${method}: ${reason}`);
    throw new CredentialError('ERR_NO_CREDENTIAL', `no credential is usable for this daemon; ${reasons.join('. ')}`);
  }
  if (presumed !== undefined) {
    const first = queue.findIndex(
      ({ method, candidate }) => method === presumed.method && candidate.label === presumed.candidate.label,
    );
    if (first === -1)
      throw queue.length > 0
        ? new StartOver('the credential does not fit the daemon', credentials)
        : exhausted(attempts, false);
    queue.splice(first, 1);
    queue.unshift(presumed);
  }
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { method, candidate } = next;
    const failed = (reason: string) => {
      const attempt = { method: displayName(method), reason: reasonFor(candidate, reason) };
      if (candidate.doubt === undefined) attempts.push(attempt);
      else attempts.unshift(attempt);
    };
    if (next !== presumed) await makeOffer(channel, next);
    const chosen = await channel.receive((message) => message.int());
    if (chosen === 0) {
      failed('the daemon declined the method');
      break; // it has given up and closes
    }
    if (chosen !== METHOD_BIT[method])
      throw new ProtocolError('ERR_MESSAGE', `the daemon chose method ${chosen}, which was not offered`);
    try {
      const expected = await candidate.finish(channel, server, mayGoAhead && queue.length === 0);
      const clearToCome = expected.map(({ write, otherwise }) => ({
        write,
        otherwise: () => {
          failed(otherwise?.().message ?? 'the daemon refused it');
          return exhausted(attempts, unproven);
        },
      }));
      return { method, clearToCome, candidate };
    } catch (error) {
      if (!(error instanceof MethodRefused)) throw error; // out of step, or not to be trusted: nothing more is said
      failed(error.message);
      if (error.unproven && !unproven) {
        unproven = true;
        queue = onlySafe(queue, attempts);
      }
      if (error.outOfStep && queue.length > 0) {
        const left = credentials.methods.filter(({ name }) => name !== method);
        const methods = unproven ? left.filter(({ name }) => SAFE_AFTER_UNPROVEN.includes(name)) : left;
        throw new StartOver(error.message, { ...credentials, methods, unavailable: attempts });
      }
    }
  }
  throw exhausted(attempts, unproven);
}

function reasonFor({ label, doubt }: Candidate, reason: string): string {
  return `${label}: ${doubt === undefined ? '' : `${doubt}; `}${reason}`;
}

/** Drops the credentials that must not be shown to a daemon that failed to authenticate itself. */
function onlySafe(queue: readonly Offer[], attempts: MethodAttempt[]): Offer[] {
  const isSafe = ({ method }: Offer) => SAFE_AFTER_UNPROVEN.includes(method);
  for (const { method, candidate } of queue.filter((each) => !isSafe(each)))
    attempts.push({
      method: displayName(method),
      reason: `${candidate.label}: not used, because the daemon failed to authenticate itself`,
    });
  return queue.filter(isSafe);
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
      `no authentication method in common: the client has ${ours}; the daemon accepts ${theirs.join(', ') || 'none that the client supports'}`,
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
    for (const candidate of fit.slice(0, MAX_TOKENS)) queue.push({ method: method.name, candidate });
    for (const { label } of fit.slice(MAX_TOKENS))
      attempts.push({
        method: displayName(method.name),
        reason: `${label}: not used, because at most ${MAX_TOKENS} tokens are tried`,
      });
    for (const { label, reason } of unfit)
      attempts.push({ method: displayName(method.name), reason: `${label}: ${reason}` });
  }
  const isDoubtful = ({ candidate }: Offer) => candidate.doubt !== undefined;
  return { queue: [...queue.filter((each) => !isDoubtful(each)), ...queue.filter(isDoubtful)], attempts };
}

function exhausted(attempts: readonly MethodAttempt[], unproven: boolean): AuthenticationError {
  if (unproven) {
    const text = 'the daemon failed to authenticate itself, and accepted no other credential';
    return new AuthenticationError('ERR_SERVER_UNPROVEN', text, attempts);
  }
  const text = 'the daemon accepted none of the credentials';
  return new AuthenticationError('ERR_METHODS_EXHAUSTED', text, attempts);
}
