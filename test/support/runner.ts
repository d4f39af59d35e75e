/**
 * Runs built files as the GitHub runner does, by the rules of actions/runner (ActionCommand.cs,
 * ActionCommandManager.cs, FileCommandManager.cs, SecretMasker.cs): a separate process, inputs in the environment, file
 * commands, workflow commands in both outputs, and masks for all later lines.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from './project.ts';
import { type Annotation, parsePairs, type RunnerCommand, StepLog } from './runner-log.ts';
import { patience } from './slowness.ts';

export interface StepResult {
  /** Exit status; null if a signal ended the process. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The masked log: annotations, and lines that are not commands. */
  readonly log: readonly string[];
  /** Both outputs, unmasked. */
  readonly raw: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly annotations: readonly Annotation[];
  readonly commands: readonly RunnerCommand[];
  /** Values of add-mask, in order. */
  readonly masks: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly path: readonly string[];
  readonly summary: string;
}

interface StepOptions {
  /** Additional variables. A value of undefined removes a variable that the harness sets. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** True to enable debug output, as with ACTIONS_STEP_DEBUG. */
  readonly debug?: boolean;
  /** Sends the signal when the promise resolves. */
  readonly interrupt?: { readonly signal: NodeJS.Signals; readonly when: Promise<unknown> };
}

interface ActionOptions extends StepOptions {
  /** Called after the main step. The post step runs afterwards. */
  readonly beforePost?: (main: StepResult) => void | Promise<void>;
}

/** Time limit of a process, in milliseconds. It only ends a process that hangs. */
const PATIENCE_MS = patience(60_000);

/** A job on a runner: its directories, and the masks that persist across steps. */
export class Runner {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'runner-'));
  readonly workspace: string = join(this.directory, 'workspace');
  readonly temp: string = join(this.directory, 'temp');
  readonly #masks: string[] = [];

  constructor() {
    mkdirSync(this.workspace);
    mkdirSync(join(this.temp, '_runner_file_commands'), { recursive: true });
  }

  /** Runs the main step of the Action and, if `beforePost` is given, the post step. */
  async runAction(
    inputs: Readonly<Record<string, string>>,
    options: ActionOptions = {},
  ): Promise<StepResult & { readonly post: StepResult | undefined }> {
    const { runs, inputs: declared } = parseActionYaml();
    for (const name of Object.keys(inputs)) if (!(name in declared)) throw new Error(`action.yml has no input ${name}`);
    const given: Record<string, string> = {};
    for (const [name, { default: preset = '' }] of Object.entries(declared)) {
      // By default, tests make a single attempt.
      const usual = name === 'retries' ? '0' : preset;
      given[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] = inputs[name] ?? usual;
    }
    const main = await this.runStep(runs.main, { ...options, env: { ...given, ...options.env } });
    if (options.beforePost === undefined) return { ...main, post: undefined };
    await options.beforePost(main);
    const state = Object.fromEntries(Object.entries(main.state).map(([name, value]) => [`STATE_${name}`, value]));
    const { interrupt: _, ...same } = options;
    return { ...main, post: await this.runStep(runs.post, { ...same, env: { ...given, ...state, ...options.env } }) };
  }

  /** Runs one process. `file` is a path from the project root. */
  async runStep(file: string, options: StepOptions = {}): Promise<StepResult> {
    const files = {
      GITHUB_OUTPUT: this.#fresh('set_output'),
      GITHUB_STATE: this.#fresh('save_state'),
      GITHUB_ENV: this.#fresh('set_env'),
      GITHUB_PATH: this.#fresh('add_path'),
      GITHUB_STEP_SUMMARY: this.#fresh('step_summary'),
    };
    const env = withoutUndefined({
      ...ownEnvironment(),
      ...{ GITHUB_ACTIONS: 'true', CI: 'true', GITHUB_WORKSPACE: this.workspace, RUNNER_TEMP: this.temp, ...files },
      ...(options.debug === true ? { RUNNER_DEBUG: '1' } : {}),
      ...options.env,
    });
    const log = new StepLog(this.#masks, options.debug === true);
    const child = spawn(process.execPath, [join(projectRoot, file)], {
      ...{ cwd: this.workspace, env, stdio: ['ignore', 'pipe', 'pipe'] },
    });
    const ended = await endOf(child, (stream, line) => log.read(stream, line), options.interrupt);
    return {
      ...ended,
      ...log.result(),
      outputs: { ...log.outputs, ...parsePairs(readFileSync(files.GITHUB_OUTPUT, 'utf8')) },
      state: { ...log.state, ...parsePairs(readFileSync(files.GITHUB_STATE, 'utf8')) },
      env: parsePairs(readFileSync(files.GITHUB_ENV, 'utf8')),
      path: readFileSync(files.GITHUB_PATH, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
      summary: readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8'),
    };
  }

  /** Ends the job and removes its directories. */
  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #fresh(kind: string): string {
    const path = join(this.temp, '_runner_file_commands', `${kind}_${randomUUID()}`);
    writeFileSync(path, '');
    return path;
  }
}

