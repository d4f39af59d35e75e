/**
 * Reasons for errors. Their names remain stable when messages change. Each error class has its own union of reasons,
 * and src/messages contains a hint for each reason.
 */

/** Values from an error message by name, for use in hints. */
export type Details = Readonly<Record<string, string>>;

/** Phase of the pipeline (fetch.ts) in which an error occurred. */
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
export const SERVICE_REFUSALS = [
  'invalid-token-audience',
  'aud-expected',
  'token-reuse-detected',
  'used-already',
  'unauthorized-client',
  'invalid-client',
] as const;

export type CredentialReason =
  // ERR_NO_CREDENTIAL
  | ('no-credential' | 'secret-empty' | 'file-exposed' | 'file-name-ignored' | 'no-kerberos-credential')
  | ('fs-elsewhere' | 'ccb-needs-proof' | 'scitoken-needs-proof' | 'no-job-token' | 'job-token-refused')
  | 'no-token-to-exchange'
  // ERR_NO_CREDENTIAL, depending on the response of a token service
  | ('service-redirects' | 'service-not-found' | 'service-refused')
  | (typeof SERVICE_REFUSALS)[number]
  // ERR_CREDENTIAL_UNREADABLE
  | ('service-idtoken' | 'service-html' | 'service-no-token' | 'credential-unreadable' | 'scitoken-malformed')
  | ('scitoken-too-long' | 'password-malformed' | 'certificate-expired' | 'certificate-unreadable')
  | ('kerberos-unreadable' | 'encryption-type')
  // ERR_NO_CREDENTIAL, ERR_CREDENTIAL_UNREADABLE
  | 'kerberos-cache-type';

export type LocateReason = 'not-found' | 'not-on-this-host' | 'restarting' | 'ambiguous';

export type ConnectReason =
  // ERR_CONNECT
  | ('connect' | 'connection-refused' | 'name-unknown' | 'proxy-failed')
  | ('kdc-unreachable' | 'kdc-lookup-failed')
  | ('service-unreachable' | 'service-busy')
  // ERR_CONNECT, ERR_TIMEOUT
  | 'private-address'
  // ERR_TIMEOUT
  | ('timeout' | 'cancelled' | 'no-response' | 'service-silent' | 'not-approved')
  // ERR_CLOSED, ERR_CCB_ONLY
  | ('closed' | 'ccb-only' | 'not-registered');

export type ProtocolReason = 'frame' | 'message' | 'classad' | 'decrypt' | 'foreign-protocol' | 'no-address';

export type NegotiationReason =
  // ERR_NO_COMMON_METHOD
  | ('no-common-method' | 'no-authentication')
  // ERR_NO_ENCRYPTION
  | ('no-encryption' | 'old-cipher' | 'no-cipher' | 'no-key-agreement');

export type AuthenticationReason = 'methods-exhausted' | 'server-unproven';

export type AuthorizationReason = 'denied' | 'unmapped' | 'no-identity' | 'command-not-registered';

/**
 * Parts of a daemon's error text, in lower case with dashes. The first match is used, because a daemon can join several
 * errors into one text.
 */
export const DAEMON_REASONS = [
  'token-fetch-disabled',
  'not-sign-with-requested-key',
  'original-one-expired',
  'allow-requested-authorization',
  'not-successfully-authenticate',
  'missing-requester-identity',
  'not-have-access-to-configured-key',
  'signing-key-configured',
  'failed-to-read-file',
  'failed-to-fetch-key',
  'not-known-to-the-collector',
  'no-schedd-target',
  'not-encrypted',
  'sec-impersonation-token-limits',
  'dcschedd',
  'secman',
  'issuer-namespace',
  'token-request-disabled',
  'sec-token-request-limits',
  'request-has-expired',
  'request-id-is-not-known',
  'request-failed',
  'using-anonymous',
  'rate-limit',
  'too-many-requests',
  'scitoken-exchange-disabled',
  'failed-to-map-scitoken',
  'not-built-with-scitokens',
  'scitokens',
] as const;

/**
 * Reason for an error that a daemon reports. `daemon` stands for an error text that contains none of DAEMON_REASONS.
 */
export type DaemonReason = 'daemon' | (typeof DAEMON_REASONS)[number];

export type TokenReason =
  // ERR_TOKEN_MALFORMED
  | ('token-malformed' | 'no-request-id')
  // ERR_TOKEN_CLAIM
  | ('token-claim' | 'other-identity' | 'other-trust-domain' | 'other-issuer')
  // ERR_TOKEN_REDUCED
  | 'token-reduced'
  // ERR_TOKEN_REFUSED
  | ('token-refused' | 'level-missing' | 'level-denied');

export type OutputReason = 'output' | 'path-occupied' | 'output-closed' | 'runner-refused';

/** Reason why an authentication method has no credential. */
export type MissingReason =
  | 'file-exposed'
  | 'file-name-ignored'
  | 'no-credential'
  | 'kerberos-cache-type'
  | 'no-kerberos-credential';

/** Reason why a credential was not sent to the daemon. The daemon's log therefore does not mention the credential. */
export type UnsentReason =
  | ('not-offered' | 'issuer-differs' | 'key-differs' | 'idtoken-expired' | 'scitoken-expired')
  | ('no-server-name' | 'fs-unbound' | 'fs-relay' | 'munge-failed' | 'no-host-name' | 'no-ticket')
  | ('ticket-expired' | 'kdc-unknown' | 'client-unknown' | 'service-unknown' | 'password-rejected' | 'key-rejected')
  | ('clock-rejected' | 'account-locked' | 'encryption-type')
  | MissingReason;

/** Reason why the daemon refused a credential, if it is known. */
export type RefusedReason =
  | ('declined' | 'unexplained' | 'no-trust-domain' | 'proxy-not-allowed' | 'mapping-required' | 'no-tls13')
  | ('no-tls' | 'principal-unmapped' | 'ticket-rejected');

/** Reason why the daemon did not authenticate itself. */
export type UnprovenReason =
  | ('name-differs' | 'expired-certificate' | 'untrusted-certificate' | 'password-differs')
  | ('signing-key-differs' | 'no-ticket-key');

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

/**
 * @internal Returns the name of an error code, such as `timeout` for ERR_TIMEOUT. This name is used as the reason if no
 *   more specific one is known.
 */
export function generalReason(code: string): string {
  return code.slice('ERR_'.length).toLowerCase().replaceAll('_', '-');
}

/**
 * @internal Returns the first of `reasons` that occurs in a text from a peer. Before the comparison, characters other
 *   than letters and digits are replaced with dashes.
 */
export function reasonIn<R extends string>(text: string, reasons: readonly R[]): R | undefined {
  const name = text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return reasons.find((reason) => name.includes(reason));
}

/** @internal True if no line of the daemon's map file matches the client (condor_auth.h). */
export function isUnmapped(user: string | undefined): user is string {
  return user?.endsWith('@unmapped') === true;
}
