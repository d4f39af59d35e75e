/**
 * Tests how the client decides which servers to trust: CA certificates from inputs, the configuration and the system,
 * and the known hosts of HTCondor's tools.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { knownCertificate, loadTrust, type TrustSource } from '../../src/credentials/trust.ts';
import { CredentialError, HTCondorError } from '../../src/errors.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { MethodClients, type Words } from '../support/clients/method-clients.ts';
import { Authority, type Identity, selfSigned } from '../support/credentials/certificates.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { notingHost } from '../support/noting-host.ts';

let authority: Authority;
let stranger: Authority;
before(async () => {
  [authority, stranger] = await Promise.all([Authority.create(), Authority.create('CN=Stranger')]);
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trust-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

/** Sources of trust. By default, they are empty, so no server is trusted. */
function source(facts: Partial<TrustSource> = {}): TrustSource {
  return {
    ...{ authorities: undefined, files: [], directory: undefined, system: false, certificateFile: undefined },
    ...{ knownHosts: join(folder, 'known_hosts'), platform: process.platform, ...facts },
  };
}

async function tlsFor(facts: Partial<TrustSource>, noting = notingHost()) {
  return await loadTrust(source(facts), noting.host)(undefined)('ap.pool.test');
}
const pem = (of: Authority) => of.certificate.trim();
const trimmed = (all: readonly string[]) => all.map((each) => each.trim());

describe('CA certificates', () => {
  test('are empty if no source has any', async () => {
    assert.deepEqual(await tlsFor({}), {
      ...{ authorities: [], partialChain: false, certificate: undefined, serverName: 'ap.pool.test' },
    });
  });

  test('come from the input, then from AUTH_SSL_CLIENT_CAFILE and _CADIR, then from the system', async () => {
    const [one, two, three] = await Promise.all(['CN=1', 'CN=2', 'CN=3'].map((name) => Authority.create(name)));
    mkdirSync(join(folder, 'dir'));
    put('dir/c.pem', three?.certificate ?? '');
    put('dir/broken.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'); // only this file is skipped
    put('dir/none.crl', 'no certificate');
    const { authorities } = await tlsFor({
      authorities: { name: 'ca-certificate', text: new Secret(pem(authority)) },
      files: [put('a.pem', one?.certificate ?? ''), put('b.pem', two?.certificate ?? '')],
      directory: join(folder, 'dir'),
      ...{ system: true, certificateFile: put('system.pem', pem(stranger)) },
    });
    assert.deepEqual(trimmed(authorities), [
      pem(authority),
      ...[one, two, three].map((each) => each?.certificate.trim()),
      pem(stranger),
    ]);
  });

  test('of the system are not trusted if the configuration disables them', async () => {
    const certificateFile = put('system.pem', pem(stranger));
    assert.deepEqual((await tlsFor({ system: false, certificateFile })).authorities, []);
  });

  test('of the system are available even without a file that contains them', async () => {
    for (const certificateFile of [undefined, ''])
      assert.ok((await tlsFor({ system: true, certificateFile, platform: 'win32' })).authorities.length > 0);
  });

  test('of the system do not replace those of an unreadable SSL_CERT_FILE', async () => {
    const { host, log } = notingHost();
    const certificateFile = join(folder, 'missing.pem');
    const { authorities } = await loadTrust(source({ system: true, certificateFile }), host)(undefined)('ap.pool.test');
    assert.deepEqual(authorities, []);
    assert.match(log.join('\n'), /debug credentials: skipped SSL_CERT_FILE .*missing\.pem: /);
  });

  test('from the input are checked before any connection', () => {
    for (const text of ['hello', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----']) {
      assert.throws(
        () => loadTrust(source({ authorities: { name: 'ca-certificate', text: new Secret(text) } }), notingHost().host),
        (error: unknown) => error instanceof CredentialError && error.code === 'ERR_CREDENTIAL_UNREADABLE',
      );
    }
  });

  test('from the configuration are skipped with a log line if they cannot be read', async () => {
    const noting = notingHost();
    const files = [join(folder, 'missing'), put('x', 'hello'), put('ca.pem', pem(authority))];
    const { authorities } = await tlsFor({ files }, noting);
    assert.deepEqual(trimmed(authorities), [pem(authority)]);
    assert.match(noting.log.join('\n'), /skipped .*missing: it does not exist\n.*skipped .*x: it contains no PEM/);
  });
});

describe('Known hosts', () => {
  const known = (text: string, noting = notingHost()) =>
    knownCertificate(put('known_hosts', text), 'ap.pool.test', noting.host);
  let line: string;
  before(() => {
    line = `ap.pool.test SSL ${authority.base64}`;
  });

  test('provide the certificate that a line contains', () => assert.equal(known(`${line}\n`)?.trim(), pem(authority)));

  const cases: readonly [string, () => string, boolean][] = [
    ['for another host', () => line.replace('ap.', 'other.'), false],
    ['for a host whose name is a prefix of this one', () => line.replace('ap.pool.test', 'ap.pool'), false],
    ['for a host that was seen but not trusted', () => `!${line}`, false],
    ['without a certificate, because another method verified the host', () => 'ap.pool.test SSL @trusted', false],
    ['for another method', () => line.replace(' SSL ', ' GSI '), false],
    ['whose value is not a certificate', () => 'ap.pool.test SSL AAAA', false],
    ['that is truncated', () => 'ap.pool.test', false],
    ['after other lines', () => `other.test SSL @trusted\n# comment\n\n${line}`, true],
    ['with blanks and a carriage return', () => `  ${line.replaceAll(' ', '\t ')} \r\n`, true],
    ['after an untrusted one, because the first line is used', () => `!ap.pool.test SSL AAAA\n${line}`, false],
    ['after an unusable one, because the first line is used', () => `ap.pool.test SSL @trusted\n${line}`, false],
    ['before an untrusted one', () => `${line}\n!ap.pool.test SSL AAAA`, true],
  ];
  for (const [what, text, trusted] of cases) {
    test(`with a line ${what}`, () => assert.equal(known(text()) !== undefined, trusted));
  }

  test('are reported as missing if there is no file', () => {
    const noting = notingHost();
    assert.equal(knownCertificate(join(folder, 'missing'), 'x', noting.host), undefined);
    assert.match(noting.log.join(), /no known hosts in .*missing: it does not exist/);
  });

  test('allow a partial chain', async () => {
    put('known_hosts', line);
    const { authorities, partialChain } = await tlsFor({});
    assert.deepEqual([trimmed(authorities), partialChain], [[pem(authority)], true]);
  });

  test('never cause an exception, regardless of the file’s content', () => {
    const word = fc.oneof(
      fc.constantFrom('ap.pool.test', '!ap.pool.test', 'SSL', '@trusted', 'AAAA', '\n', '#'),
      fc.string({ unit: 'binary' }),
      fc.base64String(),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 10 }), (words) => {
        const found = known(words.join(' '));
        assert.ok(found === undefined || found.includes('BEGIN CERTIFICATE'));
      }),
      { numRuns: 50 },
    );
  });
});

