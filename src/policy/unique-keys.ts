/**
 * True if no object in a JSON text has a duplicate key. JSON.parse keeps the last value of a duplicate key, but other
 * parsers keep the first. Two parsers of the same token could therefore see different claims.
 *
 * @param text valid JSON; the caller must reject anything else.
 */
export function hasUniqueKeys(text: string): boolean {
  /** The keys of each open object, or undefined for an open array. */
  const open: (Set<string> | undefined)[] = [];
  let previous = '[';
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],]/g)) {
    const keys = open.at(-1);
    if (keys !== undefined && token.startsWith('"') && '{,'.includes(previous)) {
      const key = String(JSON.parse(token));
      if (keys.has(key)) return false;
      keys.add(key);
    }
    if ('{['.includes(token)) open.push(token === '{' ? new Set() : undefined);
    if ('}]'.includes(token)) open.pop();
    previous = token;
  }
  return true;
}
