import type { MethodAttempt } from '../errors.ts';
import type { Refusal } from '../reasons.ts';
import type { ExpectedMessage, MessageChannel } from '../wire/message-channel.ts';
import type { ServerPolicy } from './policy.ts';

/**
 * Bit of each method in the negotiation (CAUTH_* in condor_auth.h), by the method's name in AuthMethods. The server
 * compares names literally, and its name for IDTOKENS is `TOKEN`. CLAIMTOBE and ANONYMOUS are not supported, because
 * they prove nothing.
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

/** Returns the name of a method in HTCondor's manual, for messages. */
export function displayName(method: string): string {
  return method === 'TOKEN' ? 'IDTOKENS' : method;
}

/** Advice for a method that requires a host name. */
export const SET_SERVER_NAME = 'set server-name, or use a host name instead of an IP address';

/** Facts about the peer that are known before its first message. */
export interface Peer {
  /** IP address of the peer, without brackets. */
  readonly address: string;
  readonly port: number;
  /** Name of the daemon's socket behind the shared port. Undefined if the daemon has its own port. */
  readonly sharedPortId: string | undefined;
  /** Host name, supplied by the user, that the daemon's certificate must contain. Undefined if no name is certain. */
  readonly serverName: string | undefined;
  /**
   * Host name that an authenticated collector returned. It is sufficient for authenticating the client, but not for
   * sending a credential that the recipient could use elsewhere.
   */
  readonly claimedName?: string | undefined;
  /**
   * Time at which the collector last received an ad from the daemon, by the collector's clock, in seconds since 1970.
   */
  readonly lastHeardFrom?: number | undefined;
}

/** A credential of one method, prepared for one server. */
export interface Candidate {
  /** Describes the credential without its secret, for logs and errors. */
  readonly label: string;
  /** Source of the credential: an input, a file or an environment variable. Default: the label. */
  readonly source?: string | undefined;
  /** Reason why the daemon will probably refuse the credential. A doubtful credential is tried after all others. */
  readonly doubt?: Refusal | undefined;
  /**
   * Expiry of the credential, in seconds since 1970. Undefined if it never expires or does not limit the lifetime of
   * tokens.
   */
  readonly expiresAt?: number | undefined;
  /**
   * Sends the method's first message if the client is the first to send. The message leaves in the same flight as the
   * method's bit.
   */
  open(channel: MessageChannel): void | Promise<void>;
  /**
   * Runs the rest of the method. When this function returns, the client's last message is queued.
   *
   * If the server sends the last message and its content is known in advance, the message is returned instead of
   * awaited. This requires that `last` is true, because no other credential can be tried on this connection afterwards.
   *
   * @throws MethodRefused if the server rejects this credential. Both peers can continue with the next one.
   * @throws AuthenticationError ERR_SERVER_UNPROVEN if the server failed to authenticate itself. Nothing more may be
   *   sent to it.
   */
  finish(channel: MessageChannel, server: ServerPolicy, last: boolean): Promise<readonly ExpectedMessage[]>;
  /**
   * Set if the method's server may need time to check a credential and closes the connection if the request arrives
   * meanwhile. If `waits` is true, the request is sent after the server's last message. After such a close, `waits`
   * stays true for the rest of the run.
   */
  readonly patience?: { waits: boolean };
}

/** A credential that is not sent to this server, with the reason. */
export interface Objection extends Refusal {
  readonly label: string;
}

/** An authentication method and all of its credentials. */
export interface AuthMethod {
  readonly name: MethodName;
  /** True if successful authentication with this method verifies the server's identity. */
  readonly authenticatesServer: boolean;
  /** Credential sources, for logs. */
  readonly sources: readonly string[];
  /**
   * Returns the usable credentials for this server, best first, and the rejected ones with the reasons. Does not use
   * the network.
   */
  candidatesFor(
    server: ServerPolicy,
    peer: Peer,
  ): { readonly usable: readonly Candidate[]; readonly rejected: readonly Objection[] };
  /**
   * Returns the candidate that may be tried before the server has sent its policy. Returns undefined if the choice
   * depends on the server, or if the candidate reveals something that an unknown server must not see.
   */
  guessed(peer: Peer): Candidate | undefined;
  /**
   * Begins work that does not need the daemon, while the connection is being opened. Called only for the method that is
   * tried first.
   */
  prepare?(names: Pick<Peer, 'serverName' | 'claimedName'>): void;
}

/** The authentication methods that have a credential, and the reasons why the others have none. */
export interface Credentials {
  readonly methods: readonly AuthMethod[];
  /**
   * Order in which methods are tried: `ours` is the order of `methods`, and `daemon` is that of the server's policy.
   */
  readonly preference: 'ours' | 'daemon';
  /** Methods without a usable credential, with the reasons. */
  readonly unavailable: readonly MethodAttempt[];
}

/**
 * Methods that are still safe after a server failed to authenticate itself, because they require the server's proof
 * first.
 */
export const SAFE_AFTER_UNPROVEN: readonly MethodName[] = ['TOKEN', 'SSL', 'SCITOKENS'];

/**
 * Thrown if the server rejects a credential. The next credential may be tried, on the same connection unless
 * `outOfStep` is true.
 */
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
