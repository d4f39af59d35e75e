import { userInfo } from 'node:os';
import { crypto } from '../runtime/crypto.ts';
import type { Host } from '../runtime/host.ts';
import { environmentOf, homeOf } from '../runtime/platform.ts';
import { loadSettings } from './settings.ts';
import type { Surroundings } from './table.ts';

/** A Host that holds on to nothing any more once it is done with. */
interface ProcessHost extends Host {
  /** The run is over: its deadline is forgotten, and so is the signal of whoever started it. */
  done(): void;
}

/** A Host of this process: real time, real randomness, a deadline, and an end when `signal` says so. */
export function processHost(timeoutMs: number, signal: AbortSignal, sinks: Pick<Host, 'log' | 'mask'>): ProcessHost {
  const end = performance.now() + timeoutMs;
  return {
    ...endOf(timeoutMs, signal),
    timeLeftMs: () => end - performance.now(),
    now: () => new Date(),
    randomBytes: (length) => crypto().randomBytes(length),
    ...sinks,
  };
}

/**
 * Aborted when the time is over, or `signal` is. Not by AbortSignal.timeout and AbortSignal.any: those hold each other
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

/** `signal`: when to give up asking HTCondor for its configuration. */
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
    // A number without an account, as containers are run with: there is no home but the one that they say.
    return { home: process.env['HOME'] ?? '/', uid: process.getuid?.() };
  }
}
