import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** The first program of a name in the folders of `path`, which is as PATH is; undefined: there is none. */
export function findProgram(name: string, path: string): string | undefined {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  return path
    .split(delimiter)
    .filter(isAbsolute) // not the workspace, in which others may have put something
    .map((folder) => join(folder, file))
    .find(isProgram);
}

/** What other programs need not know: inputs and state of the step, and tokens of the job. */
const SECRET = /^(INPUT_.*|STATE_.*|ACTIONS_.*|BEARER_TOKEN|GITHUB_TOKEN)$/i;

/** The environment for a program that is none of ours. */
export function withoutSecrets<T>(env: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !SECRET.test(name)));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
