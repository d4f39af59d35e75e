/** Parsers for single values. Each parser throws InputError ERR_INPUT with the valid values. */
import { InputError } from '../errors.ts';
import type { InputName } from './table.ts';

const SECONDS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 60 * 60, d: 24 * 60 * 60 };

/** Rejects an input. @throws InputError ERR_INPUT with a message that starts with the name of the input. */
export function refuse(input: InputName | 'https_proxy', reason: string, cause?: unknown): never {
  throw new InputError(input, `${input}: ${reason}`, { cause });
}

export function oneOf<T extends string>(input: InputName, text: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === text.trim());
  if (found !== undefined) return found;
  refuse(input, `${quote(text)} is not valid; use one of ${allowed.join(' ')}`);
}

/**
 * Converts a number with an optional suffix s, m, h or d to seconds; returns undefined if the text is not a duration.
 */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,12})([smhd]?)$/.exec(text.trim()) ?? [];
  return digits === undefined ? undefined : Number(digits) * (SECONDS[unit] ?? Number.NaN);
}

/**
 * Returns a duration in seconds; undefined if the value is neither a whole number nor a string that contains a
 * duration.
 */
export function durationOf(value: string | number): number | undefined {
  if (typeof value === 'string') return parseDuration(value);
  return Number.isInteger(value) ? value : undefined;
}

/** Returns the words in a list, or in a string whose words are separated by white space or commas. */
export function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? splitList(value) : value;
}

export function splitList(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

/** Splits a list of file names as HTCondor does: only at commas, because a path can contain spaces. */
export function splitFiles(text: string): readonly string[] {
  const files = text.split(',').map((file) => file.trim());
  return files.filter((file) => file !== '');
}

export function quote(text: string): string {
  return `"${text.length > 100 ? `${text.slice(0, 100)}…` : text}"`;
}

/**
 * Validates a string that is copied into an ad or an expression, so that it cannot terminate the quoted string into
 * which it is copied.
 */
export function plainText(input: InputName, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const word = text.trim();
  if (word === '') refuse(input, `the value is empty`);
  if (word.length > 1024 || /["\\\p{Cc}]/u.test(word)) {
    refuse(input, `${quote(word)} contains characters that are not allowed in ${input}`);
  }
  return word;
}
