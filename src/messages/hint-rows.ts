/** A pattern for the text of an error, and the hints for it. */
export interface Row {
  readonly facts: RegExp;
  readonly hints: readonly string[];
}

/** The daemon that the error concerns. */
export type Side = 'schedd' | 'collector';

/**
 * Parses rows. They are kept as text because it is more compact than code: a line with a slash and the pattern, then one
 * line for each hint. `$1` stands for the first group of the pattern, `{A B}` for the command that shows these settings of
 * the daemon, and `%` for the type of the daemon as in the names of settings.
 *
 * Each hint begins with who should act: the author of the workflow, the administrator of the pool, the runner, or the
 * network between the two. It is an imperative, with the setting, its side, and a command that shows or fixes it.
 */
export function rows(text: TemplateStringsArray, ...shared: readonly string[]): readonly Row[] {
  const [, ...found] = `\n${String.raw(text, ...shared).trim()}`.split('\n/');
  return found.map((each) => {
    const [pattern = '', ...hints] = each.split('\n');
    return { facts: new RegExp(pattern), hints };
  });
}

/** Returns the hints of the first row whose pattern matches. */
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
