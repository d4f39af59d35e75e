/**
 * From a fresh channel to an authorized, encrypted session (cedar-rfc §4; SecMan::startCommand in C++).
 */
import { AuthorizationError, ConnectError, ProtocolError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { type ClassAd, getClassAd, putClassAd } from '../wire/classad.ts';
import type { ExpectedMessage, MessageChannel, SecurableChannel } from '../wire/message-channel.ts';
import type { Writer } from '../wire/writer.ts';
import { authenticate, makeOffer, type Offer, presume, StartOver } from './authenticate.ts';
import { KeyAgreement } from './key-agreement.ts';
import { type Credentials, displayName, type MethodName, type Peer } from './method.ts';
import {
  clientPolicyAd,
  DC_AUTHENTICATE,
  type Purpose,
  readServerPolicy,
  resumptionAd,
  type ServerPolicy,
} from './policy.ts';
import { Resumption } from './resumption.ts';

/** Bytes of the nonce of a resumption, as many as C++ draws. */
const NONCE_LENGTH = 33;

/** "No key follows": the server's last word in clear, when the key was agreed on by ECDH (§5.7). */
const KEY_EXCHANGE_DONE: ExpectedMessage = { write: (message) => message.int(0) };

/** Domain of identities that are none: authenticated, but no line of the map file fits (condor_auth.h). */
const UNMAPPED = '@unmapped';

/** @throws ProtocolError ERR_MESSAGE the server says something else. */
async function receiveKeyExchangeDone(channel: MessageChannel): Promise<void> {
  const hasKey = await channel.receive((message) => message.int());
  if (hasKey !== 0) throw new ProtocolError('ERR_MESSAGE', `the daemon announces a key (${hasKey}) after ECDH`);
}

/** Exists only if both sides are proven, every frame is encrypted, and the command was authorized. */
export interface Session {
  /** The reply to the request comes from here. */
  readonly channel: MessageChannel;
  readonly method: MethodName;
  /** Where the credential comes from that the daemon accepted. */
  readonly credentialSource: string;
  /** When the credential expires that was accepted, in seconds since 1970; tokens of this session expire no later. */
  readonly credentialExpiresAt: number | undefined;
  /** Who the daemon says we are, `user@domain`. */
  readonly user: string;
  readonly server: ServerPolicy;
  /** How to come back to it; undefined: the daemon did not name it. */
  readonly resumption: Resumption | undefined;
}

/** A session that can be come back to. */
interface ResumableSession extends Session {
  readonly resumption: Resumption;
}

export function isResumable(session: Session | undefined): session is ResumableSession {
  return session?.resumption !== undefined;
}

/** What the client sends before the server has answered. A presumption that failed once is not made again. */
export interface Presuming {
  /** The first credential leaves with the policy ad, before the server has named its methods. */
  readonly credential: boolean;
  /** The request leaves with the last proof, before the server has authorized the command. */
  readonly verdict: boolean;
}

interface SessionOptions {
  readonly credentials: Credentials;
  readonly peer: Peer;
  readonly presuming: Presuming;
  /** Whether it is enough to be somebody whom the daemon's map file does not know. */
  readonly mayBeUnmapped: boolean;
}

/**
 * Opens a session for one command and sends its request.
 *
 * What can leave together does: where it is clear what to try first, policy ad, method and first words are the first
 * flight; the last words and the encrypted request are the last. Together with the connection that is three round
 * trips for most methods, the least that the protocol allows.
 *
 * @throws NegotiationError, AuthenticationError, ProtocolError, ConnectError.
 * @throws AuthorizationError ERR_DENIED with the identity.
 * @throws StartOver to be tried once more on a new channel without the presumption that failed.
 */
export async function startCommand(
  channel: SecurableChannel,
  purpose: Purpose,
  request: ((message: Writer) => void) | undefined,
  options: SessionOptions,
  host: Host,
): Promise<Session> {
  const { credentials, peer, presuming } = options;
  const presumed = presuming.credential ? presume(credentials, peer) : undefined;
  let sentAhead = presumed !== undefined;
  const ahead = presuming.verdict
    ? request &&
      ((message: Writer) => {
        sentAhead = true;
        request(message);
      })
    : undefined;
  try {
    const session = await handshake(channel, purpose, ahead, options, presumed, host);
    if (request !== undefined && ahead === undefined) channel.send(request);
    return session;
  } catch (error) {
    // A hang-up may be the answer to the presumption, or hide it.
    throw isHangUp(error) && sentAhead ? new StartOver(error.message, credentials, { hungUp: true }) : error;
  }
}

async function handshake(
  channel: SecurableChannel,
  purpose: Purpose,
  ahead: ((message: Writer) => void) | undefined,
  { credentials, peer, presuming, mayBeUnmapped }: SessionOptions,
  presumed: Offer | undefined,
  host: Host,
): Promise<Session> {
  const agreement = new KeyAgreement(host.randomBytes);
  const names = credentials.methods.map(({ name }) => name);
  channel.send((message) =>
    putClassAd(message.int(DC_AUTHENTICATE), clientPolicyAd(purpose, names, agreement.publicKey)),
  );
  if (presumed !== undefined) await makeOffer(channel, presumed);
  const server = readServerPolicy(await channel.receive(getClassAd));
  host.log.debug(`session: ${describeOffer(server)}`);
  const { method, clearToCome, candidate } = await authenticate(
    channel,
    credentials,
    peer,
    server,
    presumed,
    presuming.verdict,
  );
  const key = agreement.sessionKey(server.ecdhPublicKey);
  const { patience } = candidate;
  if (patience?.waits === true) await receiveKeyExchangeDone(channel);
  channel.protect(key, patience?.waits === true ? [] : [...clearToCome, KEY_EXCHANGE_DONE]);
  if (ahead !== undefined) channel.send(ahead);
  const verdict = await channel.receive(getClassAd).catch((error: unknown) => {
    if (patience === undefined || patience.waits || !isHangUp(error)) throw error;
    patience.waits = true;
    throw new StartOver('the daemon closed the connection after an early request', credentials);
  });
  const user = orNextMethod(method, credentials, () => readPostAuth(verdict, mayBeUnmapped));
  const sid = verdict.string('Sid');
  host.log.debug(
    `session: authenticated as ${user} with ${displayName(method)}, ${candidate.label}; the daemon runs ${server.remoteVersion}`,
  );
  return {
    channel,
    method,
    credentialSource: candidate.source ?? candidate.label,
    credentialExpiresAt: candidate.expiresAt,
    user,
    server,
    resumption: sid === undefined ? undefined : new Resumption(sid, key),
  };
}

function describeOffer({ methods, trustDomain, issuerKeys }: ServerPolicy): string {
  const keys = issuerKeys.length > 0 ? `; signing keys ${issuerKeys.join(', ')}` : '';
  return `the daemon accepts ${methods.map(displayName).join(', ')}; trust domain ${trustDomain}${keys}`;
}

/**
 * Sends a command with its request in a session that the daemon still has (SecMan::sendAuthInfo_inner with a cached one).
 * No answer to the resumption itself is asked for, so that it takes two round trips with the connection; a reply proves
 * that the daemon has the key. The nonce makes the digest of what we say in clear another one each time, so that no reply
 * from before fits.
 *
 * A daemon that does not have the session any more, or does not allow the command, hangs up.
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
 * The daemon has no identity for a credential that it accepted, such as a certificate that its map file does not know: then
 * the other methods are tried on a new connection.
 */
function orNextMethod(method: MethodName, credentials: Credentials, read: () => string): string {
  try {
    return read();
  } catch (error) {
    const methods = credentials.methods.filter(({ name }) => name !== method);
    const isUnmapped = error instanceof AuthorizationError && error.user?.endsWith(UNMAPPED) === true;
    if (!isUnmapped || methods.length === 0) throw error;
    const attempt = { method: displayName(method), reason: error.message };
    const unavailable = [...credentials.unavailable, attempt];
    throw new StartOver(error.message, { ...credentials, methods, unavailable }, { refused: error });
  }
}

/** Who we are to the daemon, if it lets us in. A missing ReturnCode is a refusal here, though old C++ took it for yes. */
function readPostAuth(ad: ClassAd, mayBeUnmapped: boolean): string {
  const code = ad.string('ReturnCode');
  const user = ad.string('User');
  if (!mayBeUnmapped && user?.endsWith(UNMAPPED) === true) {
    throw new AuthorizationError(
      'ERR_DENIED',
      `the daemon accepts the credential but maps it to no identity (${user})`,
      user,
    );
  }
  if (code === 'AUTHORIZED' && user !== undefined && user !== '') return user;
  if (code === 'CMD_NOT_FOUND') {
    throw new AuthorizationError('ERR_COMMAND_NOT_REGISTERED', 'the daemon does not support the command', user);
  }
  const text = ad.string('ErrorString');
  const reported = text === undefined ? '' : ` (${text})`;
  const who = user === undefined ? 'it reported no identity' : `it authenticated the client as ${user}`;
  throw new AuthorizationError(
    'ERR_DENIED',
    `the daemon replied ${code ?? 'nothing'}${reported} to the command; ${who}`,
    user,
  );
}

/** Whether the peer closed the connection. */
export function isHangUp(error: unknown): error is ConnectError {
  return error instanceof ConnectError && error.code === 'ERR_CLOSED';
}
