/** Sends one command over a connection, either in a session or in cleartext. The caller opens the connection. */
import {
  type AuthorizationError,
  CredentialError,
  type HTCondorError,
  NegotiationError,
  type Phase,
  withPhase,
} from '../errors.ts';
import { isConnectionClosed, isUnreachable } from '../runtime/failures.ts';
import type { Host } from '../runtime/host.ts';
import { prepare, StartOver } from '../security/authenticate.ts';
import { type Credentials, displayName, type Peer } from '../security/method.ts';
import { type Guesses, isResumable, resumeCommand, type Session, startCommand } from '../security/session.ts';
import type { Channel } from '../transport/channel.ts';
import type { ConnectionsAhead } from '../transport/connection-ahead.ts';
import { formatSinful, type Sinful, sharedPortId } from '../transport/sinful.ts';
import type { Writer } from '../wire/writer.ts';

/**
 * Address of a daemon, and the host name that the daemon's certificate must contain. The fields `serverName` and
 * `claimedName` are described in `Peer`.
 */
export interface Target extends Pick<Peer, 'serverName' | 'claimedName' | 'lastHeardFrom'> {
  readonly address: Sinful;
  /** Connections that were opened before the address was known. One of them might lead to the daemon. */
  readonly ahead?: ConnectionsAhead | undefined;
  /**
   * An earlier session of this run with the daemon, which the next command resumes. A session must be resumed only for
   * commands that change nothing. The daemon contributes no nonce to a resumed session, so an attacker who records a
   * resumed command can replay it while the session lasts.
   */
  readonly resume?: Session | undefined;
}

/** A command for one daemon, with the credentials to use. */
export interface Command {
  readonly target: Target;
  readonly command: number;
  /** For DC_SEC_QUERY, the command whose authorization is queried. */
  readonly about?: number;
  /** Writes the message that contains the request. Undefined if the command has no such message. */
  readonly request?: (message: Writer) => void;
  readonly credentials: Credentials;
  /** Phase that is named in errors. By default, this is `connect` until the connection is open, and then `session`. */
  readonly phase?: Phase;
  /** True if the command is allowed in a session in which the client's identity is unmapped. */
  readonly mayBeUnmapped?: boolean;
}

/** Result of a command. `roundTrips` is the total number of round trips, including those on abandoned connections. */
export interface CommandResult<T> {
  readonly value: T;
  readonly session: Session;
  readonly roundTrips: number;
}

/**
 * Returns the credentials whose methods authenticate the daemon. With other methods, the client could not detect that a
 * CCB broker connected it to a different peer.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL if no credential remains.
 */
export function onlyMutualMethods(credentials: Credentials): Credentials {
  const methods = credentials.methods.filter(({ authenticatesServer }) => authenticatesServer);
  const reason = 'it does not authenticate the daemon, which a connection through CCB requires';
  const left = credentials.methods
    .filter(({ authenticatesServer }) => !authenticatesServer)
    .map(({ name }) => ({ method: displayName(name), reason }));
  if (methods.length === 0) {
    const all = left.map(({ method }) => method).join(', ');
    throw new CredentialError('ERR_NO_CREDENTIAL', `no credential is usable for this daemon; ${all}: ${reason}`, {
      reason: 'ccb-needs-proof',
    });
  }
  return { ...credentials, methods, unavailable: [...credentials.unavailable, ...left] };
}

/** A connection to a daemon. */
export interface Route {
  readonly channel: Channel;
  /** Opens a different route to the daemon, for use if the peer of this connection is not the daemon. */
  readonly alternative?: (failure: HTCondorError) => Promise<Route>;
}

type Connect = (credentials: Credentials, host: Host) => Promise<Route>;

/** Parameters of the next connection attempt. */
interface Attempt extends Pick<Command, 'credentials' | 'target'> {
  readonly guesses: Guesses;
}

/**
 * Opens a connection and a session for one command, and sends the command with its request. Passes the session to
 * `read`, which receives the reply. The connection is always closed, because a daemon blocks in its read while a client
 * holds a connection open.
 *
 * On the first connection, the client guesses which credential the daemon accepts, which saves a round trip. If the
 * guess is wrong, or if the peer closes the connection, the client makes no such guess on the next connection. If the
 * daemon no longer has the session to resume, the client opens a new session on the next connection.
 *
 * If the peer closed a connection, the client waits for the daemon's verdict before it sends the next request. A daemon
 * that denies a command closes the connection without reading the request, so TCP sends a reset. The reset can discard
 * the denial, as it does on Windows.
 *
 * The loop terminates because no guess is made twice, and each new connection has fewer methods left to try.
 */
