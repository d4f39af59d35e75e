import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../test/support/project.ts';

export const ms = (value: number): string => value.toFixed(0);

/** Formats a Markdown table. The first row is the header. */
export function table(...rows: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = rows;
  return [head, head.map(() => '---'), ...rest].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** Replaces the text between the two markers called `name` in a document. */
export function write(document: string, name: string, text: string): void {
  const path = join(projectRoot, document);
  const mark = `<!-- ${name} -->\n`;
  const [before = '', , after = ''] = readFileSync(path, 'utf8').split(mark);
  writeFileSync(path, `${before}${mark}${text}\n${mark}${after}`);
}
