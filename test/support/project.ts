import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root directory of the project. It is relative to this file's compiled location in build/test. */
export const projectRoot: string = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** Returns the paths of all files below a directory, relative to the project root, with `/` as the separator. */
export function filesBelow(folder: string, ending: string): readonly string[] {
  return readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(projectRoot.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
}