export interface CommandResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly interrupt?: StepOptions['interrupt'];
  /** True to close the reading end of standard output before the command writes. */
  readonly stdoutClosed?: boolean;
  /** Descriptor of an open file that receives standard output. */
  readonly stdoutTo?: number;
}

/** Runs the command as a shell does. */
export async function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const child = spawn(process.execPath, [join(projectRoot, 'dist/cli/index.js'), ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: withoutUndefined({ ...ownEnvironment(), ...options.env }),
    stdio: ['ignore', options.stdoutTo ?? 'pipe', 'pipe'],
  });
  if (options.stdoutClosed === true) child.stdout?.destroy();
  const text = { stdout: '', stderr: '' };
  const { status, signal } = await endOf(child, (stream, line) => (text[stream] += line), options.interrupt);
  return { status, signal, ...text };
}

/** Returns the relative paths of all files and directories below a directory, with `/`. */
export function filesIn(directory: string): readonly string[] {
  return (readdirSync(directory, { recursive: true }) as string[]).map((each) => each.replaceAll('\\', '/')).sort();
}

/** Returns a well-formed IDTOKEN that no pool has signed. */
export function strangeJwt(claims: Readonly<Record<string, unknown>> = {}): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const payload = { iss: 'pool.example.org', sub: 'alice@pool.example.org', iat: 1_700_000_000, jti: 'id', ...claims };
  return `${encode({ alg: 'HS256', kid: 'POOL' })}.${encode(payload)}.${randomBytes(32).toString('base64url')}`;
}

/** Collects the lines of both outputs, with their line ends, until the process has ended. */
async function endOf(
  child: ChildProcess,
  read: (stream: 'stdout' | 'stderr', line: string) => void,
  interrupt: StepOptions['interrupt'],
) {
  interrupt?.when.then(
    () => child.kill(interrupt.signal),
    () => child.kill('SIGKILL'),
  );
  for (const name of ['stdout', 'stderr'] as const) {
    let rest = '';
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split(/(?<=\n)/);
      rest = lines.at(-1)?.endsWith('\n') === false ? (lines.pop() ?? '') : '';
      for (const line of lines) if (line !== '') read(name, line);
    });
    child[name]?.on('end', () => rest !== '' && read(name, rest));
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (...end) => resolve(end));
  });
  clearTimeout(timer);
  return { status, signal };
}

/** Returns the environment of this process without the variables that would influence a run. */
export function ownEnvironment(): Record<string, string | undefined> {
  const foreign = /^(INPUT_|STATE_|GITHUB_|RUNNER_|ACTIONS_|_?CONDOR_|BEARER_TOKEN|NODE_)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

function withoutUndefined(env: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}

interface ActionYaml {
  readonly name: string;
  readonly description: string;
  readonly branding: Readonly<Record<string, string>>;
  readonly runs: { readonly using: string; readonly main: string; readonly post: string };
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly description: string }>>;
}

/** Parses action.yml. Every value is text, as for the runner. */
export function parseActionYaml(): ActionYaml {
  return parse(readFileSync(join(projectRoot, 'action.yml'), 'utf8'), { schema: 'failsafe' }) as ActionYaml;
}
