/** Files through which a step sends data to the runner. This module checks the type of each file before opening it. */
import { chmodSync, lstatSync, truncateSync } from 'node:fs';
import { OutputError } from '../errors.ts';
import { systemReason } from '../runtime/system-reason.ts';

const FILES = {
  outputs: 'GITHUB_OUTPUT',
  state: 'GITHUB_STATE',
  environment: 'GITHUB_ENV',
  summary: 'GITHUB_STEP_SUMMARY',
} as const;

type RunnerFile = keyof typeof FILES;

/**
 * Runs `write`, which sends data to the runner through a file.
 *
 * @throws OutputError ERR_OUTPUT if the file is missing, is not a regular file, or cannot be written.
 */
export function toRunner(what: RunnerFile, write: () => void): void {
  try {
    statOf(what);
    write();
  } catch (cause) {
    const reason = `${FILES[what]}: ${systemReason(cause)}`;
    throw new OutputError(`the runner did not accept the ${what}: ${reason}`, {
      cause,
      phase: 'deliver',
      reason: 'runner-refused',
    });
  }
}

/**
 * Makes GITHUB_OUTPUT accessible only to its owner before a token is written to it. Returns the reason on failure;
 * undefined on success, or if the runner does not provide the file.
 */
export function closeOutputFile(): string | undefined {
  const path = pathOf('outputs');
  const stats = statOf('outputs');
  if (path === undefined || stats === undefined || (stats.mode & 0o077) === 0) return undefined;
  try {
    chmodSync(path, 0o600);
    return undefined;
  } catch (error) {
    return `the mode of ${FILES.outputs} remains ${(stats.mode & 0o777).toString(8)}: ${systemReason(error)}`;
  }
}

/**
 * Records the lengths of the output and environment files. The returned function truncates the files to these lengths.
 */
export function markRunnerFiles(): () => void {
  const marks = (['outputs', 'environment'] as const).flatMap((what) => {
    const [path, stats] = [pathOf(what), quietStat(what)];
    return path === undefined || stats === undefined ? [] : [{ path, size: stats.size }];
  });
  return () => {
    for (const { path, size } of marks) {
      try {
        if (lstatSync(path).isFile()) truncateSync(path, size);
      } catch {
        // The step has already failed, so content that remains in the file is harmless.
      }
    }
  };
}

function pathOf(what: RunnerFile): string | undefined {
  return process.env[FILES[what]] || undefined;
}

/**
 * Returns the `lstat` result of a runner file; undefined if its variable is not set. @throws Error if the file is not a
 * regular file.
 */
function statOf(what: RunnerFile) {
  const path = pathOf(what);
  if (path === undefined) return undefined; // without the variable, the toolkit writes workflow commands to the log
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) throw new Error('it is a symbolic link');
  if (!stats.isFile()) throw new Error('it is not a regular file');
  return stats;
}

function quietStat(what: RunnerFile) {
  try {
    return statOf(what);
  } catch {
    return undefined;
  }
}
