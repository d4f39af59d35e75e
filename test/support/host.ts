/** The host that runs the tests: its programs and packages, and this project's cache. */
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findProgram } from '../../src/runtime/find-program.ts';
import { type Argv, asRoot, execute } from './processes.ts';

/** Returns whether a program is installed. */
export function onPath(program: string): boolean {
  return findProgram(program, [process.env['PATH'], '/usr/sbin', '/sbin'].join(delimiter)) !== undefined;
}

/** Installs packages with apt-get. */
export async function installPackages(...packages: readonly string[]): Promise<void> {
  await run('updating the package lists', asRoot('apt-get', 'update', '-q'));
  await run(`installing ${packages.join(', ')}`, asRoot('apt-get', 'install', '-y', '-q', ...packages));
}

export function cacheFolder(name: string): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'condor-token-fetch', name);
}

/**
 * Runs a program, which must succeed. Reports progress on standard error every two seconds. Returns the program's
 * output.
 */
export async function run(what: string, argv: Argv): Promise<string> {
  const started = performance.now();
  process.stderr.write(`${what} `);
  const beat = setInterval(() => process.stderr.write('.'), 2000);
  try {
    const { status, stdout, stderr } = await execute(argv);
    const output = stdout + stderr;
    if (status !== 0) throw new Error(`${argv[0]} ended with status ${status}: ${output.slice(-4000)}`);
    return output;
  } finally {
    clearInterval(beat);
    process.stderr.write(` ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  }
}
