/** Reads the fenced blocks of the documents for the tests that run or check them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../project.ts';

export interface Block {
  /** Path of the document, relative to the project root, and the line of the opening fence. */
  readonly file: string;
  readonly line: number;
  /** First word of the info string, or an empty string if there is none. */
  readonly language: string;
  /** Value of `name=…` in the info string. Tests select the block by this name. */
  readonly name: string | undefined;
  /** Text between the fences, without the indentation of the opening fence. */
  readonly text: string;
}

export function blocksOf(file: string): readonly Block[] {
  return blocksIn(readFileSync(join(projectRoot, file), 'utf8'), file);
}

/** Returns all fenced blocks. Throws if a fence is not closed. */
export function blocksIn(markdown: string, file: string): readonly Block[] {
  const lines = markdown.split(/\r?\n/);
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [, indent, fence, info = ''] = /^( *)(`{3,}|~{3,})\s*(.*)$/.exec(lines[at] ?? '') ?? [];
    if (indent === undefined || fence === undefined) continue;
    const end = lines.findIndex((line, index) => index > at && line.trim() === fence);
    if (end === -1) throw new Error(`${file}:${at + 1}: the fence is not closed`);
    const [language = '', ...attributes] = info.trim().split(/\s+/);
    const name = attributes.find((each) => each.startsWith('name='))?.slice('name='.length);
    const text = lines
      .slice(at + 1, end)
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()))
      .join('\n');
    blocks.push({ file, line: at + 1, language, name, text: `${text}\n` });
    at = end;
  }
  return blocks;
}
