/** Runs the files of `dist` as separate processes. */
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Outcome, outcomeOf, ownEnvironment } from '../processes.ts';
import { projectRoot } from '../project.ts';
import { patience } from '../slowness.ts';

/** Time limit for a process, in milliseconds. It only ends a process that hangs. */
const PATIENCE_MS = patience(60_000);

export interface ProgramOptions {
  /** Additional environment variables. The value undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The working directory. Default: the directory for temporary files. */
  readonly cwd?: string;
  /** A signal that is sent when the promise resolves. */
  readonly interrupt?: { readonly signal: NodeJS.Signals; readonly when: Promise<unknown> } | undefined;
  /** True to close the reading end of standard output before the program writes to it. */
  readonly stdoutClosed?: boolean;
  /** Descriptor of an open file that receives standard output. */
  readonly stdoutTo?: number;
}

/** Runs the command as a shell does. */
export function runCommand(args: readonly string[], options: ProgramOptions = {}): Promise<Outcome> {
  return runProgram('dist/cli/index.js', args, options);
}

/** Runs a JavaScript file with the Node of this process. `file` is a path relative to the project root. */
export function runProgram(file: string, args: readonly string[], options: ProgramOptions = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [join(projectRoot, file), ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: { ...ownEnvironment(), ...options.env },
    stdio: ['ignore', options.stdoutTo ?? 'pipe', 'pipe'],
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  if (options.stdoutClosed === true) child.stdout?.destroy();
  options.interrupt?.when.then(
    () => child.kill(options.interrupt?.signal),
    () => child.kill('SIGKILL'),
  );
  return outcomeOf(child);
}
