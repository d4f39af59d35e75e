import { DaemonError } from '../errors.ts';
import { type DaemonReason, reasonIn } from '../reasons.ts';

/** In the order in which they count: a daemon concatenates the texts of several errors. */
const REASONS: readonly DaemonReason[] = [
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
];

/**
 * Returns the error that a daemon reports. Its text has the reason; its number does not, because HTCondor uses one number
 * for several errors (handle_dc_session_token).
 */
export function daemonError(code: number, text: string): DaemonError {
  return new DaemonError(code, text, { reason: reasonIn(text, REASONS) });
}

/** Errors of a daemon that has no key of the requested name. One without a default key reports that as well. */
const WITHOUT_KEY: readonly DaemonReason[] = [
  'not-sign-with-requested-key',
  'failed-to-read-file',
  'failed-to-fetch-key',
  'signing-key-configured',
];

/** True if the daemon would have issued a token, except that it does not have the requested key. */
export function lacksRequestedKey(error: unknown): boolean {
  return error instanceof DaemonError && WITHOUT_KEY.includes(error.reason);
}
