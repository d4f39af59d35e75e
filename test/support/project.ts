import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Top folder of the project; compiled tests live in build/test. */
export const projectRoot: string = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** All files below a folder of the project, as paths from its top, with `/`. */
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
