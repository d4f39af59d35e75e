/**
 * Runs the Action as the GitHub runner does (ActionCommandManager.cs and FileCommandManager.cs in actions/runner): in a
 * separate process, with the inputs in the environment. Handles file commands, workflow commands on standard output and
 * standard error, and masks.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outcome } from '../processes.ts';
import { parseActionYaml } from './action-yaml.ts';
import { parsePairs } from './commands.ts';
import { type ProgramOptions, runProgram } from './program.ts';
import { readLog, type StepLog } from './step-log.ts';

export interface StepResult extends Outcome, StepLog {
  /** Standard output and standard error, unmasked. */
  readonly raw: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly path: string;
  readonly summary: string;
}

interface StepOptions extends Pick<ProgramOptions, 'env' | 'interrupt'> {
  /** True to enable debug output, as with ACTIONS_STEP_DEBUG. */
  readonly debug?: boolean;
}

interface ActionOptions extends StepOptions {
  /** Called between the main step and the post step. If it is omitted, the post step does not run. */
  readonly beforePost?: (main: StepResult) => void | Promise<void>;
}

/** A job on a runner, with its directories and the masks that persist across steps. */
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
    { beforePost, interrupt, env, debug = false }: ActionOptions = {},
  ): Promise<StepResult & { readonly post: StepResult | undefined }> {
    const { runs, inputs: declared } = parseActionYaml();
    for (const name of Object.keys(inputs)) if (!(name in declared)) throw new Error(`action.yml has no input ${name}`);
    // By default, tests make a single attempt.
    const given: Readonly<Record<string, string>> = { retries: '0', ...inputs };
    const variables: Record<string, string | undefined> = {};
    for (const [name, { default: preset = '' }] of Object.entries(declared)) {
      variables[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] = given[name] ?? preset;
    }
    const main = await this.runStep(runs.main, { debug, interrupt, env: { ...variables, ...env } });
    if (beforePost === undefined) return { ...main, post: undefined };
    await beforePost(main);
    for (const [name, value] of Object.entries(main.state)) variables[`STATE_${name}`] = value;
    return { ...main, post: await this.runStep(runs.post, { debug, env: { ...variables, ...env } }) };
  }

  /** Runs one process. `file` is a path from the project root. */
  async runStep(file: string, { env, interrupt, debug = false }: StepOptions = {}): Promise<StepResult> {
    const files = {
      GITHUB_OUTPUT: this.#emptyFile(),
      GITHUB_STATE: this.#emptyFile(),
      GITHUB_ENV: this.#emptyFile(),
      GITHUB_PATH: this.#emptyFile(),
      GITHUB_STEP_SUMMARY: this.#emptyFile(),
    };
    const runner = { GITHUB_ACTIONS: 'true', CI: 'true', GITHUB_WORKSPACE: this.workspace, RUNNER_TEMP: this.temp };
    const outcome = await runProgram(file, [], {
      cwd: this.workspace,
      env: { ...runner, ...files, ...(debug ? { RUNNER_DEBUG: '1' } : {}), ...env },
      interrupt,
    });
    const raw = outcome.stdout + outcome.stderr;
    const log = readLog(raw, this.#masks, debug);
    this.#masks.push(...log.masks);
    const read = (name: keyof typeof files) => readFileSync(files[name], 'utf8');
    return {
      ...outcome,
      ...log,
      raw,
      outputs: parsePairs(read('GITHUB_OUTPUT')),
      state: parsePairs(read('GITHUB_STATE')),
      env: parsePairs(read('GITHUB_ENV')),
      path: read('GITHUB_PATH'),
      summary: read('GITHUB_STEP_SUMMARY'),
    };
  }

  /** Ends the job: removes its directories. */
  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #emptyFile(): string {
    const path = join(this.temp, '_runner_file_commands', randomUUID());
    writeFileSync(path, '');
    return path;
  }
}
