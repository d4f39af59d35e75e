/** Tests files that contain secrets. They are read only if no other account can access them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { readPrivateFile, reasonOf } from '../../src/credentials/private-file.ts';
import { patience } from '../support/slowness.ts';

const windows = process.platform === 'win32';
const noModes = windows ? 'Windows has no modes' : false;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'private-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(mode: number, content: string | Uint8Array = 'secret'): string {
  const path = join(folder, 'file');
  writeFileSync(path, content);
  if (!windows) chmodSync(path, mode);
  return path;
}

/** Returns the reason why a file is not read. */
function reason(path: string): string {
  try {
    readPrivateFile(path);
  } catch (error) {
    return reasonOf(error);
  }
  return assert.fail('the file was read');
}

describe('A private file', () => {
  for (const mode of [0o600, 0o400, 0o700]) {
    test(`is accepted with mode 0${mode.toString(8)}`, { skip: noModes }, () =>
      assert.equal(readPrivateFile(put(mode)).toString(), 'secret'),
    );
  }
  for (const mode of [0o644, 0o640, 0o604, 0o660, 0o602, 0o601]) {
    test(`is rejected with mode 0${mode.toString(8)}`, { skip: noModes }, () =>
      assert.equal(
        reason(put(mode)),
        `other accounts can access it (mode 0${mode.toString(8)}); the mode must be 0600`,
      ),
    );
  }
  test('is returned byte for byte', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    assert.deepEqual(new Uint8Array(readPrivateFile(put(0o600, bytes))), bytes);
  });
  test('may contain one mebibyte, but not one byte more', () => {
    assert.equal(readPrivateFile(put(0o600, 'x'.repeat(1024 * 1024))).length, 1024 * 1024);
    assert.equal(reason(put(0o600, 'x'.repeat(1024 * 1024 + 1))), 'it is too large');
  });
  test('is rejected if it does not exist', () => assert.equal(reason(join(folder, 'missing')), 'it does not exist'));
  test('is rejected if it is a directory', () => assert.match(reason(folder), /it is not a regular file$/));
  test('is rejected if it is a pipe, without blocking', {
    skip: windows ? 'Windows has no FIFOs' : false,
    timeout: patience(5000),
  }, () => {
    assert.equal(spawnSync('mkfifo', ['-m', '600', join(folder, 'pipe')]).status, 0);
    assert.equal(reason(join(folder, 'pipe')), 'it is not a regular file');
  });
  test('is rejected if it is a device', { skip: windows ? 'Windows has no /dev' : false }, () =>
    assert.equal(reason('/dev/null'), 'it is not a regular file'),
  );
  test('is checked at the target of a symbolic link', { skip: noModes }, () => {
    symlinkSync(put(0o644), join(folder, 'link'));
    assert.match(reason(join(folder, 'link')), /other accounts can access it/);
  });
  test('is rejected if another user owns it', {
    skip: windows || process.getuid?.() !== 0 ? 'changing the owner of a file requires root' : false,
  }, () => {
    const path = put(0o600);
    chownSync(path, 65534, 65534);
    assert.equal(reason(path), 'it is owned by user 65534, not by this account (0)');
  });
});

test('common system errors have short descriptions', () => {
  const error = (code: string) => Object.assign(new Error('long'), { code });
  assert.deepEqual([error('ENOENT'), error('EACCES'), error('EPERM'), error('EIO')].map(reasonOf), [
    'it does not exist',
    'this account cannot read it',
    'this account cannot read it',
    'an input/output error occurred',
  ]);
});
