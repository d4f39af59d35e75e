import type { MethodAttempt } from '../errors.ts';
import type { Refusal } from '../reasons.ts';
import type { ExpectedMessage, MessageChannel } from '../wire/message-channel.ts';
import type { ServerPolicy } from './policy.ts';

/**
 * Bit that represents each method in the negotiation (CAUTH_* in condor_auth.h). Each property has the name that the
 * method has in AuthMethods. The server compares names literally, and its name for IDTOKENS is `TOKEN`. CLAIMTOBE and
 * ANONYMOUS are not supported, because neither of them proves an identity.
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

/** Returns the name that HTCondor's manual uses for a method. Messages use this name. */
export function displayName(method: string): string {
  return method === 'TOKEN' ? 'IDTOKENS' : method;
}

/** Advice that is shown if a method requires a host name but none is known. */
export const SET_SERVER_NAME = 'set server-name, or use a host name instead of an IP address';

/** Facts about the peer that are known before its first message. */
export interface Peer {
  /** IP address of the peer, without brackets. */
  readonly address: string;
  readonly port: number;
  /** Name of the daemon's socket behind the shared port. Undefined if the daemon has its own port. */
  readonly sharedPortId: string | undefined;
  /**
   * Host name, supplied by the user, that the daemon's certificate must contain. Undefined if no trusted name is known.
   */
  readonly serverName: string | undefined;
  /**
   * Host name that an authenticated collector returned. This name is sufficient for authenticating the client, but not
   * for sending a credential that the recipient could use elsewhere.
   */
  readonly claimedName?: string | undefined;
  /**
   * Time at which the collector last received an ad from the daemon, according to the collector's clock, in seconds
   * since 1970.
   */
  readonly lastHeardFrom?: number | undefined;
}

/** A credential of one method, prepared for one server. */
export interface Candidate {
  /** Description of the credential for logs and errors, without its secret. */
  readonly label: string;
  /** Source of the credential: an input, a file or an environment variable. Default: the label. */
  readonly source?: string | undefined;
  /**
   * Reason why the daemon will probably refuse the credential. A credential with such a reason is tried after all
   * credentials without one.
   */
  readonly doubt?: Refusal | undefined;
  /**
   * Expiry of the credential, in seconds since 1970. Undefined if the credential never expires or does not limit the
   * lifetime of issued tokens.
   */
  readonly expiresAt?: number | undefined;
  /**
   * Sends the method's first message in the same flight as the method's bit. Does nothing if the server sends the first
   * message.
   */
  open(channel: MessageChannel): void | Promise<void>;
  /**
   * Runs the rest of the method. When this function returns, the client's last message is queued.
   *
   * If `last` is true and the content of the server's last message is known in advance, the function can return that
   * message instead of waiting for it. No other credential can be tried on this connection afterwards.
   *
   * @throws MethodRefused if the server rejects this credential. Both peers can continue with the next credential.
   * @throws AuthenticationError ERR_SERVER_UNPROVEN if the server failed to authenticate itself. The client must not
   *   send anything more to the server.
   */
  finish(channel: MessageChannel, server: ServerPolicy, last: boolean): Promise<readonly ExpectedMessage[]>;
  /**
   * Set if the server might need time to check a credential of this method, and would close the connection if the
   * request arrived during the check. If `waits` is true, the request is sent only after the server's last message.
   * Once the server has closed a connection for this reason, `waits` stays true for the rest of the run.
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
  /** Credential sources, as shown in logs. */
  readonly sources: readonly string[];
  /**
   * Returns the usable credentials for this server, best first, and the rejected credentials with the reasons. Does not
   * use the network.
   */
  candidatesFor(
    server: ServerPolicy,
    peer: Peer,
  ): { readonly usable: readonly Candidate[]; readonly rejected: readonly Objection[] };
  /**
   * Returns the candidate that can be tried before the server has sent its policy. Returns undefined if the choice
   * depends on the server, or if the candidate would reveal something that an unknown server must not see.
   */
  guessed(peer: Peer): Candidate | undefined;
  /**
   * Begins work that does not need the daemon, while the connection is being opened. Called only for the method that is
   * tried first.
   */
  prepare?(names: Pick<Peer, 'serverName' | 'claimedName'>): void;
}

/** The authentication methods that have a credential, and the reasons why the other methods have none. */
export interface Credentials {
  readonly methods: readonly AuthMethod[];
  /**
   * Order in which methods are tried: `ours` is the order of `methods`, and `daemon` is the order in the server's
   * policy.
   */
  readonly preference: 'ours' | 'daemon';
  /** Methods without a usable credential, with the reasons. */
  readonly unavailable: readonly MethodAttempt[];
}

/**
 * Methods that can be used safely after a server has failed to authenticate itself. In these methods, the server must
 * prove its identity before the client sends any secret or proof.
 */
export const SAFE_AFTER_UNPROVEN: readonly MethodName[] = ['TOKEN', 'SSL', 'SCITOKENS'];

/**
 * Thrown if the server rejects a credential. The next credential can be tried on the same connection, unless
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
