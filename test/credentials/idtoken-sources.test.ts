/** Sources of IDTOKENs, and the messages about unusable ones. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { loadIdTokens, readIdTokens } from '../../src/credentials/idtokens.ts';
import { CredentialError } from '../../src/errors.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { notingHost } from '../support/noting-host.ts';
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

  test('is masked before anything else: the value, each line and each signature', () => {
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
    ['a word', 'hunter2', /^idtoken: not an IDTOKEN: it is not three parts of base64url/],
    ['a token cut short', jwt().split('.').slice(0, 2).join('.'), /three parts/],
    ['a token without its signature', `${jwt({}, '')}`, /three parts/],
    ['a token in quotes', `"${jwt()}"`, /three parts/],
    ['a token broken over two lines', jwt().replace('.', '.\n'), /^idtoken line 1: not an IDTOKEN: .*three parts/],
    ['base64 of something else', 'YWJj.YWJj.c2lnbmF0dXJl', /its header or payload is not a JSON object/],
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
    ['one good and one bad token', `${jwt()}\nhunter2`, /^idtoken line 2: /],
  ];
  for (const [what, text, message] of bad) {
    test(`rejects ${what}`, () =>
      assert.throws(() => load(text), credentialError('ERR_CREDENTIAL_UNREADABLE', message)));
  }

  for (const text of ['', ' \n\t\r\n', '# nothing here\n']) {
    test(`contains no credential if it is ${JSON.stringify(text)}`, () => {
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

  test('provides the usable tokens, and the log has the reason for each other one', () => {
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

  test('may be sent to a daemon at once if the user named it', () => {
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

  test('reports only a few of 20,000 lines without a token', () => {
    put('a', 'not a token\n'.repeat(20_000));
    const { host, log, masks } = notingHost();
    const { found, reasons } = readIdTokens({ directory, named: true }, host);
    assert.deepEqual([found.length, masks.length], [0, 0]);
    assert.ok(reasons.length < 30 && log.length < 30);
    assert.match(reasons.at(-1) ?? '', /^19980 more lines that contain no IDTOKEN$/);
  });

  const reason = () => orReason(loadIdTokens({ directory, named: true }, notingHost().host));

  test('reports every line and reason if no token is usable', () => {
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

  test('excludes names according to HTCondor’s configuration', () => {
    put('a.skip', jwt());
    put('b~', jwt({ sub: 'bob@pool' }));
    const { found } = readIdTokens({ directory, named: true, excluded: /.*\.skip$/ }, notingHost().host);
    assert.deepEqual(
      found.map(({ token }) => token.subject),
      ['bob@pool'],
    );
  });
});
