/** Client certificates: PEM from inputs, from files and from the configuration; the key is never printed. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, before, beforeEach, describe, test } from 'node:test';
import type { PemSource } from '../../src/credentials/ssl.ts';
import { Authority, type Identity } from '../support/certificates.ts';
import { assertUnreadable, given, keyLines, loadNoting, reformedKey } from '../support/client-certificate.ts';

let authority: Authority;
let alice: Identity;
let bob: Identity;
before(async () => {
  authority = await Authority.create();
  alice = await authority.issue({ subject: 'CN=alice, O=Test' });
  bob = await authority.issue({ subject: 'CN=bob' });
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'certificates-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('A client certificate', () => {
  test('is the first of its text, followed by its CA certificates, and its key is masked', () => {
    const { own, masks } = loadNoting(given(`${alice.certificate}\n${authority.certificate}`, alice.key));
    assert.equal(own?.label, 'client-certificate (CN=alice, O=Test)');
    assert.equal(own.chain.match(/BEGIN CERTIFICATE/g)?.length, 2);
    assert.deepEqual(masks, [alice.key.trim()]);
    assert.ok(!JSON.stringify(own).includes(keyLines(alice.key)[0] ?? '?'));
  });

  test('may have its key in the same text, with other lines around both', () => {
    const both = `Bag Attributes\n${alice.key}\nsubject=/CN=alice\r\n${alice.certificate}\n# end`;
    assert.equal(loadNoting(given(both, both)).own?.label, 'client-certificate (CN=alice, O=Test)');
  });

  test('may have the line ends of Windows', () => {
    const windows = (pem: string) => pem.replaceAll('\n', '\r\n');
    assert.ok(loadNoting(given(windows(alice.certificate), windows(alice.key))).own !== undefined);
  });

  const forms: readonly [string, object][] = [
    ['EC PRIVATE KEY', { type: 'sec1' }],
    ['PRIVATE KEY', { type: 'pkcs8' }],
  ];
  for (const [what, form] of forms) {
    test(`may have its key as ${what}`, () => {
      const key = reformedKey(alice, form);
      assert.ok(key.startsWith(`-----BEGIN ${what}-----`));
      assert.ok(loadNoting(given(alice.certificate, key)).own !== undefined);
    });
  }

  test('may be in files', () => {
    writeFileSync(join(folder, 'cert'), alice.certificate);
    writeFileSync(join(folder, 'key'), alice.key);
    const path = (name: string): PemSource => ({ name, path: join(folder, name) });
    assert.ok(loadNoting({ given: true, certificate: path('cert'), key: path('key') }).own !== undefined);
    assertUnreadable(
      { given: true, certificate: path('cert'), key: path('missing') },
      /^missing: .*missing: it does not exist$/,
    );
    assertUnreadable(
      { given: true, certificate: { name: 'c', path: folder }, key: path('key') },
      /^c: .*it is not a regular file/,
    );
  });
});

describe('Client certificates of the configuration', () => {
  const put = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const pair = (name: string, { certificate, key }: Identity) => ({
    ...{ certificate: put(`${name}.pem`, certificate), key: put(`${name}.key`, key) },
  });

  test('are tried from the last to the first, without the unusable ones', () => {
    const pairs = [pair('alice', alice), pair('bob', bob), { certificate: put('x', 'x'), key: put('y', 'y') }];
    assert.equal(loadNoting({ given: false, pairs }).own?.label, 'AUTH_SSL_CLIENT_CERTFILE (CN=bob)');
  });

  test('are unavailable with the reasons if none is usable', () => {
    const pairs = [
      { certificate: join(folder, 'missing'), key: join(folder, 'missing') },
      { certificate: pair('alice', alice).certificate, key: pair('bob', bob).key },
    ];
    assert.equal(
      loadNoting({ given: false, pairs }).reason,
      `AUTH_SSL_CLIENT_KEYFILE: the key does not match the certificate of CN=alice, O=Test; AUTH_SSL_CLIENT_CERTFILE: ${join(folder, 'missing')}: it does not exist`,
    );
  });

  test('are unavailable if there are none', () => {
    const reason = 'no client certificate was provided, and SSL authenticates no identity without one';
    assert.equal(loadNoting({ given: false, pairs: [] }).reason, reason);
  });
});
