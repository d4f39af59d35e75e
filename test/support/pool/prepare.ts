/** Prepares `npm test`: downloads act and the HTCondor releases that the tests run on, and reports the progress. */
import { spawnSync } from 'node:child_process';
import { installPackages } from '../host.ts';
import { findAct } from '../runner/act.ts';
import { poolSuites, poolUnavailable, versionOf } from './suites.ts';
import { prepareTree } from './tree.ts';

const reason = poolUnavailable();
const banner = (...lines: readonly string[]) =>
  console.error(['', '*'.repeat(72), ...lines.map((line) => `*** ${line}`), '*'.repeat(72), ''].join('\n'));

if (reason !== undefined) {
  const required = process.env['CI'] === 'true' && process.platform === 'linux';
  if (required) process.exitCode = 1;
  banner(`Tests on real HTCondor daemons are ${required ? 'REQUIRED in CI on Linux' : 'SKIPPED'}:`, reason);
} else {
  try {
    for (const suite of poolSuites()) {
      await prepareTree(suite);
      console.error(`HTCondor ${versionOf(suite)} (${suite}) is ready`);
    }
    findAct(true); // without act, its tests are skipped; the summary reports this
    await preparePython();
  } catch (error) {
    banner('No real HTCondor for the tests:', String(error), 'CONDOR_POOL=none runs the other tests.');
    process.exitCode = 1;
  }
}

/**
 * Installs the packages that `python3 -m venv` requires, unless they are already installed on this host. The quick
 * start's workflow runs that command.
 */
async function preparePython(): Promise<void> {
  if (spawnSync('python3', ['-c', 'import ensurepip, venv'], { stdio: 'ignore' }).status === 0) return;
  await installPackages('python3-venv');
}
