/** Where the program munge is looked for. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { loadMunge } from '../../src/credentials/munge-program.ts';
import { notingHost } from '../support/noting-host.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'munge-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const load = (...path: string[]) => loadMunge(path.join(delimiter), undefined, notingHost().host);

describe('the program munge', () => {
  const MISSING = 'there is no program munge on the PATH';
  test('is missing if the PATH is empty, or has no such program', () => {
    for (const path of [[''], ['', ''], [folder], [join(folder, 'nowhere')]]) assert.equal(load(...path), MISSING);
  });

  test('is not taken from the working directory, for which an empty part of the PATH stands', () => {
    const before = process.cwd();
    writeFileSync(join(folder, 'munge'), '#!/bin/sh\n');
    chmodSync(join(folder, 'munge'), 0o755);
    process.chdir(folder);
    try {
      assert.equal(load('', ''), MISSING);
    } finally {
      process.chdir(before);
    }
  });

  test('is found in any part of the PATH, and asked only when it is needed', () => {
    writeFileSync(join(folder, 'munge'), '', { mode: 0o755 });
    const method = load('/nowhere', folder);
    assert.ok(typeof method === 'object');
    assert.deepEqual([method.name, method.sources], ['MUNGE', ['this account']]);
  });

  test('is not a directory of that name, which hides none behind it', () => {
    mkdirSync(join(folder, 'munge'));
    assert.equal(load(folder), MISSING);
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin', 'munge'), '', { mode: 0o755 });
    assert.ok(typeof load(folder, join(folder, 'bin')) === 'object');
  });

  test('is not a file that cannot be run', {
    skip: process.platform === 'win32' ? 'Windows runs what has the right name' : false,
  }, () => {
    writeFileSync(join(folder, 'munge'), '', { mode: 0o644 });
    assert.equal(load(folder), MISSING);
  });
});
