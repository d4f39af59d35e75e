/**
 * What can go wrong, sorted by whose move it is. Codes and exit statuses are stable; texts are not.
 *
 * An error states a fact. What to try about it is in hints.ts.
 */
import { printable } from './runtime/printable.ts';

/** The step of the pipeline (fetch.ts) in which an error arose. */
export type Phase =
  | 'inputs'
  | 'credentials'
  | 'locate'
  | 'connect'
  | 'session'
  | 'token'
  | 'check'
  | 'verify'
  | 'deliver';

/** Facts beside the message. `peer` is the address talked to: a sinful string, or the origin of a service. */
interface ErrorFacts {
  readonly phase?: Phase;
  readonly peer?: string;
  readonly cause?: unknown;
}

/** The root of all errors that this package throws on purpose; any other error is a bug in it. */
export abstract class HTCondorError extends Error {
  abstract readonly code: string;
  /** Exit status of the command, and of the Action's process. */
  abstract readonly exitStatus: number;
  phase: Phase | undefined;
  peer: string | undefined;
  /** How often it was tried; undefined: that was not counted. */
  tries: number | undefined;

  constructor(message: string, facts: ErrorFacts = {}) {
    super(printable(message), facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = new.target.name;
    this.phase = facts.phase;
    this.peer = facts.peer;
  }

  /** Adds where it happened, unless that is known already: the innermost place wins. */
  at(phase: Phase, peer?: string): this {
    this.phase ??= phase;
    this.peer ??= peer;
    return this;
  }
}

/** What was asked for makes no sense; found before any connection. Move: the workflow's author. */
export class InputError extends HTCondorError {
  readonly code = 'ERR_INPUT';
  readonly exitStatus = 2;
  /** Name of the input or flag, without dashes. */
  readonly input: string;

  constructor(input: string, message: string, facts?: ErrorFacts) {
    super(message, facts);
    this.input = input;
  }
}

/** No usable credential was found; no daemon was told anything. Move: the workflow's author. */
export class CredentialError extends HTCondorError {
  readonly exitStatus = 2;
  readonly code: 'ERR_NO_CREDENTIAL' | 'ERR_CREDENTIAL_UNREADABLE';

  constructor(code: CredentialError['code'], message: string, facts?: ErrorFacts) {
    super(message, facts);
    this.code = code;
  }
}

/** The collector was asked and does not know the daemon, or knows several. Move: the workflow's author. */
export class LocateError extends HTCondorError {
  readonly exitStatus = 3;
  readonly code: 'ERR_NOT_FOUND' | 'ERR_AMBIGUOUS';
  /** Names that the collector has of the type asked for; at most ten. */
  readonly names: readonly string[];
  /** True if the collector has evidence that the daemon, or the collector itself, restarted a moment ago. */
  readonly mayBeRestarting: boolean;

  constructor(code: LocateError['code'], message: string, names: readonly string[], facts: RestartFacts = {}) {
    super(message, facts);
    this.code = code;
    this.names = names.map(printable);
    this.mayBeRestarting = facts.mayBeRestarting ?? false;
  }
}

interface RestartFacts extends ErrorFacts {
  readonly mayBeRestarting?: boolean;
}

interface ConnectFacts extends RestartFacts {
  readonly requestId?: string;
  readonly permanent?: boolean;
  readonly retryAfterMs?: number | undefined;
}

/** The network: worth a retry, but for ERR_CCB_ONLY. */
export class ConnectError extends HTCondorError {
  readonly exitStatus = 3;
  readonly code: 'ERR_CONNECT' | 'ERR_TIMEOUT' | 'ERR_CLOSED' | 'ERR_CCB_ONLY';
  /** Of the token request that nobody approved in time. */
  readonly requestId: string | undefined;
  /** True if it makes no sense to try again: there is no such host. */
  readonly permanent: boolean;
  /** True if a daemon that restarts looks like this: its port refuses, or the connection closes without an answer. */
  readonly mayBeRestarting: boolean;
  /** Pause that the service requests before the next attempt, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ConnectError['code'], message: string, facts: ConnectFacts = {}) {
    super(message, facts);
    this.code = code;
    this.requestId = facts.requestId;
    this.permanent = facts.permanent ?? false;
    this.mayBeRestarting = facts.mayBeRestarting ?? false;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

/** The peer does not speak CEDAR as it is specified. */
export class ProtocolError extends HTCondorError {
  readonly exitStatus = 4;
  readonly code: 'ERR_FRAME' | 'ERR_MESSAGE' | 'ERR_CLASSAD' | 'ERR_DECRYPT';

