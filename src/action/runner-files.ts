/** The files through which a step sends data to the runner. Their type is checked before they are opened. */
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
 * Runs `write`, which sends data to the runner.
 *
 * @throws OutputError ERR_OUTPUT if its file is missing, is not a regular file, or cannot be written to.
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
 * Makes GITHUB_OUTPUT readable by its owner only, before a token is written to it. Returns the reason if this fails;
 * undefined on success, or if the runner has no such file.
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

/** Records the lengths of outputs and environment; the returned function truncates them to these lengths. */
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
        // The step has failed already, so the runner may read the rest.
      }
    }
  };
}

function pathOf(what: RunnerFile): string | undefined {
  return process.env[FILES[what]] || undefined;
}

/** @throws Error if the variable names a file that is not a regular file. */
function statOf(what: RunnerFile) {
  const path = pathOf(what);
  if (path === undefined) return undefined; // the toolkit falls back to commands in the log
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
