/**
 * Keeps a token fresh while the job goes on, in a process of its own that outlives the step. It has its credential from a
 * pipe and in memory only; it ends when post says so, when its directory or the runner's process is gone, or at last by
 * itself. What it did is in a log that post prints.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OutputError } from '../errors.ts';
import { type FetchedToken, fetchToken } from '../fetch.ts';
import { readRequest, readTimeout } from '../inputs/request.ts';
import type { InputName } from '../inputs/table.ts';
import { printable } from '../printable.ts';
import { processHost, processSurroundings } from '../process-host.ts';
import { describeError, describeToken } from '../report.ts';
import { hearStop, sayStop } from '../transport/stop-socket.ts';

const LOG = 'renew.log';
export const RENEW = 'renew';

/** What the process is told. Times are milliseconds since 1970. */
interface Order {
  readonly inputs: Readonly<Partial<Record<InputName, string>>>;
  readonly path: string;
  readonly due: number;
  /** The process without which there is no job; 0: it is not known, as in a container. */
  readonly watched: number;
}

/** How often it is looked whether the job is still there. */
const TICK_MS = 1000;
const MIN_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 60_000;
/** The longest that GitHub lets a job run. */
const LONGEST_JOB_MS = 5 * 24 * 60 * 60 * 1000;

/** Starts the process. `directory` is private, and for it alone. */
export async function startRenewal(
  directory: string,
  inputs: Order['inputs'],
  { path = '', token }: FetchedToken,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const order: Order = { inputs, path, due: dueOf(token), watched: process.ppid };
  const open = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('INPUT_')));
  const program = process.argv[1] ?? '';
  const child = spawn(process.execPath, [program, RENEW], {
    ...{ cwd: directory, env: open, detached: true, stdio: ['pipe', 'ignore', 'ignore'], windowsHide: true },
  });
  try {
    await once(child, 'spawn');
    child.stdin.end(JSON.stringify(order));
    await once(child.stdin, 'finish');
  } catch (cause) {
    throw new OutputError(`renew: no process can be started: ${String(cause)}`, { cause, phase: 'deliver' });
  }
  child.unref();
}

/** Ends it, whatever it is doing, and gives its log. */
export async function stopRenewal(directory: string): Promise<readonly string[]> {
  await sayStop(directory);
  const log = join(directory, LOG);
  return existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
}

/** The process itself, in its directory. */
export async function renew(): Promise<void> {
  const directory = process.cwd();
  const order = JSON.parse(readFileSync(0, 'utf8')) as Order;
  const stop = new AbortController();
  const ended = await hearStop(directory, () => stop.abort(new Error('the job is over')));
  const until = Date.now() + LONGEST_JOB_MS;
  const isOver = () => !existsSync(directory) || !isAlive(order.watched) || Date.now() > until;
  try {
    await keepFresh(order, isOver, stop, (line) => {
      appendFileSync(join(directory, LOG), `${new Date().toISOString()} ${printable(line)}\n`, { mode: 0o600 });
    });
  } finally {
    ended();
  }
}

async function keepFresh(
  { inputs, path, due: first }: Order,
  isOver: () => boolean,
  stop: AbortController,
  say: (line: string) => void,
): Promise<void> {
  const input = (name: InputName) => inputs[name];
  let due = first;
  for (let failures = 0; ; ) {
    for (let left = due - Date.now(); left > 0; left = due - Date.now()) {
      await sleep(Math.min(left, TICK_MS), undefined, { signal: stop.signal }).catch(() => {});
      if (stop.signal.aborted || isOver()) return;
    }
    try {
      const quiet = { debug: () => {}, info: () => {}, notice: say, warn: say };
      const host = processHost(readTimeout(input), stop.signal, { mask: () => {}, log: quiet });
      const request = readRequest(input, await processSurroundings(host.signal));
      const fetched = await fetchToken({ ...request, path, retries: 0 }, host).finally(host.done);
      say(`Renewed. ${describeToken(fetched)}`);
      failures = 0;
      due = Math.max(dueOf(fetched.token), Date.now() + MIN_PAUSE_MS);
    } catch (error) {
      if (stop.signal.aborted) return;
      const pause = Math.min(MIN_PAUSE_MS * 2 ** failures++, MAX_PAUSE_MS);
      say(`Not renewed, and tried again in ${pause / 1000} s: ${describeError(error).join(' ')}`);
      due = Date.now() + pause;
    }
  }
}

/** At two thirds of its lifetime; a token that never expires is never due. */
function dueOf({ issuedAt = 0, expiresAt }: FetchedToken['token']): number {
  return expiresAt === undefined ? Number.POSITIVE_INFINITY : (issuedAt + ((expiresAt - issuedAt) * 2) / 3) * 1000;
}

function isAlive(pid: number): boolean {
  if (pid <= 1) return true;
  try {
    return process.kill(pid, 0); // asks; no signal is sent
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
