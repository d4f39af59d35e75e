/**
 * Reasons for errors. Their names remain stable when messages change. Each error class has its own union of reasons,
 * and src/messages contains a hint for each reason.
 */
/** Values from an error message by name, for use in hints. */
export type Details = Readonly<Record<string, string>>;
/** Phase of the pipeline (fetch.ts) in which an error occurred. */
export type Phase = 'inputs' | 'credentials' | 'locate' | 'connect' | 'session' | 'token' | 'check' | 'verify' | 'deliver';
/** Facts about an error, in addition to the message. `peer` is a sinful string, or the origin of a service. */
export interface ErrorFacts<R extends string> {
    readonly reason?: R | undefined;
    readonly details?: Details | undefined;
    readonly phase?: Phase;
    readonly peer?: string;
    readonly cause?: unknown;
}
export interface RestartFacts<R extends string> extends ErrorFacts<R> {
    readonly mayBeRestarting?: boolean;
}
export interface ConnectFacts extends RestartFacts<ConnectReason> {
    readonly requestId?: string;
    readonly permanent?: boolean;
    readonly retryAfterMs?: number | undefined;
}
export type InputReason = 'input' | 'unknown-flag' | 'identity-flag' | 'configuration';
/**
 * Refusals by Keycloak or this project's token service for which there are specific hints. Each entry is part of the
 * error text, as in DAEMON_REASONS.
 */
export declare const SERVICE_REFUSALS: readonly ['invalid-token-audience', 'aud-expected', 'token-reuse-detected', 'used-already', 'unauthorized-client', 'invalid-client'];
export type CredentialReason = ('no-credential' | 'secret-empty' | 'file-exposed' | 'file-name-ignored' | 'no-kerberos-credential') | ('fs-elsewhere' | 'ccb-needs-proof' | 'scitoken-needs-proof' | 'no-job-token' | 'job-token-refused') | 'no-token-to-exchange' | ('service-redirects' | 'service-not-found' | 'service-refused') | (typeof SERVICE_REFUSALS)[number] | ('service-idtoken' | 'service-html' | 'service-no-token' | 'credential-unreadable' | 'scitoken-malformed') | ('scitoken-too-long' | 'password-malformed' | 'certificate-expired' | 'certificate-unreadable') | ('kerberos-unreadable' | 'encryption-type') | 'kerberos-cache-type';
export type LocateReason = 'not-found' | 'not-on-this-host' | 'restarting' | 'ambiguous';
export type ConnectReason = ('connect' | 'connection-refused' | 'name-unknown' | 'proxy-failed') | ('kdc-unreachable' | 'kdc-lookup-failed') | ('service-unreachable' | 'service-busy') | 'private-address' | ('timeout' | 'cancelled' | 'no-response' | 'service-silent' | 'not-approved') | ('closed' | 'ccb-only' | 'not-registered');
export type ProtocolReason = 'frame' | 'message' | 'classad' | 'decrypt' | 'foreign-protocol' | 'no-address';
export type NegotiationReason = ('no-common-method' | 'no-authentication') | ('no-encryption' | 'old-cipher' | 'no-cipher' | 'no-key-agreement');
export type AuthenticationReason = 'methods-exhausted' | 'server-unproven';
export type AuthorizationReason = 'denied' | 'unmapped' | 'no-identity' | 'command-not-registered';
/**
 * Parts of a daemon's error text, in lower case with dashes. The first match is used, because a daemon can join several
 * errors into one text.
 */
export declare const DAEMON_REASONS: readonly ['token-fetch-disabled', 'not-sign-with-requested-key', 'original-one-expired', 'allow-requested-authorization', 'not-successfully-authenticate', 'missing-requester-identity', 'not-have-access-to-configured-key', 'signing-key-configured', 'failed-to-read-file', 'failed-to-fetch-key', 'not-known-to-the-collector', 'no-schedd-target', 'not-encrypted', 'sec-impersonation-token-limits', 'dcschedd', 'secman', 'issuer-namespace', 'token-request-disabled', 'sec-token-request-limits', 'request-has-expired', 'request-id-is-not-known', 'request-failed', 'using-anonymous', 'rate-limit', 'too-many-requests', 'scitoken-exchange-disabled', 'failed-to-map-scitoken', 'not-built-with-scitokens', 'scitokens'];
/**
 * Reason for an error that a daemon reports. `daemon` stands for an error text that contains none of DAEMON_REASONS.
 */
export type DaemonReason = 'daemon' | (typeof DAEMON_REASONS)[number];
export type TokenReason = ('token-malformed' | 'no-request-id') | ('token-claim' | 'other-identity' | 'other-trust-domain' | 'other-issuer') | 'token-reduced' | ('token-refused' | 'level-missing' | 'level-denied');
export type OutputReason = 'output' | 'path-occupied' | 'output-closed' | 'runner-refused';
/** Reason why an authentication method has no credential. */
export type MissingReason = 'file-exposed' | 'file-name-ignored' | 'no-credential' | 'kerberos-cache-type' | 'no-kerberos-credential';
/** Reason why a credential was not sent to the daemon. The daemon's log therefore does not mention the credential. */
export type UnsentReason = ('not-offered' | 'issuer-differs' | 'key-differs' | 'idtoken-expired' | 'scitoken-expired') | ('no-server-name' | 'fs-unbound' | 'fs-relay' | 'munge-failed' | 'no-host-name' | 'no-ticket') | ('ticket-expired' | 'kdc-unknown' | 'client-unknown' | 'service-unknown' | 'password-rejected' | 'key-rejected') | ('clock-rejected' | 'account-locked' | 'encryption-type') | MissingReason;
/** Reason why the daemon refused a credential, if it is known. */
export type RefusedReason = ('declined' | 'unexplained' | 'no-trust-domain' | 'proxy-not-allowed' | 'mapping-required' | 'no-tls13') | ('no-tls' | 'principal-unmapped' | 'ticket-rejected');
/** Reason why the daemon did not authenticate itself. */
export type UnprovenReason = ('name-differs' | 'expired-certificate' | 'untrusted-certificate' | 'password-differs') | ('signing-key-differs' | 'no-ticket-key');
export type AttemptReason = UnsentReason | RefusedReason | UnprovenReason;
/** Reason why a credential was not used, or why it failed. */
export interface Refusal {
    /** Text of the reason, for messages. */
    readonly reason: string;
    /** Name of the reason; undefined if only the method is known. */
    readonly kind?: AttemptReason | undefined;
    readonly details?: Details | undefined;
}
/** Reason why one credential of an authentication method was not used, or why it failed. */
export interface MethodAttempt extends Refusal {
    readonly method: string;
}
