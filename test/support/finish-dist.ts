/** Part of the build: what belongs beside the bundles. The Action's post; the declarations that users of the library reach. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { projectRoot } from './project.ts';

copyFileSync(join(projectRoot, 'build/bundle/src/main/post.js'), join(projectRoot, 'dist/action/post.js'));

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
