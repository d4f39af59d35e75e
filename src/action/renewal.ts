/**
 * Keeps a token fresh while the job goes on, in a process of its own that outlives the step. It has its credential from a
 * pipe and in memory only; it ends when post says so, when its directory or the runner's process is gone, or at last by
 * itself. What it did is in a log that post prints.
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
import type { FetchedToken } from '../pipeline/fetched-token.ts';
import { readBounded } from '../runtime/bounded-file.ts';
import { withoutSecrets } from '../runtime/find-program.ts';
import type { Host } from '../runtime/host.ts';
import { printable } from '../runtime/printable.ts';
import { tokenText, writeTokenFile } from '../token/token-file.ts';
import { hashOf, holdsOneOf } from './file-content.ts';
import { canHearStop, hearStop, removeStopSocket, sayStop } from './stop-socket.ts';

const LOG = 'renew.log';
/** File with the SHA-256 of each token that was written, so that post knows its own; beside the log. */
const HASHES = 'written.sha256';
/** The most that is read of each of them. */
const MAX_LOG_BYTES = 16 * 1024 * 1024;
/** How a line of the log begins that tells of a failure. */
export const NOT_RENEWED = 'Not renewed';
export const RENEW = 'renew';
/** What the process says when it is there. */
const READY = 'ready';

/** What the process is told. Times are milliseconds since 1970. */
interface Order {
  readonly inputs: Readonly<Partial<Record<InputName, string>>>;
  readonly path: string;
  /** SHA-256 of the file as the step wrote it. */
  readonly hash: string;
  readonly due: number;
  /** Variables with secrets, that nobody else is to see. */
  readonly secrets: Readonly<Record<string, string | undefined>>;
  /** Directory of the process, private and for it alone. */
  readonly directory: string;
  /** The process without which there is no job; 0: it is not known, as in a container. */
  readonly watched: number;
}

/** How often it is looked whether the job is still there. */
const TICK_MS = 1000;
const MIN_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 60_000;
/** The longest that a timer can be. */
const MAX_SLEEP_MS = 2 ** 31 - 1;
/** The longest that GitHub lets a job run. */
const LONGEST_JOB_MS = 5 * 24 * 60 * 60 * 1000;

const PATH_INPUTS: readonly string[] = [
  ...['ca-certificate', 'client-certificate', 'client-key'],
  ...['kerberos-cache', 'kerberos-keytab'],
];
const SECRET_VARIABLES: readonly string[] = ['BEARER_TOKEN', URL_VARIABLE, TOKEN_VARIABLE];
const PATH_VARIABLES: readonly string[] = [
  ...['BEARER_TOKEN_FILE', 'KRB5CCNAME', 'KRB5_CLIENT_KTNAME', 'KRB5_CONFIG', 'SSL_CERT_FILE', 'X509_USER_PROXY'],
];

/** Paths as they are from the workspace, which is not where the process is. A colon is in no relative path: it follows a type. */
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

/** Starts the process. `directory` is private, and for it alone. */
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
      throw new Error(`it ended at once, with status ${String(status)}`);
    });
    // From then on it can be told to stop, however soon the job is over.
    await Promise.race([once(child.stdout, 'data'), ended]);
    ended.catch(() => {});
    child.stdout.destroy();
  } catch (cause) {
    throw new OutputError(`renew: no process can be started: ${String(cause)}`, { cause, phase: 'deliver' });
  }
  child.unref();
}

/** Ends it, whatever it is doing. Returns its log, and whether it was still there. */
export async function stopRenewal(directory: string): Promise<{ log: readonly string[]; wasThere: boolean }> {
  const wasThere = await sayStop(directory).catch(() => false);
  if (!wasThere) removeStopSocket(directory);
  return { log: linesOf(directory, LOG), wasThere };
}

/** SHA-256 of each token that the process has written. */
export function renewedHashes(directory: string): readonly string[] {
  return linesOf(directory, HASHES);
}

function linesOf(directory: string, name: string): readonly string[] {
  try {
    return readBounded(join(directory, name), MAX_LOG_BYTES).toString('utf8').trimEnd().split('\n');
  } catch {
    return []; // there is none, or it is not one that the process wrote
  }
}

/**
 * Windows removes no directory that is the working directory of a process, so the process is in the root of the drive there.
 * Elsewhere it is in its own directory, because the path of a socket is limited to a hundred bytes.
 */
export function workingDirectoryFor(directory: string, platform: NodeJS.Platform): string {
  return platform === 'win32' ? win32.parse(directory).root : directory;
}

/** The process itself, in its working directory. */
export async function renew(): Promise<void> {
  const order = JSON.parse(readFileSync(0, 'utf8')) as Order;
  const { directory } = order;
  const stop = new AbortController();
  const end = () => stop.abort(new Error('the job is over'));
  const ended = await hearStop(directory, end);
  process.stdout.write(READY);
  const { ino } = statSync(directory);
  const until = Date.now() + LONGEST_JOB_MS;
  const isOver = () =>
    statSync(directory, { throwIfNoEntry: false })?.ino !== ino ||
    !canHearStop() ||
    !isAlive(order.watched) ||
    Date.now() > until;
  const watch = setInterval(() => isOver() && end(), TICK_MS);
  try {
    await keepFresh(order, directory, isOver, stop.signal, (line) => {
      try {
        appendFileSync(join(directory, LOG), `${new Date().toISOString()} ${printable(line)}\n`, { mode: 0o600 });
      } catch {
        // The token matters more than what is told of it.
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
    for (let left = due - Date.now(); left > 0; left = due - Date.now())
      await sleep(Math.min(left, MAX_SLEEP_MS), undefined, { signal: stop }).catch(() => {
        due = 0;
      });
    if (stop.aborted || isOver()) return;
    try {
      const quiet = { debug: () => {}, info: () => {}, notice: say, warn: say };
      const host = processHost(readTimeout(input), stop, { mask: () => {}, log: quiet });
      const fetched = await fetchAgain(input, secrets, host).finally(host.done);
      if (stop.aborted || isOver()) return;
      if (!holdsOneOf(path, hashes)) return say(`Stopped: another process has written to ${path}`);
      hashes.push(hashOf(tokenText(fetched.token.jwt)));
      appendFileSync(join(directory, HASHES), `${hashes.at(-1)}\n`, { mode: 0o600 });
      writeTokenFile(path, fetched.token.jwt, false);
      say(`Renewed. ${describeToken({ ...fetched, path })}`);
      failures = 0;
      due = Math.max(dueOf(fetched.token), Date.now() + MIN_PAUSE_MS);
    } catch (error) {
      if (stop.aborted) return;
      const pause = Math.min(MIN_PAUSE_MS * 2 ** failures++, MAX_PAUSE_MS);
      say(`${NOT_RENEWED}, and tried again in ${pause / 1000} s: ${describeError(error).join(' ')}`);
      due = Date.now() + pause;
    }
  }
}

async function fetchAgain(input: InputSource, secrets: Order['secrets'], host: Host): Promise<FetchedToken> {
  const surroundings = await processSurroundings(host.signal, { ...process.env, ...secrets });
  const request = withoutSigningKeys(readRequest(input, surroundings));
  return await fetchToken({ ...request, path: undefined, retries: 0, warnings: [] }, host);
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
