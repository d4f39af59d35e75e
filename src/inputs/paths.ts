/** Parses paths in inputs. No shell expands inputs, so this module expands `~/` and rejects variables. */
import { join } from 'node:path';
import type { InputName, Surroundings } from './table.ts';
import { refuse } from './words.ts';

/** Matches references to variables and commands: `$VAR`, `${VAR}`, `$(command)` and `%VAR%`. */
const VARIABLE = /\$[A-Za-z_{(]|%[A-Za-z_][A-Za-z0-9_]*%/;

/**
 * Returns the path in an input. Surrounding white space is removed, and `~/` is expanded to the home directory, as in a
 * shell. The error message never contains the value, because a key that was pasted incompletely looks like a path.
 *
 * @throws InputError ERR_INPUT.
 */
export function expandPath(input: InputName, text: string, surroundings: Pick<Surroundings, 'env' | 'home'>): string {
  const path = refuseVariables(input, text.trim());
  if (path === '' || /[\0\r\n]/.test(path)) refuse(input, `the value is not a path`);
  if (!path.startsWith('~')) return path;
  const home = surroundings.env['HOME'] || surroundings.home;
  if (path === '~') return home;
  if (/^~[/\\]/.test(path)) return join(home, path.slice(2));
  refuse(input, `~USER is not expanded; use ~/ for the home directory, or the full path`);
}

/**
 * Returns the value unchanged. @throws InputError ERR_INPUT if the value refers to a variable. The message lists
 * alternatives to the variable.
 */
export function refuseVariables(input: InputName, text: string): string {
  if (!VARIABLE.test(text)) return text;
  refuse(
    input,
    `the value refers to a variable, but no shell expands inputs; use \${{ env.NAME }}, \${{ runner.temp }}, \${{ github.workspace }} or ~/ instead`,
  );
}
