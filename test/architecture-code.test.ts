/** Rules for the code: length and exports of a file, and the size of the bundles. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { VERSION } from '../src/cli/version.ts';
import { filesBelow, projectRoot } from './support/project.ts';
import { sources } from './support/sources.ts';

const MAX_LINES = 250;
const MAX_ACTION_BYTES = 250_000;
const MAX_COMMAND_BYTES = 215_000;
const MAX_SERVICE_BYTES = 360_000;

describe('code', () => {
  test(`has at most ${MAX_LINES} lines a file in src`, () => {
    const long = sources.filter(({ lines }) => lines > MAX_LINES);
    assert.deepEqual(
      long.map(({ path, lines }) => `${path}: ${lines}`),
      [],
    );
  });

  test('has no any, and no compiler or linter silenced without a reason', () => {
    for (const { path, code } of sources) assert.doesNotMatch(code, /(:|<|\bas) any\b/, path);
    for (const { path } of sources) {
      const text = readFileSync(join(projectRoot, path), 'utf8');
      assert.doesNotMatch(text, /@ts-|biome-ignore [^:]*(:\s*)?$/m, path);
    }
  });

  test('has the version of package.json', () => {
    const manifest: unknown = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
    assert.equal((manifest as { version: string }).version, VERSION);
  });

  test('exports nothing that no other file names, tests included', () => {
    const files = [...filesBelow('src', '.ts'), ...filesBelow('test', '.ts')].map((path) => {
      const text = readFileSync(join(projectRoot, path), 'utf8');
      return { path, text, words: new Set(text.match(/\w+/g)) };
    });
    const dead = files.flatMap(({ path, text }) =>
      [...text.matchAll(/^export (?:async )?(?:function\*?|const|class|interface|type) (\w+)/gm)]
        .filter(([, name = '']) => !files.some((other) => other.path !== path && other.words.has(name)))
        .map(([, name]) => `${path}: ${name}`),
    );
    assert.deepEqual(dead, []);
  });
});

describe('what is shipped', () => {
  const read = (file: string) => readFileSync(join(projectRoot, file), 'utf8');

  test('has no HTTP client that nobody uses', () => {
    for (const file of ['dist/action/index.js', 'dist/cli/index.js', 'dist/service/index.js']) {
      assert.doesNotMatch(read(file), /llhttp|node_modules\/undici\/lib|DispatcherBase|WebSocketStream/, file);
    }
  });

  test('is small', () => {
    assert.ok(statSync(join(projectRoot, 'dist/action/index.js')).size <= MAX_ACTION_BYTES);
    assert.ok(statSync(join(projectRoot, 'dist/cli/index.js')).size <= MAX_COMMAND_BYTES);
    assert.ok(statSync(join(projectRoot, 'dist/service/index.js')).size <= MAX_SERVICE_BYTES);
  });

  test('has no toolkit in the command', () =>
    assert.doesNotMatch(read('dist/cli/index.js'), /@actions\/core|GITHUB_OUTPUT/));

  test('knows nothing of the machine that built it', () => {
    for (const file of ['dist/action/index.js', 'dist/cli/index.js', 'dist/service/index.js']) {
      assert.ok(!read(file).includes(`${projectRoot}/`), file);
    }
  });
});
