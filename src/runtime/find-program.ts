import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * Searches for a program in the directories that `path` lists in the format of the PATH variable. Returns the path of
 * the first program that is found, or undefined if none is found.
 */
export function findProgram(name: string, path: string): string | undefined {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  return path
    .split(delimiter)
    .filter(isAbsolute) // a relative path could lead to the workspace, where an attacker could have placed a program
    .map((directory) => join(directory, file))
    .find(isProgram);
}

/**
 * Matches the names of environment variables that are not passed to other programs: the step's inputs and state, and
 * the job's tokens.
 */
const SECRET_NAME = /^(INPUT_.*|STATE_.*|ACTIONS_.*|BEARER_TOKEN|GITHUB_TOKEN)$/i;

/** Returns a copy of the environment to pass to another program. Variables that could contain secrets are omitted. */
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
