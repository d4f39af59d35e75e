/** Opens an authorized, encrypted session on a new channel (cedar-rfc §4; SecMan::startCommand in C++). */
import { AuthorizationError, ProtocolError } from '../errors.ts';
import { isUnmapped } from '../reasons.ts';
import { isConnectionClosed } from '../runtime/failures.ts';
import type { Host } from '../runtime/host.ts';
import { type ClassAd, getClassAd, putClassAd } from '../wire/classad.ts';
import type { ExpectedMessage, MessageChannel, SecurableChannel } from '../wire/message-channel.ts';
import type { Writer } from '../wire/writer.ts';
import { authenticate, guess, makeOffer, StartOver } from './authenticate.ts';
import { KeyAgreement } from './key-agreement.ts';
import { type Credentials, displayName, type MethodName, type Peer } from './method.ts';
import type { Offer } from './offers.ts';
import {
  clientPolicyAd,
  DC_AUTHENTICATE,
  type Purpose,
  readServerPolicy,
  resumptionAd,
  type ServerPolicy,
} from './policy.ts';

/** Length, in bytes, of the nonce for resuming a session. C++ uses the same length. */
const NONCE_LENGTH = 33;

/** The server's last cleartext message after an ECDH key agreement. The value 0 means that no key follows (§5.7). */
const KEY_EXCHANGE_DONE: ExpectedMessage = { write: (message) => message.int(0) };

/** A session in which authentication succeeded, every frame is encrypted, and the command is authorized. */
export interface Session {
  /** Channel on which the reply to the request arrives. */
  readonly channel: MessageChannel;
  readonly method: MethodName;
  /** True if the method verified the daemon's identity. */
  readonly serverAuthenticated: boolean;
  /** Source of the credential that the daemon accepted. */
  readonly credentialSource: string;
  /**
   * Expiry of the accepted credential, in seconds since 1970. Tokens issued in this session expire no later than the
   * credential.
   */
  readonly credentialExpiresAt: number | undefined;
  /** Identity that the daemon assigns to the client, in the form `user@domain`. */
  readonly user: string;
  readonly server: ServerPolicy;
  /** Data that is needed to resume the session. Undefined if the daemon sent no session ID. */
  readonly resumption: Resumption | undefined;
}

/** The ID and the key of a session. Code outside this class cannot read the key. */
export class Resumption {
  readonly sid: string;
  readonly #key: Uint8Array;

  /** `key` has 32 bytes. */
  constructor(sid: string, key: Uint8Array) {
    this.sid = sid;
    this.#key = key;
  }