export async function commandOver<T>(
  connect: Connect,
  command: Command,
  read: (session: Session, channel: Channel) => Promise<T>,
  host: Host,
): Promise<CommandResult<T>> {
  const { credentials, target } = command;
  let next: Attempt = { credentials, target, guesses: { credential: true, verdict: true } };
  let refused: AuthorizationError | undefined;
  for (let spent = 0; ; ) {
    try {
      const result = await attempt(connect, { ...command, ...next }, next.guesses, read, host);
      return { ...result, roundTrips: result.roundTrips + spent };
    } catch (error) {
      if (!(error instanceof StartOver)) throw refused !== undefined && hasNoMethod(error) ? refused : error;
      refused ??= error.refused;
      spent += error.roundTrips;
      next = afterStartOver(next, error, host);
    }
  }
}

/**
 * True if the error means that no credential was left to try. If the daemon denied an earlier attempt, that denial
 * explains the failure better.
 */
function hasNoMethod(error: unknown): boolean {
  return (
    (error instanceof NegotiationError && error.code === 'ERR_NO_COMMON_METHOD') ||
    (error instanceof CredentialError && error.code === 'ERR_NO_CREDENTIAL')
  );
}

function afterStartOver({ target, guesses }: Attempt, error: StartOver, host: Host): Attempt {
  const resumed = isResumable(target.resume);
  const how = resumed ? 'with a new session' : "waiting for the daemon's policy first";
  host.log.debug(`session: retrying, ${how} (${error.message})`);
  return {
    credentials: error.credentials,
    target: { ...target, resume: undefined },
    guesses: { credential: guesses.credential && resumed, verdict: guesses.verdict && !error.hungUp },
  };
}

async function attempt<T>(
  connect: Connect,
  command: Command,
  guesses: Guesses,
  read: (session: Session, channel: Channel) => Promise<T>,
  host: Host,
): Promise<CommandResult<T>> {
  const { channel, session } = await openSession(connect, command, guesses, host);
  try {
    const value = await read(session, channel);
    return { value, session, roundTrips: channel.roundTrips };
  } catch (error) {
    // If the daemon no longer has the session, it closes the connection instead of sending a reply.
    const isExpired = isResumable(command.target.resume) && isConnectionClosed(error);
    throw counted(isExpired ? new StartOver(error.message, command.credentials) : error, channel);
  } finally {
    finish(channel);
  }
}

/**
 * Opens a session on the first route whose peer responds as a daemon. Private addresses are not unique, so a direct
 * connection might not lead to the daemon.
 */
async function openSession(
  connect: Connect,
  command: Command,
  guesses: Guesses,
  host: Host,
): Promise<{ readonly channel: Channel; readonly session: Session }> {
  const { phase = 'connect', target, credentials } = command;
  const connecting = (work: () => Promise<Route>) => withPhase(phase, formatSinful(target.address), work);
  if (!isResumable(target.resume)) prepare(credentials, target);
  let route = await connecting(() => connect(credentials, host));
  for (;;) {
    const { channel, alternative } = route;
    try {
      return { channel, session: await startOrResume(channel, command, guesses, host) };
    } catch (error) {
      counted(error, channel);
      finish(channel);
      if (!isUnreachable(error) || alternative === undefined || host.signal.aborted) throw error;
      host.log.debug(`ccb: the peer at the direct address may not be the daemon (${error.message})`);
      route = await connecting(() => alternative(error));
    }
  }
}

function startOrResume(
  channel: Channel,
  { target, command, about, request, credentials, phase = 'session', mayBeUnmapped = false }: Command,
  guesses: Guesses,
  host: Host,
): Promise<Session> {
  const { address, serverName, claimedName, lastHeardFrom, resume } = target;
  const peer = { ...channel.remote, sharedPortId: sharedPortId(address), serverName, claimedName, lastHeardFrom };
  const purpose = { command, about };
  return withPhase(phase, formatSinful(address), () =>
    isResumable(resume)
      ? resumeCommand(channel, purpose, request, resume, host)
      : startCommand(channel, purpose, request, { credentials, peer, guesses, mayBeUnmapped }, host),
  );
}

/** Returns the error. If the error is a StartOver, first records the connection's round trips in it. */
function counted(error: unknown, { roundTrips }: Channel): unknown {
  if (error instanceof StartOver) error.roundTrips = roundTrips;
  return error;
}

function finish(channel: Channel): void {
  channel.flush();
  channel.close();
}

/** Sends a command that needs no session, and passes the channel to `read`. The channel is always closed. */
export async function commandInCleartext<T>(
  channel: Channel,
  command: number,
  request: (message: Writer) => void,
  read: (channel: Channel) => Promise<T>,
): Promise<T> {
  try {
    channel.send((message) => request(message.int(command)));
    return await read(channel);
  } finally {
    channel.close();
  }
}
