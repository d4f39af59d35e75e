/** Negotiates the authentication method (cedar-rfc §5.2; Authentication::handshake in C++). */
import {
  AuthenticationError,
  type AuthorizationError,
  CredentialError,
  type MethodAttempt,
  ProtocolError,
} from '../errors.ts';
import type { Refusal } from '../reasons.ts';
import type { ExpectedMessage, MessageChannel } from '../wire/message-channel.ts';
import {
  type AuthMethod,
  type Credentials,
  displayName,
  METHOD_BIT,
  MethodRefused,
  type Peer,
  SAFE_AFTER_UNPROVEN,
} from './method.ts';
import { type Offer, planOffers } from './offers.ts';
import type { ServerPolicy } from './policy.ts';

/** The offer that the server accepted, and the messages that the server will still send before encryption starts. */
export interface Authenticated extends Offer {
  readonly expectedCleartext: readonly ExpectedMessage[];
}

/**
 * Thrown if the connection is no longer usable, but a new connection might succeed with `credentials` and without the
 * guess that failed.
 */
export class StartOver extends Error {
  readonly credentials: Credentials;
  /** True if the peer closed the connection before sending its verdict. */
  readonly hungUp: boolean;
  /**
   * Error from a daemon that denied the authenticated identity. This error is reported if no other method can be tried.
   */
  readonly refused: AuthorizationError | undefined;
  /** Number of round trips on the abandoned connection. */
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
 * Offers one method and sends its first message in the same flight. The server can only accept or decline this method,
 * because the offer contains no other.
 */
export async function makeOffer(channel: MessageChannel, { method, candidate }: Offer): Promise<void> {
  channel.send((message) => message.int(METHOD_BIT[method.name]));
  await candidate.open(channel);
}

/** Returns the method to try first, or undefined if this choice depends on the server's policy. */
function firstMethod({ methods, preference }: Credentials): AuthMethod | undefined {
  return preference === 'daemon' && methods.length > 1 ? undefined : methods[0];
}

/** Starts the work that the first method can do while the connection is being opened. */
export function prepare(credentials: Credentials, names: Pick<Peer, 'serverName' | 'claimedName'>): void {
  firstMethod(credentials)?.prepare?.(names);
}

/** Returns an offer that can be sent before the server's policy arrives, or undefined if there is no such offer. */
export function guess(credentials: Credentials, peer: Peer): Offer | undefined {
  const method = firstMethod(credentials);
  const candidate = method?.guessed(peer);
  if (method === undefined || candidate === undefined) return undefined;
  return candidate.doubt !== undefined && credentials.methods.length > 1 ? undefined : { method, candidate };
}

/**
 * Tries the credentials one by one until the server accepts one.
 *
 * The client offers one method at a time, so that it can send the method's first message with the offer. The server
 * replies with the method's bit, or with 0 to decline the method. If the server refuses a credential, the client offers
 * the next credential on the same connection.
 *
 * @throws NegotiationError ERR_NO_COMMON_METHOD if the server supports none of the methods.
 * @throws CredentialError ERR_NO_CREDENTIAL if FS is the only method and the daemon runs on another host.
 * @throws AuthenticationError ERR_METHODS_EXHAUSTED with the reason for each credential, including those that were not
 *   sent; ERR_SERVER_UNPROVEN if the server failed to authenticate itself.
 * @throws ProtocolError ERR_MESSAGE if the server chooses a method that was not offered.
 * @throws StartOver if the guess was wrong, or if a failed method left the connection in a state in which no other
 *   method can be tried.
 */
export async function authenticate(
  channel: MessageChannel,
  credentials: Credentials,
  peer: Peer,
  server: ServerPolicy,
  /** The offer that was sent before the server's policy arrived, if any. */
  guessed: Offer | undefined,
  /** False if the client must wait for the server's last cleartext message before it sends the request. */
  mayGoAhead: boolean,
): Promise<Authenticated> {
  const negotiation = new Negotiation(credentials, peer, server);
  if (guessed !== undefined) negotiation.startWith(guessed);
  for (let offer = negotiation.next(); offer !== undefined; offer = negotiation.next()) {
    if (offer !== guessed) await makeOffer(channel, offer);
    if (!(await isChosen(channel, offer))) {
      negotiation.failed(offer, { reason: 'the daemon declined the method', kind: 'declined' });
      break; // the daemon gives up and closes the connection
    }
    try {
      const expected = await offer.candidate.finish(channel, server, mayGoAhead && negotiation.isLast);
      return { ...offer, expectedCleartext: negotiation.explained(offer, expected) };
    } catch (error) {
      // After an error other than a refusal, the peers are out of step or the server is not trusted. Nothing more is
      // sent.
      if (!(error instanceof MethodRefused)) throw error;
      negotiation.refused(offer, error);
    }
  }
  throw negotiation.exhausted();
}

/**
 * Returns true if the server chose the offered method, and false if it declined.
 *
 * @throws ProtocolError ERR_MESSAGE if the server chose a method that was not offered.
 */
async function isChosen(channel: MessageChannel, { method }: Offer): Promise<boolean> {
  const chosen = await channel.receive((message) => message.int());
  if (chosen === 0) return false;
  if (chosen === METHOD_BIT[method.name]) return true;
  throw new ProtocolError('ERR_MESSAGE', `the daemon chose method ${chosen}, which was not offered`);
}

/** The remaining offers on one connection, and the reasons why earlier offers failed. */
class Negotiation {
  readonly #credentials: Credentials;
  readonly #attempts: MethodAttempt[];
  #queue: Offer[];
  /** True once the server has failed to authenticate itself for at least one credential. */
  #serverUnproven = false;

