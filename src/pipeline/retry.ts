import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError, DaemonError, HTCondorError, LocateError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { abortedError, isTimeout } from '../transport/channel.ts';

/** How attempts follow each other. */
interface Persistence {
  /** Retries after a transient failure. 0: one attempt, whatever fails. */
  readonly retries: number;
  /** True if an attempt may use the whole deadline: it waits for an administrator. */
  readonly patient: boolean;
}

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 10_000;
/** An attempt that waits for an administrator may have a day, which is too long to wait for a daemon at a wrong address. */
const MAX_RESTART_MS = 60_000;

/**
 * Repeats `work` after a transient failure: after half a second, then after twice as long each time. Each pause is cut by
 * up to a half at random, so that many clients that failed at once do not come back at once.
 *
 * A daemon that restarts is retried until the deadline (if the attempt waits for an administrator, for at most a minute),
 * however many attempts that takes, with one line in the log. Any
 * other failure ends the run after `retries` retries. Of these attempts, each but the last ends after half of the time
 * that is left, so that one that hangs leaves time for another. A pause that a service requests (Retry-After) counts if
 * it is longer, and ends the run if it exceeds the deadline.
 *
 * @throws what the last attempt threw, with the number of attempts.
 */
export async function withRetries<T>(
  { retries, patient }: Persistence,
  work: (host: Host) => Promise<T>,
  host: Host,
): Promise<T> {
  let restart: HTCondorError | undefined;
  /** Time left at which a restart is not waited for any longer, in milliseconds. */
  let giveUpAtMs = 0;
  for (let attempts = 1; ; attempts++) {
    const last = attempts > retries;
    try {
      return last || patient ? await work(host) : await within(host.timeLeftMs() / 2, work, host);
    } catch (error) {
      if (!(error instanceof HTCondorError)) throw error;
      error.tries = attempts;
      const first = restart === undefined;
      // A daemon that was seen to restart may be missing from the collector for a while.
      const continues = restart !== undefined && error instanceof LocateError && error.code === 'ERR_NOT_FOUND';
      const restarts = retries > 0 && (mayBeRestarting(error) || continues);
      if (restarts) restart = error;
      // The deadline says less than how the restart looked.
      else if (restart !== undefined && isTimeout(host.signal)) throw restart;

      if (restarts && first && patient) giveUpAtMs = Math.max(0, host.timeLeftMs() - MAX_RESTART_MS);
      const leftMs = host.timeLeftMs() - (restarts ? giveUpAtMs : 0);
      const delayMs = delayBefore(attempts, error, restarts, leftMs, host);
      const isWorthIt = restarts || (!last && isTransient(error));
      if (!isWorthIt || host.signal.aborted || delayMs >= leftMs) throw error;
      const [what, wait] = [`${error.message} (${error.code})`, `${(delayMs / 1000).toFixed(1)} s`];
      if (!restarts) {
        host.log.info(`Attempt ${attempts} of ${retries + 1} failed: ${what}; retrying in ${wait}`);
      } else if (first) {
        const left = Math.round(leftMs / 1000);
        host.log.info(
          `Attempt ${attempts} failed: ${what}. The daemon may be restarting; retrying for up to ${left} s`,
        );
      } else host.log.debug(`retry: attempt ${attempts} failed: ${what}; retrying in ${wait}`);
      await sleep(delayMs, undefined, { signal: host.signal }).catch(() => {
        throw restart !== undefined && isTimeout(host.signal) ? restart : abortedError(host.signal);
      });
    }
  }
}

/** Whether the daemon may be restarting, or the collector that has to know it. */
function mayBeRestarting(error: unknown): boolean {
  return (error instanceof ConnectError || error instanceof LocateError) && error.mayBeRestarting;
}

/** Whether the same may succeed later without any change. */
export function isTransient(error: unknown): error is HTCondorError {
  if (mayBeRestarting(error)) return true;
  if (error instanceof ConnectError) {
    return error.code !== 'ERR_CCB_ONLY' && error.requestId === undefined && !error.permanent;
  }
  return error instanceof DaemonError && /rate limit/i.test(error.errorString);
}

/** Below this, in milliseconds, no restart is worth another attempt. */
const MIN_TIME_LEFT_MS = 500;

/** Pause in milliseconds before the attempt that follows this many. */
function delayBefore(
  attempts: number,
  error: HTCondorError,
  restarts: boolean,
  timeLeftMs: number,
  host: Host,
): number {
  const whole = Math.min(FIRST_DELAY_MS * 2 ** (attempts - 1), MAX_DELAY_MS);
  const [random = 0] = host.randomBytes(1);
  const delayMs = whole * (1 - random / 512);
  if (restarts) return timeLeftMs < MIN_TIME_LEFT_MS ? timeLeftMs : Math.min(delayMs, timeLeftMs / 2);
  return Math.max(delayMs, error instanceof ConnectError ? (error.retryAfterMs ?? 0) : 0);
}

async function within<T>(limitMs: number, work: (host: Host) => Promise<T>, host: Host): Promise<T> {
  const over = new AbortController();
  const text = `no answer within ${Math.max(1, Math.round(limitMs / 1000))} s`;
  const timer = setTimeout(() => over.abort(new DOMException(text, 'TimeoutError')), limitMs);
  try {
    return await work({ ...host, signal: AbortSignal.any([host.signal, over.signal]) });
  } finally {
    clearTimeout(timer);
  }
}
