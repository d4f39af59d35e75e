/**
 * Runs built files the way the GitHub runner does, by the rules of actions/runner (ActionCommand.cs,
 * ActionCommandManager.cs, FileCommandManager.cs, SecretMasker.cs): a process of its own, inputs in the environment,
 * file commands, every line of both outputs looked at for commands, masks for all later lines.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from './project.ts';

interface Annotation {
  readonly level: 'error' | 'warning' | 'notice' | 'debug';
  /** As it is shown: unescaped, and masked. */
  readonly message: string;
}

/** A command that the runner took from a line of the outputs. */
interface RunnerCommand {
  readonly name: string;
  readonly data: string;
}

export interface StepResult {
  /** Exit status; null if a signal ended the process. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What the log shows: lines that are no commands, and annotations; masked. */
  readonly log: readonly string[];
  /** Both outputs as they came, unmasked. */
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
  /** Further variables; undefined: not there at all, whatever the harness would have set. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** As with ACTIONS_STEP_DEBUG. */
  readonly debug?: boolean;
  /** Sends the signal as soon as the promise is fulfilled. */
  readonly interrupt?: { readonly signal: NodeJS.Signals; readonly when: Promise<unknown> };
}

interface ActionOptions extends StepOptions {
  /** Runs the post step too, after this. */
  readonly beforePost?: (main: StepResult) => void | Promise<void>;
}

/** A process that has not ended by then hangs. */
const PATIENCE_MS = 20_000;

/** The commands that the runner knows (IActionCommandExtension). Other words after `::` are text. */
const COMMANDS: readonly string[] = [
  ...['set-env', 'set-output', 'save-state', 'add-path', 'add-mask', 'add-matcher', 'remove-matcher'],
  ...['warning', 'error', 'notice', 'debug', 'group', 'endgroup', 'echo', 'stop-commands', 'internal-set-repo-path'],
];
const LEVELS = ['error', 'warning', 'notice', 'debug'] as const;

