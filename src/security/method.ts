import type { MethodAttempt } from '../errors.ts';
import type { Refusal } from '../reasons.ts';
import type { ExpectedMessage, MessageChannel } from '../wire/message-channel.ts';
import type { ServerPolicy } from './policy.ts';

/**
 * Bits of the method negotiation (CAUTH_* in condor_auth.h) by the method's name in AuthMethods. The server compares names
 * literally, and its name for IDTOKENS is `TOKEN`. CLAIMTOBE and ANONYMOUS are not supported because they prove nothing.
 */
export const METHOD_BIT = {
  FS: 4,
  KERBEROS: 64,
  SSL: 256,
  PASSWORD: 512,
  MUNGE: 1024,
  TOKEN: 2048,
  SCITOKENS: 4096,
} as const;

export type MethodName = keyof typeof METHOD_BIT;

/** Returns the method's name in HTCondor's manual, for messages. */
export function displayName(method: string): string {
  return method === 'TOKEN' ? 'IDTOKENS' : method;
}

/** What to do if a method requires a host name. */
export const SET_SERVER_NAME = 'set server-name, or use a host name instead of an IP address';

/** The peer of a connection, as far as it is known before its first message. */
export interface Peer {
  /** IP address without brackets. */
  readonly address: string;
  readonly port: number;
  /** Name of the daemon's socket behind the shared port. Undefined if the daemon has its own port. */
  readonly sharedPortId: string | undefined;
  /** Host name that the daemon's certificate must carry, as the user supplied it. Undefined if no name is certain. */
  readonly serverName: string | undefined;
  /**
   * Host name that an authenticated collector returned. It suffices to authenticate the client, but not to send a credential
   * that others can use.
   */
  readonly claimedName?: string | undefined;
  /** When the collector last heard from the daemon, by the collector's clock, in seconds since 1970. */
  readonly lastHeardFrom?: number | undefined;
}

/** One credential of one method, prepared for one server. */
export interface Candidate {
  /** Describes the credential without its secret, for logs and errors. */
  readonly label: string;
  /** Source of this credential: an input, a file, a variable. Default: the label. */
  readonly source?: string | undefined;
  /** Why the daemon will probably refuse it; such a credential is tried after all others. */
  readonly doubt?: Refusal | undefined;
  /** Expiry of the credential, in seconds since 1970. Undefined if it never expires or does not limit a token. */
  readonly expiresAt?: number | undefined;
  /** Sends the method's first message if the client sends it. It leaves in one flight with the method's bit. */
  open(channel: MessageChannel): void | Promise<void>;
  /**
   * Runs the rest of the method. The client's last message is queued when this returns.
   *
   * If the server sends the last message and its content is known beforehand, the message is returned instead of awaited,
   * but only if `last`: after the bytes that follow, no other credential can be tried on this connection.
   *
   * @throws MethodRefused the server rejects this credential, and both peers can go on with the next one.
   * @throws AuthenticationError ERR_SERVER_UNPROVEN the server failed to authenticate itself. It must not receive more.
   */
  finish(channel: MessageChannel, server: ServerPolicy, last: boolean): Promise<readonly ExpectedMessage[]>;
  /**
   * Set by methods whose server may need time to check a credential and closes the connection if the request arrives
   * meanwhile. If `waits`, the request is sent after the server's last message. Set after such a close, for the whole run.
   */
  readonly patience?: { waits: boolean };
}

/** A credential that is not sent to this server, with the reason. */
export interface Objection extends Refusal {
  readonly label: string;
}

/** An authentication method with all its credentials. */
export interface AuthMethod {
  readonly name: MethodName;
  /** True if a client that succeeds with this method has verified the server's identity. */
  readonly authenticatesServer: boolean;
  /** Credential sources, for logs. */
  readonly sources: readonly string[];
  /** Credentials that can be used with this server, best first, and the rejected ones with the reason. No network. */
  candidatesFor(
    server: ServerPolicy,
    peer: Peer,
  ): { readonly usable: readonly Candidate[]; readonly rejected: readonly Objection[] };
  /**
   * Returns the candidate that may be tried before the server has sent its policy. Undefined if the choice depends on the
   * server, or if an unknown server must not see what the candidate reveals.
   */
  guessed(peer: Peer): Candidate | undefined;
  /** Begins work that needs no daemon, while the connection is being opened. Called only for the method that is tried first. */
  prepare?(names: Pick<Peer, 'serverName' | 'claimedName'>): void;
}

/** The authentication methods with a credential, and why the others have none. */
export interface Credentials {
  readonly methods: readonly AuthMethod[];
  /** Whose order of methods counts: `ours` is the order of `methods`, `daemon` that of the server's policy. */
  readonly preference: 'ours' | 'daemon';
  /** Methods without a usable credential, with the reason. */
  readonly unavailable: readonly MethodAttempt[];
}

/** Methods that are still safe after a server failed to authenticate itself: each requires the server's proof first. */
export const SAFE_AFTER_UNPROVEN: readonly MethodName[] = ['TOKEN', 'SSL', 'SCITOKENS'];

/** The server rejected a credential. The next one may be tried, on the same connection unless `outOfStep`. */
export class MethodRefused extends Error {
  /** True if the peers now expect different messages, so that the connection is no longer usable. */
  readonly outOfStep: boolean;
  readonly refusal: Refusal;
  /** True if the server failed to authenticate itself with this credential. */
  readonly unproven: boolean;

  constructor(refusal: Refusal, outOfStep = false, unproven = false) {
    super(refusal.reason);
    this.refusal = refusal;
    this.outOfStep = outOfStep;
    this.unproven = unproven;
  }
}
