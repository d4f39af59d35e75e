/**
 * Units of time, largest first. A duration that is not a multiple of a unit is rounded to whole units only if the
 * duration is at least `roundFrom` seconds.
 */
const UNITS: readonly (readonly [name: string, seconds: number, roundFrom: number])[] = [
  ['d', 86_400, 172_800],
  ['h', 3600, 7200],
  ['min', 60, 120],
];

/** Formats a duration for messages, such as `45 s`, `30 min`, `2 h` or `1 d`. */
export function describeDuration(seconds: number): string {
  const exact = UNITS.find(([, length]) => seconds >= length && seconds % length === 0);
  const [name, length] = exact ?? UNITS.find(([, , roundFrom]) => seconds >= roundFrom) ?? ['s', 1];
  return `${Math.round(seconds / length)} ${name}`;
}
