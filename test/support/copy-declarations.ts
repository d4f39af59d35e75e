/** Part of the build: puts the type declarations of the library beside its bundle. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, projectRoot } from './project.ts';

for (const file of filesBelow('build/src', '.d.ts')) {
  cpSync(join(projectRoot, file), join(projectRoot, file.replace('build/src/', 'dist/lib/')));
}
