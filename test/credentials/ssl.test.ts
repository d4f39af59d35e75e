/**
 * Tests certificates in PEM format from inputs, from files and from the configuration. The error for an unusable
 * certificate gives the reason, and the key is never printed.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { loadCertificate, type PemSource, readAuthorities, readCertificates } from '../../src/credentials/ssl.ts';
import { CredentialError } from '../../src/errors.ts';
import { Authority, type Identity, weakIdentity } from '../support/credentials/certificates.ts';
import {
  assertUnreadable,
  given,
  keyLines,
  loadNoting,
  pemText,
  reformedKey,
} from '../support/credentials/client-certificate.ts';
import { allOf, assertHidden } from '../support/faults/broken-messages.ts';
import { notingHost } from '../support/noting-host.ts';

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
  test('is the first in its text, followed by its CA certificates, and its key is masked', () => {
    const { own, masks } = loadNoting(given(`${alice.certificate}\n${authority.certificate}`, alice.key));
    assert.equal(own?.label, 'client-certificate (CN=alice, O=Test)');
    assert.equal(own.chain.match(/BEGIN CERTIFICATE/g)?.length, 2);
    assert.deepEqual(masks, [alice.key.trim()]);
    assert.ok(!JSON.stringify(own).includes(keyLines(alice.key)[0] ?? '?'));
  });

  test('may have its key in the same text, with other lines before and after both', () => {
    const both = `Bag Attributes\n${alice.key}\nsubject=/CN=alice\r\n${alice.certificate}\n# end`;
    assert.equal(loadNoting(given(both, both)).own?.label, 'client-certificate (CN=alice, O=Test)');
  });

  test('may have Windows line endings', () => {
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

  test('may be read from files', () => {
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

describe('Client certificates from the configuration', () => {
  const put = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const pair = (name: string, { certificate, key }: Identity) => ({
    ...{ certificate: put(`${name}.pem`, certificate), key: put(`${name}.key`, key) },
  });

  test('are tried from the last to the first, except unusable ones', () => {
    const pairs = [pair('alice', alice), pair('bob', bob), { certificate: put('x', 'x'), key: put('y', 'y') }];
    assert.equal(loadNoting({ given: false, pairs }).own?.label, 'AUTH_SSL_CLIENT_CERTFILE (CN=bob)');
  });

  test('are unavailable, with the reasons, if none is usable', () => {
    const pairs = [
      { certificate: join(folder, 'missing'), key: join(folder, 'missing') },
      { certificate: pair('alice', alice).certificate, key: pair('bob', bob).key },
    ];
    assert.equal(
      loadNoting({ given: false, pairs }).reason,
      `AUTH_SSL_CLIENT_KEYFILE: the key does not match the certificate of CN=alice, O=Test; AUTH_SSL_CLIENT_CERTFILE: ${join(folder, 'missing')}: it does not exist`,
    );
  });

  test('are unavailable if none exist', () => {
    const reason = 'no client certificate was provided, and SSL authenticates no identity without one';
    assert.equal(loadNoting({ given: false, pairs: [] }).reason, reason);
  });
});

describe('A client certificate is rejected if it', () => {
  test('contains no PEM', () => {
    for (const pem of [
      'hello',
      '-----BEGIN CERTIFICATE-----',
      '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----',
    ])
      assertUnreadable(
        given(pem, alice.key),
        /^client-certificate: (it contains no PEM certificate|it contains a certificate that cannot be parsed)$/,
      );
  });

  test('contains PEM of another type', () =>
    assertUnreadable(
      given(alice.key, alice.key),
      /^client-certificate: it contains no PEM certificate$/,
      keyLines(alice.key),
    ));

  test('is truncated', () => {
    const lines = alice.certificate.split('\n');
    const cut = [...lines.slice(0, 4), '-----END CERTIFICATE-----'].join('\n');
    assertUnreadable(given(cut, alice.key), /^client-certificate: it contains a certificate that cannot be parsed$/);
  });

  test('has a malformed CA certificate', () => {
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
    assertUnreadable(
      given(`${alice.certificate}\n${broken}`, alice.key),
      /it contains a certificate that cannot be parsed/,
    );
  });

  test('has no private key', () => {
    for (const pem of ['hello', alice.certificate, alice.key.replace('END', 'ENDE')])
      assertUnreadable(
        given(alice.certificate, pem),
        /^client-key: it contains no PEM private key$/,
        keyLines(alice.key),
      );
  });

  test('has a private key that cannot be parsed', () => {
    const garbage = `-----BEGIN PRIVATE KEY-----\n${'QUJD'.repeat(12)}\n-----END PRIVATE KEY-----`;
    assertUnreadable(given(alice.certificate, garbage), /^client-key: the private key cannot be parsed$/, [
      'QUJDQUJDQUJD',
    ]);
    const mixed = alice.key
      .replace('BEGIN PRIVATE KEY', 'BEGIN RSA PRIVATE KEY')
      .replace('END PRIVATE', 'END RSA PRIVATE');
    assertUnreadable(given(alice.certificate, mixed), /^client-key: /, keyLines(alice.key));
  });

  test('has the key of another certificate', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs8' });
    for (const key of [bob.key, String(rsa)])
      assertUnreadable(
        given(alice.certificate, key),
        /^client-key: the key does not match the certificate of CN=alice, O=Test$/,
        keyLines(key),
      );
  });

  const encrypted: readonly [string, object][] = [
    ['ENCRYPTED PRIVATE KEY', { type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'secret-passphrase' }],
    ['EC PRIVATE KEY with Proc-Type', { type: 'sec1', cipher: 'aes-128-cbc', passphrase: 'secret-passphrase' }],
  ];
  for (const [what, form] of encrypted) {
    test(`has an encrypted key (${what}), and the error contains the command that decrypts it`, () => {
      const key = reformedKey(alice, form);
      assert.ok(key.startsWith(`-----BEGIN ${what.split(' with')[0]}-----`));
      assert.equal(key.includes('Proc-Type: 4,ENCRYPTED'), what.includes('Proc-Type'));
      assertUnreadable(
        given(alice.certificate, key),
        /^client-key: the key is encrypted with a passphrase; decrypt it: openssl pkey -in KEY -out PLAIN$/,
        keyLines(key),
      );
    });
  }

  test('is valid only for servers', async () => {
    const [serverAuth, clientAuth] = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];
    const server = await authority.issue({ subject: 'CN=ap', usages: [serverAuth] });
    assertUnreadable(
      given(server.certificate, server.key),
      /^client-certificate: the certificate is not valid for TLS clients \(its extended key usage lacks clientAuth\)$/,
      keyLines(server.key),
    );
    const both = await authority.issue({ subject: 'CN=ap', usages: [serverAuth, clientAuth] });
    assert.equal(loadNoting(given(both.certificate, both.key)).reason, undefined);
  });

  test('has an RSA key with fewer than 2048 bits', async () => {
    const weak = await weakIdentity();
    assertUnreadable(
      given(weak.certificate, weak.key),
      /^client-certificate: its RSA key has 512 bits; TLS requires at least 2048$/,
      keyLines(weak.key),
    );
  });

  test('has expired or is not valid yet', async () => {
    const old = await authority.issue({ subject: 'CN=old', from: -48, to: -24 });
    assertUnreadable(
      given(old.certificate, old.key),
      /^client-certificate: the certificate of CN=old expired at 20\d\d-.*Z$/,
    );
    const young = await authority.issue({ subject: 'CN=young', from: 24, to: 48 });
    assertUnreadable(given(young.certificate, young.key), /of CN=young is not valid before 20\d\d-.*Z$/);
  });

  test('is unusable, but its key is masked nevertheless', () => {
    const noting = notingHost();
    assert.throws(() => loadCertificate(given(alice.certificate, bob.key), () => assert.fail(), noting.host));
    assert.deepEqual(noting.masks, [bob.key.trim()]);
  });

  test('is arbitrary text, and the typed error does not quote it', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('-----BEGIN ', '-----END ', 'CERTIFICATE-----', 'PRIVATE KEY-----', 'EC ', 'ENCRYPTED ', '\n'),
      fc.base64String({ maxLength: 80 }),
      fc.constantFrom(alice.certificate, alice.key, bob.key),
    );
    const pem = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(pem, pem, (certificate, key) => {
        try {
          loadNoting(given(certificate, key));
        } catch (error) {
          assert.ok(error instanceof CredentialError, allOf(error));
          assertHidden([...keyLines(alice.key), ...keyLines(bob.key)], error);
        }
      }),
    );
  });
});

describe('CA certificates', () => {
  let others: readonly string[];
  before(async () => {
    others = await Promise.all(['CN=One', 'CN=Two'].map(async (name) => (await Authority.create(name)).certificate));
  });
  after(() => {
    others = [];
  });
  const skip = () => {};
  const subjects = (pem: readonly string[]) =>
    pem.flatMap((each) => readCertificates(each, 'x')).map(({ subject }) => subject);

  test('are all read from one text', () =>
    assert.deepEqual(subjects(readAuthorities(pemText('ca-certificate', others.join('\n# two\n')), skip)), [
      'CN=One',
      'CN=Two',
    ]));

  test('are read from a file, or from a directory without invalid files and dangling links', () => {
    const path = join(folder, 'ca.pem');
    writeFileSync(path, others.join(''));
    assert.deepEqual(subjects(readAuthorities({ name: 'ca-certificate', path }, skip)), ['CN=One', 'CN=Two']);
    writeFileSync(join(folder, 'README'), 'no certificate');
    writeFileSync(join(folder, 'key.pem'), alice.key);
    writeFileSync(join(folder, 'bad.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    if (process.platform !== 'win32') symlinkSync('nowhere', join(folder, 'dead-link'));
    const skipped: string[] = [];
    mkdirSync(join(folder, 'below'));
    writeFileSync(join(folder, 'below', 'ca.pem'), authority.certificate);
    if (process.platform !== 'win32') symlinkSync('ca.pem', join(folder, 'b-link'));
    const found = subjects(readAuthorities({ name: 'ca-certificate', path: folder }, (reason) => skipped.push(reason)));
    assert.deepEqual([...new Set(found)], ['CN=One', 'CN=Two']);
    assert.match(skipped.join('\n'), /bad\.pem: .*cannot be parsed/);
    if (process.platform !== 'win32') assert.match(skipped.join('\n'), /dead-link: .*does not exist/);
  });

  test('cause an error if none exist', () => {
    const told = (source: PemSource) => () => readAuthorities(source, skip);
    assert.throws(
      told(pemText('ca-certificate', 'hello')),
      /^CredentialError: ca-certificate: it contains no PEM certificate$/,
    );
    assert.throws(told({ name: 'ca-certificate', path: folder }), /it contains no PEM certificate/);
    assert.throws(told({ name: 'ca-certificate', path: join(folder, 'missing') }), /missing: it does not exist/);
  });
});
