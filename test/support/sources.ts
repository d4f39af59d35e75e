/** Reads the files of src/ for the architecture tests. */
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { filesBelow, projectRoot } from './project.ts';

interface Source {
  readonly path: string;
  /** The complete text of the file. */
  readonly text: string;
  /** The text of the file without comments. */
  readonly code: string;
  readonly lines: number;
  readonly imports: readonly string[];
}

export const sources: readonly Source[] = filesBelow('src', '.ts').map((path) => {
  const text = readFileSync(join(projectRoot, path), 'utf8');
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
  const found = [
    ...code.matchAll(/(?:\bfrom|^import|\bimport\(|\brequire\(|\bgetBuiltinModule\()\s*['"]([^'"]+)['"]/gm),
  ].map(([, name = '']) => name);
  const imports = found.map((name) => (name.startsWith('.') ? posix.join(posix.dirname(path), name) : name));
  return { path, text, code, lines: text.split('\n').length - 1, imports };
});
