import { userInfo } from 'node:os';
import { crypto } from '../runtime/crypto.ts';
import type { Host } from '../runtime/host.ts';
import { environmentOf, homeOf } from '../runtime/platform.ts';
import { loadSettings } from './settings.ts';
import type { Surroundings } from './table.ts';

/** A Host that releases its timers and listeners at the end of the run. */
interface ProcessHost extends Host {
  /** Ends the run: clears its deadline, and removes its listener from the caller's signal. */
  done(): void;
}

/** Returns a Host with real time, real randomness and a deadline, which `signal` aborts. */
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

/** Monotonic, like performance.now(), which loads nine more modules of Node. */
const uptimeMs = () => Number(process.hrtime.bigint()) / 1e6;

/**
 * Aborts at the deadline, or when `signal` is aborted. It avoids AbortSignal.timeout and AbortSignal.any: they hold each other
 * weakly, and Node 20 collects such a timer before it is due.
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

/** Aborted by SIGINT and SIGTERM, and on Windows by SIGBREAK (Ctrl+Break), so that sockets are closed and nothing is left half-written. */
export function interruptSignal(): AbortSignal {
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGBREAK'] as const)
    process.once(name, () => interrupted.abort(new Error(name)));
  return interrupted.signal;
}

/** `signal` aborts the query of HTCondor's configuration. */
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
    // A user ID without an account, as in containers: only HOME defines a home directory.
    return { home: process.env['HOME'] ?? '/', uid: process.getuid?.() };
  }
}
