import { userInfo } from 'node:os';
import { crypto } from '../runtime/crypto.ts';
import type { Host } from '../runtime/host.ts';
import { environmentOf, homeOf } from '../runtime/platform.ts';
import { loadSettings } from './settings.ts';
import type { Surroundings } from './table.ts';

/** A Host whose timers and listeners are released at the end of the run. */
interface ProcessHost extends Host {
  /** Ends the run: cancels the deadline and removes the listener from the caller's signal. */
  done(): void;
}

/**
 * Returns a Host with a real clock, real randomness and a deadline. Aborting `signal` aborts the run before the
 * deadline.
 */
export function processHost(timeoutMs: number, signal: AbortSignal, sinks: Pick<Host, 'log' | 'mask'>): ProcessHost {
  const end = uptimeMs() + timeoutMs;
  return {
    ...endOf(timeoutMs, signal),
    timeLeftMs: () => end - uptimeMs(),
    now: () => new Date(),
    randomBytes: (length) => crypto().randomBytes(length),
    ...sinks,
  };
}

/**
 * Returns a monotonic time, in milliseconds. Does not use performance.now(), which would load nine more Node modules.
 */
const uptimeMs = () => Number(process.hrtime.bigint()) / 1e6;

/**
 * Returns a signal that aborts at the deadline, or when `signal` is aborted. AbortSignal.timeout and AbortSignal.any
 * are not used, because the signals that they return reference each other only weakly. Node 20 might therefore
 * garbage-collect the timer before it expires.
 */
function endOf(timeoutMs: number, signal: AbortSignal): Pick<ProcessHost, 'signal' | 'done'> {
  const controller = new AbortController();
  const over = () => controller.abort(new DOMException('the time limit expired', 'TimeoutError'));
  const timer = setTimeout(over, timeoutMs).unref();
  const interrupted = () => controller.abort(signal.reason);
  if (signal.aborted) interrupted();
  else signal.addEventListener('abort', interrupted, { once: true });
  const done = () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', interrupted);
  };
  return { signal: controller.signal, done };
}

/**
 * Returns a signal that aborts on SIGINT, on SIGTERM and, on Windows, on SIGBREAK (Ctrl+Break). The run can then close
 * its sockets without leaving partially written files.
 */
export function interruptSignal(): AbortSignal {
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGBREAK'] as const)
    process.once(name, () => interrupted.abort(new Error(name)));
  return interrupted.signal;
}

/**
 * Returns the environment of this process, including HTCondor's configuration. `signal` aborts reading the
 * configuration.
 */
export async function processSurroundings(
  signal: AbortSignal,
  env: Surroundings['env'] = process.env,
): Promise<Surroundings> {
  const platform = process.platform;
  const own = environmentOf(env, platform);
  const setting = await loadSettings(own, signal);
  return { env: own, setting, platform, ...account(own, platform) };
}

function account(env: Surroundings['env'], platform: NodeJS.Platform): Pick<Surroundings, 'home' | 'uid'> {
  try {
    const { homedir, uid } = userInfo();
    return { home: homeOf(env, platform, homedir), uid: uid === -1 ? undefined : uid };
  } catch {
    // The user ID has no account, as in some containers, so only HOME defines a home directory.
    return { home: process.env['HOME'] ?? '/', uid: process.getuid?.() };
  }
}
