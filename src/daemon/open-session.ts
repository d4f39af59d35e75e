import { ConnectError, HTCondorError, type Phase } from '../errors.ts';
import type { Host } from '../host.ts';
import { PresumptionFailed } from '../security/authenticate.ts';
import type { AuthMethod } from '../security/method.ts';
import { type Session, startCommand } from '../security/session.ts';
import { connect } from '../transport/connect.ts';
import { formatSinful, type Sinful } from '../transport/sinful.ts';
import type { Writer } from '../wire/writer.ts';

/** One command for one daemon, and the credentials for it. */
export interface CommandCall {
  readonly address: Sinful;
  readonly command: number;
  readonly request: (message: Writer) => void;
  readonly methods: readonly AuthMethod[];
  /** What an error says of when it happened; undefined: whether it was connecting or the session. */
  readonly phase?: Phase;
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
 * A first try presumes which credential fits and saves a round trip; if that guess fails, or the peer hangs up on it,
 * there is one more without.
 */
export async function callCommand<T>(
  call: CommandCall,
  read: (session: Session) => Promise<T>,
  host: Host,
): Promise<CommandResult<T>> {
  try {
    return await attempt(call, read, true, host);
  } catch (error) {
    const hungUp = error instanceof ConnectError && error.code === 'ERR_CLOSED';
    const presumed = call.methods.length === 1 && call.methods[0]?.presumed() !== undefined;
    if (!(error instanceof PresumptionFailed) && !(hungUp && presumed)) throw error;
    host.log.debug(`session: once more, waiting for the daemon's policy first (${error.message})`);
    return await attempt(call, read, false, host);
  }
}

async function attempt<T>(
  { address, command, request, methods, phase }: CommandCall,
  read: (session: Session) => Promise<T>,
  presume: boolean,
  host: Host,
): Promise<CommandResult<T>> {
  const channel = await inPhase(phase ?? 'connect', address, () => connect(address, host));
  try {
    const session = await inPhase(phase ?? 'session', address, () =>
      startCommand(channel, command, request, { methods, presume }, host),
    );
    const value = await read(session);
    return { value, session, roundTrips: channel.roundTrips };
  } finally {
    channel.flush();
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
