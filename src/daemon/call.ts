import {
  AuthenticationError,
  AuthorizationError,
  ConnectError,
  CredentialError,
  HTCondorError,
  NegotiationError,
  type Phase,
  ProtocolError,
} from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { prepare, StartOver } from '../security/authenticate.ts';
import { type Credentials, displayName, ONE_SIDED, type Peer } from '../security/method.ts';
import {
  isHangUp,
  isResumable,
  type Presuming,
  resumeCommand,
  type Session,
  startCommand,
} from '../security/session.ts';
import { isBehindCcb } from '../transport/ccb-contact.ts';
import type { Channel } from '../transport/channel.ts';
import { connect } from '../transport/connect.ts';
import { formatSinful, type Sinful, sharedPortId } from '../transport/sinful.ts';
import type { Writer } from '../wire/writer.ts';
import type { BrokerCall } from './ccb.ts';
import { type Destination, type Route, reach } from './reach.ts';

/** Where a daemon is, and the name that its certificate must carry: Peer says how the two names differ. */
export interface Target extends Pick<Peer, 'serverName' | 'claimedName' | 'lastHeardFrom'>, Destination {
  /**
   * A session there that this run has had before, to come back to. Only for commands that change nothing: whoever has seen one
   * can send it again while the session lasts, for nothing that the daemon draws is bound in.
   */
  readonly resume?: Session | undefined;
}

/** One command for one daemon, and the credentials for it. */
interface CommandCall {
  readonly target: Target;
  readonly command: number;
  /** With DC_SEC_QUERY: the command that it is about. */
  readonly about?: number;
  /** Undefined: the command has no request. */
  readonly request?: (message: Writer) => void;
  readonly credentials: Credentials;
  /** What an error says of when it happened; undefined: whether it was connecting or the session. */
  readonly phase?: Phase;
  /** True if the command is for those too whom the daemon knows not who they are. */
  readonly mayBeUnmapped?: boolean;
  /** How to get there. Default: directly or through CCB, as the address has it. */
  readonly connect?: (host: Host) => Promise<Channel>;
}

/** What a command gave, and the round trips it took, those of a first try included. */
export interface CommandResult<T> {
  readonly value: T;
  readonly session: Session;
  readonly roundTrips: number;
}

/**
 * Connects, opens a session for a command with its request, and lets `read` have the reply. The connection is closed
 * whatever happens: a daemon blocks in its read while we hold one open.
 *
 * The first connection presumes which credential the daemon accepts, which saves a round trip. If the presumption fails,
 * if the peer hangs up, or if the daemon no longer has the session to resume, a second connection presumes nothing. After
 * a hang-up, the request waits for the daemon's verdict too: a daemon that denies the command closes the connection
 * without reading the request, its TCP then sends a reset, and a reset may discard the denial (it does on Windows). The
 * loop ends because nothing is presumed twice and each further connection has one method less.
 */
export async function callCommand<T>(
  call: CommandCall,
  read: (session: Session, channel: Channel) => Promise<T>,
  host: Host,
): Promise<CommandResult<T>> {
  let { credentials, target } = call;
  let refused: AuthorizationError | undefined;
  for (let spent = 0, presuming: Presuming = { credential: true, verdict: true }; ; ) {
    try {
      const result = await attempt({ ...call, credentials, target }, read, presuming, host);
      return { ...result, roundTrips: result.roundTrips + spent };
    } catch (error) {
      if (!(error instanceof StartOver)) throw refused !== undefined && isNoMethod(error) ? refused : error;
      refused ??= error.refused;
      const resumed = isResumable(target.resume);
      const how = resumed ? 'with a new session' : "waiting for the daemon's policy first";
      host.log.debug(`session: retrying, ${how} (${error.message})`);
      credentials = error.credentials;
      target = { ...target, resume: undefined };
      presuming = { credential: presuming.credential && resumed, verdict: presuming.verdict && !error.hungUp };
      spent += error.roundTrips;
    }
  }
}

/** Whether there was no credential to try at all, so that an earlier refusal is the better reason. */
function isNoMethod(error: unknown): boolean {
  return (
    (error instanceof NegotiationError && error.code === 'ERR_NO_COMMON_METHOD') ||
    (error instanceof CredentialError && error.code === 'ERR_NO_CREDENTIAL')
  );
}

