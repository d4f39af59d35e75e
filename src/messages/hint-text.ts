import { printable } from '../runtime/printable.ts';

/**
 * Hints by reason. Each line of a text is one hint. The first letter of a line states who should act: `W` for the
 * workflow author, `A` for the administrator of the pool, `R` for the runner, and `N` for the network between the
 * runner and the pool. A hint is an instruction that names a setting, where to change it, and a command that shows or
 * fixes it.
 *
 * `$name` stands for a value from the error. `{A B}` stands for the command that shows these settings of the daemon.
 * After a colon at the end of a sentence, `{A B}` stands for a clause that contains this command. `[A]` stands for the
 * name of a setting, followed by that command in parentheses. `%` stands for the type of the daemon, as it appears in
 * the names of settings.
 */
export type Hints<Reason extends string> = Readonly<Record<Reason, string>>;

/** The command that prints a token for the pool. */
export const FRESH = 'condor_token_fetch on the access point';

/** The command with which the administrator stored the pool password. */
export const STORE_PASSWORD = "condor_store_cred add -c on the daemon's host";

/** End of a hint about the owner and mode of a file that contains a secret. */
export const PRIVATE = 'and deny other accounts access: ls -ln FILE, chmod 600 FILE, chown USER FILE.';

/** End of a sentence about the domain of an identity. */
export const IN_UID_DOMAIN = 'end in UID_DOMAIN, not in TRUST_DOMAIN';

/** Beginning of a hint about the daemon's log. */
export const DETAILED_LOG = 'A: set %_DEBUG = D_SECURITY, run condor_reconfig, and ';

const ACTORS: Readonly<Record<string, string>> = {
  W: 'Workflow',
  A: 'Administrator',
  R: 'Runner',
  N: 'Network',
};

/** The daemon that the error concerns. */
export type Side = 'schedd' | 'collector';

/** Returns the hints in a text, with all placeholders replaced. */
export function hintsOf(text: string, values: object, side: Side): readonly string[] {
  const known = new Map<string, unknown>(Object.entries(values));
  return text
    .replace(/\[([A-Z%_]+)\]/g, '$1 ({$1})')
    .replace(/: (\{[^{}]*\})\./g, '; $1 shows the current configuration.')
    .replace(/\{([^{}]*)\}/g, `condor_config_val -${side} $1`)
    .replaceAll('%', side.toUpperCase())
    .split('\n')
    .map((hint) =>
      `${ACTORS[hint.charAt(0)]}${hint.slice(1)}`.replace(/\$(\w+)/g, (_, name) =>
        printable(String(known.get(name) ?? '')),
      ),
    );
}
