/**
 * HTCondor's authorization levels (makePermStringTable in condor_perms.cpp). Each level is mapped to the level that it
 * implies directly.
 */
const IMPLIED: Readonly<Record<string, string | undefined>> = {
  ALLOW: undefined,
  READ: undefined,
  WRITE: 'READ',
  NEGOTIATOR: 'READ',
  ADMINISTRATOR: 'WRITE',
  CONFIG: 'READ',
  DAEMON: 'WRITE',
  SOAP: undefined,
  DEFAULT: undefined,
  CLIENT: undefined,
  ADVERTISE_STARTD: 'READ',
  ADVERTISE_SCHEDD: 'READ',
  ADVERTISE_MASTER: 'READ',
};

/** Names of all authorization levels. */
export const AUTHORIZATION_LEVELS: readonly string[] = Object.keys(IMPLIED);

/**
 * Returns the number of authorization levels that `levels` contains or implies. A token with a lower number has fewer
 * permissions.
 */
export function breadth(levels: readonly string[]): number {
  const known = AUTHORIZATION_LEVELS.filter((level) => covers(levels, level));
  return new Set([...known, ...levels]).size;
}

/** Returns whether the `granted` levels include or imply `level` (DCpermissionHierarchy::nextImplied). */
export function covers(granted: readonly string[], level: string): boolean {
  return granted.some((each) => {
    for (let implied: string | undefined = each; implied !== undefined; implied = IMPLIED[implied]) {
      if (implied === level) return true;
    }
    return false;
  });
}
