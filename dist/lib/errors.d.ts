/**
 * All errors of this package, grouped by who should act. Codes and exit statuses are stable; messages are not.
 *
 * Error messages state facts. src/messages contains the advice on how to fix errors.
 */
import * as why from './reasons.ts';
export type { MethodAttempt, Phase } from './reasons.ts';
/** Base class of all errors that this package throws. Any other error is a bug in the package. */
export declare abstract class HTCondorError extends Error {
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
    constructor(code: string, message: string, facts?: why.ErrorFacts<string>);
    /** Sets the phase and peer if they are not set, so the innermost caller takes precedence. Returns the error. */
    at(phase: why.Phase, peer?: string): this;
}
/** An invalid input, detected before a connection is opened. Who should act: the workflow author. */
export declare class InputError extends HTCondorError {
    readonly reason: why.InputReason;
    readonly code: 'ERR_INPUT';
    readonly exitStatus = 2;
    /** Name of the input or flag, without leading dashes. */
    readonly input: string;
    constructor(input: string, message: string, facts?: why.ErrorFacts<why.InputReason>);
}
/** The client found no usable credential, and sent nothing to a daemon. Who should act: the workflow author. */
export declare class CredentialError extends HTCondorError {
    readonly reason: why.CredentialReason;
    readonly exitStatus = 2;
    readonly code: 'ERR_NO_CREDENTIAL' | 'ERR_CREDENTIAL_UNREADABLE';
    constructor(code: CredentialError['code'], message: string, facts?: why.ErrorFacts<why.CredentialReason>);
}
/** The collector lists no matching daemon, or lists several. Who should act: the workflow author. */
export declare class LocateError extends HTCondorError {
    readonly reason: why.LocateReason;
    readonly exitStatus = 3;
    readonly code: 'ERR_NOT_FOUND' | 'ERR_AMBIGUOUS';
    /** Names of up to ten daemons of the requested type that the collector lists. */
    readonly names: readonly string[];
    /** True if the collector's reply indicates that the daemon or the collector restarted recently. */
    readonly mayBeRestarting: boolean;
    constructor(code: LocateError['code'], message: string, names: readonly string[], facts?: why.RestartFacts<why.LocateReason>);
}
/** A network failure, which is transient except for ERR_CCB_ONLY, unapproved token requests and `permanent` errors. */
export declare class ConnectError extends HTCondorError {
    readonly reason: why.ConnectReason;
    readonly exitStatus = 3;
    readonly code: 'ERR_CONNECT' | 'ERR_TIMEOUT' | 'ERR_CLOSED' | 'ERR_CCB_ONLY';
    /** ID of the token request that was not approved in time. */
    readonly requestId: string | undefined;
    /** True if no retry can succeed, for example because the host name does not exist. */
    readonly permanent: boolean;
    /** True if a daemon restart can explain the error: the connection was refused, or closed without a reply. */
    readonly mayBeRestarting: boolean;
    /** Delay, in milliseconds, that the service requests before the next attempt. */
    readonly retryAfterMs: number | undefined;
    constructor(code: ConnectError['code'], message: string, facts?: why.ConnectFacts);
}
/** The peer violated the CEDAR protocol. */
export declare class ProtocolError extends HTCondorError {
    readonly reason: why.ProtocolReason;
    readonly exitStatus = 4;
    readonly code: 'ERR_FRAME' | 'ERR_MESSAGE' | 'ERR_CLASSAD' | 'ERR_DECRYPT';
    constructor(code: ProtocolError['code'], message: string, facts?: why.ErrorFacts<why.ProtocolReason>);
}
/** The client and the daemon have no acceptable method or cipher in common. Who should act: both sides. */
export declare class NegotiationError extends HTCondorError {
    readonly reason: why.NegotiationReason;
    readonly exitStatus = 5;
    readonly code: 'ERR_NO_COMMON_METHOD' | 'ERR_NO_ENCRYPTION';
    /** Authentication methods that the daemon accepts and whose names the client recognizes. */
    readonly methods: readonly string[];
    constructor(code: NegotiationError['code'], message: string, methods?: readonly string[], facts?: why.ErrorFacts<why.NegotiationReason>);
}
/** Authentication failed: the daemon refused all credentials, or failed to authenticate itself. */
export declare class AuthenticationError extends HTCondorError {
    readonly reason: why.AuthenticationReason;
    readonly exitStatus = 5;
    readonly code: 'ERR_METHODS_EXHAUSTED' | 'ERR_SERVER_UNPROVEN';
    readonly attempts: readonly why.MethodAttempt[];
    constructor(code: AuthenticationError['code'], message: string, attempts: readonly why.MethodAttempt[], facts?: why.ErrorFacts<never>);
}
/** The daemon denied the command, or does not support it. Who should act: the administrator of the pool. */
export declare class AuthorizationError extends HTCondorError {
    readonly reason: why.AuthorizationReason;
    readonly exitStatus = 6;
    readonly code: 'ERR_DENIED' | 'ERR_COMMAND_NOT_REGISTERED';
    /** Identity that the daemon reported for the client; undefined if the daemon reported none. */
    readonly user: string | undefined;
    constructor(code: AuthorizationError['code'], message: string, user?: string, facts?: why.ErrorFacts<why.AuthorizationReason>);
}
/** The daemon executed the command and reported an error. Who should act: the administrator of the pool. */
export declare class DaemonError extends HTCondorError {
    readonly reason: why.DaemonReason;
    readonly code: 'ERR_DAEMON';
    readonly exitStatus = 6;
    /** HTCondor's ErrorCode; -1 if the daemon sent no code. A code can have several meanings: see `errorString`. */
    readonly errorCode: number;
    readonly errorString: string;
    constructor(errorCode: number, errorString: string, facts?: why.ErrorFacts<why.DaemonReason>);
}
/**
 * A token is malformed or refused, or it differs from the requested token. Who should act: the administrator of the
 * pool.
 */
export declare class TokenError extends HTCondorError {
    readonly reason: why.TokenReason;
    readonly exitStatus = 7;
    readonly code: 'ERR_TOKEN_MALFORMED' | 'ERR_TOKEN_CLAIM' | 'ERR_TOKEN_REDUCED' | 'ERR_TOKEN_REFUSED';
    /** Name of the incorrect claim or header parameter; undefined if the error does not concern a specific one. */
    readonly claim: string | undefined;
    constructor(code: TokenError['code'], message: string, claim?: string, facts?: why.ErrorFacts<why.TokenReason>);
}
/**
 * The token could not be written or exported. Who should act: the workflow author or the administrator of the runner.
 */
export declare class OutputError extends HTCondorError {
    readonly reason: why.OutputReason;
    readonly code: 'ERR_OUTPUT';
    readonly exitStatus = 8;
    constructor(message: string, facts?: why.ErrorFacts<why.OutputReason>);
}
export type AnyHTCondorError = (InputError | CredentialError | LocateError | ConnectError | ProtocolError | NegotiationError) | (AuthenticationError | AuthorizationError | DaemonError | TokenError | OutputError);
