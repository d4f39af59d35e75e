/** Units, the largest first; and up to how many seconds a time in the next smaller one is still easy to read. */
const UNITS: readonly (readonly [name: string, seconds: number, upTo: number])[] = [
  ['d', 86_400, 172_800],
  ['h', 3600, 7200],
  ['min', 60, 120],
];

/** Seconds as people say them: 45 s, 30 min, 2 h, 1 d. */
export function describeDuration(seconds: number): string {
  const exact = UNITS.find(([, length]) => seconds >= length && seconds % length === 0);
  const [name, length] = exact ?? UNITS.find(([, , upTo]) => seconds >= upTo) ?? ['s', 1];
  return `${Math.round(seconds / length)} ${name}`;
}
