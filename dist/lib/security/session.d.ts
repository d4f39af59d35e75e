import type { Host } from '../host.ts';
import type { MessageChannel, SecurableChannel } from '../wire/message-channel.ts';
import type { Writer } from '../wire/writer.ts';
import { type Credentials, type MethodName, type Peer } from './method.ts';
import { type Purpose, type ServerPolicy } from './policy.ts';
import { Resumption } from './resumption.ts';
/** Exists only if both sides are proven, every frame is encrypted, and the command was authorized. */
export interface Session {
    /** The reply to the request comes from here. */
    readonly channel: MessageChannel;
    readonly method: MethodName;
    /** Who the daemon says we are, `user@domain`. */
    readonly user: string;
    readonly server: ServerPolicy;
    /** How to come back to it; undefined: the daemon did not name it. */
    readonly resumption: Resumption | undefined;
}
/** A session that can be come back to. */
export interface ResumableSession extends Session {
    readonly resumption: Resumption;
}
export declare function isResumable(session: Session | undefined): session is ResumableSession;
export interface SessionOptions {
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
export declare function startCommand(channel: SecurableChannel, purpose: Purpose, request: (message: Writer) => void, options: SessionOptions, host: Host): Promise<Session>;
/**
 * Sends a command with its request in a session that the daemon still has (SecMan::sendAuthInfo_inner with a cached one).
 * No answer to the resumption itself is asked for, so that it takes two round trips with the connection; a reply proves
 * that the daemon has the key. The nonce makes the digest of what we say in clear another one each time, so that no reply
 * from before fits.
 *
 * A daemon that does not have the session any more, or does not allow the command, hangs up.
 */
export declare function resumeCommand(channel: SecurableChannel, purpose: Purpose, request: (message: Writer) => void, session: ResumableSession, host: Host): Session;
