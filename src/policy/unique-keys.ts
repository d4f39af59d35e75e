/**
 * True if no object of a JSON text has a duplicate key. JSON.parse keeps the last one and other parsers the first, so
 * two readers of one token could see different claims.
 *
 * @param text valid JSON; the caller must reject anything else.
 */
export function hasUniqueKeys(text: string): boolean {
  const open: (Set<string> | undefined)[] = [];
  let isKey = false;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],]/g)) {
    const inside = open.at(-1);
    if (token === '{' || token === '[') open.push(token === '{' ? new Set() : undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token !== ',' && isKey && inside !== undefined) {
      const key = String(JSON.parse(token));
      if (inside.has(key)) return false;
      inside.add(key);
    }
    isKey = open.at(-1) !== undefined && (token === '{' || token === ',');
  }
  return true;
}
