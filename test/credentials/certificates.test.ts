/** Client certificates and authorities: PEM from inputs and files, what is wrong with it, and a key that nobody sees. */
import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type CertificateSource,
  type ClientCertificate,
  loadCertificate,
  type PemSource,
  readAuthorities,
  readCertificates,
} from '../../src/credentials/certificates.ts';
import { CredentialError } from '../../src/errors.ts';
import { Secret } from '../../src/secret.ts';
import { allOf, assertHidden } from '../support/broken-messages.ts';
import { Authority, type Identity } from '../support/certificates.ts';
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

const text = (name: string, pem: string): PemSource => ({ name, text: new Secret(pem) });
const given = (certificate: string, key: string): CertificateSource => ({
  given: true,
  certificate: text('client-certificate', certificate),
  key: text('client-key', key),
});

/** What a source gives, and what was told on the way. */
function load(source: CertificateSource) {
  const noting = notingHost();
  const loaded: ClientCertificate[] = [];
  const method = loadCertificate(
    source,
    (own) => {
      loaded.push(own);
      return async () => assert.fail('TLS is not needed yet');
    },
    noting.host,
  );
  return { ...noting, own: loaded[0], reason: typeof method === 'string' ? method : undefined };
}

/** The lines of a key that are the key. */
const linesOf = (key: string) => key.split('\n').filter((line) => line.length > 20 && !line.startsWith('-----'));

function assertUnreadable(source: CertificateSource, reason: RegExp, secrets: readonly string[] = []): void {
  let told: readonly string[] = [];
  assert.throws(
    () => {
      const noting = notingHost();
      told = noting.log;
      loadCertificate(source, () => assert.fail('it is of no use'), noting.host);
    },
    (error: unknown) => {
      assert.ok(error instanceof CredentialError, allOf(error));
      assert.equal(error.code, 'ERR_CREDENTIAL_UNREADABLE');
      assert.match(error.message, reason);
      assertHidden(secrets, error, ...told);
      return true;
    },
  );
}

/** The key of an identity in another form of PEM. */
const reform = ({ key }: Identity, form: object) =>
  createPrivateKey(key).export({ format: 'pem', ...form } as never) as string;

describe('a client certificate', () => {
  test('is the first of its text, with those above it, and its key is masked', () => {
    const { own, masks } = load(given(`${alice.certificate}\n${authority.certificate}`, alice.key));
    assert.equal(own?.label, 'client-certificate (CN=alice, O=Test)');
    assert.equal(own.chain.match(/BEGIN CERTIFICATE/g)?.length, 2);
    assert.deepEqual(masks, [alice.key.trim()]);
    assert.ok(!JSON.stringify(own).includes(linesOf(alice.key)[0] ?? '?'));
  });

  test('may have its key in the same text, and words around both', () => {
    const both = `Bag Attributes\n${alice.key}\nsubject=/CN=alice\r\n${alice.certificate}\n# end`;
    assert.equal(load(given(both, both)).own?.label, 'client-certificate (CN=alice, O=Test)');
  });

  test('may have line ends of Windows', () => {
    const windows = (pem: string) => pem.replaceAll('\n', '\r\n');
    assert.ok(load(given(windows(alice.certificate), windows(alice.key))).own !== undefined);
  });

  const forms: readonly [string, object][] = [
    ['EC PRIVATE KEY', { type: 'sec1' }],
    ['PRIVATE KEY', { type: 'pkcs8' }],
  ];
  for (const [what, form] of forms) {
    test(`may have its key as ${what}`, () => {
      const key = reform(alice, form);
      assert.ok(key.startsWith(`-----BEGIN ${what}-----`));
      assert.ok(load(given(alice.certificate, key)).own !== undefined);
    });
  }

  test('may lie in files', () => {
    writeFileSync(join(folder, 'cert'), alice.certificate);
    writeFileSync(join(folder, 'key'), alice.key);
    const path = (name: string): PemSource => ({ name, path: join(folder, name) });
    assert.ok(load({ given: true, certificate: path('cert'), key: path('key') }).own !== undefined);
    assertUnreadable(
      { given: true, certificate: path('cert'), key: path('missing') },
      /^missing: .*missing: it does not exist$/,
    );
    assertUnreadable({ given: true, certificate: { name: 'c', path: folder }, key: path('key') }, /^c: .*EISDIR/);
  });
});

