/** Runs the child processes of tests: sets their environment and returns their outcome. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program and its arguments. */
export type Argv = readonly [string, ...string[]];

export interface Outcome {
  /** Exit status; null if a signal ended the process. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program, with empty standard input, until it ends. Rejects if the program cannot be started. */
export function execute([program, ...args]: Argv, options: SpawnOptions = {}): Promise<Outcome> {
  return outcomeOf(spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options }));
}

/** Collects the output of a process until it ends. */
export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
    });
  }
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { status, signal, ...text };
}

/** Prefixes a command with sudo unless this process is root. */
export function asRoot(...argv: Argv): Argv {
  return process.getuid?.() === 0 ? argv : ['sudo', '-n', ...argv];
}

/** Returns the environment of this process, without the variables that would influence a run. */
export function ownEnvironment(): Record<string, string | undefined> {
  const foreign = /^(INPUT_|STATE_|GITHUB_|RUNNER_|ACTIONS_|_?CONDOR_|BEARER_TOKEN|NODE_)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}
