/**
 * ClassAds as they travel (cedar-rfc §2.6; putClassAd and getClassAd in condor_utils/classad_oldnew.cpp).
 *
 * `int n`, then n strings `Name = value`, then two strings that once were the types. Only literals are understood;
 * an expression is kept as text and refused where a literal is needed.
 */
import { ProtocolError } from '../errors.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** ClassAd source text that is sent as it is, for `Requirements`. */
export class Expression {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

export type ClassAdValue = string | number | boolean | Expression;

/** A line that says: the next string is the real one, encrypted on its own. On AES everything is encrypted already. */
const SECRET_MARKER = 'ZKM';

/** Longest string literal that is read unless the caller allows more, in characters. A sinful string may have 8192. */
const MAX_STRING_LENGTH = 16 * 1024;

const ATTRIBUTE = /^\s*([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*)$/s;

/** An ad received. Attribute names are case-insensitive; of duplicates the last one counts. */
export class ClassAd {
  readonly #values: ReadonlyMap<string, string>;

  /** `values`: from names in lower case to ClassAd source text. */
  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  get size(): number {
    return this.#values.size;
  }

  /**
   * A string literal; undefined if the attribute is absent. Throws ERR_CLASSAD if it is something else, or longer than
   * `maxLength` characters: a peer that has not authenticated yet sends most of them, and expressions run over them.
   */
  string(name: string, maxLength = MAX_STRING_LENGTH): string | undefined {
    const source = this.#literal(name);
    if (source === undefined) return undefined;
    if (source.length > maxLength + 2) {
      const text = `the attribute ${name} has ${source.length - 2} characters, more than ${maxLength}`;
      throw new ProtocolError('ERR_CLASSAD', text);
    }
    const inner = /^"(.*)"$/s.exec(source)?.[1];
    // A quote inside without a backslash ends the literal: then there is more than one, and it is an expression.
    if (inner === undefined || /(^|[^\\])"/.test(inner)) throw wrongType(name, 'a string');
    // "Old" ClassAd quoting: only the quote itself is escaped; a backslash before anything else is a backslash.
    return inner.replaceAll('\\"', '"');
  }

  /** An integer literal; undefined if the attribute is absent. Throws ERR_CLASSAD if it is something else. */
  integer(name: string): number | undefined {
    const source = this.#literal(name);
    if (source === undefined) return undefined;
    const value = /^[+-]?\d{1,16}$/.test(source) ? Number(source) : Number.NaN;
    if (!Number.isSafeInteger(value)) throw wrongType(name, 'an integer');
    return value;
  }

  /** A boolean literal; undefined if the attribute is absent. Throws ERR_CLASSAD if it is something else. */
  boolean(name: string): boolean | undefined {
    const source = this.#literal(name)?.toLowerCase();
    if (source === undefined) return undefined;
    if (source !== 'true' && source !== 'false') throw wrongType(name, 'a boolean');
    return source === 'true';
  }

  /** The source text of a value, expression or not. */
  source(name: string): string | undefined {
    return this.#values.get(name.toLowerCase());
  }

  #literal(name: string): string | undefined {
    const source = this.#values.get(name.toLowerCase());
    return source === undefined || source.toLowerCase() === 'undefined' ? undefined : source;
  }
}

function wrongType(name: string, wanted: string): ProtocolError {
  return new ProtocolError('ERR_CLASSAD', `the attribute ${name} is not ${wanted}`);
}

/** Reads one ad. Throws ERR_CLASSAD when it is not one; work is bounded by the size of the message. */
export function getClassAd(message: Reader): ClassAd {
  const count = message.int();
  // Each attribute takes a byte at least: refuses a count that the message cannot hold before looping over it.
  if (count < 0 || count > message.remaining)
    throw new ProtocolError('ERR_CLASSAD', `an ad declares ${count} attributes`);
  const values = new Map<string, string>();
  for (let i = 0; i < count; i++) {
    const line = message.string();
    const [, name, source] = ATTRIBUTE.exec(line === SECRET_MARKER ? message.string() : line) ?? [];
    if (name === undefined || source === undefined)
      throw new ProtocolError('ERR_CLASSAD', 'a line is not an attribute');
    values.set(name.toLowerCase(), source.trim());
  }
  message.string(); // MyType and TargetType: empty for decades, and ignored by C++ too
  message.string();
  return new ClassAd(values);
}

/** Writes one ad. Attributes that are undefined are left out. */
export function putClassAd(message: Writer, ad: Readonly<Record<string, ClassAdValue | undefined>>): void {
  const lines = Object.entries(ad).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} = ${sourceOf(value)}`],
  );
  message.int(lines.length);
  for (const line of lines) message.string(line);
  message.string('').string('');
}

function sourceOf(value: ClassAdValue): string {
  if (value instanceof Expression) return value.source;
  if (typeof value === 'string') return `"${value.replaceAll('"', '\\"')}"`;
  return String(value);
}
