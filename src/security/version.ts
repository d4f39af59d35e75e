/** The version that a daemon announces. */
export interface CondorVersion {
  /** Version number, such as `25.14.1`. */
  readonly text: string;
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** Maximum length of a version string, in characters. HTCondor's version strings have about 90 characters. */
const MAX_VERSION_LENGTH = 256;

/**
 * Parses `$CondorVersion: 25.14.1 2026-07-30 … $` (CondorVersionInfo::string_to_VersionData in C++). Returns undefined
 * if the text is malformed.
 *
 * The text comes from an unauthenticated peer. The length is checked before the regular expression runs, and the
 * expression is anchored, so that matching cannot take quadratic time.
 */
export function parseVersion(text: string): CondorVersion | undefined {
  if (text.length > MAX_VERSION_LENGTH) return undefined;
  const [, major, minor, patch] = /^\$CondorVersion: (\d{1,4})\.(\d{1,4})\.(\d{1,4})(?!\d)/.exec(text) ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return undefined;
  return {
    text: `${major}.${minor}.${patch}`,
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
  };
}

/** Returns whether `version` is `major.minor.patch` or later. */
export function isAtLeast(version: CondorVersion, major: number, minor: number, patch = 0): boolean {
  if (version.major !== major) return version.major > major;
  return version.minor === minor ? version.patch >= patch : version.minor > minor;
}

/**
 * Returns whether a daemon of this release includes its address in the directory name for FS. This applies to 24.0.22,
 * 24.12.22, 25.0.12 and 25.11.1, and to the later releases of each series (condor_auth_fs.cpp at these tags).
 */
export function bindsFsToAddress(version: CondorVersion): boolean {
  const { major, minor } = version;
  if (minor === 0) return (major === 24 && version.patch >= 22) || (major === 25 && version.patch >= 12) || major > 25;
  return major === 24 ? isAtLeast(version, 24, 12, 22) : isAtLeast(version, 25, 11, 1);
}

/** For each affected series, the first patch release that restricts a fetched token to the levels of the credential. */
const FIRST_RESTRICTING_PATCH: Readonly<Record<string, number>> = { '23.0': 22, '23.9': 6, '23.10': 22, '24.0': 6 };

/**
 * Returns whether a daemon of this release restricts a fetched token to the authorization levels of the credential.
 * Older releases grant every requested level.
 */
export function restrictsLevels({ major, minor, patch }: CondorVersion): boolean {
  const first = FIRST_RESTRICTING_PATCH[`${major}.${minor}`];
  if (first !== undefined) return patch >= first;
  return major > 24 || (major === 24 && minor >= 6);
}
