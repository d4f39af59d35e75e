/** Units, largest first. Durations of `roundFrom` seconds or more are rounded to the unit. */
const UNITS: readonly (readonly [name: string, seconds: number, roundFrom: number])[] = [
  ['d', 86_400, 172_800],
  ['h', 3600, 7200],
  ['min', 60, 120],
];

/** Formats a duration in seconds for messages: 45 s, 30 min, 2 h, 1 d. */
export function describeDuration(seconds: number): string {
  const exact = UNITS.find(([, length]) => seconds >= length && seconds % length === 0);
  const [name, length] = exact ?? UNITS.find(([, , roundFrom]) => seconds >= roundFrom) ?? ['s', 1];
  return `${Math.round(seconds / length)} ${name}`;
}
