import { DaemonError } from '../errors.ts';
import { DAEMON_REASONS, type DaemonReason, reasonIn } from '../reasons.ts';

/**
 * Returns the error that a daemon reports. Its text has the reason; its number does not, because HTCondor uses one number
 * for several errors (handle_dc_session_token).
 */
export function daemonError(code: number, text: string): DaemonError {
  return new DaemonError(code, text, { reason: reasonIn(text, DAEMON_REASONS) });
}

/** Errors of a daemon that has no key of the requested name. A daemon without a default key reports them as well. */
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
