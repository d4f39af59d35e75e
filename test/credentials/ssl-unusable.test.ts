/** Unusable client certificates: the error gives the reason and does not contain the key. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import { loadCertificate } from '../../src/credentials/ssl.ts';
import { CredentialError } from '../../src/errors.ts';
import { allOf, assertHidden } from '../support/broken-messages.ts';
import { Authority, type Identity, weakIdentity } from '../support/certificates.ts';
import { assertUnreadable, given, keyLines, loadNoting, reformedKey } from '../support/client-certificate.ts';
import { notingHost } from '../support/noting-host.ts';

let authority: Authority;
let alice: Identity;
let bob: Identity;
before(async () => {
  authority = await Authority.create();
  alice = await authority.issue({ subject: 'CN=alice, O=Test' });
  bob = await authority.issue({ subject: 'CN=bob' });
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
    test(`has an encrypted key (${what}), with the command that decrypts it`, () => {
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

  test('is valid for servers only', async () => {
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

  test('has an RSA key below 2048 bits', async () => {
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

  test('is unusable, and its key is masked', () => {
    const noting = notingHost();
    assert.throws(() => loadCertificate(given(alice.certificate, bob.key), () => assert.fail(), noting.host));
    assert.deepEqual(noting.masks, [bob.key.trim()]);
  });

  test('is any other text, with a typed error that does not quote it', () => {
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