describe('a client certificate of no use', () => {
  test('has no PEM', () => {
    for (const pem of [
      'hello',
      '-----BEGIN CERTIFICATE-----',
      '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----',
    ])
      assertUnreadable(
        given(pem, alice.key),
        /^client-certificate: (it holds no PEM certificate|a certificate in it cannot be read)$/,
      );
  });

  test('has PEM of something else', () =>
    assertUnreadable(
      given(alice.key, alice.key),
      /^client-certificate: it holds no PEM certificate$/,
      linesOf(alice.key),
    ));

  test('is cut short', () => {
    const lines = alice.certificate.split('\n');
    const cut = [...lines.slice(0, 4), '-----END CERTIFICATE-----'].join('\n');
    assertUnreadable(given(cut, alice.key), /^client-certificate: a certificate in it cannot be read$/);
  });

  test('has a broken one above it', () => {
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
    assertUnreadable(given(`${alice.certificate}\n${broken}`, alice.key), /a certificate in it cannot be read/);
  });

  test('has no key', () => {
    for (const pem of ['hello', alice.certificate, alice.key.replace('END', 'ENDE')])
      assertUnreadable(given(alice.certificate, pem), /^client-key: it holds no PEM private key$/, linesOf(alice.key));
  });

  test('has a key that cannot be read', () => {
    const garbage = `-----BEGIN PRIVATE KEY-----\n${'QUJD'.repeat(12)}\n-----END PRIVATE KEY-----`;
    assertUnreadable(given(alice.certificate, garbage), /^client-key: the private key cannot be read$/, [
      'QUJDQUJDQUJD',
    ]);
    const mixed = alice.key
      .replace('BEGIN PRIVATE KEY', 'BEGIN RSA PRIVATE KEY')
      .replace('END PRIVATE', 'END RSA PRIVATE');
    assertUnreadable(given(alice.certificate, mixed), /^client-key: /, linesOf(alice.key));
  });

  test('has the key of another', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs8' });
    for (const key of [bob.key, String(rsa)])
      assertUnreadable(
        given(alice.certificate, key),
        /^client-key: it is not the key of the certificate of CN=alice, O=Test$/,
        linesOf(key),
      );
  });

  const encrypted: readonly [string, object][] = [
    ['ENCRYPTED PRIVATE KEY', { type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'secret-passphrase' }],
    ['EC PRIVATE KEY with Proc-Type', { type: 'sec1', cipher: 'aes-128-cbc', passphrase: 'secret-passphrase' }],
  ];
  for (const [what, form] of encrypted) {
    test(`has its key encrypted, as ${what}: that is told, with the command that decrypts`, () => {
      const key = reform(alice, form);
      assert.ok(key.startsWith(`-----BEGIN ${what.split(' with')[0]}-----`));
      assert.equal(key.includes('Proc-Type: 4,ENCRYPTED'), what.includes('Proc-Type'));
      assertUnreadable(
        given(alice.certificate, key),
        /^client-key: the key is encrypted with a passphrase; give one that is not: openssl pkey -in KEY -out PLAIN$/,
        linesOf(key),
      );
    });
  }

  test('has expired, or is not valid yet', async () => {
    const old = await authority.issue({ subject: 'CN=old', from: -48, to: -24 });
    assertUnreadable(
      given(old.certificate, old.key),
      /^client-certificate: the certificate of CN=old expired at 20\d\d-.*Z$/,
    );
    const young = await authority.issue({ subject: 'CN=young', from: 24, to: 48 });
    assertUnreadable(given(young.certificate, young.key), /of CN=young is not valid before 20\d\d-.*Z$/);
  });

  test('is masked all the same', () => {
    const noting = notingHost();
    assert.throws(() => loadCertificate(given(alice.certificate, bob.key), () => assert.fail(), noting.host));
    assert.deepEqual(noting.masks, [bob.key.trim()]);
  });

  test('is whatever somebody gives: an error of ours, without the key', () => {
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
          load(given(certificate, key));
        } catch (error) {
          assert.ok(error instanceof CredentialError, allOf(error));
          assertHidden([...linesOf(alice.key), ...linesOf(bob.key)], error);
        }
      }),
    );
  });
});

