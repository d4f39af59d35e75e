/** Collects the regular expressions in src, and generates long inputs for each of them. */
import fc from 'fast-check';
import { sources } from '../sources.ts';

export interface Expression {
  readonly path: string;
  readonly regExp: RegExp;
}

/** Matches the text before a slash if that slash starts a regular expression rather than a division. */
const BEFORE_EXPRESSION = /(?:^|[(,=:[!&|?{};>+]|\breturn|\bof|\bcase)\s*$/;

/** Returns all regular expression literals in a source text. */
export function expressionsOfSources(): readonly Expression[] {
  return sources.flatMap(({ path, text }) => expressionsOf(text).map((regExp) => ({ path, regExp })));
}

/** Returns the files that create a regular expression at run time. */
export function dynamicExpressions(): readonly string[] {
  return sources.filter(({ text }) => /new RegExp\(/.test(text)).map(({ path }) => path);
}

export function expressionsOf(text: string): RegExp[] {
  const found: RegExp[] = [];
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at, at + 2);
    if (rest === '//' || rest === '#!') at = endOf(text, at, '\n');
    else if (rest === '/*') at = endOf(text, at + 2, '*/');
    else if (text[at] === "'" || text[at] === '"') at = endOfString(text, at);
    else if (text[at] === '`') {
      const end = endOfTemplate(text, at);
      const content = text.slice(at + 1, end - 1);
      for (const [, inner = ''] of content.matchAll(/\$\{([^`]*?)\}/g)) found.push(...expressionsOf(`(${inner}`));
      at = end;
    } else if (text[at] === '/' && BEFORE_EXPRESSION.test(text.slice(Math.max(0, at - 80), at))) {
      const end = endOfExpression(text, at);
      const [flags = ''] = /^[a-z]*/.exec(text.slice(end)) ?? [];
      found.push(new RegExp(text.slice(at + 1, end - 1), flags));
      at = end + flags.length;
    } else at += 1;
  }
  return found;
}

function endOf(text: string, from: number, mark: string): number {
  const end = text.indexOf(mark, from);
  return end === -1 ? text.length : end + mark.length;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== text[start]) at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Returns the position after a template literal. Skips templates that are nested in `${}`. */
function endOfTemplate(text: string, start: number): number {
  let at = start + 1;
  for (let depth = 0; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text.startsWith('${', at)) {
      depth += 1;
      at += 1;
    } else if (depth > 0 && text[at] === '}') depth -= 1;
    else if (depth > 0 && text[at] === '{') depth += 1;
    else if (depth > 0 && (text[at] === "'" || text[at] === '"')) at = endOfString(text, at) - 1;
    else if (text[at] === '`') {
      if (depth === 0) return at + 1;
      at = endOfTemplate(text, at) - 1;
    }
  }
  return at;
}

function endOfExpression(text: string, start: number): number {
  let inClass = false;
  let at = start + 1;
  for (; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '[') inClass = true;
    else if (text[at] === ']') inClass = false;
    else if (text[at] === '/' && !inClass) break;
  }
  return at + 1;
}

/** Characters that occur in the character classes of the expressions. */
const CHARACTERS = [...'aA0 _.-"=:#/@,;~+<&?{$\\\t\n\u0000é'];

/**
 * Returns functions that generate inputs for an expression. An input consists of a matching prefix, one repeated
 * string, and a suffix that does not match.
 */
export function pumpsOf({ source, flags }: RegExp): ((length: number) => string)[] {
  const literals = source
    .replace(/\\[bBdDsSwWnrt]|\\p\{\w+\}|\(\?(?:[:=!]|<[=!])|[()|]|\[(?:\\.|[^\]])*\]|\{[\d,]+\}|[.*+?^$]/g, '\u0001')
    .replace(/\\(.)/g, '$1')
    .split('\u0001')
    .filter((literal) => literal !== '');
  const samples = samplesOf(source, flags);
  const units = new Set([
    ...CHARACTERS,
    ...literals,
    ...literals.flatMap((each) => [`${each}a`, `${each}0`, `${each} `]),
  ]);
  for (const sample of samples) if (sample !== '') units.add(sample);
  const beginnings = new Set(['', ...samples.map((each) => each.slice(0, -1)), ...samples]);
  let joined = '';
  for (const literal of literals) {
    joined += `${literal}`;
    beginnings.add(joined).add(`${joined}1`);
    joined += 'a';
  }
  return [...beginnings].flatMap((beginning) =>
    [...units].map((unit) => (length: number) => `${beginning}${unit.repeat(Math.ceil(length / unit.length))}\u0000!`),
  );
}

const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));

/**
 * Returns short matching strings. fast-check generates only printable ASCII, and never returns if a character class
 * contains none.
 */
function samplesOf(source: string, flags: string): readonly string[] {
  const flagsOfSample = flags.replace(/[gim]/g, '');
  try {
    const known = source.replace(/\[\^(?:\\.|[^\]\\])+\]/g, (set) => {
      const one = new RegExp(set, flagsOfSample);
      return PRINTABLE.some((character) => one.test(character)) ? set : 'é';
    });
    return fc.sample(fc.stringMatching(new RegExp(known, flagsOfSample), { size: 'small' }), {
      numRuns: 3,
      seed: 7,
    });
  } catch {
    return []; // the expression has a construct that fast-check does not support
  }
}
