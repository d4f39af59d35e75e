/** Tests IDTOKENs from the input and from token directories. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { loadIdTokens, readIdTokens, readTokenDirectory, tokenLines } from '../../src/credentials/idtokens.ts';
import { CredentialError } from '../../src/errors.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { notingHost } from '../support/noting-host.ts';
import { patience } from '../support/slowness.ts';
import { orReason } from '../support/unavailable.ts';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token with an invalid signature. */
function jwt(claims: Record<string, unknown> = {}, signature = 'c2lnbmF0dXJl'): string {
  const payload = { iss: 'pool', sub: 'alice@pool', iat: 1, jti: 'id', ...claims };
  return `${encode({ alg: 'HS256', kid: 'POOL' })}.${encode(payload)}.${signature}`;
}

function credentialError(code: CredentialError['code'], text: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof CredentialError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, text);
    assert.doesNotMatch(error.message, /c2lnbmF0dXJl|eyJ/);
    return true;
  };
}

describe('The input idtoken', () => {
  const load = (text: string, host = notingHost().host) => readIdTokens({ text: new Secret(text) }, host).found;

  test('accepts one token', () => {
    const [only, ...others] = load(`${jwt()}\n`);
    assert.deepEqual(
      [only?.source, only?.chosen, only?.token.subject, others.length],
      ['idtoken', true, 'alice@pool', 0],
    );
  });

  test('accepts several tokens in order, with comments between them', () => {
    const tokens = load(`# pool A\r\n${jwt({ iss: 'a' })}\r\n\n# pool B\n${jwt({ iss: 'b' })}`);
    assert.deepEqual(
      tokens.map(({ token, source }) => [token.issuer, source]),
      [
        ['a', 'idtoken line 2'],
        ['b', 'idtoken line 5'],
      ],
    );
  });

  test('is masked before any other processing: the whole value, each line and each signature', () => {
    const { host, masks } = notingHost();
    const [a, b] = [jwt({}, 'c2lnbmF0dXJlIG9mIHRoZSBmaXJzdA'), jwt({}, 'c2lnbmF0dXJlIG9mIHRoZSBzZWNvbmQ')];
    load(`${a}\n${b}\n`, host);
    assert.deepEqual(masks, [
      `${a}\n${b}\n`,
      a,
      'c2lnbmF0dXJlIG9mIHRoZSBmaXJzdA',
      b,
      'c2lnbmF0dXJlIG9mIHRoZSBzZWNvbmQ',
    ]);
  });

  test('is masked even if it is not a token', () => {
    const { host, masks } = notingHost();
    assert.throws(() => load('hunter2', host), credentialError('ERR_CREDENTIAL_UNREADABLE', /./));
    assert.deepEqual(masks, ['hunter2']);
  });

  const bad: readonly [string, string, RegExp][] = [
    ['a single word', 'hunter2', /^idtoken: not an IDTOKEN: it is not three parts of base64url/],
    ['a truncated token', jwt().split('.').slice(0, 2).join('.'), /three parts/],
    ['a token without its signature', `${jwt({}, '')}`, /three parts/],
    ['a token in quotes', `"${jwt()}"`, /three parts/],
    [
      'a token that is split into two lines',
      jwt().replace('.', '.\n'),
      /^idtoken line 1: not an IDTOKEN: .*three parts/,
    ],
    ['base64 of other data', 'YWJj.YWJj.c2lnbmF0dXJl', /its header or payload is not a JSON object/],
    ['a token with neither sub nor jti', jwt({ sub: undefined, jti: undefined }), /it has no sub/],
    ['a token without iss', jwt({ iss: undefined }), /it has no iss/],
    ['a token whose exp is a word', jwt({ exp: 'soon' }), /its exp is not a valid timestamp/],
    ['a token with a newline in its sub', jwt({ sub: 'a\n::error::x' }), /its sub contains control characters/],
    [
      'an unsigned token',
      `${encode({ alg: 'none', kid: 'POOL' })}.${encode({ iss: 'p', sub: 's' })}.c2lnbmF0dXJl`,
      /not signed/,
    ],
    ['a token of 100 kB', jwt({ x: 'x'.repeat(100_000) }), /it has \d+ characters/],
    ['one valid and one invalid token', `${jwt()}\nhunter2`, /^idtoken line 2: /],
  ];
  for (const [what, text, message] of bad) {
    test(`rejects ${what}`, () =>
      assert.throws(() => load(text), credentialError('ERR_CREDENTIAL_UNREADABLE', message)));
  }

  for (const text of ['', ' \n\t\r\n', '# nothing here\n']) {
    test(`provides no credential if it is ${JSON.stringify(text)}`, () => {
      const reason = orReason(loadIdTokens({ text: new Secret(text) }, notingHost().host));
      assert.equal(reason, 'no IDTOKEN was found; idtoken contains only blank lines and comments');
    });
  }
});

