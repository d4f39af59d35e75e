/**
 * Parses the commands that a step sends to the runner in its output and in files (ActionCommand.cs,
 * FileCommandManager.cs).
 */

/** A workflow command, parsed from a line of output. */
export interface RunnerCommand {
  readonly name: string;
  readonly data: string;
}

/**
 * The commands that the runner supports (IActionCommandExtension). If any other word follows `::`, the runner prints
 * the line.
 */
const NAMES: readonly string[] = [
  ...['set-env', 'set-output', 'save-state', 'add-path', 'add-mask', 'add-matcher', 'remove-matcher'],
  ...['warning', 'error', 'notice', 'debug', 'group', 'endgroup', 'echo', 'stop-commands', 'internal-set-repo-path'],
];
const NEW_FORM = /^::([^\s:]+)(?: (?:[^:]*(?::(?!:)[^:]*)*))?::(.*)$/s;
const OLD_FORM = /##\[([^\s\]]+)(?: [^\]]*)?\](.*)$/s;
const ESCAPES: Readonly<Record<string, string>> = {
  '0D': '\r',
  '0A': '\n',
  '3A': ':',
  '2C': ',',
  '3B': ';',
  '5D': ']',
};

/**
 * Parses `::name key=value,key=value::data` at the start of a line, or `##[name key=value;key=value]data` anywhere in
 * the line. Ignores the properties.
 */
export function parseCommand(line: string): RunnerCommand | undefined {
  for (const [, name = '', data = ''] of [NEW_FORM.exec(line.trim()), OLD_FORM.exec(line)].map(
    (match) => match ?? [],
  )) {
    if (NAMES.includes(name)) return { name, data: unescapeText(data) };
  }
  return undefined;
}

function unescapeText(text: string): string {
  return text.replace(/%(0D|0A|3A|2C|3B|5D)/g, (_, code: string) => ESCAPES[code] ?? '').replaceAll('%25', '%');
}

/** Parses `name=value` lines and `name<<delimiter` blocks. Like the runner, throws on any other line. */
export function parsePairs(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = text.split(process.platform === 'win32' ? /\r?\n/ : '\n');
  if (lines.pop() !== '') throw new Error('a file command does not end with a newline');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line === '') continue;
    const [, name, separator, rest = ''] = /^(.*?)(=|<<)(.*)$/.exec(line) ?? [];
    if (name === undefined || name === '') throw new Error(`invalid file command: ${line}`);
    if (separator === '=') {
      found[name] = rest;
      continue;
    }
    const end = lines.indexOf(rest, at + 1);
    if (rest === '' || end === -1) throw new Error(`a file command is not terminated: ${line}`);
    found[name] = lines.slice(at + 1, end).join('\n');
    at = end;
  }
  return found;
}
