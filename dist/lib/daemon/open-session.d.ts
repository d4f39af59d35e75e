import { type Phase } from '../errors.ts';
import type { Host } from '../host.ts';
import { type Credentials, type Peer } from '../security/method.ts';
import { type Session } from '../security/session.ts';
import type { Channel } from '../transport/channel.ts';
import { type Sinful } from '../transport/sinful.ts';
import type { Writer } from '../wire/writer.ts';
import { type Destination } from './reach.ts';
/** Where a daemon is, and the name that its certificate must carry: Peer says how the two names differ. */
export interface Target extends Pick<Peer, 'serverName' | 'claimedName'>, Destination {
    /** A session there that this run has had before, to come back to. */
    readonly resume?: Session | undefined;
}
/** One command for one daemon, and the credentials for it. */
export interface CommandCall {
    readonly target: Target;
    readonly command: number;
    /** With DC_SEC_QUERY: the command that it is about. */
    readonly about?: number;
    readonly request: (message: Writer) => void;
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
 * A first try presumes which credential fits and saves a round trip; if that guess fails, or the peer hangs up on it,
 * or the daemon has no more the session to resume, there is one more without. It ends: nothing is presumed twice, and each further try has a method less.
 */
export declare function callCommand<T>(call: CommandCall, read: (session: Session, channel: Channel) => Promise<T>, host: Host): Promise<CommandResult<T>>;
/** A command that needs no session. */
export interface ClearCall extends Pick<CommandCall, 'command' | 'request' | 'connect'> {
    readonly address: Sinful;
}
/** Sends a command that needs no session, and lets `read` have the reply. The connection is closed whatever happens. */
export declare function callInClear<T>({ address, command, request, connect: getThere }: ClearCall, read: (channel: Channel) => Promise<T>, host: Host): Promise<T>;
/** Runs `work`; an error of ours that leaves it says where it happened. */
export declare function inPhase<T>(phase: Phase, peer: Sinful | undefined, work: () => Promise<T> | T): Promise<T>;
