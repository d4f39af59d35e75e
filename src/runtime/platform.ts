/**
 * Differences between Windows and other systems. Each function takes the platform as an argument, so that all of these
 * functions can be tested on any system.
 */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns the environment. On Windows, variable names are case-insensitive in the result. Node ignores the case of
 * names only in `process.env` itself, not in a copy of it. On Windows, PATH is often spelled `Path`.
 */
export function environmentOf(env: Environment, platform: NodeJS.Platform): Environment {
  if (platform !== 'win32') return env;
  const names = new Map(Object.keys(env).map((name) => [name.toUpperCase(), name]));
  return new Proxy(env, {
    get: (values, name) => (typeof name === 'string' ? values[names.get(name.toUpperCase()) ?? name] : undefined),
  });
}

/**
 * Returns the home directory that HTCondor's tools use. On Windows, this is `%USERPROFILE%`. On other systems, this is
 * `ofAccount`, the home directory from the account database.
 */
export function homeOf(env: Environment, platform: NodeJS.Platform, ofAccount: string): string {
  return (platform === 'win32' ? environmentOf(env, platform)['USERPROFILE'] : undefined) || ofAccount;
}

/**
 * Returns whether root owns a symbolic link, which means that an administrator created the link. Always returns false
 * on Windows, where every file appears to belong to user 0 and every account can create junctions.
 */
export function isLinkOfSystem({ uid }: { readonly uid: number }, platform: NodeJS.Platform): boolean {
  return platform !== 'win32' && uid === 0;
}

/**
 * Error codes that file operations report on Windows while another process, such as a virus scanner, has the file open
 * without sharing it.
 */
const SHARING_VIOLATIONS: readonly (string | undefined)[] = ['EPERM', 'EACCES', 'EBUSY'];
const RENAME_ATTEMPTS = 8;
const FIRST_PAUSE_MS = 5;

/**
 * Calls `rename`, which replaces a file. On Windows, `rename` fails while another process has the file open, so the
 * call is retried for up to 0.6 s.
 */
export function renameOver(
  rename: () => void,
  platform: NodeJS.Platform,
  pause: (milliseconds: number) => void = pauseThread,
): void {
  for (let attempt = 1; ; attempt++) {
    try {
      rename();
      return;
    } catch (error) {
      const isShared = SHARING_VIOLATIONS.includes((error as NodeJS.ErrnoException).code);
      if (platform !== 'win32' || !isShared || attempt === RENAME_ATTEMPTS) throw error;
      pause(FIRST_PAUSE_MS * 2 ** (attempt - 1));
    }
  }
}

/** Blocks the thread, so that no other task runs between the steps of writing a file. */
function pauseThread(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Returns whether an operation failed because Node's permission model denied it. This denial is permanent. */
export function isDeniedByNode(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_ACCESS_DENIED';
}
