/** Tests SciTokens from the input and from WLCG bearer token discovery. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { loadSciToken, readSciToken } from '../../src/credentials/scitokens.ts';
import { CredentialError } from '../../src/errors.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { SciTokenKey } from '../support/credentials/scitoken-key.ts';
import { notingHost } from '../support/noting-host.ts';
import { orReason } from '../support/unavailable.ts';

const issuer = new SciTokenKey('https://issuer.test');
/** This account's user ID. The token discovery accepts only files that this user owns. */
const UID = process.getuid?.();
/** A user ID without an account, so that the discovery ignores existing files in /tmp. */
const NOBODY = 4_000_000_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scitoken-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Source {
  readonly text?: string;
  readonly file?: string;
  readonly env?: Record<string, string>;
  readonly uid?: number | undefined;
}

function sourceOf({ text, file, env = {}, uid = NOBODY }: Source) {
  return { text: text === undefined ? undefined : new Secret(text), file, env, uid };
}
const read = (source: Source, { host } = notingHost()) => orReason(readSciToken(sourceOf(source), host));
const load = (source: Source, { host } = notingHost()) =>
  orReason(loadSciToken(sourceOf(source), async () => assert.fail('TLS is not needed yet'), host));

function put(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

/** Returns the subject and source of the token that was found, or the reason why none was found. */
function found(source: Source): string {
  const token = read(source);
  return typeof token === 'string' ? token : `${token.subject} of ${token.source.replace(folder, '')}`;
}

describe('The input scitoken', () => {
  const token = issuer.issue('alice');
  for (const text of [token, `${token}\n`, `\n  ${token}\r\n`]) {
    test(`accepts ${JSON.stringify(text.replace(token, 'TOKEN'))}, uses only the token, and masks it`, () => {
      const noting = notingHost();
      const read_ = read({ text }, noting);
      assert.ok(typeof read_ === 'object');
      assert.deepEqual([read_.jwt.reveal(), read_.source], [token, 'scitoken']);
      assert.deepEqual(noting.masks, [token, token.split('.')[2]]);
      const method = load({ text });
      assert.ok(typeof method === 'object');
      assert.deepEqual([method.name, method.sources], ['SCITOKENS', ['scitoken']]);
    });
  }

  const bad: readonly [string, string, RegExp][] = [
    ['is blank', ' \n', /^scitoken: the value is empty$/],
    ['has a newline in the middle', token.replace('.', '.\n'), /^scitoken: it contains white space$/],
    ['contains two tokens', `${token}\n${token}`, /^scitoken: it contains white space$/],
    ['contains a comment', `# mine\n${token}`, /it contains white space/],
    ['is a single word', 'hunter2-hunter2', /^scitoken: not a SciToken: it is not three parts/],
    ['is in quotes', `"${token}"`, /not a SciToken/],
    ['is a truncated IDTOKEN', token.slice(0, token.lastIndexOf('.')), /not a SciToken/],
  ];
  for (const [what, text, reason] of bad) {
    test(`rejects and masks a value that ${what}`, () => {
      const noting = notingHost();
      for (const of of [read, load]) {
        assert.throws(
          () => of({ text }, noting),
          (error: unknown) => {
            assert.ok(error instanceof CredentialError, String(error));
            assert.equal(error.code, 'ERR_CREDENTIAL_UNREADABLE');
            assert.match(error.message, reason);
            assert.ok(!error.message.includes(token.split('.')[2] ?? '?') && !error.message.includes('hunter2'));
            return true;
          },
        );
      }
      assert.equal(noting.masks[0] ?? '', text.trim());
      assert.deepEqual(noting.log, []);
    });
  }

  test('is rejected by SCITOKENS if it is too long, but can be exchanged', () => {
    const text = issuer.issue('alice', { pad: 'x'.repeat(20_000) });
    assert.equal(found({ text }), 'alice of scitoken');
    assert.throws(
      () => load({ text }),
      /scitoken: it has \d+ bytes; SCITOKENS accepts at most 16380; mode exchange accepts more/,
    );
  });
});

describe('SCITOKENS_FILE', () => {
  test('replaces the discovery, and may have comments before its token', () => {
    const file = put('file', `# of the pool\n\n  ${issuer.issue('file')}  \n${issuer.issue('second')}\n`);
    assert.equal(found({ file, env: { BEARER_TOKEN: issuer.issue('env') } }), `file of ${sep}file`);
  });
  test('ends the discovery and is reported if it is missing or contains no token', () => {
    const env = { BEARER_TOKEN: issuer.issue('env') };
    const missing = join(folder, 'missing');
    assert.equal(found({ file: missing, env }), `SCITOKENS_FILE ${missing}: it does not exist`);
    const blank = put('blank', '# nothing\n');
    assert.equal(found({ file: blank, env }), `${blank}: the value is empty`);
    assert.match(found({ file: folder, env }), /^SCITOKENS_FILE .*: it is not a regular file/);
    const other = put('other', 'hunter2\n');
    assert.match(found({ file: other, env }), /^.*other: not a SciToken: /);
  });
  test('is skipped if its token is too long', () => {
    const file = put('long', issuer.issue('alice', { pad: 'x'.repeat(20_000) }));
    assert.match(
      String(load({ file })),
      /long: it has \d+ bytes; SCITOKENS accepts at most 16380; mode exchange accepts more$/,
    );
  });
  test('is read only up to the size limit', () => {
    const file = put('huge', 'x'.repeat(1024 * 1024));
    assert.match(found({ file }), /not a SciToken/);
  });
});

describe('WLCG bearer token discovery', () => {
  const env = (name: string, text: string) => ({ [name]: text });

  test('starts with BEARER_TOKEN', () => {
    const file = put('file', issuer.issue('file'));
    const both = { BEARER_TOKEN: ` ${issuer.issue('env')}\n`, BEARER_TOKEN_FILE: file };
    assert.equal(found({ env: both }), 'env of BEARER_TOKEN');
  });
  test('continues with BEARER_TOKEN_FILE, then with bt_uUID in XDG_RUNTIME_DIR', {
    skip: UID === undefined ? 'Windows has no such accounts' : false,
  }, () => {
    const file = put('file', issuer.issue('file'));
    put(`bt_u${UID}`, issuer.issue('runtime'));
    const both = { BEARER_TOKEN: ' ', BEARER_TOKEN_FILE: file, XDG_RUNTIME_DIR: folder };
    const search = (more: Record<string, string>) => found({ env: { ...both, ...more }, uid: UID });
    assert.equal(search({}), `file of ${sep}file`);
    assert.equal(search({ BEARER_TOKEN_FILE: '' }), `runtime of /bt_u${UID}`);
    assert.equal(search({ BEARER_TOKEN_FILE: join(folder, 'missing') }), `runtime of /bt_u${UID}`);
    assert.equal(search({ BEARER_TOKEN_FILE: put('blank', '\n') }), `runtime of /bt_u${UID}`);
  });
  test('reports the places that it searched', () => {
    assert.equal(
      found({ env: { XDG_RUNTIME_DIR: folder, BEARER_TOKEN_FILE: join(folder, 'a') } }),
      `no SciToken was found: BEARER_TOKEN is not set, and no token was found in ${join(folder, 'a')}, ${join(folder, `bt_u${NOBODY}`)}, ${join('/tmp', `bt_u${NOBODY}`)}`,
    );
    assert.equal(
      orReason(readSciToken({ text: undefined, file: undefined, env: {}, uid: undefined }, notingHost().host)),
      'no SciToken was found: BEARER_TOKEN is not set, and no token was found in any file',
    );
  });
  test('stops at the first place that contains a token, even an unusable one, and reports it', () => {
    const noting = notingHost();
    const reason = read({ env: { ...env('BEARER_TOKEN', 'hunter2'), XDG_RUNTIME_DIR: folder } }, noting);
    assert.equal(reason, 'BEARER_TOKEN: not a SciToken: it is not three parts of base64url with dots between them');
    assert.deepEqual(noting.masks, [], 'a value that is not a JWT is not masked');
  });
  test('stops at a file that cannot be read', () => {
    mkdirSync(join(folder, 'folder'));
    const reason = found({ env: { BEARER_TOKEN_FILE: join(folder, 'folder'), XDG_RUNTIME_DIR: folder } });
    assert.match(reason, /folder: it is not a regular file/);
  });
});

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = `${encode({ alg: 'ES256' })}.${encode({ iss: 'https://issuer.test', sub: 'ci' })}.c2lnbmF0dXJl`;
const { host } = notingHost();

describe('A bearer token file', { skip: process.getuid === undefined && 'only Unix has file owners' }, () => {
  const uid = process.getuid?.() ?? 0;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'condor-bearer-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = (env: Record<string, string>, account = uid) => {
    const found = orReason(readSciToken({ text: undefined, file: undefined, env, uid: account }, host));
    return typeof found === 'string' ? found : found.source;
  };

  test('is used if this account owns it', () => {
    const path = join(folder, `bt_u${uid}`);
    writeFileSync(path, jwt);
    assert.equal(read({ XDG_RUNTIME_DIR: folder }), path);
  });

  test('is not used at its default path if another user owns it', () => {
    const path = join(folder, `bt_u${uid + 1}`);
    writeFileSync(path, jwt);
    assert.equal(
      read({ XDG_RUNTIME_DIR: folder }, uid + 1),
      `${path}: it is owned by user ${uid}, not by this account (${uid + 1})`,
    );
  });

  test('is used if another user owns it and a variable names it', () => {
    const path = join(folder, 'named');
    writeFileSync(path, jwt);
    assert.equal(read({ BEARER_TOKEN_FILE: path }, uid + 1), path);
  });

  test('is not read from a pipe', () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    assert.equal(read({ BEARER_TOKEN_FILE: path }), `${path}: it is not a regular file`);
  });

  test('is not read from a directory', () => {
    const path = join(folder, 'directory');
    mkdirSync(path);
    assert.equal(read({ BEARER_TOKEN_FILE: path }), `${path}: it is not a regular file`);
  });
});
