import { printable } from '../runtime/printable.ts';

/**
 * Hints by reason. A text has one line for each hint. It begins with who should act: `W` for the author of the workflow,
 * `A` for the administrator of the pool, `R` for the runner, and `N` for the network between the two. It is an imperative,
 * with the setting, its side, and a command that shows or fixes it.
 *
 * `$name` stands for a value of the error, `{A B}` for the command that shows these settings of the daemon, and `%` for the
 * type of the daemon as in the names of settings.
 */
export type Hints<Reason extends string> = Readonly<Record<Reason, string>>;

const ACTORS: Readonly<Record<string, string>> = {
  W: 'Workflow',
  A: 'Administrator',
  R: 'Runner',
  N: 'Network',
};

/** The daemon that the error concerns. */
export type Side = 'schedd' | 'collector';

/** Returns the hints of a text with the values filled in. */
export function hintsOf(text: string, values: object, side: Side): readonly string[] {
  const known = new Map<string, unknown>(Object.entries(values));
  return text
    .replace(/\{([^{}]*)\}/g, `condor_config_val -${side} $1`)
    .replaceAll('%', side.toUpperCase())
    .split('\n')
    .map((hint) =>
      `${ACTORS[hint.charAt(0)]}${hint.slice(1)}`.replace(/\$(\w+)/g, (_, name) =>
        printable(String(known.get(name) ?? '')),
      ),
    );
}