  protect(channel: SecurableChannel): void {
    channel.protect(this.#key);
  }
}

interface ResumableSession extends Session {
  readonly resumption: Resumption;
}

export function isResumable(session: Session | undefined): session is ResumableSession {
  return session?.resumption !== undefined;
}

/**
 * Guesses that let the client send messages before the server has replied (RFC 4253 §7). A failed guess is not
 * repeated.
 */
export interface Guesses {
  /** True if the first credential is sent with the policy ad, before the server has sent its list of methods. */
  readonly credential: boolean;
  /** True if the request is sent with the client's last proof, before the server has authorized the command. */
  readonly verdict: boolean;
}

interface SessionOptions {
  readonly credentials: Credentials;
  readonly peer: Peer;
  readonly guesses: Guesses;
  /** True if unmapped identities are allowed to run the command. */
  readonly mayBeUnmapped: boolean;
}

/**
 * Opens a session for one command and sends the command's request.
 *
 * Messages are sent together where possible. If the first credential can be guessed, the first flight contains the
 * policy ad, the method and the method's first message. The last flight contains the method's last message and the
 * encrypted request. Including the TCP connection, opening a session takes three round trips for most methods, which is
 * the minimum that the protocol allows.
 *
 * @throws NegotiationError, AuthenticationError, ProtocolError, ConnectError.
 * @throws AuthorizationError ERR_DENIED or ERR_COMMAND_NOT_REGISTERED, with the identity that the daemon assigned to
 *   the client.
 * @throws StartOver if a new channel might succeed without the failed guess.
 */
export async function startCommand(
  channel: SecurableChannel,
  purpose: Purpose,
  request: ((message: Writer) => void) | undefined,
  options: SessionOptions,
  host: Host,
): Promise<Session> {
  const { credentials, peer, guesses } = options;
  const guessed = guesses.credential ? guess(credentials, peer) : undefined;
  let sentAhead = guessed !== undefined;
  const sendAhead = (message: Writer) => {
    sentAhead = true;
    request?.(message);
  };
  const ahead = request !== undefined && guesses.verdict ? sendAhead : undefined;
  try {
    const session = await handshake(channel, purpose, ahead, options, guessed, host);
    if (request !== undefined && ahead === undefined) channel.send(request);
    return session;
  } catch (error) {
    // The daemon might have closed the connection because of the guess, or its reply to the guess might have been lost.
    if (isConnectionClosed(error) && sentAhead) throw new StartOver(error.message, credentials, { hungUp: true });
    throw error;
  }
}

async function handshake(
  channel: SecurableChannel,
  purpose: Purpose,
  ahead: ((message: Writer) => void) | undefined,
  { credentials, peer, guesses, mayBeUnmapped }: SessionOptions,
  guessed: Offer | undefined,
  host: Host,
): Promise<Session> {
  const agreement = new KeyAgreement(host.randomBytes);
  const names = credentials.methods.map(({ name }) => name);
  channel.send((message) =>
    putClassAd(message.int(DC_AUTHENTICATE), clientPolicyAd(purpose, names, agreement.publicKey)),
  );
  if (guessed !== undefined) await makeOffer(channel, guessed);
  const server = readServerPolicy(await channel.receive(getClassAd));
  host.log.debug(`session: ${describeOffer(server)}`);
  const accepted = await authenticate(channel, credentials, peer, server, guessed, guesses.verdict);
  const { method, candidate, expectedCleartext } = accepted;
  const { patience } = candidate;
  const key = agreement.sessionKey(server.ecdhPublicKey);
  if (patience?.waits === true) await receiveKeyExchangeDone(channel);
  channel.protect(key, patience?.waits === true ? [] : [...expectedCleartext, KEY_EXCHANGE_DONE]);
  if (ahead !== undefined) channel.send(ahead);
  const verdict = await channel.receive(getClassAd).catch((error: unknown) => {
    if (patience === undefined || patience.waits || !isConnectionClosed(error)) throw error;
    patience.waits = true;
    throw new StartOver('the daemon closed the connection after an early request', credentials);
  });
  const user = orNextMethod(method.name, credentials, () => readPostAuth(verdict, mayBeUnmapped));
  const sid = verdict.string('Sid');
  host.log.debug(
    `session: authenticated as ${user} with ${displayName(method.name)}, ${candidate.label}; the daemon runs ${server.remoteVersion}`,
  );
  return {
    channel,
    method: method.name,
    serverAuthenticated: method.authenticatesServer,
    credentialSource: candidate.source ?? candidate.label,
    credentialExpiresAt: candidate.expiresAt,
    user,
    server,
    resumption: sid === undefined ? undefined : new Resumption(sid, key),
  };
}

/** Receives the message that ends the key exchange. @throws ProtocolError ERR_MESSAGE if the server announces a key. */
async function receiveKeyExchangeDone(channel: MessageChannel): Promise<void> {
  const hasKey = await channel.receive((message) => message.int());
  if (hasKey !== 0) throw new ProtocolError('ERR_MESSAGE', `the daemon announces a key (${hasKey}) after ECDH`);
}

function describeOffer({ methods, trustDomain, issuerKeys }: ServerPolicy): string {
  const keys = issuerKeys.length > 0 ? `; signing keys ${issuerKeys.join(', ')}` : '';
  return `the daemon accepts ${methods.map(displayName).join(', ')}; trust domain ${trustDomain}${keys}`;
}

/**
 * Resumes a session that the daemon has kept, and sends a command with its request (SecMan::sendAuthInfo_inner with a
 * cached session).
 *
 * The daemon does not reply to the resumption itself, so the command takes only two round trips, including the TCP
 * connection. A reply to the request proves that the daemon has the session key. A new nonce changes the digest of the
 * cleartext frames each time, so that no earlier reply can be replayed. A daemon that no longer has the session, or
 * that denies the command, closes the connection.
 */
export function resumeCommand(
  channel: SecurableChannel,
  purpose: Purpose,
  request: ((message: Writer) => void) | undefined,
  session: ResumableSession,
  host: Host,
): Session {
  const nonce = Buffer.from(host.randomBytes(NONCE_LENGTH)).toString('base64');
  channel.send((message) =>
    putClassAd(message.int(DC_AUTHENTICATE), resumptionAd(purpose, session.resumption.sid, nonce)),
  );
  session.resumption.protect(channel);
  if (request !== undefined) channel.send(request);
  host.log.debug(`session: resumed as ${session.user}`);
  return { ...session, channel };
}

/**
 * Reads the verdict. Throws StartOver with the remaining methods if the daemon maps the accepted credential to no
 * identity.
 */
function orNextMethod(method: MethodName, credentials: Credentials, read: () => string): string {
  try {
    return read();
  } catch (error) {
    const methods = credentials.methods.filter(({ name }) => name !== method);
    const isNextWorthwhile = error instanceof AuthorizationError && isUnmapped(error.user);
    if (!isNextWorthwhile || methods.length === 0) throw error;
    const attempt = { method: displayName(method), reason: error.message };
    const unavailable = [...credentials.unavailable, attempt];
    throw new StartOver(error.message, { ...credentials, methods, unavailable }, { refused: error });
  }
}

/**
 * Returns the identity that the daemon assigns to the client. Treats a missing ReturnCode as a denial, although old C++
 * clients treated it as an authorization.
 */
function readPostAuth(ad: ClassAd, mayBeUnmapped: boolean): string {
  const code = ad.string('ReturnCode');
  const user = ad.string('User');
  if (!mayBeUnmapped && isUnmapped(user)) {
    const reason = `the daemon accepts the credential but maps it to no identity (${user})`;
    throw new AuthorizationError('ERR_DENIED', reason, user);
  }
  if (code === 'AUTHORIZED' && user !== undefined && user !== '') return user;
  if (code === 'CMD_NOT_FOUND')
    throw new AuthorizationError('ERR_COMMAND_NOT_REGISTERED', 'the daemon does not support the command', user);
  const text = ad.string('ErrorString');
  const reported = text === undefined ? '' : ` (${text})`;
  const who = user === undefined ? 'it reported no identity' : `it authenticated the client as ${user}`;
  const reason = `the daemon replied ${code ?? 'nothing'}${reported} to the command; ${who}`;
  throw new AuthorizationError('ERR_DENIED', reason, user);
}
