/** HTCondor's authorization levels (makePermStringTable in condor_perms.cpp), each with what it implies at once. */
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

export const AUTHORIZATION_LEVELS: readonly string[] = Object.keys(IMPLIED);

/** Number of levels that a set of levels implies, itself included: the measure of how wide a token is. */
export function breadth(levels: readonly string[]): number {
  const known = AUTHORIZATION_LEVELS.filter((level) => covers(levels, level));
  return new Set([...known, ...levels]).size;
}

/** Whether who has `granted` may do what `level` allows (DCpermissionHierarchy::nextImplied). */
export function covers(granted: readonly string[], level: string): boolean {
  return granted.some((each) => {
    for (let implied: string | undefined = each; implied !== undefined; implied = IMPLIED[implied]) {
      if (implied === level) return true;
    }
    return false;
  });
}
