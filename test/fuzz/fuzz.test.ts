/** What fuzzing has found to be worth keeping, once more; and a little of it anew, always the same. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { projectRoot } from '../support/project.ts';
import { readCorpus } from './corpus.ts';
import { Fuzzer } from './fuzzer.ts';
import { checkGrowth } from './growth.ts';
import type { Target } from './target.ts';
import { allTargets } from './targets.ts';

const FOLDER = join(projectRoot, 'test/fuzz/corpus');
const EXECUTIONS = 20_000;

let targets: readonly Target[] = [];
before(async () => {
  targets = await allTargets();
});

describe('every parser of what others say', () => {
  test('survives the corpus, and what is made of it', async () => {
    const weights = targets.reduce((sum, { weight }) => sum + weight, 0);
    for (const target of targets) {
      const fuzzer = new Fuzzer(target, 42);
      const executions = Math.ceil((EXECUTIONS * target.weight) / weights);
      await fuzzer.run(readCorpus(target), { executions, milliseconds: Number.POSITIVE_INFINITY });
      assert.ok(fuzzer.kinds.size > 1, `${target.name} has one kind of outcome only`);
    }
  });

  test('takes no more than its share of time for long inputs', async () => {
    for (const target of targets.filter(({ weight }) => weight >= 1))
      await checkGrowth(target, [...target.seeds, ...readCorpus(target)], 5);
  });
});

test('the corpus is small, and all of it is used', () => {
  const files = readdirSync(FOLDER);
  assert.deepEqual(files.sort(), targets.map(({ name }) => `${name}.txt`).sort());
  for (const file of files) assert.ok(statSync(join(FOLDER, file)).size <= 4096, file);
  assert.ok(existsSync(FOLDER));
});
