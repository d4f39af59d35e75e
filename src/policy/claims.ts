/** Claims of a verified job token, and the values that a policy entry requires. */

export type Claims = Readonly<Record<string, unknown>>;

/** Expected value of a claim: one of the listed strings, or any string that matches the glob. */
export type Expectation = { readonly values: readonly string[] } | { readonly glob: string };

/** Returns the value of a claim as a string for comparisons, or undefined if values of that type never match. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return String(value);
  return undefined;
}

/** Returns the value of a claim as a string. Properties that every object inherits are not claims. */
export function claimOf(claims: Claims, name: string): string | undefined {
  return Object.hasOwn(claims, name) ? textOf(claims[name]) : undefined;
}

/** True if a claim has the expected value. A missing claim, an array or an object never matches. */
export function satisfies(expectation: Expectation, actual: string | undefined): boolean {
  if (actual === undefined) return false;
  return 'values' in expectation ? expectation.values.includes(actual) : matchesGlob(expectation.glob, actual);
}

/**
 * Matches a glob: `*` matches any characters of one path segment, and every other character matches itself. The text
 * between two `*` is matched at its first occurrence, so the function never backtracks.
 */
export function matchesGlob(glob: string, text: string): boolean {
  const [patterns, segments] = [glob.split('/'), text.split('/')];
  return patterns.length === segments.length && patterns.every((each, at) => matchesSegment(each, segments[at] ?? ''));
}

function matchesSegment(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let from = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, from);
    if (found < 0 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}

/** Formats an expected value for use in a message. */
export function describeExpectation(expectation: Expectation): string {
  return 'values' in expectation ? expectation.values.join(' or ') : expectation.glob;
}
