/**
 * Text from outside as one harmless line: no control characters, and nothing that a GitHub runner takes for a command.
 *
 * The runner obeys `::name::` at the start of a line and the older `##[name]` anywhere in one (`ActionCommand.cs`).
 */
export declare function printable(text: string): string;
