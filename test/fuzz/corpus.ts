/** Inputs that reach something: kept in test/fuzz/corpus, one in base64 a line. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../support/project.ts';
import type { Coverage } from './coverage.ts';
import { Fuzzer } from './fuzzer.ts';
import type { Target } from './target.ts';

const MAX_CHARACTERS = 4096;

const fileOf = ({ name }: Target) => join(projectRoot, 'test/fuzz/corpus', `${name}.txt`);

export function readCorpus(target: Target): readonly Uint8Array[] {
  if (!existsSync(fileOf(target))) return [];
  const lines = readFileSync(fileOf(target), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => Buffer.from(line, 'base64'));
}

/** Keeps the shortest inputs that still reach what the seeds do not, as many as there is room for. */
export async function writeCorpus(target: Target, inputs: readonly Uint8Array[], coverage: Coverage): Promise<void> {
  const measure = new Fuzzer(target, 1);
  const kinds = new Set<string>();
  const blocks = new Set<string>();
  const lines: string[] = [];
  const isNew = async (input: Uint8Array) => {
    const size = kinds.size + blocks.size;
    coverage.take();
    kinds.add(await measure.execute(input));
    for (const block of coverage.take()) blocks.add(block);
    return kinds.size + blocks.size > size;
  };
  for (const seed of target.seeds) await isNew(seed);
  let room = MAX_CHARACTERS;
  for (const input of [...inputs].sort((a, b) => a.length - b.length)) {
    const line = Buffer.from(input).toString('base64');
    if (line.length === 0 || line.length >= room || !(await isNew(input))) continue;
    lines.push(line);
    room -= line.length + 1;
  }
  writeFileSync(fileOf(target), lines.map((line) => `${line}\n`).join(''));
}