  constructor(code: ProtocolError['code'], message: string, facts?: ErrorFacts) {
    super(message, facts);
    this.code = code;
  }
}

/** The two sides have nothing acceptable in common. Move: both configurations. */
export class NegotiationError extends HTCondorError {
  readonly exitStatus = 5;
  readonly code: 'ERR_NO_COMMON_METHOD' | 'ERR_NO_ENCRYPTION';
  /** Authentication methods that the daemon takes, of those that we know by name. */
  readonly methods: readonly string[];

  constructor(code: NegotiationError['code'], message: string, methods: readonly string[] = [], facts?: ErrorFacts) {
    super(message, facts);
    this.code = code;
    this.methods = methods.map(printable);
  }
}

/** Why one credential of one authentication method was not used, or was used in vain. */
export interface MethodAttempt {
  readonly method: string;
  readonly reason: string;
}

/** Nobody was authenticated: our credentials were refused, or the daemon failed to authenticate itself. */
export class AuthenticationError extends HTCondorError {
  readonly exitStatus = 5;
  readonly code: 'ERR_METHODS_EXHAUSTED' | 'ERR_SERVER_UNPROVEN';
  readonly attempts: readonly MethodAttempt[];

  constructor(
    code: AuthenticationError['code'],
    message: string,
    attempts: readonly MethodAttempt[],
    facts?: ErrorFacts,
  ) {
    super(message, facts);
    this.code = code;
    this.attempts = attempts.map(({ method, reason }) => ({
      method: printable(method),
      reason: printable(reason),
    }));
  }
}

/** Authenticated, but the command is not allowed or not known. Move: the pool's administrator. */
export class AuthorizationError extends HTCondorError {
  readonly exitStatus = 6;
  readonly code: 'ERR_DENIED' | 'ERR_COMMAND_NOT_REGISTERED';
  /** Who the daemon says we are, if it said so. */
  readonly user: string | undefined;

  constructor(code: AuthorizationError['code'], message: string, user?: string, facts?: ErrorFacts) {
    super(message, facts);
    this.code = code;
    this.user = user === undefined ? undefined : printable(user);
  }
}

/** The daemon carried the command out and reports an error. Move: the pool's administrator. */
export class DaemonError extends HTCondorError {
  readonly code = 'ERR_DAEMON';
  readonly exitStatus = 6;
  /** HTCondor's ErrorCode; -1 where it sent none. The same number has several meanings: see `errorString`. */
  readonly errorCode: number;
  readonly errorString: string;

  constructor(errorCode: number, errorString: string, facts?: ErrorFacts) {
    super(`the daemon reports error ${errorCode}: ${errorString}`, facts);
    this.errorCode = errorCode;
    this.errorString = printable(errorString);
  }
}

/** The token that came is not the token that was asked for. Move: the pool's administrator. */
export class TokenError extends HTCondorError {
  readonly exitStatus = 7;
  readonly code: 'ERR_TOKEN_MALFORMED' | 'ERR_TOKEN_CLAIM' | 'ERR_TOKEN_REDUCED' | 'ERR_TOKEN_REFUSED';
  /** The claim or header parameter at fault, if it is one. */
  readonly claim: string | undefined;

  constructor(code: TokenError['code'], message: string, claim?: string, facts?: ErrorFacts) {
    super(message, facts);
    this.code = code;
    this.claim = claim;
  }
}

/** The token could not be written or handed over. Move: the runner. */
export class OutputError extends HTCondorError {
  readonly code = 'ERR_OUTPUT';
  readonly exitStatus = 8;
}

export type AnyHTCondorError =
  | InputError
  | CredentialError
  | LocateError
  | ConnectError
  | ProtocolError
  | NegotiationError
  | AuthenticationError
  | AuthorizationError
  | DaemonError
  | TokenError
  | OutputError;