async function attempt<T>(
  call: CommandCall,
  read: (session: Session, channel: Channel) => Promise<T>,
  presuming: Presuming,
  host: Host,
  failed?: HTCondorError,
): Promise<CommandResult<T>> {
  const { target, command, about, request, phase, mayBeUnmapped = false } = call;
  const { address, serverName, claimedName, lastHeardFrom } = target;
  // A CCB broker, or whoever named it, chooses the peer, even if a direct connection wins the race.
  const mayBeChosen = call.connect === undefined && isBehindCcb(address);
  const credentials = mayBeChosen ? mutualOnly(call.credentials) : call.credentials;
  if (!isResumable(target.resume)) prepare(credentials, target);
  const { channel, way } = await inPhase(phase ?? 'connect', address, () => routeTo(call, host, failed));
  const earlier = isResumable(target.resume) ? target.resume : undefined;
  let session: Session | undefined;
  try {
    const peer = { ...channel.remote, sharedPortId: sharedPortId(address), serverName, claimedName, lastHeardFrom };
    const purpose = { command, about };
    session = await inPhase(phase ?? 'session', address, () =>
      earlier !== undefined
        ? resumeCommand(channel, purpose, request, earlier, host)
        : startCommand(channel, purpose, request, { credentials, peer, presuming, mayBeUnmapped }, host),
    );
    const value = await read(session, channel).catch((error: unknown) => {
      throw earlier !== undefined && isHangUp(error) ? new StartOver(error.message, call.credentials) : error;
    });
    return { value, session, roundTrips: channel.roundTrips };
  } catch (error) {
    if (error instanceof StartOver) error.roundTrips = channel.roundTrips;
    // Addresses of private networks exist more than once: who answers at this one need not be the daemon.
    const mute = error instanceof ConnectError || error instanceof ProtocolError;
    if (!mute || session !== undefined || way !== 'direct, else ccb' || host.signal.aborted) throw error;
    host.log.debug(`ccb: the peer at the direct address may not be the daemon (${error.message})`);
    failed = error;
  } finally {
    channel.flush();
    channel.close();
  }
  return await attempt(call, read, presuming, host, failed);
}

async function routeTo(call: CommandCall, host: Host, failed: HTCondorError | undefined): Promise<Route> {
  if (call.connect !== undefined) return { channel: await call.connect(host), way: 'direct' };
  const { target, credentials } = call;
  return await reach(target, (broker, read, within) => askBroker(broker, credentials, read, within), host, failed);
}

/**
 * The credentials for a daemon behind CCB: a broker brings the peer, so the peer has to authenticate itself.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL if nothing is left.
 */
function mutualOnly(credentials: Credentials): Credentials {
  const methods = credentials.methods.filter(({ name }) => !ONE_SIDED.includes(name));
  const reason = 'it does not authenticate the daemon, which a connection through CCB requires';
  const left = credentials.methods
    .filter(({ name }) => ONE_SIDED.includes(name))
    .map(({ name }) => ({ method: displayName(name), reason }));
  if (methods.length === 0) {
    const all = left.map(({ method }) => method).join(', ');
    throw new CredentialError('ERR_NO_CREDENTIAL', `no credential is usable for this daemon; ${all}: ${reason}`);
  }
  return { ...credentials, methods, unavailable: [...credentials.unavailable, ...left] };
}

/**
 * In a session first: then the word that the daemon is to say stays a secret. In clear where that is refused: the broker
 * may be of another pool than the daemon, with other keys, and most let everybody ask.
 *
 * One after the other, not at once as collectors are asked: each request makes the daemon connect. There is no host name
 * to check the broker's certificate against, for who said its address may have said a name of his own with it.
 */
async function askBroker<T>(
  { address, ...broker }: BrokerCall,
  credentials: Credentials,
  read: (channel: Channel) => Promise<T>,
  host: Host,
): Promise<T> {
  try {
    const target = { address, serverName: undefined };
    const call = { ...broker, target, credentials: mutualOnly(credentials), phase: 'connect' as const };
    return (await callCommand(call, (_, channel) => read(channel), host)).value;
  } catch (error) {
    const refused =
      error instanceof CredentialError ||
      error instanceof NegotiationError ||
      error instanceof AuthenticationError ||
      error instanceof AuthorizationError ||
      isHangUp(error);
    if (!refused || host.signal.aborted) throw error;
    host.log.debug(`ccb: retrying without a session (${error.message})`);
    return await callInClear({ address, ...broker }, read, host);
  }
}

/** A command that needs no session. */
interface ClearCall extends Pick<CommandCall, 'command' | 'connect'> {
  readonly address: Sinful;
  readonly request: (message: Writer) => void;
}

/** Sends a command that needs no session, and lets `read` have the reply. The connection is closed whatever happens. */
export async function callInClear<T>(
  { address, command, request, connect: getThere }: ClearCall,
  read: (channel: Channel) => Promise<T>,
  host: Host,
): Promise<T> {
  const channel = await (getThere?.(host) ?? connect(address, host));
  try {
    channel.send((message) => request(message.int(command)));
    return await read(channel);
  } finally {
    channel.close();
  }
}

/** Runs `work`; an error of ours that leaves it says where it happened. */
export async function inPhase<T>(phase: Phase, peer: Sinful | undefined, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof HTCondorError ? error.at(phase, peer && formatSinful(peer)) : error;
  }
}
