/**
 * Part of the build: makes the bundles small, for reading them is a seventh of the start, and puts beside them what belongs
 * there: the Action's post, and the declarations that users of the library reach.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { minify } from 'terser';
import { projectRoot } from './project.ts';

const NAMED = { keep_classnames: true, keep_fnames: true }; // errors say their class, and stacks where they arose
for (const name of ['action', 'cli']) {
  const path = join(projectRoot, 'dist', name, 'index.js');
  const options = { module: true, ecma: 2020, compress: { passes: 2, ...NAMED }, mangle: NAMED } as const;
  const { code } = await minify(readFileSync(path, 'utf8'), options);
  if (code === undefined) throw new Error(`${path} is empty`);
  writeFileSync(path, code);
}

copyFileSync(join(projectRoot, 'build/bundle/src/action/post-entry.js'), join(projectRoot, 'dist/action/post.js'));

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