describe('A daemon’s certificate', () => {
  let clients: MethodClients;
  let own: Identity;
  before(async () => {
    clients = await MethodClients.create();
    own = await selfSigned({ subject: 'CN=ap.pool.test', hosts: ['ap.pool.test'] });
  });
  after(() => clients?.close());

  /** Fetches from a daemon that has this certificate. Returns the error code, or undefined on success. */
  async function code(env: Record<string, string>, words: Words = {}): Promise<string | undefined> {
    const options = clients.pool({ tls: { certificate: own, authority: clients.authority.certificate } });
    return await withPool(options, async (pool) => {
      const { error } = await clients.try(
        pool,
        { ...clients.inputsFor('SSL', pool), 'ca-certificate': '', ...words },
        { env },
      );
      if (error !== undefined) assert.ok(error instanceof HTCondorError, String(error));
      return error?.code;
    });
  }
  const base64 = () => own.certificate.replaceAll(/-----.*-----|\s/g, '');

  test('is not trusted if it is self-signed', async () => assert.equal(await code({}), 'ERR_SERVER_UNPROVEN'));

  test('is trusted through the input, the configuration and SSL_CERT_FILE', async () => {
    const file = put('own.pem', own.certificate);
    assert.equal(await code({}, { 'ca-certificate': own.certificate }), undefined);
    assert.equal(await code({}, { 'ca-certificate': file }), undefined);
    assert.equal(await code({}, { 'ca-certificate': folder }), undefined);
    assert.equal(await code({ _CONDOR_AUTH_SSL_CLIENT_CAFILE: file }), undefined);
    assert.equal(await code({ _CONDOR_AUTH_SSL_CLIENT_CADIR: folder }), undefined);
    assert.equal(await code({ SSL_CERT_FILE: file }), undefined);
    const without = { SSL_CERT_FILE: file, _CONDOR_AUTH_SSL_CLIENT_USE_DEFAULT_CAS: 'False' };
    assert.equal(await code(without), 'ERR_SERVER_UNPROVEN');
  });

  test('is trusted through known hosts, but only for that host name', async () => {
    for (const [line, expected] of [
      [`ap.pool.test SSL ${base64()}`, undefined],
      [`other.test SSL ${base64()}`, 'ERR_SERVER_UNPROVEN'],
      [`!ap.pool.test SSL ${base64()}`, 'ERR_SERVER_UNPROVEN'],
    ] as const)
      assert.equal(await code({ _CONDOR_SEC_KNOWN_HOSTS: put('known_hosts', `${line}\n`) }), expected, line);
  });

  test('is not trusted through a file without certificates', async () => {
    for (const content of ['', 'garbage', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])
      assert.equal(await code({ SSL_CERT_FILE: put('garbage', content) }), 'ERR_SERVER_UNPROVEN');
  });
});
