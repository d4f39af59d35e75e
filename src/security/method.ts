import type { MethodAttempt } from '../errors.ts';
import type { ExpectedMessage, MessageChannel } from '../wire/message-channel.ts';
import type { ServerPolicy } from './policy.ts';

/**
 * Bits of the method negotiation (CAUTH_* in condor_auth.h) by the name that goes into AuthMethods.
 * The server compares names literally, and calls IDTOKENS `TOKEN`. CLAIMTOBE and ANONYMOUS, which prove nothing, do not
 * exist here.
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

/** A name for people: HTCondor's manual says IDTOKENS. */
export function displayName(method: string): string {
  return method === 'TOKEN' ? 'IDTOKENS' : method;
}

/** The other side of a connection, as far as it is known before it has said anything. */
export interface Peer {
  /** IP address without brackets. */
  readonly address: string;
  readonly port: number;
  /** Name of the daemon's socket behind the shared port; undefined: it has a port of its own. */
  readonly sharedPortId: string | undefined;
  /** Host name that its certificate must carry, as the user gave it; undefined: none is known for certain. */
  readonly serverName: string | undefined;
  /** The one that a proven collector gives. Enough to prove who we are, not to hand over what others could use. */
  readonly claimedName?: string | undefined;
  /** When the collector last heard from the daemon, by the collector's clock, in seconds since 1970. */
  readonly lastHeardFrom?: number | undefined;
}

/** One credential of one method, ready to be used at one server. */
export interface Candidate {
  /** Which credential this is, without its secret: for logs and errors. */
  readonly label: string;
  /** Where this credential comes from: an input, a file, a variable. Default: the label. */
  readonly source?: string | undefined;
  /** Why the daemon will probably refuse it; such a credential is tried after all others. */
  readonly doubt?: string | undefined;
  /** When the credential expires, in seconds since 1970; undefined: never, or that does not limit a token. */
  readonly expiresAt?: number | undefined;
  /** Says the method's first words, where the client speaks first. They leave in one flight with the method's bit. */
  open(channel: MessageChannel): void | Promise<void>;
  /**
   * Runs the rest, to the last message of the client, which is in line when this returns.
   *
   * Where the server has the last word and it is known beforehand, that word is returned instead of being waited for,
   * but only if `last`, for after what follows then on the connection no other credential can be tried on it.
   *
   * @throws MethodRefused the server refuses this credential, and both sides are ready to try the next.
   * @throws AuthenticationError ERR_SERVER_UNPROVEN: the server failed its own proof. Nothing else may be offered to it.
   */
  finish(channel: MessageChannel, server: ServerPolicy, last: boolean): Promise<readonly ExpectedMessage[]>;
  /**
   * For a method at which the server may take its time over a credential, and hangs up if the request arrives meanwhile:
   * whether to wait for the server's last word before the request is sent. Set after such a hang-up, for the whole run.
   */
  readonly patience?: { waits: boolean };
}

/** A credential that will not be sent to this server, and why. */
export interface Objection {
  readonly label: string;
  readonly reason: string;
}

/** One way of proving who we are, with all its credentials. */
export interface AuthMethod {
  readonly name: MethodName;
  /** Where its credentials are from, for logs. */
  readonly sources: readonly string[];
  /** Credentials that fit this server, best first, and the others with the reason. No network. */
  candidatesFor(
    server: ServerPolicy,
    peer: Peer,
  ): { readonly fit: readonly Candidate[]; readonly unfit: readonly Objection[] };
  /**
   * The one candidate that may be tried before the server has said anything about itself; undefined if the choice
   * depends on the server, or if showing it to a stranger would tell more than the user meant to.
   */
  presumed(peer: Peer): Candidate | undefined;
  /** Begins, while the connection is opened, what needs no daemon: the method is the first to be tried. */
  prepare?(names: Pick<Peer, 'serverName' | 'claimedName'>): void;
}

/** All ways in that there are. */
export interface Credentials {
  readonly methods: readonly AuthMethod[];
  /** Whose preference decides: ours is the order of `methods`, the daemon's that of its policy. */
  readonly preference: 'ours' | 'daemon';
  /** Methods that were thought of and have no credential, with the reason. */
  readonly unavailable: readonly MethodAttempt[];
}

/** Methods in which the server proves nothing. */
export const ONE_SIDED: readonly MethodName[] = ['FS', 'MUNGE'];

/** Methods that are still safe after a server failed to authenticate itself: each makes the server prove itself first. */
export const SAFE_AFTER_UNPROVEN: readonly MethodName[] = ['TOKEN', 'SSL', 'SCITOKENS'];

/** The server refused a credential; the next may be tried, on the same connection unless that is out of step. */
export class MethodRefused extends Error {
  readonly outOfStep: boolean;

  /** True if the server failed to authenticate itself with this credential. */
  readonly unproven: boolean;

  constructor(message: string, outOfStep = false, unproven = false) {
    super(message);
    this.outOfStep = outOfStep;
    this.unproven = unproven;
  }
}
