/** The step of the pipeline (fetch.ts) in which an error arose. */
export type Phase = 'inputs' | 'credentials' | 'locate' | 'connect' | 'session' | 'token' | 'check' | 'verify' | 'deliver';
/** Facts in addition to the message. `peer` is the address of the peer: a sinful string, or the origin of a service. */
interface ErrorFacts {
    readonly phase?: Phase;
    readonly peer?: string;
    readonly cause?: unknown;
}
/** Base class of all errors that this package throws. Any other error is a bug in the package. */
export declare abstract class HTCondorError extends Error {
    abstract readonly code: string;
    /** Exit status of the command, and of the Action's process. */
    abstract readonly exitStatus: number;
    phase: Phase | undefined;
    peer: string | undefined;
    /** Number of attempts; undefined if attempts were not counted. */
    tries: number | undefined;
    constructor(message: string, facts?: ErrorFacts);
    /** Sets the phase and the peer unless they are set already, so that the innermost caller wins. Returns the error. */
    at(phase: Phase, peer?: string): this;
}
/** An input is invalid; detected before any connection. Who should act: the workflow author. */
export declare class InputError extends HTCondorError {
    readonly code = "ERR_INPUT";
    readonly exitStatus = 2;
    /** Name of the input or flag, without dashes. */
    readonly input: string;
    constructor(input: string, message: string, facts?: ErrorFacts);
}
/** The client found no usable credential, and sent nothing to a daemon. Who should act: the workflow author. */
export declare class CredentialError extends HTCondorError {
    readonly exitStatus = 2;
    readonly code: 'ERR_NO_CREDENTIAL' | 'ERR_CREDENTIAL_UNREADABLE';
    constructor(code: CredentialError['code'], message: string, facts?: ErrorFacts);
}
/** The collector does not know the daemon, or knows several that match. Who should act: the workflow author. */
export declare class LocateError extends HTCondorError {
    readonly exitStatus = 3;
    readonly code: 'ERR_NOT_FOUND' | 'ERR_AMBIGUOUS';
    /** Names of daemons of the requested type that the collector knows; at most ten. */
    readonly names: readonly string[];
    /** True if the reply of the collector indicates that the daemon or the collector restarted recently. */
    readonly mayBeRestarting: boolean;
    constructor(code: LocateError['code'], message: string, names: readonly string[], facts?: RestartFacts);
}
interface RestartFacts extends ErrorFacts {
    readonly mayBeRestarting?: boolean;
}
interface ConnectFacts extends RestartFacts {
    readonly requestId?: string;
    readonly permanent?: boolean;
    readonly retryAfterMs?: number | undefined;
}
/** The network failed. Transient, except for ERR_CCB_ONLY, an unapproved token request, and if `permanent` is true. */
export declare class ConnectError extends HTCondorError {
    readonly exitStatus = 3;
    readonly code: 'ERR_CONNECT' | 'ERR_TIMEOUT' | 'ERR_CLOSED' | 'ERR_CCB_ONLY';
    /** ID of the token request that was not approved in time. */
    readonly requestId: string | undefined;
    /** True if no retry can succeed, for example because the host name does not exist. */
    readonly permanent: boolean;
    /** True if a restart of the daemon can explain the error: connection refused, or closed without a reply. */
    readonly mayBeRestarting: boolean;
    /** Delay that the service requests before the next attempt, in milliseconds. */
    readonly retryAfterMs: number | undefined;
    constructor(code: ConnectError['code'], message: string, facts?: ConnectFacts);
}
/** The peer violated the CEDAR protocol. */
export declare class ProtocolError extends HTCondorError {
    readonly exitStatus = 4;
    readonly code: 'ERR_FRAME' | 'ERR_MESSAGE' | 'ERR_CLASSAD' | 'ERR_DECRYPT';
    constructor(code: ProtocolError['code'], message: string, facts?: ErrorFacts);
}
/** The client and the daemon have no acceptable method or cipher in common. Who should act: both sides. */
export declare class NegotiationError extends HTCondorError {
    readonly exitStatus = 5;
    readonly code: 'ERR_NO_COMMON_METHOD' | 'ERR_NO_ENCRYPTION';
    /** Authentication methods that the daemon accepts, among those that the client knows by name. */
    readonly methods: readonly string[];
    constructor(code: NegotiationError['code'], message: string, methods?: readonly string[], facts?: ErrorFacts);
}
/** The reason why one credential of one authentication method was not used, or failed. */
export interface MethodAttempt {
    readonly method: string;
    readonly reason: string;
}
type Attempts = readonly MethodAttempt[];
/** Authentication failed: the daemon refused all credentials, or failed to authenticate itself. */
export declare class AuthenticationError extends HTCondorError {
    readonly exitStatus = 5;
    readonly code: 'ERR_METHODS_EXHAUSTED' | 'ERR_SERVER_UNPROVEN';
    readonly attempts: readonly MethodAttempt[];
    constructor(code: AuthenticationError['code'], message: string, attempts: Attempts, facts?: ErrorFacts);
}
/** The daemon denied the command, or does not support it. Who should act: the administrator of the pool. */
export declare class AuthorizationError extends HTCondorError {
    readonly exitStatus = 6;
    readonly code: 'ERR_DENIED' | 'ERR_COMMAND_NOT_REGISTERED';
    /** Identity that the daemon reported for the client; undefined if it reported none. */
    readonly user: string | undefined;
    constructor(code: AuthorizationError['code'], message: string, user?: string, facts?: ErrorFacts);
}
/** The daemon executed the command and reported an error. Who should act: the administrator of the pool. */
export declare class DaemonError extends HTCondorError {
    readonly code = "ERR_DAEMON";
    readonly exitStatus = 6;
    /** HTCondor's ErrorCode; -1 if the daemon sent none. A number can have several meanings: see `errorString`. */
    readonly errorCode: number;
    readonly errorString: string;
    constructor(errorCode: number, errorString: string, facts?: ErrorFacts);
}
/**
 * A token is malformed or refused, or it differs from the requested token. Who should act: the administrator of the
 * pool.
 */
export declare class TokenError extends HTCondorError {
    readonly exitStatus = 7;
    readonly code: 'ERR_TOKEN_MALFORMED' | 'ERR_TOKEN_CLAIM' | 'ERR_TOKEN_REDUCED' | 'ERR_TOKEN_REFUSED';
    /** The claim or header parameter that is wrong; undefined if the error concerns no single one. */
    readonly claim: string | undefined;
    constructor(code: TokenError['code'], message: string, claim?: string, facts?: ErrorFacts);
}
/**
 * The token could not be written or exported. Who should act: the workflow author or the administrator of the runner.
 */
export declare class OutputError extends HTCondorError {
    readonly code = "ERR_OUTPUT";
    readonly exitStatus = 8;
}
export type AnyHTCondorError = InputError | CredentialError | LocateError | ConnectError | ProtocolError | NegotiationError | AuthenticationError | AuthorizationError | DaemonError | TokenError | OutputError;
/** Runs `work`. An HTCondorError that it throws without a phase or peer gets these. `peer`: a sinful string or an origin. */
export declare function withPhase<T>(phase: Phase, peer: string | undefined, work: () => Promise<T> | T): Promise<T>;
/** Returns the message of anything that was thrown. */
export declare function messageOf(error: unknown): string;
export {};
