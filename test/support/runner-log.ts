/** Parses the outputs and files of a step as the runner does: commands, masks, annotations, `name=value` pairs. */

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice' | 'debug';
  /** The displayed text, unescaped and masked. */
  readonly message: string;
}

/** A workflow command that the runner parsed from a line of output. */
export interface RunnerCommand {
  readonly name: string;
  readonly data: string;
}

/** The commands that the runner supports (IActionCommandExtension). It prints lines with other words after `::`. */
const COMMANDS: readonly string[] = [
  ...['set-env', 'set-output', 'save-state', 'add-path', 'add-mask', 'add-matcher', 'remove-matcher'],
  ...['warning', 'error', 'notice', 'debug', 'group', 'endgroup', 'echo', 'stop-commands', 'internal-set-repo-path'],
];
const LEVELS = ['error', 'warning', 'notice', 'debug'] as const;

/** Processes the output lines of one step as the runner does. */
export class StepLog {
  readonly outputs: Record<string, string> = {};
  readonly state: Record<string, string> = {};
  readonly #masks: string[];
  readonly #debug: boolean;
  readonly #own: string[] = [];
  readonly #log: string[] = [];
  readonly #text = { stdout: '', stderr: '' };
  readonly #annotations: Annotation[] = [];
  readonly #commands: RunnerCommand[] = [];
  #raw = '';

  /** `debug` shows debug lines. */
  constructor(masks: string[], debug: boolean) {
    this.#masks = masks;
    this.#debug = debug;
  }

  read(stream: 'stdout' | 'stderr', text: string): void {
    this.#raw += text;
    this.#text[stream] += text;
    const line = text.replace(/\r?\n$/, '');
    const command = parseCommand(line);
    if (command === undefined) {
      this.#log.push(mask(line, this.#masks));
      return;
    }
    const { name, data, props } = command;
    this.#commands.push({ name, data });
    if (name === 'add-mask') {
      this.#own.push(data);
      this.#masks.push(...maskedForms(data));
    } else if (name === 'set-output') this.outputs[props['name'] ?? ''] = data;
    else if (name === 'save-state') this.state[props['name'] ?? ''] = data;
    const level = LEVELS.find((each) => each === name);
    if (level === undefined || (level === 'debug' && !this.#debug)) return;
    const message = mask(data, this.#masks);
    this.#annotations.push({ level, message });
    for (const each of message.split(/\r?\n/)) this.#log.push(`##[${level}]${each}`);
  }

  result() {
    return {
      ...{ log: this.#log, raw: this.#raw, ...this.#text },
      ...{ annotations: this.#annotations, commands: this.#commands, masks: this.#own },
    };
  }
}

interface ParsedCommand extends RunnerCommand {
  readonly props: Readonly<Record<string, string>>;
}

/**
 * Parses `::name key=value,key=value::data` at the start of a line, or `##[name key=value;key=value]data` anywhere in
 * it.
 */
export function parseCommand(line: string): ParsedCommand | undefined {
  const [, name, props = '', data = ''] = /^::([^\s:]+)(?: ([^:]*(?::(?!:)[^:]*)*))?::(.*)$/s.exec(line.trim()) ?? [];
  if (name !== undefined && COMMANDS.includes(name)) {
    return { name, props: pairs(props, ','), data: unescapeText(data) };
  }
  const [, oldName, oldProps = '', oldData = ''] = /##\[([^\s\]]+)(?: ([^\]]*))?\](.*)$/s.exec(line) ?? [];
  if (oldName === undefined || !COMMANDS.includes(oldName)) return undefined;
  return { name: oldName, props: pairs(oldProps, ';'), data: unescapeText(oldData) };
}

function pairs(text: string, separator: string): Record<string, string> {
  const words = text.split(separator).map((pair): [string, string] => {
    const at = pair.indexOf('=');
    return at === -1 ? [pair.trim(), ''] : [pair.slice(0, at).trim(), unescapeText(pair.slice(at + 1))];
  });
  return Object.fromEntries(words.filter(([name]) => name !== ''));
}

function unescapeText(text: string): string {
  const characters: Record<string, string> = { '0D': '\r', '0A': '\n', '3A': ':', '2C': ',', '3B': ';', '5D': ']' };
  return text.replace(/%(0D|0A|3A|2C|3B|5D)/g, (_, code: string) => characters[code] ?? '').replaceAll('%25', '%');
}

/** Returns the value and each of its lines, in all encodings that the runner masks. */
function maskedForms(value: string): readonly string[] {
  const lines = value
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return [...new Set([value, ...lines])].filter((each) => each.trim() !== '').flatMap(formsOf);
}

function formsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].filter((shift) => bytes.length > shift).map((shift) => bytes.subarray(shift));
  return [
    value,
    ...base64.map((each) => each.toString('base64')),
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
  ];
}

export function mask(line: string, masks: readonly string[]): string {
  const hidden = new Array<boolean>(line.length).fill(false);
  for (const each of masks) {
    for (let at = line.indexOf(each); each !== '' && at !== -1; at = line.indexOf(each, at + 1)) {
      hidden.fill(true, at, at + each.length);
    }
  }
  return [...hidden.keys()].map((at) => (hidden[at] ? (hidden[at - 1] ? '' : '***') : line[at])).join('');
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
    if (rest === '' || end === -1) throw new Error(`a file command without its end: ${line}`);
    found[name] = lines.slice(at + 1, end).join('\n');
    at = end;
  }
  return found;
}
