/**
 * Renews the token until the end of the job, in a process that outlives the step. The process receives its credential
 * through a pipe and keeps the credential only in memory. The process ends when `post` stops it, when its directory or
 * the runner's process no longer exists, or after the maximum duration of a job. `post` prints the log.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { join, resolve, win32 } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isEncodedKeytab } from '../credentials/kerberos-files.ts';
import { OutputError } from '../errors.ts';
import { TOKEN_VARIABLE, URL_VARIABLE } from '../inputs/keyless.ts';
import { processHost, processSurroundings } from '../inputs/process-host.ts';
import { readRequest, readTimeout, withoutSigningKeys } from '../inputs/request.ts';
import type { InputName, InputSource } from '../inputs/table.ts';
import { describeError, describeToken } from '../messages/describe.ts';
import { fetchToken } from '../pipeline/fetch.ts';
import type { FetchedToken } from '../pipeline/library-types.ts';
import { readBounded } from '../runtime/bounded-file.ts';
import { describeDuration } from '../runtime/duration.ts';
import { withoutSecrets } from '../runtime/find-program.ts';
import type { Host } from '../runtime/host.ts';
import { printable } from '../runtime/printable.ts';
import { systemReason } from '../runtime/system-reason.ts';
import { tokenText, writeTokenFile } from '../token/token-file.ts';
import { hashOf, holdsOneOf } from './file-content.ts';
import { canListenForStop, listenForStop, removeStopSocket, requestStop } from './stop-socket.ts';

const LOG = 'renew.log';
/** File with the SHA-256 of each token that the process has written. Post uses these hashes to recognize the tokens. */
const HASHES = 'written.sha256';
/** Maximum size of the log and of the hash file, in bytes. */
const MAX_LOG_BYTES = 16 * 1024 * 1024;
/** Text that marks a failed renewal in the log. */
export const NOT_RENEWED = 'Renewal failed';
export const RENEW = 'renew';
/** Text that the process prints when it is ready. */
const READY = 'ready';

/** Input of the renewal process. Times are in milliseconds since 1970. */
interface Order {
  readonly inputs: Readonly<Partial<Record<InputName, string>>>;
  readonly path: string;
  /** SHA-256 of the token file that the step wrote. */
  readonly hash: string;
  readonly due: number;
  /** Variables that contain secrets, and are therefore not passed in the environment. */
  readonly secrets: Readonly<Record<string, string | undefined>>;
  /** Private directory of the process. */
  readonly directory: string;
  /** ID of the process that ends with the job; 0 if it is unknown, as in a container. */
  readonly watched: number;
}

/** Interval, in milliseconds, between checks that the job is still running. */
const TICK_MS = 1000;
const MIN_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 60_000;
/** Maximum delay of a timer, in milliseconds. */
const MAX_SLEEP_MS = 2 ** 31 - 1;
/** Maximum duration, in milliseconds, that GitHub allows for a job. */
const LONGEST_JOB_MS = 5 * 24 * 60 * 60 * 1000;

const PATH_INPUTS: readonly string[] = [
  ...['ca-certificate', 'client-certificate', 'client-key'],
  ...['kerberos-cache', 'kerberos-keytab'],
];
const SECRET_VARIABLES: readonly string[] = ['BEARER_TOKEN', URL_VARIABLE, TOKEN_VARIABLE];
const PATH_VARIABLES: readonly string[] = [
  ...['BEARER_TOKEN_FILE', 'KRB5CCNAME', 'KRB5_CLIENT_KTNAME', 'KRB5_CONFIG', 'SSL_CERT_FILE', 'X509_USER_PROXY'],
];

/** Resolves relative paths, because the process runs in another directory. Skips `TYPE:name` and `C:` values. */
function wholePathsOf(values: Readonly<Record<string, string | undefined>>, names: readonly string[]) {
  const paths = names.map((name) => [name, values[name]?.trim() ?? ''] as const);
  return Object.fromEntries(
    paths
      .filter(
        ([, path]) =>
          path !== '' &&
          !path.startsWith('~') &&
          !path.includes('-----BEGIN') &&
          !path.includes(':') &&
          !isEncodedKeytab(path),
      )
      .map(([name, path]) => [name, resolve(path)]),
  );
}

/** Starts the renewal process. `directory` is the private directory of the process. */
export async function startRenewal(
  directory: string,
  inputs: Order['inputs'],
  { path = '', token }: FetchedToken,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const order: Order = {
    inputs: { ...inputs, ...wholePathsOf(inputs, PATH_INPUTS) },
    path,
    directory,
    hash: hashOf(tokenText(token.jwt)),
    secrets: Object.fromEntries(SECRET_VARIABLES.map((name) => [name, env[name]])),
    due: dueOf(token),
    watched: process.ppid,
  };
  const open = { ...withoutSecrets(env), ...wholePathsOf(env, PATH_VARIABLES) };
  const program = process.argv[1] ?? '';
  const child = spawn(process.execPath, [program, RENEW], {
    cwd: workingDirectoryFor(directory, process.platform),
    env: open,
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
  });
  try {
    await once(child, 'spawn');
    child.stdin.end(JSON.stringify(order));
    const ended = once(child, 'exit').then(([status]) => {
      throw new Error(`the process exited immediately with status ${String(status)}`);
    });
    // Once the process is ready, it can be stopped even if the job ends immediately.
    await Promise.race([once(child.stdout, 'data'), ended]);
    ended.catch(() => {});
    child.stdout.destroy();
  } catch (cause) {
    const text = `renew: the renewal process could not be started: ${systemReason(cause)}`;
    throw new OutputError(text, { cause, phase: 'deliver' });
  }
  child.unref();
}

