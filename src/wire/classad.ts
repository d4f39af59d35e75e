/**
 * Reads and writes ClassAds in their wire format (cedar-rfc §2.6; putClassAd and getClassAd in
 * condor_utils/classad_oldnew.cpp).
 *
 * An ad consists of an integer n, n strings `Name = value`, and two strings that formerly contained the ad's types.
 * Only literals are evaluated. An expression is kept as text, and is rejected where a literal is required.
 */
import { ProtocolError } from '../errors.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** A ClassAd expression, such as the value of `Requirements`. Unlike a string, it is sent without quotes. */
export class Expression {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

export type ClassAdValue = string | number | boolean | Expression;

/**
 * Announces that the next string is an attribute that other ciphers encrypt separately. With AES, the whole frame is
 * encrypted instead.
 */
const SECRET_MARKER = 'ZKM';

/** Default maximum length of a string literal, in characters. A sinful string can have up to 8192 characters. */
const MAX_STRING_LENGTH = 16 * 1024;

const ATTRIBUTE = /^\s*([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*)$/s;

/**
 * A received ad. Attribute names are case-insensitive. If an attribute occurs more than once, its last value is used.
 */
export class ClassAd {
  readonly #values: ReadonlyMap<string, string>;

  /** `values` maps lowercase attribute names to ClassAd source text. */
  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  get size(): number {
    return this.#values.size;
  }

  /**
   * Returns the value of a string attribute, or undefined if the attribute is absent or UNDEFINED.
   *
   * Most values come from unauthenticated peers. The length limit bounds the time that regular expressions can spend on
   * a value.
   *
   * @throws ProtocolError ERR_CLASSAD if the value is not a string literal or has more than `maxLength` characters.
   */
  string(name: string, maxLength = MAX_STRING_LENGTH): string | undefined {
    const source = this.#literal(name);
    if (source === undefined) return undefined;
    if (source.length > maxLength + 2) {
      const text = `the attribute ${name} has ${source.length - 2} characters, more than ${maxLength}`;
      throw new ProtocolError('ERR_CLASSAD', text);
    }
    const inner = /^"(.*)"$/s.exec(source)?.[1];
    // An unescaped quote ends the literal, so a value with an unescaped quote inside is an expression.
    if (inner === undefined || /(^|[^\\])"/.test(inner)) throw wrongType(name, 'a string');
    // "Old" ClassAd syntax escapes only the quote. A backslash before any other character is literal.
    return inner.replaceAll('\\"', '"');
  }

  /**
   * Returns the value of an integer attribute, or undefined if the attribute is absent or UNDEFINED.
   *
   * @throws ProtocolError ERR_CLASSAD if the value is not an integer literal or not a safe integer.
   */
  integer(name: string): number | undefined {
    const source = this.#literal(name);
    if (source === undefined) return undefined;
    const value = /^[+-]?\d{1,16}$/.test(source) ? Number(source) : Number.NaN;
    if (!Number.isSafeInteger(value)) throw wrongType(name, 'an integer');
    return value;
  }

  /**
   * Returns the value of a Boolean attribute, or undefined if the attribute is absent or UNDEFINED.
   *
   * @throws ProtocolError ERR_CLASSAD if the value is not a Boolean literal.
   */
  boolean(name: string): boolean | undefined {
    const source = this.#literal(name)?.toLowerCase();
    if (source === undefined) return undefined;
    if (source !== 'true' && source !== 'false') throw wrongType(name, 'a boolean');
    return source === 'true';
  }

  /**
   * Returns the source text of an attribute's value, which can be an expression. Returns undefined if the attribute is
   * absent.
   */
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

/**
 * Reads one ad from a message. The length of the message bounds the time that parsing can take.
 *
 * @throws ProtocolError ERR_CLASSAD if the ad is malformed; ERR_MESSAGE if the message ends inside the ad.
 */
export function getClassAd(message: Reader): ClassAd {
  const count = message.int();
  // Each attribute occupies at least one byte, so a count larger than the number of remaining bytes is invalid.
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
  message.string(); // the obsolete MyType and TargetType, which are ignored, as in C++
  message.string();
  return new ClassAd(values);
}

/** Writes one ad to a message. Omits attributes with an undefined value. */
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
