/** Checks rules for the code: the length of files, their exports, and the size of the bundles. */
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

describe('The code', () => {
  test(`has at most ${MAX_LINES} lines per file in src`, () => {
    const long = sources.filter(({ lines }) => lines > MAX_LINES);
    assert.deepEqual(
      long.map(({ path, lines }) => `${path}: ${lines}`),
      [],
    );
  });

  test('does not use the type any, and silences the compiler or linter only with a reason', () => {
    for (const { path, code } of sources) assert.doesNotMatch(code, /(:|<|\bas) any\b/, path);
    for (const { path } of sources) {
      const text = readFileSync(join(projectRoot, path), 'utf8');
      assert.doesNotMatch(text, /@ts-|biome-ignore [^:]*(:\s*)?$/m, path);
    }
  });

  test('contains the version of package.json', () => {
    const manifest: unknown = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
    assert.equal((manifest as { version: string }).version, VERSION);
  });

  test('exports only what another file uses', () => {
    const files = [...filesBelow('src', '.ts'), ...filesBelow('test', '.ts'), ...filesBelow('scripts', '.ts')].map(
      (path) => {
        const text = readFileSync(join(projectRoot, path), 'utf8');
        return { path, text, words: new Set(text.match(/\w+/g)) };
      },
    );
    const dead = files.flatMap(({ path, text }) =>
      [...text.matchAll(/^export (?:async )?(?:function\*?|const|class|interface|type) (\w+)/gm)]
        .filter(([, name = '']) => !files.some((other) => other.path !== path && other.words.has(name)))
        .map(([, name]) => `${path}: ${name}`),
    );
    assert.deepEqual(dead, []);
  });
});

describe('A bundle', () => {
  const read = (file: string) => readFileSync(join(projectRoot, file), 'utf8');

  test('contains no unused HTTP client', () => {
    for (const file of ['dist/action/index.js', 'dist/cli/index.js', 'dist/service/index.js']) {
      assert.doesNotMatch(read(file), /llhttp|node_modules\/undici\/lib|DispatcherBase|WebSocketStream/, file);
    }
  });

  test('stays below its maximum size', () => {
    assert.ok(statSync(join(projectRoot, 'dist/action/index.js')).size <= MAX_ACTION_BYTES);
    assert.ok(statSync(join(projectRoot, 'dist/cli/index.js')).size <= MAX_COMMAND_BYTES);
    assert.ok(statSync(join(projectRoot, 'dist/service/index.js')).size <= MAX_SERVICE_BYTES);
  });

  test('of the command does not contain the toolkit of the Action', () =>
    assert.doesNotMatch(read('dist/cli/index.js'), /@actions\/core|GITHUB_OUTPUT/));

  test('contains no path of the host that built it', () => {
    for (const file of ['dist/action/index.js', 'dist/cli/index.js', 'dist/service/index.js']) {
      assert.ok(!read(file).includes(`${projectRoot}/`), file);
    }
  });
});
