/** Checks that only root and the account of the service can replace the service's files. */
import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/**
 * Checks a directory and its parents, after resolving symbolic links. A parent directory with the sticky bit, such as
 * `/tmp`, is allowed to be writable by other accounts, because they cannot rename files there that they do not own.
 *
 * @throws Error if other accounts can replace the directory.
 */
export function checkDirectories(directory: string, uid: number | undefined): void {
  const lowest = realpathSync(directory);
  for (let path = lowest; ; path = dirname(path)) {
    const { uid: owner, mode } = statSync(path);
    if (owner !== 0 && owner !== uid)
      throw new Error(`the directory ${path} is owned by user ${owner}, not by root or the account of the service`);
    const isSticky = path !== lowest && (mode & STICKY) !== 0;
    if ((mode & OTHERS_WRITE) !== 0 && !isSticky)
      throw new Error(
        `other accounts can write to the directory ${path} (mode ${(mode & 0o777).toString(8)}); chmod go-w`,
      );
    if (path === dirname(path)) return;
  }
}