/** One job of a runner: its directories, and the masks that last from step to step. */
export class Runner {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'runner-'));
  readonly workspace: string = join(this.directory, 'workspace');
  readonly temp: string = join(this.directory, 'temp');
  readonly #masks: string[] = [];

  constructor() {
    mkdirSync(this.workspace);
    mkdirSync(join(this.temp, '_runner_file_commands'), { recursive: true });
  }

  /** `main` of the Action, then with `beforePost` also `post`. */
  async runAction(
    inputs: Readonly<Record<string, string>>,
    options: ActionOptions = {},
  ): Promise<StepResult & { readonly post: StepResult | undefined }> {
    const { runs, inputs: declared } = parseActionYaml();
    for (const name of Object.keys(inputs)) if (!(name in declared)) throw new Error(`action.yml has no input ${name}`);
    const given: Record<string, string> = {};
    for (const [name, { default: preset = '' }] of Object.entries(declared)) {
      // Tests are about one try, unless they say otherwise.
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

  /** One process; `file` is a path of the project. */
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

  /** Ends the job: removes everything. */
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
  /** The reader of standard output is gone before anything is written. */
  readonly stdoutClosed?: boolean;
  /** Standard output goes to this open file. */
  readonly stdoutTo?: number;
}

/** The command as a shell would run it. */
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

export interface Failure {
  readonly code: string;
  readonly status: number;
  /** What the annotation says. */
  readonly text: RegExp;
}

/** A step that failed as a step should: one annotation, one code, its status, and nothing delivered. */
export function assertFailed(step: StepResult, { code, status, text }: Failure): void {
  const errors = step.annotations.filter(({ level }) => level === 'error');
  assert.equal(errors.length, 1, `one error annotation, not ${errors.length}:\n${step.raw}`);
  const { message = '' } = errors[0] ?? {};
  assert.match(message, text);
  assert.ok(message.includes(`(${code}`), message);
  assert.match(message, /\nHint: /);
  assert.deepEqual(step.outputs, { 'error-code': code }, message);
  assert.deepEqual([step.status, step.signal], [status, null], step.raw);
  assert.equal(step.summary, '');
  assert.deepEqual(step.env, {});
  assert.deepEqual(step.state, {}, 'nothing for post to remove');
  assert.equal(step.stderr, '', 'Node has nothing to complain about');
  const known = ['add-mask', 'error', 'warning', 'debug'];
  assert.deepEqual(
    step.commands.map(({ name }) => name).filter((name) => !known.includes(name)),
    [],
  );
}

/** Nothing of what is secret, in any form that somebody could use, is anywhere but in masks and the output `token`. */
export function assertNoLeak(step: StepResult, jwts: readonly string[]): void {
  const { token: _, ...outputs } = step.outputs;
  const shown: Record<string, string> = {
    log: step.log.join('\n'),
    annotations: JSON.stringify(step.annotations),
    'unmasked log but for add-mask': step.raw.replace(/^::add-mask::.*$/gm, ''),
    summary: step.summary,
    state: JSON.stringify(step.state),
    env: JSON.stringify(step.env),
    outputs: JSON.stringify(outputs),
  };
  for (const jwt of jwts) {
    const signature = jwt.trim().split('.').at(-1) ?? '';
    assert.ok(signature.length > 10, 'a secret that is worth looking for');
    const bytes = Buffer.from(signature, 'base64url');
    const forms = [jwt.trim(), signature, bytes.toString('hex'), bytes.toString('base64'), bytes.toString('latin1')];
    forms.push(Buffer.from(jwt).toString('base64'), Buffer.from(signature).toString('base64'), signature.slice(0, 12));
    for (const [place, text] of Object.entries(shown)) {
      for (const form of forms) assert.ok(!text.includes(form), `${place} has a secret:\n${text}`);
    }
  }
}

/** Each is a mask, whole and its signature alone. */
export function assertMasked(step: StepResult, jwts: readonly string[]): void {
  for (const jwt of jwts) {
    for (const value of [jwt, jwt.split('.').at(-1) ?? ''])
      assert.ok(step.masks.includes(value), 'a secret has no mask');
  }
}

/** Files and directories below, with `/`. */
export function filesIn(directory: string): readonly string[] {
  return (readdirSync(directory, { recursive: true }) as string[]).map((each) => each.replaceAll('\\', '/')).sort();
}

/** Something that looks like an IDTOKEN, of nobody's key. */
export function strangeJwt(claims: Readonly<Record<string, unknown>> = {}): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const payload = { iss: 'pool.example.org', sub: 'alice@pool.example.org', iat: 1_700_000_000, jti: 'id', ...claims };
  return `${encode({ alg: 'HS256', kid: 'POOL' })}.${encode(payload)}.${randomBytes(32).toString('base64url')}`;
}

/** Lines of both outputs, each with its end as it came, until the process has ended. */
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

/** What the runner makes of the lines of one step. */
class StepLog {
  readonly outputs: Record<string, string> = {};
  readonly state: Record<string, string> = {};
  readonly #masks: string[];
  readonly #debug: boolean;
  readonly #own: string[] = [];
  readonly #log: string[] = [];
  readonly #text = { stdout: '', stderr: '' };
  readonly #annotations: Annotation[] = [];
  readonly #commands: RunnerCommand[] = [];
  #raw = '';

  /** `debug`: whether lines of that level are shown. */
  constructor(masks: string[], debug: boolean) {
    this.#masks = masks;
    this.#debug = debug;
  }