describe('The token directory', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tokens.d-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));
  const put = (name: string, text: string, mode = 0o600) => {
    writeFileSync(join(directory, name), text);
    chmodSync(join(directory, name), mode);
  };

  test('provides the usable tokens, and the log gives the reason for each unusable one', () => {
    put('a', 'not a token\n');
    put('b', `${jwt({ sub: 'bob@pool' })}\nnor.this\n`);
    put('c~', jwt());
    const { host, log } = notingHost();
    const { found } = readIdTokens({ directory, named: false }, host);
    assert.deepEqual(
      found.map(({ token, chosen }) => [token.subject, chosen]),
      [['bob@pool', false]],
    );
    assert.equal(log.length, 3);
    assert.match(log.join('\n'), /c~: HTCondor ignores[^\n]*\n.*a: not an IDTOKEN[^\n]*\n.*b line 2: not an IDTOKEN/);
  });

  test('provides a token that may be sent to a daemon at once if the user named the directory', () => {
    put('a', jwt());
    assert.deepEqual(
      readIdTokens({ directory, named: true }, notingHost().host).found.map(({ chosen }) => chosen),
      [true],
    );
  });

  test('masks its tokens, but not other lines, such as those of a README', () => {
    put('a', `hunter2\n${jwt()}\n`);
    put('README', 'Tokens of the pool\nfor this host\n');
    const { host, masks } = notingHost();
    readIdTokens({ directory, named: true }, host);
    assert.deepEqual(masks, [jwt()], 'its signature is too short to be a secret');
  });

  test('reports only a few of 20,000 lines that contain no token', () => {
    put('a', 'not a token\n'.repeat(20_000));
    const { host, log, masks } = notingHost();
    const { found, reasons } = readIdTokens({ directory, named: true }, host);
    assert.deepEqual([found.length, masks.length], [0, 0]);
    assert.ok(reasons.length < 30 && log.length < 30);
    assert.match(reasons.at(-1) ?? '', /^19980 more lines without an IDTOKEN$/);
  });

  const reason = () => orReason(loadIdTokens({ directory, named: true }, notingHost().host));

  test('reports every line with its reason if no token is usable', () => {
    put('a', 'hunter2\n');
    put('.b', jwt());
    assert.match(String(reason()), /^no IDTOKEN was found; .*\.b: HTCondor ignores.*; .*a: not an IDTOKEN/);
  });

  test('is named in the error if it is empty or missing', () => {
    assert.match(String(reason()), /tokens\.d-\w+: the directory is empty$/);
    rmSync(directory, { recursive: true });
    assert.match(String(reason()), /tokens\.d-\w+: it does not exist$/);
  });

  test('is named in the error if it contains only comments', () => {
    put('ci', '# nothing\n');
    assert.match(String(reason()), /ci: the file contains no token/);
  });

  test('excludes file names that match HTCondor’s configuration', () => {
    put('a.skip', jwt());
    put('b~', jwt({ sub: 'bob@pool' }));
    const { found } = readIdTokens({ directory, named: true, excluded: /.*\.skip$/ }, notingHost().host);
    assert.deepEqual(
      found.map(({ token }) => token.subject),
      ['bob@pool'],
    );
  });
});

const windows = process.platform === 'win32';
const noModes = windows ? 'Windows has no modes' : false;
const noRoot = windows || process.getuid?.() !== 0 ? 'changing the owner of a file requires root' : false;

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

  test('may contain one token per line, with comments, blanks and carriage returns', async () => {
    put('ci', '# from the access point\r\n\r\n  one.a.b  \r\n\t# two\n\ntwo.a.b\n# end');
    const { texts, sources, skipped } = await read();
    assert.deepEqual(texts, ['one.a.b', 'two.a.b']);
    assert.deepEqual(sources, [`${join(directory, 'ci')} line 3`, `${join(directory, 'ci')} line 6`]);
    assert.deepEqual(skipped, []);
  });

  test('is reported by file name, without a line number, if the file contains only one token', async () => {
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
    skip: windows ? 'creating a link requires a privilege on Windows' : false,
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
