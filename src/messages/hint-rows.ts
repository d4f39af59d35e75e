/** What an error may say, and what to try then. */
export interface Row {
  readonly facts: RegExp;
  readonly hints: readonly string[];
}

/** Which daemon it is about. */
export type Side = 'schedd' | 'collector';

/**
 * Rows as text, which is shorter than as code: a line with the pattern behind a slash, then one line for each hint.
 * `$1` is what the first group of the pattern matched, `{A B}` the command that shows these settings of the daemon, and
 * `%` its name in them.
 *
 * Each hint begins with whose move it is: the workflow's author, the administrator of the pool, the runner, or the
 * network between the two. It names the setting, the side it is on, and a command that shows or mends it.
 */
export function rows(text: TemplateStringsArray, ...shared: readonly string[]): readonly Row[] {
  const [, ...found] = `\n${String.raw(text, ...shared).trim()}`.split('\n/');
  return found.map((each) => {
    const [pattern = '', ...hints] = each.split('\n');
    return { facts: new RegExp(pattern), hints };
  });
}

/** The hints of the first row that fits. */
export function firstOf(rows: readonly Row[], text: string, side: Side): readonly string[] {
  for (const { facts, hints } of rows) {
    const found = facts.exec(text);
    if (found !== null) {
      return hints.map((hint) =>
        hint
          .replace(/\{([^{}]*)\}/g, `condor_config_val -${side} $1`)
          .replaceAll('%', side.toUpperCase())
          .replace(/\$(\d)/g, (_, group) => found[group] ?? ''),
      );
    }
  }
  return [];
}
