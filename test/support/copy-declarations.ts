/** Part of the build: puts the type declarations that the library's users can reach beside its bundle. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { projectRoot } from './project.ts';

const waiting = ['index.d.ts'];
const seen = new Set(waiting);
for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
  const text = readFileSync(join(projectRoot, 'build/src', file), 'utf8');
  const target = join(projectRoot, 'dist/lib', file);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
  for (const [, name = ''] of text.matchAll(/\bfrom '(\.[^']+)'/g)) {
    const found = posix.join(posix.dirname(file), name).replace(/\.[jt]s$/, '.d.ts');
    if (!seen.has(found)) waiting.push(found);
    seen.add(found);
  }
}
