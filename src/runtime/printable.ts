/** Characters that move a cursor, end a line, colour a terminal, turn text round or cannot be seen. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Longest text from outside that is worth printing, in characters. */
const MAX_LENGTH = 2000;

/**
 * Text from outside as one harmless line: no control characters, and nothing that a GitHub runner takes for a command.
 *
 * The runner obeys `::name::` at the start of a line and the older `##[name]` anywhere in one (`ActionCommand.cs`).
 */
export function printable(text: string): string {
  const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  return cut
    .replace(UNPRINTABLE, '?')
    .replaceAll('##[', '# #[')
    .replace(/^(\s*):(?=:)/, '$1: ');
}

/**
 * The subject or issuer of a certificate in one line. Where it is empty, Node 20 gives undefined whatever its types say, and
 * later versions give an empty string.
 */
export function distinguishedName(name: string | undefined, ifEmpty: string): string {
  return name?.replaceAll('\n', ', ') || ifEmpty;
}

/** What is said of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
