/** Parsers of single values. Each throws InputError ERR_INPUT with the valid values. */
import { InputError } from '../errors.ts';
import type { InputName } from './table.ts';

const SECONDS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 60 * 60, d: 24 * 60 * 60 };

/** @throws InputError ERR_INPUT with the name of the input in front of the reason. */
export function refuse(input: InputName | 'https_proxy', reason: string, cause?: unknown): never {
  throw new InputError(input, `${input}: ${reason}`, { cause });
}

export function oneOf<T extends string>(input: InputName, text: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === text.trim());
  if (found !== undefined) return found;
  refuse(input, `${quote(text)} is not valid; use one of ${allowed.join(' ')}`);
}

/** Parses a number with an optional suffix s, m, h or d to seconds; undefined if the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,12})([smhd]?)$/.exec(text.trim()) ?? [];
  return digits === undefined ? undefined : Number(digits) * (SECONDS[unit] ?? Number.NaN);
}

/** Returns seconds; undefined if the value is neither a whole number of seconds nor the text of a duration. */
export function durationOf(value: string | number): number | undefined {
  if (typeof value === 'string') return parseDuration(value);
  return Number.isInteger(value) ? value : undefined;
}

/** Returns the words of a list, or of a string that separates them with blanks or commas. */
export function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? splitList(value) : value;
}

export function splitList(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

/** File names as HTCondor lists them: separated by commas only, because a path may have blanks. */
export function splitFiles(text: string): readonly string[] {
  const files = text.split(',').map((file) => file.trim());
  return files.filter((file) => file !== '');
}

export function quote(text: string): string {
  return `"${text.length > 100 ? `${text.slice(0, 100)}…` : text}"`;
}

/** Validates a word that is copied into an ad or expression, so that it cannot leave its quotes. */
export function plainText(input: InputName, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const word = text.trim();
  if (word === '') refuse(input, `the value is empty`);
  if (word.length > 1024 || /["\\\p{Cc}]/u.test(word)) {
    refuse(input, `${quote(word)} contains characters that are not allowed in ${input}`);
  }
  return word;
}
