/** Tests the pool password, from a line of an input or from HTCondor's password file. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { loadPassword } from '../../src/credentials/password.ts';
import { CredentialError } from '../../src/errors.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { MethodClients } from '../support/clients/method-clients.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { notingHost } from '../support/noting-host.ts';
import { orReason } from '../support/unavailable.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'password-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const load = (source: { text?: string; file?: string }, { host } = notingHost()) =>
  orReason(
    loadPassword({ text: source.text === undefined ? undefined : new Secret(source.text), file: source.file }, host),
  );

/** Encodes a password as condor_store_cred does. */
function scramble(bytes: Uint8Array): Uint8Array {
  const mask = [0xde, 0xad, 0xbe, 0xef];
  return bytes.map((byte, at) => byte ^ (mask[at % 4] ?? 0));
}

function put(bytes: Uint8Array, mode = 0o600): string {
  const path = join(folder, 'pool_password');
  writeFileSync(path, bytes);
  chmodSync(path, mode);
  return path;
}

describe('The input password', () => {
  for (const text of [
    'correct horse',
    ' blanks count ',
    'x',
    '#',
    'ends in a newline\n',
    'ends in two characters\r\n',
  ]) {
    test(`accepts ${JSON.stringify(text)}, and masks it before any other processing`, () => {
      const noting = notingHost();
      assert.ok(typeof load({ text }, noting) === 'object');
      assert.equal(noting.masks[0], text);
      assert.deepEqual(noting.log, []);
    });
  }
  for (const text of ['', '\n', 'two\nlines', 'two\rlines', 'a\0b', '\n\n']) {
    test(`rejects ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => load({ text }),
        (error: unknown) => {
          assert.ok(error instanceof CredentialError);
          assert.deepEqual(
            [error.code, error.message],
            ['ERR_CREDENTIAL_UNREADABLE', 'password: the password is not a single line of text'],
          );
          return true;
        },
      );
    });
  }
  test('provides no password if it is absent', () => assert.equal(load({}), 'no pool password was provided'));
});

describe('SEC_PASSWORD_FILE', () => {
  test('contains a scrambled password, which is descrambled and masked', () => {
    const noting = notingHost();
    const file = put(scramble(Buffer.from('correct horse')));
    const method = load({ file }, noting);
    assert.ok(typeof method === 'object');
    assert.deepEqual(method.sources, [file]);
    assert.deepEqual(noting.masks, ['correct horse']);
  });
  test('ends at the first NUL', () => {
    const noting = notingHost();
    load({ file: put(scramble(Buffer.from('short\0and more'))) }, noting);
    assert.deepEqual(noting.masks, ['short']);
  });
  test('provides no password if it is empty or begins with NUL', () => {
    for (const bytes of [new Uint8Array(), scramble(Buffer.from('\0x'))]) {
      const file = put(bytes);
      assert.equal(load({ file }), `${file}: the file is empty`);
    }
  });
  test('is reported if it is missing or a directory', () => {
    const file = join(folder, 'nothing');
    assert.equal(load({ file }), `${file}: it does not exist`);
    assert.equal(load({ file: folder }), `${folder}: it is not a regular file`);
  });
  test('is rejected if other accounts can read it', {
    skip: process.platform === 'win32' ? 'Windows has no modes' : false,
  }, () => {
    const noting = notingHost();
    const file = put(scramble(Buffer.from('correct horse')), 0o644);
    assert.match(String(load({ file }, noting)), /other accounts can access it \(mode 0644\)/);
    assert.deepEqual(noting.masks, []);
  });
});

describe('A password', () => {
  const passwords: readonly [string, string][] = [
    ['of ASCII', 'correct horse'],
    ['with accented Latin letters', 'pässwörd'],
    ['with letters of other scripts', 'пароль 密碼 🔑'],
  ];
  for (const [what, text] of passwords) {
    test(`${what} is the same from the input and from a file`, async () => {
      const clients = await MethodClients.create();
      try {
        await withPool(clients.pool({ password: Buffer.from(text) }), async (pool) => {
          const input = await clients.try(pool, { password: text });
          assert.equal(input.fetched?.token.subject, 'condor@password', String(input.error));
          const env = { _CONDOR_SEC_PASSWORD_FILE: put(scramble(Buffer.from(text))) };
          const file = await clients.try(pool, { 'authentication-methods': 'PASSWORD' }, { env });
          assert.equal(file.fetched?.token.subject, 'condor@password', String(file.error));
        });
      } finally {
        clients.close();
      }
    });
  }
});