/** Stops the renewal process. Returns the log of the process, and whether the process was still running. */
export async function stopRenewal(directory: string): Promise<{ log: readonly string[]; wasThere: boolean }> {
  const wasThere = await requestStop(directory).catch(() => false);
  if (!wasThere) removeStopSocket(directory);
  return { log: linesOf(directory, LOG), wasThere };
}

/** Returns the SHA-256 of each token that the renewal process has written. */
export function renewedHashes(directory: string): readonly string[] {
  return linesOf(directory, HASHES);
}

function linesOf(directory: string, name: string): readonly string[] {
  try {
    return readBounded(join(directory, name), MAX_LOG_BYTES).toString('utf8').trimEnd().split('\n');
  } catch {
    return []; // the file is missing or unreadable
  }
}

/**
 * Returns the working directory of the process. On Windows, returns the root of the drive, because Windows does not
 * allow a process's working directory to be removed. Otherwise, returns `directory`, which keeps the socket path short.
 */
export function workingDirectoryFor(directory: string, platform: NodeJS.Platform): string {
  return platform === 'win32' ? win32.parse(directory).root : directory;
}

/** Runs in the renewal process: reads its input from standard input and renews the token until the job ends. */
export async function renew(): Promise<void> {
  const order = JSON.parse(readFileSync(0, 'utf8')) as Order;
  const { directory } = order;
  const stop = new AbortController();
  const end = () => stop.abort(new Error('the job is over'));
  const ended = await listenForStop(directory, end);
  process.stdout.write(READY);
  const { ino } = statSync(directory);
  const until = Date.now() + LONGEST_JOB_MS;
  const isOver = () =>
    statSync(directory, { throwIfNoEntry: false })?.ino !== ino ||
    !canListenForStop() ||
    !isAlive(order.watched) ||
    Date.now() > until;
  const watch = setInterval(() => isOver() && end(), TICK_MS);
  try {
    await keepFresh(order, directory, isOver, stop.signal, (line) => {
      try {
        appendFileSync(join(directory, LOG), `${new Date().toISOString()} ${printable(line)}\n`, { mode: 0o600 });
      } catch {
        // A failure to write the log must not stop the renewals.
      }
    });
  } finally {
    clearInterval(watch);
    ended();
  }
}

async function keepFresh(
  { inputs, path, hash, secrets, due: first }: Order,
  directory: string,
  isOver: () => boolean,
  stop: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  const input = (name: InputName) => inputs[name];
  const hashes = [hash];
  let due = first;
  for (let failures = 0; ; ) {
    await sleepUntil(due, stop);
    if (stop.aborted || isOver()) return;
    try {
      const quiet = { debug: () => {}, info: () => {}, notice: say, warn: say };
      const host = processHost(readTimeout(input), stop, { mask: () => {}, log: quiet });
      const fetched = await fetchAgain(input, secrets, host).finally(host.done);
      if (stop.aborted || isOver()) return;
      if (!holdsOneOf(path, hashes)) return say(`Stopped: another process has changed ${path}`);
      hashes.push(hashOf(tokenText(fetched.token.jwt)));
      appendFileSync(join(directory, HASHES), `${hashes.at(-1)}\n`, { mode: 0o600 });
      writeTokenFile(path, fetched.token.jwt, false);
      say(`Renewed. ${describeToken({ ...fetched, path })}`);
      failures = 0;
      due = Math.max(dueOf(fetched.token), Date.now() + MIN_PAUSE_MS);
    } catch (error) {
      if (stop.aborted) return;
      const pause = Math.min(MIN_PAUSE_MS * 2 ** failures++, MAX_PAUSE_MS);
      const pauseText = describeDuration(Math.round(pause / 1000));
      say(`${NOT_RENEWED}; retrying in ${pauseText}: ${describeError(error).join(' ')}`);
      due = Date.now() + pause;
    }
  }
}

/** Waits until `due`, in milliseconds since 1970. Returns early if `stop` is aborted. */
async function sleepUntil(due: number, stop: AbortSignal): Promise<void> {
  for (let left = due - Date.now(); left > 0 && !stop.aborted; left = due - Date.now())
    await sleep(Math.min(left, MAX_SLEEP_MS), undefined, { signal: stop }).catch(() => {});
}

async function fetchAgain(input: InputSource, secrets: Order['secrets'], host: Host): Promise<FetchedToken> {
  const surroundings = await processSurroundings(host.signal, { ...process.env, ...secrets });
  const request = withoutSigningKeys(readRequest(input, surroundings));
  return await fetchToken({ ...request, path: undefined, retries: 0, warnings: [] }, host);
}

/** Returns when to renew the token: after two thirds of its lifetime, or never if the token does not expire. */
function dueOf({ issuedAt = 0, expiresAt }: FetchedToken['token']): number {
  return expiresAt === undefined ? Number.POSITIVE_INFINITY : (issuedAt + ((expiresAt - issuedAt) * 2) / 3) * 1000;
}

function isAlive(pid: number): boolean {
  if (pid <= 1) return true;
  try {
    return process.kill(pid, 0); // signal 0 only checks whether the process exists
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
