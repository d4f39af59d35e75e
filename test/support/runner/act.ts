/** Runs GitHub workflows on this host with act (github.com/nektos/act). */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { findProgram } from '../../../src/runtime/find-program.ts';
import { ownEnvironment } from '../processes.ts';
import { projectRoot } from '../project.ts';

const VERSION = 'v0.2.89';
/** References to this Action in workflows: the exact version that the examples use, and the moving tag. */
const ACTIONS = ['v0.1.0', 'v0'].map((version) => `condor-token-fetch/condor-token-fetch@${version}`);
/**
 * An Action that lists the job's temporary directory in its post step. If the Action is the first step, its post step
 * runs after all others.
 */
export const REMAINS = 'test/remains@v1';
const REMAINS_POST = "console.log('remains:', JSON.stringify(require('node:fs').readdirSync(process.env.RUNNER_TEMP)))";

/** Returns the path of act, or undefined if it is not available. With `build`, first builds act if Go is available. */
export function findAct(build = false): string | undefined {
  const own = join(homedir(), 'go', 'bin');
  const path = `${process.env['PATH'] ?? ''}${delimiter}${own}${delimiter}/usr/local/go/bin`;
  const found = findProgram('act', path);
  const go = findProgram('go', path);
  if (found !== undefined || go === undefined || !build) return found;
  console.error(`building act ${VERSION} …`);
  const options = { env: { ...process.env, GOBIN: own }, encoding: 'utf8', timeout: 300_000 } as const;
  const { status, stderr } = spawnSync(go, ['install', `github.com/nektos/act@${VERSION}`], options);
  if (status !== 0) console.error(`act could not be built: ${stderr}`);
  return findProgram('act', path);
}

export interface ActRun {
  readonly status: number;
  /** Lines of standard output and standard error, without act's own messages. */
  readonly lines: readonly string[];
  readonly text: string;
}

interface ActOptions {
  readonly secrets?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** The repository's files, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Additional arguments of act, such as the job and the matrix entry. */
  readonly args?: readonly string[];
  /** Called with each line as it arrives. */
  readonly onLine?: (line: string) => void;
}

/** A repository. Its workflows run one at a time. */
export class Act {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'act-'));
  /** Directory of programs that comes first in the PATH of each step. */
  readonly bin: string = join(this.directory, 'bin');
  /** Directory that contains workspaces and temporary directories. Each job removes its own. */
  readonly jobs: string = join(this.directory, 'jobs');
  readonly #program: string;

  constructor(program: string) {
    this.#program = program;
    for (const each of ['bin', 'jobs', 'repository', 'action', 'remains', 'config/act', 'home'])
      mkdirSync(join(this.directory, each), { recursive: true });
    cpSync(join(projectRoot, 'action.yml'), join(this.directory, 'action', 'action.yml'));
    cpSync(join(projectRoot, 'dist'), join(this.directory, 'action', 'dist'), { recursive: true });
    const remains = 'name: Remains\ndescription: x\nruns: { using: node24, main: main.js, post: post.js }\n';
    writeFileSync(join(this.directory, 'remains', 'action.yml'), remains);
    writeFileSync(join(this.directory, 'remains', 'main.js'), '');
    writeFileSync(join(this.directory, 'remains', 'post.js'), REMAINS_POST);
    writeFileSync(join(this.directory, 'config/act/actrc'), ''); // without this file, act asks which images to use
    const cwd = join(this.directory, 'repository');
    spawnSync('git', ['init', '-q', '-b', 'main'], { cwd });
    const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
    spawnSync('git', [...who, 'commit', '-q', '--allow-empty', '-m', 'Empty'], { cwd });
  }

  /** Adds a program to the PATH of every step. The program is a shell script. */
  program(name: string, script: string): void {
    writeFileSync(join(this.bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  async run(
    workflow: string,
    { secrets = {}, env = {}, files = {}, args: further = [], onLine }: ActOptions = {},
  ): Promise<ActRun> {
    const repository = join(this.directory, 'repository');
    for (const [path, content] of Object.entries({ ...files, '.github/workflows/example.yml': workflow })) {
      mkdirSync(dirname(join(repository, path)), { recursive: true });
      writeFileSync(join(repository, path), content);
    }
    const secretFile = join(this.directory, 'secrets');
    const pairs = Object.entries(secrets).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
    writeFileSync(secretFile, pairs.join(''), { mode: 0o600 });
    const args = [
      ...['--detect-event', '--directory', repository, '--workflows', '.github/workflows/example.yml'],
      ...['--platform', 'ubuntu-latest=-self-hosted', '--platform', 'docker=-self-hosted'],
      ...ACTIONS.flatMap((action) => ['--local-repository', `${action}=${join(this.directory, 'action')}`]),
      ...['--local-repository', `${REMAINS}=${join(this.directory, 'remains')}`],
      ...['--action-cache-path', this.jobs, '--no-cache-server', '--pull=false'],
      ...['--secret-file', secretFile, ...further],
    ];
    const path = `${this.bin}${delimiter}${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`;
    const child = spawn(this.#program, args, {
      env: {
        ...ownEnvironment(),
        ...{ HOME: join(this.directory, 'home'), XDG_CONFIG_HOME: join(this.directory, 'config'), PATH: path },
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on('line', (line) => {
        if (line.includes('unable to get git')) return;
        lines.push(line);
        onLine?.(line);
      });
    }
    const status = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 1));
    });
    return { status, lines, text: lines.map((line) => `${line}\n`).join('') };
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Returns the error annotations in act's output. */
export function errorsOf({ lines }: ActRun): readonly string[] {
  return lines.flatMap((line) => /::error.*?::(.*)$/.exec(line)?.[1] ?? []);
}
