/** The log of a step as the runner displays it, without commands and with masked secrets (SecretMasker.cs). */
import { parseCommand, type RunnerCommand } from './commands.ts';

const LEVELS = ['error', 'warning', 'notice', 'debug'] as const;

interface Annotation {
  readonly level: (typeof LEVELS)[number];
  /** The displayed text, unescaped and masked. */
  readonly message: string;
}

export interface StepLog {
  /** The masked lines of the log: annotations, and output lines that are not commands. */
  readonly log: readonly string[];
  readonly annotations: readonly Annotation[];
  readonly commands: readonly RunnerCommand[];
  /** Values that the step masked with add-mask, in order. */
  readonly masks: readonly string[];
}

/** Parses the output of a step. `earlier` contains the masks of earlier steps. `debug` includes debug lines. */
export function readLog(output: string, earlier: readonly string[], debug: boolean): StepLog {
  const log: string[] = [];
  const annotations: Annotation[] = [];
  const commands: RunnerCommand[] = [];
  const masks: string[] = [];
  const forms = earlier.flatMap(maskedForms);
  for (const line of output.replace(/\n$/, '').split(/\r\n|\r|\n/)) {
    const command = parseCommand(line);
    if (command === undefined) {
      log.push(mask(line, forms));
      continue;
    }
    commands.push(command);
    if (command.name === 'add-mask') {
      masks.push(command.data);
      forms.push(...maskedForms(command.data));
    }
    const level = LEVELS.find((each) => each === command.name);
    if (level === undefined || (level === 'debug' && !debug)) continue;
    const message = mask(command.data, forms);
    annotations.push({ level, message });
    for (const each of message.split(/\r?\n/)) log.push(`##[${level}]${each}`);
  }
  return { log, annotations, commands, masks };
}

/** Returns the value and each of its lines in all encodings that the runner masks. */
function maskedForms(value: string): readonly string[] {
  const lines = value.split(/[\r\n]+/).map((line) => line.trim());
  return [...new Set([value, ...lines])].filter((each) => each.trim() !== '').flatMap(formsOf);
}

function formsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].filter((shift) => bytes.length > shift).map((shift) => bytes.toString('base64', shift));
  return [value, ...base64, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)];
}

/** Replaces all occurrences of the masks with `***`. Occurrences that overlap or touch become one. */
export function mask(line: string, masks: readonly string[]): string {
  const hidden = new Array<boolean>(line.length).fill(false);
  for (const each of masks) {
    for (let at = line.indexOf(each); at !== -1; at = line.indexOf(each, at + 1)) {
      hidden.fill(true, at, at + each.length);
    }
  }
  return [...hidden.keys()].map((at) => (hidden[at] ? (hidden[at - 1] ? '' : '***') : line[at])).join('');
}
