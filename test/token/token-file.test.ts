/**
 * Tests token files. A file is complete or absent, inaccessible to other accounts, and never written through a link.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { writeAddressFile } from '../../src/action/address-file.ts';
import { OutputError } from '../../src/errors.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { checkTokenPath, writeTokenFile } from '../../src/token/token-file.ts';

const TOKEN = new Secret('header.payload.signature');
const windows = process.platform === 'win32';
const noModes = windows ? 'Windows has no modes' : false;
const noLinks = windows ? 'creating a symbolic link requires a privilege on Windows' : false;
const noRoot = windows || process.getuid?.() !== 0 ? 'switching to another user requires root' : false;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'token-file-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function outputError(text: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof OutputError, String(error));
    assert.match(error.message, text);
    assert.ok(!error.message.includes(TOKEN.reveal()));
    return true;
  };
}

/** Returns all files and directories below the directory. The names of directories end in `/`. */
function files(): readonly string[] {
  return (readdirSync(directory, { recursive: true }) as string[]).map((each) => each.replaceAll('\\', '/')).sort();
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe('A failed write', () => {
  test('removes the directories that it created', () => {
    const path = join(directory, 'a', 'b', `${'x'.repeat(300)}`);
    assert.throws(() => writeTokenFile(path, TOKEN), outputError(/name too long|not be/));
    assert.deepEqual(files(), []);
  });

  test('keeps a directory to which another process has added a file', () => {
    const parent = join(directory, 'a');
    mkdirSync(parent);
    writeFileSync(join(parent, 'other'), '');
    assert.throws(() => writeTokenFile(join(parent, 'b', `${'x'.repeat(300)}`), TOKEN), outputError(/./));
    assert.deepEqual(files(), ['a', 'a/other']);
  });
});

test('the created directory is returned as the caller specified it, even on Windows', () => {
  const outermost = writeTokenFile(join(directory, 'a', 'b', 'ci'), TOKEN);
  assert.equal(outermost, join(directory, 'a'));
});

describe('Writing a token file', () => {
  test('creates a file with the token and one newline, and no other file', () => {
    writeTokenFile(join(directory, 'ci'), TOKEN);
    assert.equal(readFileSync(join(directory, 'ci'), 'utf8'), 'header.payload.signature\n');
    assert.deepEqual(files(), ['ci']);
  });

  test('creates missing directories', () => {
    writeTokenFile(join(directory, 'a', 'b', 'ci'), TOKEN);
    assert.deepEqual(files(), ['a', 'a/b', 'a/b/ci']);
  });

  test('creates a file with mode 0600 in directories with mode 0700, regardless of the umask', {
    skip: noModes,
  }, () => {
    const old = process.umask(0);
    try {
      writeTokenFile(join(directory, 'a', 'b', 'ci'), TOKEN);
    } finally {
      process.umask(old);
    }
    assert.deepEqual(
      [join('a', 'b', 'ci'), join('a', 'b'), 'a'].map((each) => modeOf(join(directory, each))),
      ['600', '700', '700'],
    );
  });

  test('keeps the mode of an existing directory', { skip: noModes }, () => {
    chmodSync(directory, 0o755);
    writeTokenFile(join(directory, 'ci'), TOKEN);
    assert.equal(modeOf(directory), '755');
  });

  test('replaces the content, mode and inode of an existing file', { skip: noModes }, () => {
    const path = join(directory, 'ci');
    writeFileSync(path, 'old and much longer than the new one, to see what is left of it\n', { mode: 0o644 });
    const old = statSync(path).ino;
    writeTokenFile(path, TOKEN);
    assert.equal(readFileSync(path, 'utf8'), 'header.payload.signature\n');
    assert.equal(modeOf(path), '600');
    assert.notEqual(statSync(path).ino, old, 'a process that has the old file open must not see the new token');
    assert.deepEqual(files(), ['ci']);
  });

  test('does not change the other hard link of a file', { skip: noModes }, () => {
    const path = join(directory, 'ci');
    writeFileSync(join(directory, 'other'), 'old');
    spawnSync('ln', [join(directory, 'other'), path]);
    writeTokenFile(path, TOKEN);
    assert.equal(readFileSync(join(directory, 'other'), 'utf8'), 'old');
  });
});

describe('A symbolic link', () => {
  const places: readonly [string, string][] = [
    ['to a file', 'target'],
    ['to a missing target', 'nothing'],
  ];
  for (const [what, target] of places) {
    test(`${what} is rejected before the connection and when the token is written, and its target is unchanged`, {
      skip: noLinks,
    }, () => {
      writeFileSync(join(directory, 'target'), 'precious');
      symlinkSync(join(directory, target), join(directory, 'ci'));
      for (const attempt of [
        () => checkTokenPath(join(directory, 'ci')),
        () => writeTokenFile(join(directory, 'ci'), TOKEN),
      ]) {
        assert.throws(attempt, outputError(/ci is a symbolic link, which is not followed/));
      }
      assert.equal(readFileSync(join(directory, 'target'), 'utf8'), 'precious');
      assert.deepEqual(files(), ['ci', 'target']);
      assert.ok(lstatSync(join(directory, 'ci')).isSymbolicLink());
    });
  }

  test('to a directory is rejected unless root created it', { skip: noRoot }, () => {
    mkdirSync(join(directory, 'target'));
    symlinkSync('target', join(directory, 'd'));
    checkTokenPath(join(directory, 'd', 'ci'));
    spawnSync('chown', ['-h', '65534', join(directory, 'd')]);
    assert.throws(
      () => writeTokenFile(join(directory, 'd', 'ci'), TOKEN),
      outputError(/d is a symbolic link that root does not own/),
    );
    assert.deepEqual(files(), ['d', 'target']);
  });
});

describe('An output path is rejected', () => {
  test('if it is a directory', () => {
    for (const attempt of [checkTokenPath, (path: string) => writeTokenFile(path, TOKEN)]) {
      assert.throws(() => attempt(directory), outputError(/exists and is not a regular file/));
    }
    assert.deepEqual(files(), []);
  });

  test('if its directory is a file, which remains unchanged', () => {
    writeFileSync(join(directory, 'file'), 'precious');
    assert.throws(() => checkTokenPath(join(directory, 'file', 'ci')), outputError(/file/));
    assert.throws(() => checkTokenPath(join(directory, 'file', 'sub', 'ci')), outputError(/file/));
    assert.throws(() => writeTokenFile(join(directory, 'file', 'ci'), TOKEN), outputError(/file/));
    assert.equal(readFileSync(join(directory, 'file'), 'utf8'), 'precious');
    assert.deepEqual(files(), ['file']);
  });

  test('if this account cannot write to its directory', { skip: noRoot }, () => {
    chmodSync(directory, 0o755);
    mkdirSync(join(directory, 'd'), { mode: 0o755 });
    writeFileSync(join(directory, 'd', 'ci'), 'old');
    const { status, stderr } = runInChild([], `process.setuid(65534); ${CALL_BOTH}`, join(directory, 'd', 'ci'));
    assert.deepEqual([status, stderr.match(/cannot be written to/g)?.length], [0, 2], stderr);
    assert.equal(readFileSync(join(directory, 'd', 'ci'), 'utf8'), 'old');
    assert.deepEqual(files(), ['d', 'd/ci']);
  });
});

describe('A full disk', { skip: windows ? 'Windows has no ulimit' : false }, () => {
  for (const before of [undefined, 'old']) {
    test(`leaves ${before === undefined ? 'no file' : 'the existing file unchanged'}`, () => {
      const path = join(directory, 'ci');
      if (before !== undefined) {
        writeFileSync(path, before, { mode: 0o600 });
        utimesSync(path, 1, 1);
      }
      const { status, stderr } = runInChild(['sh', '-c', 'ulimit -f 0 && exec "$0" "$@"'], CALL_WRITE, path);
      assert.equal(status, 0, stderr);
      assert.match(
        stderr,
        /^ERR_OUTPUT the token could not be written to .*ci: the file would exceed the size limit$/m,
      );
      assert.deepEqual(files(), before === undefined ? [] : ['ci']);
      if (before === undefined) return;
      assert.equal(readFileSync(path, 'utf8'), before);
      assert.equal(statSync(path).mtimeMs, 1000);
    });
  }
});

describe('The check before the connection', () => {
  test('creates no files', () => {
    checkTokenPath(join(directory, 'a', 'b', 'ci'));
    checkTokenPath(join(directory, 'ci'));
    assert.deepEqual(files(), []);
  });

  test('keeps an existing file', () => {
    writeFileSync(join(directory, 'ci'), 'old');
    checkTokenPath(join(directory, 'ci'));
    assert.equal(readFileSync(join(directory, 'ci'), 'utf8'), 'old');
  });

  test('rejects a FIFO without blocking', { skip: windows ? 'Windows has no FIFOs' : false }, () => {
    spawnSync('mkfifo', [join(directory, 'ci')]);
    assert.ok(existsSync(join(directory, 'ci')));
    assert.throws(() => checkTokenPath(join(directory, 'ci')), outputError(/not a regular file/));
  });

  test('rejects a name that is too long', { skip: windows ? 'Windows reports such a file as missing' : false }, () => {
    assert.throws(
      () => checkTokenPath(join(directory, 'x'.repeat(300))),
      outputError(/cannot be examined: the path is too long/),
    );
  });
});

const CALL_WRITE = `
try { writeTokenFile(path, new Secret('header.payload.signature')); process.exitCode = 9; }
catch (error) { console.error(error.code, error.message); }`;
const CALL_BOTH = `
try { checkTokenPath(path); process.exitCode = 9; } catch (error) { console.error(error.code, error.message); }
${CALL_WRITE}`;

/** Runs code that calls the functions under test, in a separate process. The command `before` starts that process. */
function runInChild(before: readonly string[], code: string, path: string) {
  const load = (file: string) => JSON.stringify(new URL(`../../src/${file}`, import.meta.url).href);
  const script = `
    import { checkTokenPath, writeTokenFile } from ${load('token/token-file.js')};
    import { Secret } from ${load('runtime/secret.js')};
    const path = ${JSON.stringify(path)};
    ${code}`;
  const [command = process.execPath, ...args] = [...before, process.execPath, '--input-type=module', '-e', script];
  return spawnSync(command, args, { encoding: 'utf8' });
}

test('an address file never replaces an existing file', () => {
  const path = join(directory, 'address');
  writeAddressFile(path, '<127.0.0.1:9618>', '$CondorVersion: 25.14.1 2026-07-30 BuildID: 1 $');
  assert.equal(readFileSync(path, 'utf8'), '<127.0.0.1:9618>\n$CondorVersion: 25.14.1 2026-07-30 BuildID: 1 $\n');
  const again = () => writeAddressFile(path, '<192.0.2.1:9618>', '');
  assert.throws(again, outputError(/^the address could not be written to .*: it already exists$/));
  assert.match(readFileSync(path, 'utf8'), /^<127\.0\.0\.1:9618>/);
});
