import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * Returns the first program with this name in the directories of `path`, which has the format of PATH. Returns
 * undefined if there is none.
 */
export function findProgram(name: string, path: string): string | undefined {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  return path
    .split(delimiter)
    .filter(isAbsolute) // a relative entry refers to the workspace, where an attacker may have placed a program
    .map((directory) => join(directory, file))
    .find(isProgram);
}

/** Variables that are not passed to other programs: the step's inputs and state, and the job's tokens. */
const SECRET_NAME = /^(INPUT_.*|STATE_.*|ACTIONS_.*|BEARER_TOKEN|GITHUB_TOKEN)$/i;

/** Returns the environment to pass to another program, without the variables that may contain secrets. */
export function withoutSecrets<T>(env: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !SECRET_NAME.test(name)));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
