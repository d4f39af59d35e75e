/**
 * Control and format characters, which move the cursor, end a line, colour a terminal, reverse text or are invisible.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Maximum length of printed text, in characters. The rest is cut. */
const MAX_LENGTH = 2000;

/**
 * Sanitises untrusted text to one line without control characters and without workflow commands of the GitHub runner.
 *
 * The runner executes `::name::` at the start of a line and the older `##[name]` anywhere in a line
 * (`ActionCommand.cs`).
 */
export function printable(text: string): string {
  const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  return cut
    .replace(UNPRINTABLE, '?')
    .replaceAll('##[', '# #[')
    .replace(/^(\s*):(?=:)/, '$1: ');
}

/**
 * Formats the subject or issuer of a certificate as one line; `ifEmpty` if the name is empty. For an empty name, Node
 * 20 returns undefined despite its type declarations, and later versions return an empty string.
 */
export function distinguishedName(name: string | undefined, ifEmpty: string): string {
  return name?.replaceAll('\n', ', ') || ifEmpty;
}

/** Returns the message of a thrown value, which need not be an Error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
