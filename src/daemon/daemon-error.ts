import { DaemonError } from '../errors.ts';
import { DAEMON_REASONS, type DaemonReason, reasonIn } from '../reasons.ts';

/**
 * Returns the error for a failure that a daemon reported. The reason is derived from the error text, because HTCondor
 * uses the same code for several errors (handle_dc_session_token).
 */
export function daemonError(code: number, text: string): DaemonError {
  return new DaemonError(code, text, { reason: reasonIn(text, DAEMON_REASONS) });
}

/** Reasons for errors from a daemon that has no key with the requested name, or no default key. */
const WITHOUT_KEY: readonly DaemonReason[] = [
  'not-sign-with-requested-key',
  'failed-to-read-file',
  'failed-to-fetch-key',
  'signing-key-configured',
];

/** True if the error indicates that the daemon does not have the requested signing key. */
export function lacksRequestedKey(error: unknown): boolean {
  return error instanceof DaemonError && WITHOUT_KEY.includes(error.reason);
}
