import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError, DaemonError, HTCondorError, LocateError } from '../errors.ts';
import { branchOf, type Host, withTimeLimit } from '../runtime/host.ts';
import { abortedError, isTimeout } from '../transport/channel.ts';
import type { TokenRequest } from './request.ts';

interface RetryPolicy {
  /** Maximum number of retries after transient failures. If this number is 0, no failure is retried. */
  readonly retries: number;
  /** True if an attempt is allowed to use all the remaining time, because attempts wait for an administrator. */
  readonly useFullDeadline: boolean;
}

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 10_000;
/**
 * Maximum time, in milliseconds, to keep retrying while a daemon seems to be restarting, if attempts wait for an
 * administrator. The deadline could then be a day away, which is too long to keep retrying a wrong address.
 */
const MAX_RESTART_MS = 60_000;

/**
 * Runs a request: logs the warnings about its inputs, retries after transient failures, and closes any remaining
 * connections.
 */
export async function runRequest<T>(
  request: TokenRequest,
  work: (request: TokenRequest, host: Host) => Promise<T>,
  host: Host,
): Promise<T> {
  for (const warning of request.warnings) host.log.warn(warning);
  const branch = branchOf(host);
  try {
    const policy = { retries: request.retries, useFullDeadline: request.mode === 'request' };
    return await withRetries(policy, (within) => work(request, within), branch.host);
  } finally {
    branch.cancel(); // closes parallel connections that lost the race
  }
}

/**
 * Repeats `work` after a transient failure. The first pause is half a second, and each later pause is twice as long as
 * the one before, up to ten seconds. Each pause is reduced by up to half at random, so that clients that failed at the
 * same time do not all retry at the same time.
 *
 * While a daemon seems to be restarting, `work` is retried until the deadline, regardless of the number of attempts. If
 * attempts wait for an administrator, these retries end after a minute. The log contains a single line for all of these
 * retries. After any other transient failure, there are at most `retries` retries.
 *
 * Each attempt except the last is limited to half of the remaining time, so that a hanging attempt leaves time for a
 * retry. If a service requests a longer pause (Retry-After), the client waits for that time instead. If a pause would
 * extend beyond the deadline, the run ends.
 *
 * @throws the error of the last attempt, with the number of attempts.
 */
export async function withRetries<T>(policy: RetryPolicy, work: (host: Host) => Promise<T>, host: Host): Promise<T> {
  const attempts = new Attempts(policy, host);
  for (;;) {
    try {
      return await attempts.run(work);
    } catch (error) {
      await attempts.pauseAfter(error);
    }
  }
}

class Attempts {
  readonly #policy: RetryPolicy;
  readonly #host: Host;
  #count = 0;
  /** The last error that a restart of the daemon could explain. */
  #restart: HTCondorError | undefined;
  /** Retries during a restart end when the remaining time of the run reaches this value, in milliseconds. */
  #giveUpAtMs = 0;

  constructor(policy: RetryPolicy, host: Host) {
    this.#policy = policy;
    this.#host = host;
  }

  get #isLast(): boolean {
    return this.#count > this.#policy.retries;
  }

  async run<T>(work: (host: Host) => Promise<T>): Promise<T> {
    this.#count += 1;
    if (this.#isLast || this.#policy.useFullDeadline) return await work(this.#host);
    const limitMs = this.#host.timeLeftMs() / 2;
    const text = `no reply within ${Math.max(1, Math.round(limitMs / 1000))} s`;
    return await withTimeLimit(limitMs, new DOMException(text, 'TimeoutError'), work, this.#host);
  }

  /**
   * Waits before the next attempt.
   *
   * @throws the error if there is no further attempt.
   */
  async pauseAfter(error: unknown): Promise<void> {
    if (!(error instanceof HTCondorError)) throw error;
    error.tries = this.#count;
    const host = this.#host;
    const isRestart = this.#isRestart(error);
    // At the deadline, the earlier error, which a restart can explain, describes the failure better than the timeout
    // does.
    if (!isRestart && this.#restart !== undefined && isTimeout(host.signal)) throw this.#restart;
    const leftMs = isRestart ? this.#timeLeftForRestartMs() : host.timeLeftMs();
    const delayMs = delayBefore(this.#count, error, isRestart, leftMs, host);
    const isWorthIt = isRestart || (!this.#isLast && isTransient(error));
    if (!isWorthIt || host.signal.aborted || delayMs >= leftMs) throw error;
    this.#log(error, isRestart, delayMs, leftMs);
    if (isRestart) this.#restart = error;
    await sleep(delayMs, undefined, { signal: host.signal }).catch(() => {
      throw this.#restart !== undefined && isTimeout(host.signal) ? this.#restart : abortedError(host.signal);
    });
  }

  #isRestart(error: HTCondorError): boolean {
    if (this.#policy.retries === 0) return false;
    if (mayBeRestarting(error)) return true;
    // A daemon that is restarting might be missing from the collector for a while.
    return this.#restart !== undefined && error instanceof LocateError && error.code === 'ERR_NOT_FOUND';
  }

  #timeLeftForRestartMs(): number {
    const leftMs = this.#host.timeLeftMs();
    const isFirst = this.#restart === undefined;
    if (isFirst && this.#policy.useFullDeadline) this.#giveUpAtMs = Math.max(0, leftMs - MAX_RESTART_MS);
    return leftMs - this.#giveUpAtMs;
  }

  #log(
    { message, code }: HTCondorError & { readonly code: string },
    isRestart: boolean,
    delayMs: number,
    leftMs: number,
  ): void {
    const { log } = this.#host;
    const [what, wait] = [`${message} (${code})`, `${(delayMs / 1000).toFixed(1)} s`];
    if (!isRestart) {
      log.info(`Attempt ${this.#count} of ${this.#policy.retries + 1} failed: ${what}; retrying in ${wait}`);
    } else if (this.#restart === undefined) {
      const left = Math.round(leftMs / 1000);
      log.info(`Attempt ${this.#count} failed: ${what}. The daemon may be restarting; retrying for up to ${left} s`);
    } else log.debug(`retry: attempt ${this.#count} failed: ${what}; retrying in ${wait}`);
  }
}

/** True if a restart of the daemon or of the collector could explain the error. */
function mayBeRestarting(error: unknown): boolean {
  return (error instanceof ConnectError || error instanceof LocateError) && error.mayBeRestarting;
}

/** True if the same request could succeed later without any change. */
export function isTransient(error: unknown): error is HTCondorError {
  if (mayBeRestarting(error)) return true;
  if (error instanceof ConnectError) {
    return error.code !== 'ERR_CCB_ONLY' && error.requestId === undefined && !error.permanent;
  }
  return error instanceof DaemonError && error.reason === 'rate-limit';
}

/** Minimum remaining time, in milliseconds, for another retry during a restart. */
const MIN_TIME_LEFT_MS = 500;

/** Returns the pause before the next attempt, in milliseconds. `attempts` is the number of attempts so far. */
function delayBefore(
  attempts: number,
  error: HTCondorError,
  isRestart: boolean,
  timeLeftMs: number,
  host: Host,
): number {
  const whole = Math.min(FIRST_DELAY_MS * 2 ** (attempts - 1), MAX_DELAY_MS);
  const [random = 0] = host.randomBytes(1);
  const delayMs = whole * (1 - random / 512);
  if (isRestart) return timeLeftMs < MIN_TIME_LEFT_MS ? timeLeftMs : Math.min(delayMs, timeLeftMs / 2);
  return Math.max(delayMs, error instanceof ConnectError ? (error.retryAfterMs ?? 0) : 0);
}
