/** What differs between Windows and other systems, as functions of the platform: each can be tested on any system. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment with names in any case, as Windows has them. `process.env` does so itself, but a copy of it does not, and
 * there the search path may be called `Path`.
 */
export function environmentOf(env: Environment, platform: NodeJS.Platform): Environment {
  if (platform !== 'win32') return env;
  const names = new Map(Object.keys(env).map((name) => [name.toUpperCase(), name]));
  return new Proxy(env, {
    get: (values, name) => (typeof name === 'string' ? values[names.get(name.toUpperCase()) ?? name] : undefined),
  });
}

/** Home directory of the account: HTCondor's tools ask the account database, and on Windows `%USERPROFILE%`. */
export function homeOf(env: Environment, platform: NodeJS.Platform, ofAccount: string): string {
  return (platform === 'win32' ? environmentOf(env, platform)['USERPROFILE'] : undefined) || ofAccount;
}

/**
 * Whether a symbolic link is one that the administrator of the host set up. On Windows every file seems to belong to user
 * 0, and every account may create junctions.
 */
export function isLinkOfSystem({ uid }: { readonly uid: number }, platform: NodeJS.Platform): boolean {
  return platform !== 'win32' && uid === 0;
}

/** What Windows reports while another process has the file open without sharing it: a virus scanner, a token's reader. */
const SHARING_VIOLATIONS: readonly (string | undefined)[] = ['EPERM', 'EACCES', 'EBUSY'];
const RENAME_ATTEMPTS = 8;
const FIRST_PAUSE_MS = 5;

/**
 * Renames a file over another one with `rename`. On Windows this fails while another process has the other file open, so it
 * is repeated for up to 0.6 s.
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

/** Synchronous, so that nothing comes between the steps of writing a file. */
function pauseThread(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Whether Node's permission model denied the operation: no retry can help. */
export function isDeniedByNode(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_ACCESS_DENIED';
}
