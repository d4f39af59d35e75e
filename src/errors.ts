/**
 * All errors of this package, grouped by who should act. Codes and exit statuses are stable; messages are not.
 *
 * Error messages state facts. src/messages contains the advice on how to fix errors.
 */

import * as why from './reasons.ts';
import { printable } from './runtime/printable.ts';

export type { MethodAttempt, Phase } from './reasons.ts';

/** Base class of all errors that this package throws. Any other error is a bug in the package. */
export abstract class HTCondorError extends Error {
  readonly code: string;
  /** Reason for the error, more specific than the code. */
  readonly reason: string;
  /** Values that the message contains, for use in hints. */
  readonly details: why.Details;
  /** Exit status of the command and of the Action's process. */
  abstract readonly exitStatus: number;
  phase: why.Phase | undefined;
  peer: string | undefined;
  /** Number of attempts; undefined if attempts were not counted. */
  tries: number | undefined;

  constructor(code: string, message: string, facts: why.ErrorFacts<string> = {}) {
    super(printable(message), facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = new.target.name;
    this.code = code;
    this.reason = facts.reason ?? why.generalReason(code);
    this.details = facts.details ?? {};
    this.phase = facts.phase;
    this.peer = facts.peer;
  }

  /** Sets the phase and peer if they are not set, so the innermost caller takes precedence. Returns the error. */
  at(phase: why.Phase, peer?: string): this {
    this.phase ??= phase;
    this.peer ??= peer;
    return this;
  }
}

/** An invalid input, detected before a connection is opened. Who should act: the workflow author. */
export class InputError extends HTCondorError {
  declare readonly reason: why.InputReason;
  declare readonly code: 'ERR_INPUT';
  readonly exitStatus = 2;
  /** Name of the input or flag, without leading dashes. */
  readonly input: string;

  constructor(input: string, message: string, facts?: why.ErrorFacts<why.InputReason>) {
    super('ERR_INPUT', message, facts);
    this.input = input;
  }
}

/** The client found no usable credential, and sent nothing to a daemon. Who should act: the workflow author. */
export class CredentialError extends HTCondorError {
  declare readonly reason: why.CredentialReason;
  readonly exitStatus = 2;
  declare readonly code: 'ERR_NO_CREDENTIAL' | 'ERR_CREDENTIAL_UNREADABLE';

  constructor(code: CredentialError['code'], message: string, facts?: why.ErrorFacts<why.CredentialReason>) {
    super(code, message, facts);
  }
}

/** The collector lists no matching daemon, or lists several. Who should act: the workflow author. */
export class LocateError extends HTCondorError {
  declare readonly reason: why.LocateReason;
  readonly exitStatus = 3;
  declare readonly code: 'ERR_NOT_FOUND' | 'ERR_AMBIGUOUS';
  /** Names of up to ten daemons of the requested type that the collector lists. */
  readonly names: readonly string[];
  /** True if the collector's reply indicates that the daemon or the collector restarted recently. */
  readonly mayBeRestarting: boolean;

  constructor(
    code: LocateError['code'],
    message: string,
    names: readonly string[],
    facts: why.RestartFacts<why.LocateReason> = {},
  ) {
    super(code, message, facts.mayBeRestarting ? { ...facts, reason: 'restarting' } : facts);
    this.names = names.map(printable);
    this.mayBeRestarting = facts.mayBeRestarting ?? false;
  }
}

/** A network failure, which is transient except for ERR_CCB_ONLY, unapproved token requests and `permanent` errors. */
export class ConnectError extends HTCondorError {
  declare readonly reason: why.ConnectReason;
  readonly exitStatus = 3;
  declare readonly code: 'ERR_CONNECT' | 'ERR_TIMEOUT' | 'ERR_CLOSED' | 'ERR_CCB_ONLY';
  /** ID of the token request that was not approved in time. */
  readonly requestId: string | undefined;
  /** True if no retry can succeed, for example because the host name does not exist. */
  readonly permanent: boolean;
  /** True if a daemon restart can explain the error: the connection was refused, or closed without a reply. */
  readonly mayBeRestarting: boolean;
  /** Delay, in milliseconds, that the service requests before the next attempt. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ConnectError['code'], message: string, facts: why.ConnectFacts = {}) {
    super(code, message, facts);
    this.requestId = facts.requestId;
    this.permanent = facts.permanent ?? false;
    this.mayBeRestarting = facts.mayBeRestarting ?? false;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

/** The peer violated the CEDAR protocol. */
export class ProtocolError extends HTCondorError {
  declare readonly reason: why.ProtocolReason;
  readonly exitStatus = 4;
  declare readonly code: 'ERR_FRAME' | 'ERR_MESSAGE' | 'ERR_CLASSAD' | 'ERR_DECRYPT';

