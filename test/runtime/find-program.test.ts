/** Tests the search for a program on PATH, and files that are not programs. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { findProgram } from '../../src/runtime/find-program.ts';

const windows = process.platform === 'win32';
const FILE = windows ? 'tool.exe' : 'tool';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'program-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const find = (...path: string[]) => findProgram('tool', path.join(delimiter));

/** Creates a subdirectory that contains FILE with this mode. Returns the path of the subdirectory. */
function put(name: string, mode = 0o755): string {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, FILE), '', { mode });
  return join(folder, name);
}

describe('A program', () => {
  test('is the first file with its name on PATH', () => {
    const [one, two] = [put('one'), put('two')];
    assert.equal(find('/nowhere', folder, one, two), join(one, FILE));
    assert.equal(find(two, one), join(two, FILE));
  });

  test('is not found if PATH is empty or does not contain it', () => {
    for (const path of [[''], ['', ''], [folder], [join(folder, 'nowhere')]]) assert.equal(find(...path), undefined);
  });

  test('is not taken from the working directory, which an empty entry of PATH denotes', () => {
    const before = process.cwd();
    process.chdir(put('here'));
    try {
      assert.equal(find('', ''), undefined);
    } finally {
      process.chdir(before);
    }
  });

  test('is never a directory with the same name, and later entries are searched', () => {
    mkdirSync(join(folder, FILE));
    assert.equal(find(folder), undefined);
    const behind = put('behind');
    assert.equal(find(folder, behind), join(behind, FILE));
  });

  test('is never a file without execute permission, and later entries are searched', {
    skip: windows ? 'on Windows, every file with the right name can be executed' : false,
  }, () => {
    const locked = put('locked', 0o644);
    assert.equal(find(locked), undefined);
    const behind = put('behind');
    assert.equal(find(locked, behind), join(behind, FILE));
  });
});
