import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError, DaemonError, HTCondorError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { abortedError } from '../transport/channel.ts';

/** How tries follow each other. */
interface Persistence {
  /** Further tries after the first. */
  readonly retries: number;
  /** True if a try may take all the time there is: somebody is waited for. */
  readonly patient: boolean;
}

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 10_000;

/**
 * Does `work` again while what failed may heal: after half a second, then after twice as long each time, each delay cut by
 * up to a half at random, so that many who failed at once do not come back at once. All of it within the time that the
 * host allows; a try that hangs is given up after half of what is left, so that there is time for another one.
 *
 * @throws what the last try threw, with the number of tries.
 */
export async function withRetries<T>(
  { retries, patient }: Persistence,
  work: (host: Host) => Promise<T>,
  host: Host,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const last = tries > retries;
    try {
      return last || patient ? await work(host) : await within(host.timeLeftMs() / 2, work, host);
    } catch (error) {
      if (error instanceof HTCondorError) error.tries = tries;
      const delayMs = delayBefore(tries, host);
      if (last || host.signal.aborted || !canHeal(error) || delayMs >= host.timeLeftMs()) throw error;
      const wait = (delayMs / 1000).toFixed(1);
      host.log.info(
        `Try ${tries} of ${retries + 1} failed: ${error.message} (${error.code}); the next one in ${wait} s`,
      );
      await sleep(delayMs, undefined, { signal: host.signal }).catch(() => {
        throw abortedError(host.signal);
      });
    }
  }
}

/** Whether the same could succeed later, without anybody doing anything about it. */
export function canHeal(error: unknown): error is ConnectError | DaemonError {
  if (error instanceof ConnectError) {
    return error.code !== 'ERR_CCB_ONLY' && error.requestId === undefined && !error.permanent;
  }
  return error instanceof DaemonError && /rate limit/i.test(error.errorString);
}

/** Milliseconds before the try that follows this many. */
function delayBefore(tries: number, host: Host): number {
  const whole = Math.min(FIRST_DELAY_MS * 2 ** (tries - 1), MAX_DELAY_MS);
  const [random = 0] = host.randomBytes(1);
  return whole * (1 - random / 512);
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