  constructor(code: ProtocolError['code'], message: string, facts?: why.ErrorFacts<why.ProtocolReason>) {
    super(code, message, facts);
  }
}

/** The client and the daemon have no acceptable method or cipher in common. Who should act: both sides. */
export class NegotiationError extends HTCondorError {
  declare readonly reason: why.NegotiationReason;
  readonly exitStatus = 5;
  declare readonly code: 'ERR_NO_COMMON_METHOD' | 'ERR_NO_ENCRYPTION';
  /** Authentication methods that the daemon accepts and whose names the client recognizes. */
  readonly methods: readonly string[];

  constructor(
    code: NegotiationError['code'],
    message: string,
    methods: readonly string[] = [],
    facts?: why.ErrorFacts<why.NegotiationReason>,
  ) {
    super(code, message, facts);
    this.methods = methods.map(printable);
  }
}

/** Authentication failed: the daemon refused all credentials, or failed to authenticate itself. */
export class AuthenticationError extends HTCondorError {
  declare readonly reason: why.AuthenticationReason;
  readonly exitStatus = 5;
  declare readonly code: 'ERR_METHODS_EXHAUSTED' | 'ERR_SERVER_UNPROVEN';
  readonly attempts: readonly why.MethodAttempt[];

  constructor(
    code: AuthenticationError['code'],
    message: string,
    attempts: readonly why.MethodAttempt[],
    facts?: why.ErrorFacts<never>,
  ) {
    super(code, message, facts);
    this.attempts = attempts.map((each) => ({
      ...each,
      method: printable(each.method),
      reason: printable(each.reason),
    }));
  }
}

/** The daemon denied the command, or does not support it. Who should act: the administrator of the pool. */
export class AuthorizationError extends HTCondorError {
  declare readonly reason: why.AuthorizationReason;
  readonly exitStatus = 6;
  declare readonly code: 'ERR_DENIED' | 'ERR_COMMAND_NOT_REGISTERED';
  /** Identity that the daemon reported for the client; undefined if the daemon reported none. */
  readonly user: string | undefined;

  constructor(
    code: AuthorizationError['code'],
    message: string,
    user?: string,
    facts?: why.ErrorFacts<why.AuthorizationReason>,
  ) {
    const reason = why.isUnmapped(user) ? 'unmapped' : user === undefined ? 'no-identity' : undefined;
    super(code, message, code === 'ERR_DENIED' ? { reason, ...facts } : facts);
    this.user = user === undefined ? undefined : printable(user);
  }
}

/** The daemon executed the command and reported an error. Who should act: the administrator of the pool. */
export class DaemonError extends HTCondorError {
  declare readonly reason: why.DaemonReason;
  declare readonly code: 'ERR_DAEMON';
  readonly exitStatus = 6;
  /** HTCondor's ErrorCode; -1 if the daemon sent no code. A code can have several meanings: see `errorString`. */
  readonly errorCode: number;
  readonly errorString: string;

  constructor(errorCode: number, errorString: string, facts?: why.ErrorFacts<why.DaemonReason>) {
    super('ERR_DAEMON', `the daemon reports error ${errorCode}: ${errorString}`, facts);
    this.errorCode = errorCode;
    this.errorString = printable(errorString);
  }
}

/**
 * A token is malformed or refused, or it differs from the requested token. Who should act: the administrator of the
 * pool.
 */
export class TokenError extends HTCondorError {
  declare readonly reason: why.TokenReason;
  readonly exitStatus = 7;
  declare readonly code: 'ERR_TOKEN_MALFORMED' | 'ERR_TOKEN_CLAIM' | 'ERR_TOKEN_REDUCED' | 'ERR_TOKEN_REFUSED';
  /** Name of the incorrect claim or header parameter; undefined if the error does not concern a specific one. */
  readonly claim: string | undefined;

  constructor(code: TokenError['code'], message: string, claim?: string, facts?: why.ErrorFacts<why.TokenReason>) {
    super(code, message, facts);
    this.claim = claim;
  }
}

/**
 * The token could not be written or exported. Who should act: the workflow author or the administrator of the runner.
 */
export class OutputError extends HTCondorError {
  declare readonly reason: why.OutputReason;
  declare readonly code: 'ERR_OUTPUT';
  readonly exitStatus = 8;

  constructor(message: string, facts?: why.ErrorFacts<why.OutputReason>) {
    super('ERR_OUTPUT', message, facts);
  }
}

export type AnyHTCondorError =
  | (InputError | CredentialError | LocateError | ConnectError | ProtocolError | NegotiationError)
  | (AuthenticationError | AuthorizationError | DaemonError | TokenError | OutputError);

/** @internal Runs `work`. Adds the phase and the peer to an HTCondorError that lacks them. */
export async function withPhase<T>(phase: why.Phase, peer: string | undefined, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof HTCondorError ? error.at(phase, peer) : error;
  }
}

/** @internal Returns the message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
