/** A simulated CI host with a shell, Node, a release to download, and HTCondor's tools or substitutes for them. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findProgram } from '../../../src/runtime/find-program.ts';
import { execute, ownEnvironment } from '../processes.ts';
import { projectRoot } from '../project.ts';

const COMMAND = join(projectRoot, 'dist', 'cli', 'index.js');
/** Prefix of a release's download URL. The version follows it. */
const RELEASE = 'https://github.com/condor-token-fetch/condor-token-fetch/releases/download/v';

/** SHA-256 of the released file, as SHA256SUMS contains it. */
export const SHA256: string = createHash('sha256').update(readFileSync(COMMAND)).digest('hex');

export interface ShellResult {
  readonly status: number | null;
  readonly output: string;
}

interface ShellOptions {
  readonly env: Readonly<Record<string, string>>;
  /** The shell and the arguments that precede the script. */
  readonly shell?: readonly [string, ...string[]];
  /** Arguments of the script. */
  readonly args?: readonly string[];
}

export class CiMachine {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'ci-'));
  /** Directory of programs that comes first in PATH. */
  readonly bin: string = join(this.directory, 'bin');
  readonly workspace: string = join(this.directory, 'workspace');
  readonly temporary: string = join(this.directory, 'temporary');
  readonly #notes: string = join(this.directory, 'notes');

  constructor() {
    for (const each of [this.bin, this.workspace, this.temporary]) mkdirSync(each);
    this.program(
      'curl',
      `while [ $# -gt 1 ]; do [ "$1" = -o ] && file=$2; shift; done
       case $1 in ${RELEASE}*/condor_token_fetch.mjs) cp '${COMMAND}' "$file" ;; *) exit 22 ;; esac`,
    );
    if (findProgram('sha256sum', process.env['PATH'] ?? '') === undefined)
      this.program('sha256sum', 'exec shasum -a 256 "$@"'); // macOS has no sha256sum
    this.program('node', `exec '${process.execPath}' "$@"`);
  }

  /** Adds a program to PATH. Each start of the program is recorded. */
  program(name: string, script: string): void {
    const path = join(this.bin, name);
    const note = `{ echo "${name} $*"; env | sed 's/^/${name}: /'; } >> '${this.#notes}'`;
    writeFileSync(path, `#!/bin/sh\n${note}\n${script}\n`);
    chmodSync(path, 0o755);
  }

  /**
   * Adds substitutes for HTCondor's tools. They query the schedd with the credential that the environment selects, and
   * print the path and mode of the token file.
   */
  pretendTools(): void {
    for (const name of ['condor_ping', 'condor_submit', 'condor_q']) {
      this.program(
        name,
        `set -u
         ls -ld "$_CONDOR_SEC_TOKEN_DIRECTORY" "$_CONDOR_SEC_TOKEN_DIRECTORY"/*
         exec node '${COMMAND}' -check -pool "$_CONDOR_COLLECTOR_HOST" -name "$_CONDOR_SCHEDD_HOST" -authz READ 2>&1`,
      );
    }
  }

  /** Records of the programs that were started, with their arguments and environment. */
  get notes(): string {
    return existsSync(this.#notes) ? readFileSync(this.#notes, 'utf8') : '';
  }

  /** Runs a script in the workspace as the CI system does. */
  async run(script: string, { env, shell = ['sh'], args = [] }: ShellOptions): Promise<ShellResult> {
    const file = join(this.directory, 'script');
    writeFileSync(file, script);
    const [program, ...words] = shell;
    const path = `${this.bin}${delimiter}${process.env['PATH'] ?? ''}`;
    const { status, stdout, stderr } = await execute([program, ...words, file, ...args], {
      cwd: this.workspace,
      env: { ...ownEnvironment(), PATH: path, HOME: this.directory, TMPDIR: this.temporary, ...env },
    });
    return { status, output: stdout + stderr };
  }

  /** Names of the files that are left in the temporary directory. */
  get remains(): readonly string[] {
    return readdirSync(this.temporary);
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
