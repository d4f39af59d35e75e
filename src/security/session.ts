/**
 * From a fresh channel to an authorized, encrypted session (cedar-rfc §4; SecMan::startCommand in C++).
 */
import { AuthorizationError, ConnectError } from '../errors.ts';
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

/** Exists only if both sides are proven, every frame is encrypted, and the command was authorized. */
export interface Session {
  /** The reply to the request comes from here. */
  readonly channel: MessageChannel;
  readonly method: MethodName;
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

interface SessionOptions {
  readonly credentials: Credentials;
  readonly peer: Peer;
  /** False after a presumption failed: wait for the server's word before choosing a credential. */
  readonly mayPresume: boolean;
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
 * @throws StartOver to be tried once more on a new channel with `mayPresume: false`.
 */
export async function startCommand(
  channel: SecurableChannel,
  purpose: Purpose,
  request: (message: Writer) => void,
  options: SessionOptions,
  host: Host,
): Promise<Session> {
  const { credentials, peer, mayPresume } = options;
  const presumed = mayPresume ? presume(credentials, peer) : undefined;
  try {
    return await handshake(channel, purpose, request, options, presumed, host);
  } catch (error) {
    // A hang-up may be the answer to the guess.
    const hungUp = error instanceof ConnectError && error.code === 'ERR_CLOSED';
    throw hungUp && presumed !== undefined ? new StartOver(error.message, credentials) : error;
  }
}

async function handshake(
  channel: SecurableChannel,
  purpose: Purpose,
  request: (message: Writer) => void,
  { credentials, peer, mayBeUnmapped }: SessionOptions,
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
  const { method, expiresAt, clearToCome } = await authenticate(channel, credentials, peer, server, presumed);
  const key = agreement.sessionKey(server.ecdhPublicKey);
  channel.protect(key, [...clearToCome, KEY_EXCHANGE_DONE]);
  channel.send(request);
  const verdict = await channel.receive(getClassAd);
  const user = readPostAuth(verdict, mayBeUnmapped);
  const sid = verdict.string('Sid');
  host.log.debug(`session: ${displayName(method)} makes you ${user}, at ${server.remoteVersion}`);
  const resumption = sid === undefined ? undefined : new Resumption(sid, key);
  return { channel, method, credentialExpiresAt: expiresAt, user, server, resumption };
}

function describeOffer({ methods, trustDomain, issuerKeys }: ServerPolicy): string {
  const keys = issuerKeys.length > 0 ? `; signing keys ${issuerKeys.join(', ')}` : '';
  return `the daemon takes ${methods.map(displayName).join(', ')}; trust domain ${trustDomain}${keys}`;
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
  request: (message: Writer) => void,
  session: ResumableSession,
  host: Host,
): Session {
  const nonce = Buffer.from(host.randomBytes(NONCE_LENGTH)).toString('base64');
  channel.send((message) =>
    putClassAd(message.int(DC_AUTHENTICATE), resumptionAd(purpose, session.resumption.sid, nonce)),
  );
  session.resumption.protect(channel);
  channel.send(request);
  host.log.debug(`session: resumed as ${session.user}`);
  return { ...session, channel };
}

/** Who we are to the daemon, if it lets us in. A missing ReturnCode is a refusal here, though old C++ took it for yes. */
function readPostAuth(ad: ClassAd, mayBeUnmapped: boolean): string {
  const code = ad.string('ReturnCode');
  const user = ad.string('User');
  if (!mayBeUnmapped && user?.endsWith(UNMAPPED) === true) {
    throw new AuthorizationError(
      'ERR_DENIED',
      `the daemon accepts our credential but maps it to nobody (${user})`,
      user,
    );
  }
  if (code === 'AUTHORIZED' && user !== undefined && user !== '') return user;
  if (code === 'CMD_NOT_FOUND') {
    throw new AuthorizationError('ERR_COMMAND_NOT_REGISTERED', 'the daemon does not know the command', user);
  }
  const who = user === undefined ? 'it names no identity' : `for it, we are ${user}`;
  throw new AuthorizationError('ERR_DENIED', `the daemon answers ${code ?? 'nothing'} to our command; ${who}`, user);
}
