/** Runs the fuzz targets on the saved corpus and on a fixed number of mutants from a fixed seed. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { checkGrowth, Fuzzer, readCorpus } from '../scripts/fuzz/fuzzer.ts';
import type { Target } from '../scripts/fuzz/target.ts';
import { allTargets } from '../scripts/fuzz/targets.ts';
import { projectRoot } from './support/project.ts';

const FOLDER = join(projectRoot, 'scripts/fuzz/corpus');
const EXECUTIONS = 20_000;

let targets: readonly Target[] = [];
before(async () => {
  targets = await allTargets();
});

describe('Every parser of untrusted input', () => {
  test('returns a value or a typed error for the corpus and for mutants of the corpus', async () => {
    const weights = targets.reduce((sum, { weight }) => sum + weight, 0);
    for (const target of targets) {
      const fuzzer = new Fuzzer(target, 42);
      const executions = Math.ceil((EXECUTIONS * target.weight) / weights);
      await fuzzer.run(readCorpus(target), { executions, milliseconds: Number.POSITIVE_INFINITY });
      assert.ok(fuzzer.kinds.size > 1, `${target.name} has only one kind of outcome`);
    }
  });

  test('uses CPU time in proportion to the length of the input', async () => {
    for (const target of targets.filter(({ weight }) => weight >= 1))
      await checkGrowth(target, [...target.seeds, ...readCorpus(target)], 5);
  });
});

test('each target has a corpus of at most 4 kB', () => {
  const files = readdirSync(FOLDER);
  assert.deepEqual(files.sort(), targets.map(({ name }) => `${name}.txt`).sort());
  for (const file of files) assert.ok(statSync(join(FOLDER, file)).size <= 4096, file);
  assert.ok(existsSync(FOLDER));
});
