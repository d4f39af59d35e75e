/** Tests MUNGE, which is available if its program is installed. The program runs only when it is needed. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { loadMunge } from '../../src/credentials/munge.ts';
import { notingHost } from '../support/noting-host.ts';
import { orReason } from '../support/unavailable.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'munge-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const load = (...path: string[]) => orReason(loadMunge(path.join(delimiter), undefined, notingHost().host));

describe('MUNGE', () => {
  test('is unavailable without its program, with the reason', () => {
    for (const path of [[''], [folder]]) assert.equal(load(...path), 'the program munge was not found in PATH');
  });

  test('is available if the program exists, without running it', () => {
    const file = process.platform === 'win32' ? 'munge.exe' : 'munge';
    writeFileSync(join(folder, file), '', { mode: 0o755 });
    const method = load('/nowhere', folder);
    assert.ok(typeof method === 'object');
    assert.deepEqual([method.name, method.sources], ['MUNGE', ['this account']]);
  });

  test('is not searched for in the workspace', () => {
    const before = process.cwd();
    writeFileSync(join(folder, 'munge'), '', { mode: 0o755 });
    process.chdir(folder);
    try {
      for (const path of ['.', 'bin', '']) assert.equal(load(path), 'the program munge was not found in PATH');
    } finally {
      process.chdir(before);
    }
  });
});
