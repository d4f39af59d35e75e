/**
 * From a fresh channel to an authorized, encrypted session (cedar-rfc §4; SecMan::startCommand in C++).
 */
import { AuthorizationError } from '../errors.ts';
import type { Host } from '../host.ts';
import { type ClassAd, getClassAd, putClassAd } from '../wire/classad.ts';
import type { MessageChannel, SecurableChannel } from '../wire/message-channel.ts';
import type { Writer } from '../wire/writer.ts';
import { authenticate, offer, type Presumption } from './authenticate.ts';
import { KeyAgreement } from './key-agreement.ts';
import type { AuthMethod, MethodName } from './method.ts';
import { clientPolicyAd, readServerPolicy, type ServerPolicy } from './policy.ts';

/** DC_AUTHENTICATE (condor_commands.h): the command that opens a session for another one. */
const DC_AUTHENTICATE = 60010;

/** "No key follows": the server's last word in clear, when the key was agreed on by ECDH (§5.7). */
const putKeyExchangeDone = (message: Writer): Writer => message.int(0);

/** Exists only if both sides are proven, every frame is encrypted, and the command was authorized. */
export interface Session {
  /** The reply to the request comes from here. */
  readonly channel: MessageChannel;
  readonly method: MethodName;
  /** Who the daemon says we are, `user@domain`. */
  readonly user: string;
  readonly server: ServerPolicy;
}

export interface SessionOptions {
  /** The ways to authenticate, in our order. */
  readonly methods: readonly AuthMethod[];
  /** False after a presumption failed: wait for the server's word before choosing a credential. */
  readonly presume: boolean;
}

/**
 * Opens a session for one command and sends its request.
 *
 * What can leave together does: with one credential to choose from, policy ad, method and first words are the first
 * flight; the last words and the encrypted request are the second. Together with the connection that is three round
 * trips, the least that the protocol allows.
 *
 * @throws NegotiationError, AuthenticationError, ProtocolError, ConnectError.
 * @throws AuthorizationError ERR_DENIED with the identity.
 * @throws PresumptionFailed to be tried once more on a new channel with `presume: false`.
 */
export async function startCommand(
  channel: SecurableChannel,
  command: number,
  request: (message: Writer) => void,
  { methods, presume }: SessionOptions,
  host: Host,
): Promise<Session> {
  const agreement = new KeyAgreement(host.randomBytes);
  const names = methods.map(({ name }) => name);
  const presumption = presume ? presumptionOf(methods) : undefined;

  channel.send((message) =>
    putClassAd(message.int(DC_AUTHENTICATE), clientPolicyAd(command, names, agreement.publicKey)),
  );
  if (presumption !== undefined) offer(channel, presumption);
  const server = readServerPolicy(await channel.receive(getClassAd));
  const method = await authenticate(channel, methods, server, presumption);
  channel.protect(agreement.sessionKey(server.ecdhPublicKey), [putKeyExchangeDone]);
  channel.send(request);
  const user = readPostAuth(await channel.receive(getClassAd));
  return { channel, method, user, server };
}

/** The only method, if it has one candidate that may be shown to a stranger. */
function presumptionOf(methods: readonly AuthMethod[]): Presumption | undefined {
  const [method, ...others] = methods;
  const candidate = others.length === 0 ? method?.presumed() : undefined;
  return method === undefined || candidate === undefined ? undefined : { method: method.name, candidate };
}

/** Who we are to the daemon, if it lets us in. A missing ReturnCode is a refusal here, though old C++ took it for yes. */
function readPostAuth(ad: ClassAd): string {
  const code = ad.string('ReturnCode');
  const user = ad.string('User');
  if (code === 'AUTHORIZED' && user !== undefined && user !== '') return user;
  if (code === 'CMD_NOT_FOUND') {
    throw new AuthorizationError('ERR_COMMAND_NOT_REGISTERED', 'the daemon does not know the command', user);
  }
  const who = user === undefined ? 'it names no identity' : `for it, we are ${user}`;
  throw new AuthorizationError('ERR_DENIED', `the daemon answers ${code ?? 'nothing'} to our command; ${who}`, user);
}
