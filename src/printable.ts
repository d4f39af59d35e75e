/** Characters that move a cursor, end a line, colour a terminal or turn text round. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

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
