/**
 * Matches control and format characters. These characters can move the cursor, end a line, color terminal output,
 * reverse text or be invisible.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Maximum length of printed text, in characters. Longer text is truncated. */
const MAX_LENGTH = 2000;

/**
 * Sanitizes untrusted text. The result is one line without control characters or workflow commands of the GitHub
 * runner.
 *
 * The runner executes the command `::name::` at the start of a line, and the older form `##[name]` anywhere in a line
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
 * Formats the subject or issuer of a certificate as one line. Returns `ifEmpty` if the subject or issuer is empty. For
 * an empty subject or issuer, `name` is undefined in Node 20, despite Node's type declarations; in later versions, it
 * is an empty string.
 */
export function distinguishedName(name: string | undefined, ifEmpty: string): string {
  return name?.replaceAll('\n', ', ') || ifEmpty;
}