describe('certificates of the configuration', () => {
  const put = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const pair = (name: string, { certificate, key }: Identity) => ({
    ...{ certificate: put(`${name}.pem`, certificate), key: put(`${name}.key`, key) },
  });

  test('are tried from the last to the first, and those of no use are passed over', () => {
    const pairs = [pair('alice', alice), pair('bob', bob), { certificate: put('x', 'x'), key: put('y', 'y') }];
    assert.equal(load({ given: false, pairs }).own?.label, 'AUTH_SSL_CLIENT_CERTFILE (CN=bob)');
  });

  test('of which none is of use say why', () => {
    const pairs = [
      { certificate: join(folder, 'missing'), key: join(folder, 'missing') },
      { certificate: pair('alice', alice).certificate, key: pair('bob', bob).key },
    ];
    assert.equal(
      load({ given: false, pairs }).reason,
      `AUTH_SSL_CLIENT_KEYFILE: it is not the key of the certificate of CN=alice, O=Test; AUTH_SSL_CLIENT_CERTFILE: ${join(folder, 'missing')}: it does not exist`,
    );
  });

  test('that are not there are no credential', () => {
    const reason = 'no client certificate was given, and without one SSL gives no identity';
    assert.equal(load({ given: false, pairs: [] }).reason, reason);
  });
});

describe('authorities', () => {
  let others: readonly string[];
  before(async () => {
    others = await Promise.all(['CN=One', 'CN=Two'].map(async (name) => (await Authority.create(name)).certificate));
  });
  after(() => {
    others = [];
  });
  const subjects = (pem: readonly string[]) =>
    pem.flatMap((each) => readCertificates(each, 'x')).map(({ subject }) => subject);

  test('are all in a text', () =>
    assert.deepEqual(subjects(readAuthorities(text('ca-certificate', others.join('\n# two\n')))), [
      'CN=One',
      'CN=Two',
    ]));

  test('are all in a file, or in the files of a directory, whatever else is there', () => {
    const path = join(folder, 'ca.pem');
    writeFileSync(path, others.join(''));
    assert.deepEqual(subjects(readAuthorities({ name: 'ca-certificate', path })), ['CN=One', 'CN=Two']);
    writeFileSync(join(folder, 'README'), 'no certificate');
    writeFileSync(join(folder, 'key.pem'), alice.key);
    mkdirSync(join(folder, 'below'));
    writeFileSync(join(folder, 'below', 'ca.pem'), authority.certificate);
    if (process.platform !== 'win32') symlinkSync('ca.pem', join(folder, 'b-link'));
    const found = subjects(readAuthorities({ name: 'ca-certificate', path: folder }));
    assert.deepEqual([...new Set(found)], ['CN=One', 'CN=Two']);
  });

  test('are none: that is told', () => {
    const told = (source: PemSource) => () => readAuthorities(source);
    assert.throws(
      told(text('ca-certificate', 'hello')),
      /^CredentialError: ca-certificate: it holds no PEM certificate$/,
    );
    assert.throws(told({ name: 'ca-certificate', path: folder }), /it holds no PEM certificate/);
    assert.throws(told({ name: 'ca-certificate', path: join(folder, 'missing') }), /missing: it does not exist/);
  });
});
