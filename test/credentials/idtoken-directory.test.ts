/** Token directories, which the client reads as HTCondor does. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { readTokenDirectory, tokenLines } from '../../src/credentials/idtokens.ts';
import { patience } from '../support/slowness.ts';

const windows = process.platform === 'win32';
const noModes = windows ? 'Windows has no modes' : false;
const noRoot = windows || process.getuid?.() !== 0 ? 'giving a file away needs root' : false;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tokens.d-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function put(name: string, text: string, mode = 0o600): string {
  const path = join(directory, name);
  writeFileSync(path, text, { mode });
  if (!windows) chmodSync(path, mode);
  return path;
}

async function read() {
  const { lines, skipped } = readTokenDirectory(directory);
  return {
    texts: lines.map(({ text }) => text.reveal()),
    sources: lines.map(({ source }) => source),
    skipped: skipped.map((each) => each.replace(join(directory, '/'), '')),
  };
}

describe('A token directory', () => {
  test('is read in the byte order of the file names', async () => {
    for (const name of ['b', 'a', '10', '9', 'Z', 'é']) put(name, `${name}\n`);
    assert.deepEqual((await read()).texts, ['10', '9', 'Z', 'a', 'b', 'é']);
  });

  test('has one token per line, apart from comments, blanks and carriage returns', async () => {
    put('ci', '# from the access point\r\n\r\n  one.a.b  \r\n\t# two\n\ntwo.a.b\n# end');
    const { texts, sources, skipped } = await read();
    assert.deepEqual(texts, ['one.a.b', 'two.a.b']);
    assert.deepEqual(sources, [`${join(directory, 'ci')} line 3`, `${join(directory, 'ci')} line 6`]);
    assert.deepEqual(skipped, []);
  });

  test('names a file without a line number if it has one token', async () => {
    const path = put('ci', '# comment\none.a.b\n');
    assert.deepEqual((await read()).sources, [path]);
  });

  for (const name of ['.hidden', 'ci~', '#ci#', 'ci.rpmsave', 'ci.rpmnew', 'ci.dpkg-old']) {
    test(`skips ${name} as HTCondor does, and logs it`, async () => {
      put(name, 'one.a.b\n');
      const { texts, skipped } = await read();
      assert.deepEqual(texts, []);
      assert.deepEqual(skipped, [`${name}: HTCondor ignores files with such a name`]);
    });
  }

  for (const name of ['ci.pem', 'ci.rpmsave.x', 'a#b', '~ci', 'x.dpkgold', 'with blank']) {
    test(`includes ${name}`, async () => {
      put(name, 'one.a.b');
      assert.deepEqual((await read()).texts, ['one.a.b']);
    });
  }

  for (const mode of [0o644, 0o640, 0o604, 0o620, 0o601, 0o666, 0o660]) {
    test(`skips a file with mode 0${mode.toString(8)}, and reads the others`, { skip: noModes }, async () => {
      put('bad', 'bad.a.b', mode);
      put('good', 'good.a.b');
      const { texts, skipped } = await read();
      assert.deepEqual(texts, ['good.a.b']);
      assert.deepEqual(skipped, [
        `bad: other accounts can access it (mode 0${mode.toString(8)}); the mode must be 0600`,
      ]);
    });
  }

  for (const mode of [0o600, 0o400, 0o700]) {
    test(`includes a file with mode 0${mode.toString(8)}`, { skip: noModes }, async () => {
      put('good', 'good.a.b', mode);
      assert.deepEqual((await read()).texts, ['good.a.b']);
    });
  }

  test('skips a file that another user owns', { skip: noRoot }, async () => {
    chownSync(put('theirs', 'x.a.b'), 65534, 65534);
    const { texts, skipped } = await read();
    assert.deepEqual([texts, skipped], [[], ['theirs: it is owned by user 65534, not by this account (0)']]);
  });

  test('checks the target of a symbolic link', {
    skip: windows ? 'making a link needs a privilege on Windows' : false,
  }, async () => {
    mkdirSync(join(directory, 'else'));
    writeFileSync(join(directory, 'else', 'good'), 'good.a.b', { mode: 0o600 });
    writeFileSync(join(directory, 'else', 'bad'), 'bad.a.b');
    chmodSync(join(directory, 'else', 'bad'), 0o644);
    symlinkSync(join('else', 'good'), join(directory, 'good'));
    symlinkSync(join('else', 'bad'), join(directory, 'bad'));
    symlinkSync('nowhere', join(directory, 'lost'));
    symlinkSync('loop', join(directory, 'loop'));
    const { texts, skipped } = await read();
    assert.deepEqual(texts, ['good.a.b']);
    assert.equal(skipped.length, 4);
    assert.match(
      skipped.join('\n'),
      /^bad: other accounts can access it.*\nelse: it is not a regular file\nloop: it is a symbolic link.*\nlost: it does not exist$/,
    );
  });

  test('skips a FIFO without blocking', {
    skip: windows ? 'Windows has no FIFOs' : false,
    timeout: patience(5000),
  }, async () => {
    assert.equal(spawnSync('mkfifo', ['-m', '600', join(directory, 'pipe')]).status, 0);
    put('good', 'good.a.b');
    const { texts, skipped } = await read();
    assert.deepEqual([texts, skipped], [['good.a.b'], ['pipe: it is not a regular file']]);
  });

  test('skips a huge file', async () => {
    put('huge', 'x'.repeat(1024 * 1024 + 1));
    const { texts, skipped } = await read();
    assert.deepEqual([texts, skipped], [[], ['huge: it is too large']]);
  });

  test('is unavailable with the reason if it is empty', async () =>
    assert.deepEqual((await read()).skipped, [`${directory}: the directory is empty`]));

  test('is unavailable with the reason if it does not exist', async () => {
    rmSync(directory, { recursive: true });
    assert.deepEqual((await read()).skipped, [`${directory}: it does not exist`]);
  });

  test('is unavailable with the reason if it is a file', async () => {
    const path = put('file', 'x');
    const { lines, skipped } = readTokenDirectory(path);
    assert.deepEqual(lines, []);
    assert.match(skipped.join(), /file: .*(not a directory|not exist)/);
  });

  test('has no tokens if its files contain only blanks and comments', async () => {
    put('ci', '# nothing\n\n \n');
    assert.deepEqual((await read()).texts, []);
  });
});

test('the lines of a token file are secrets', () => {
  assert.ok(!JSON.stringify(tokenLines('one.a.b\ntwo.a.b', 'x')).includes('.a.b'));
});
