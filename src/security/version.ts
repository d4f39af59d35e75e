/** Major, minor and patch number of an HTCondor release. */
export type Version = readonly [major: number, minor: number, patch: number];

/** The release in a daemon's `$CondorVersion: 25.14.1 … $`; undefined if there is none. */
export function versionOf(remoteVersion: string): Version | undefined {
  const [, major, minor, patch] = /^\D{0,40}(\d{1,4})\.(\d{1,4})\.(\d{1,6})/.exec(remoteVersion) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}

/** By major and minor number: the first patch release that restricts a fetched token to the levels of its credential. */
const FIRST_PATCH: Readonly<Record<string, number>> = { '23.0': 22, '23.9': 6, '23.10': 22, '24.0': 6 };

/**
 * Whether a daemon of this release restricts a fetched token to the authorization levels of the credential. Older
 * releases grant every level that is requested.
 */
export function restrictsLevels([major, minor, patch]: Version): boolean {
  const first = FIRST_PATCH[`${major}.${minor}`];
  if (first !== undefined) return patch >= first;
  return major > 24 || (major === 24 && minor >= 6);
}