  read(stream: 'stdout' | 'stderr', text: string): void {
    this.#raw += text;
    this.#text[stream] += text;
    const line = text.replace(/\r?\n$/, '');
    const command = parseCommand(line);
    if (command === undefined) {
      this.#log.push(mask(line, this.#masks));
      return;
    }
    const { name, data, props } = command;
    this.#commands.push({ name, data });
    if (name === 'add-mask') {
      this.#own.push(data);
      this.#masks.push(...maskedForms(data));
    } else if (name === 'set-output') this.outputs[props['name'] ?? ''] = data;
    else if (name === 'save-state') this.state[props['name'] ?? ''] = data;
    const level = LEVELS.find((each) => each === name);
    if (level === undefined || (level === 'debug' && !this.#debug)) return;
    const message = mask(data, this.#masks);
    this.#annotations.push({ level, message });
    for (const each of message.split(/\r?\n/)) this.#log.push(`##[${level}]${each}`);
  }

  result() {
    return {
      ...{ log: this.#log, raw: this.#raw, ...this.#text },
      ...{ annotations: this.#annotations, commands: this.#commands, masks: this.#own },
    };
  }
}

interface ParsedCommand extends RunnerCommand {
  readonly props: Readonly<Record<string, string>>;
}

/** `::name key=value,key=value::data` at the start of a line, or `##[name key=value;key=value]data` anywhere in it. */
export function parseCommand(line: string): ParsedCommand | undefined {
  const [, name, props = '', data = ''] = /^::([^\s:]+)(?: ([^:]*(?::(?!:)[^:]*)*))?::(.*)$/s.exec(line.trim()) ?? [];
  if (name !== undefined && COMMANDS.includes(name)) {
    return { name, props: pairs(props, ','), data: unescapeText(data) };
  }
  const [, oldName, oldProps = '', oldData = ''] = /##\[([^\s\]]+)(?: ([^\]]*))?\](.*)$/s.exec(line) ?? [];
  if (oldName === undefined || !COMMANDS.includes(oldName)) return undefined;
  return { name: oldName, props: pairs(oldProps, ';'), data: unescapeText(oldData) };
}

function pairs(text: string, separator: string): Record<string, string> {
  const words = text.split(separator).map((pair): [string, string] => {
    const at = pair.indexOf('=');
    return at === -1 ? [pair.trim(), ''] : [pair.slice(0, at).trim(), unescapeText(pair.slice(at + 1))];
  });
  return Object.fromEntries(words.filter(([name]) => name !== ''));
}

function unescapeText(text: string): string {
  const characters: Record<string, string> = { '0D': '\r', '0A': '\n', '3A': ':', '2C': ',', '3B': ';', '5D': ']' };
  return text.replace(/%(0D|0A|3A|2C|3B|5D)/g, (_, code: string) => characters[code] ?? '').replaceAll('%25', '%');
}

/** Whole value, each of its lines, and of each the forms in which the runner looks for it. */
function maskedForms(value: string): readonly string[] {
  const lines = value
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return [...new Set([value, ...lines])].filter((each) => each.trim() !== '').flatMap(formsOf);
}

function formsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].filter((shift) => bytes.length > shift).map((shift) => bytes.subarray(shift));
  return [
    value,
    ...base64.map((each) => each.toString('base64')),
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
  ];
}

export function mask(line: string, masks: readonly string[]): string {
  const hidden = new Array<boolean>(line.length).fill(false);
  for (const each of masks) {
    for (let at = line.indexOf(each); each !== '' && at !== -1; at = line.indexOf(each, at + 1)) {
      hidden.fill(true, at, at + each.length);
    }
  }
  return [...hidden.keys()].map((at) => (hidden[at] ? (hidden[at - 1] ? '' : '***') : line[at])).join('');
}

/** `name=value` lines and `name<<delimiter` blocks; whatever is neither fails the step, as at the runner. */
export function parsePairs(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = text.split(process.platform === 'win32' ? /\r?\n/ : '\n');
  if (lines.pop() !== '') throw new Error('a file command does not end with a newline');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line === '') continue;
    const [, name, separator, rest = ''] = /^(.*?)(=|<<)(.*)$/.exec(line) ?? [];
    if (name === undefined || name === '') throw new Error(`invalid file command: ${line}`);
    if (separator === '=') {
      found[name] = rest;
      continue;
    }
    const end = lines.indexOf(rest, at + 1);
    if (rest === '' || end === -1) throw new Error(`a file command without its end: ${line}`);
    found[name] = lines.slice(at + 1, end).join('\n');
    at = end;
  }
  return found;
}

/** The environment of this process without what would change the meaning of a run. */
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

/** action.yml, every value as the text that it is there: that is how the runner takes it. */
export function parseActionYaml(): ActionYaml {
  return parse(readFileSync(join(projectRoot, 'action.yml'), 'utf8'), { schema: 'failsafe' }) as ActionYaml;
}