  constructor(credentials: Credentials, peer: Peer, server: ServerPolicy) {
    this.#credentials = credentials;
    this.#attempts = [...credentials.unavailable];
    this.#queue = planOffers(credentials, peer, server, this.#attempts);
    if (this.#queue.length > 0 || credentials.methods.some(({ name }) => name !== 'FS')) return;
    const reasons = this.#attempts.map(({ method, reason }) => `${method}: ${reason}`);
    throw new CredentialError('ERR_NO_CREDENTIAL', `no credential is usable for this daemon; ${reasons.join('. ')}`, {
      reason: 'fs-elsewhere',
    });
  }

  /** True if no credential follows the current one. */
  get isLast(): boolean {
    return this.#queue.length === 0;
  }

  next(): Offer | undefined {
    return this.#queue.shift();
  }

  /**
   * Moves the guessed offer, which has already been sent, to the front of the queue.
   *
   * @throws StartOver if the server's policy rules out this offer.
   */
  startWith(sent: Offer): void {
    const isSent = ({ method, candidate }: Offer) =>
      method.name === sent.method.name && candidate.label === sent.candidate.label;
    const at = this.#queue.findIndex(isSent);
    if (at === -1)
      throw this.isLast
        ? this.exhausted()
        : new StartOver('the credential does not match the daemon', this.#credentials);
    this.#queue.splice(at, 1);
    this.#queue.unshift(sent);
  }

  /**
   * Records why an offer failed. An offer whose failure was expected (`doubt`) is listed first, because the reason for
   * the doubt probably explains the failure of the whole run.
   */
  failed({ method, candidate: { label, doubt } }: Offer, refusal: Refusal): void {
    const text = `${label}: ${doubt === undefined ? '' : `${doubt.reason}; `}${refusal.reason}`;
    const attempt = { ...(doubt ?? refusal), method: displayName(method.name), reason: text };
    if (doubt === undefined) this.#attempts.push(attempt);
    else this.#attempts.unshift(attempt);
  }

  /** Records that the server refused an offer. @throws StartOver if the remaining credentials need a new connection. */
  refused(offer: Offer, error: MethodRefused): void {
    this.failed(offer, error.refusal);
    if (error.unproven && !this.#serverUnproven) {
      this.#serverUnproven = true;
      this.#keepOnlySafe();
    }
    if (!error.outOfStep || this.isLast) return;
    const methods = this.#credentials.methods.filter(
      ({ name }) => name !== offer.method.name && (!this.#serverUnproven || SAFE_AFTER_UNPROVEN.includes(name)),
    );
    throw new StartOver(error.message, { ...this.#credentials, methods, unavailable: this.#attempts });
  }

  /**
   * Returns the messages that the server will still send, each with the error to throw if a different message arrives.
   */
  explained(offer: Offer, expected: readonly ExpectedMessage[]): readonly ExpectedMessage[] {
    return expected.map(({ write, otherwise }) => ({
      write,
      otherwise: () => {
        const error = otherwise?.();
        this.failed(offer, error instanceof MethodRefused ? error.refusal : { reason: 'the daemon refused it' });
        return this.exhausted();
      },
    }));
  }

  exhausted(): AuthenticationError {
    const [code, text] = this.#serverUnproven
      ? (['ERR_SERVER_UNPROVEN', 'the daemon failed to authenticate itself, and accepted no other credential'] as const)
      : (['ERR_METHODS_EXHAUSTED', 'the daemon accepted none of the credentials'] as const);
    return new AuthenticationError(code, text, this.#attempts);
  }

  /** Removes the credentials that must not be sent to a daemon that failed to authenticate itself. */
  #keepOnlySafe(): void {
    const isSafe = ({ method }: Offer) => SAFE_AFTER_UNPROVEN.includes(method.name);
    for (const { method, candidate } of this.#queue.filter((offer) => !isSafe(offer)))
      this.#attempts.push({
        method: displayName(method.name),
        reason: `${candidate.label}: not used, because the daemon failed to authenticate itself`,
      });
    this.#queue = this.#queue.filter(isSafe);
  }
}
