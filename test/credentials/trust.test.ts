/** Trust in servers: CA certificates of inputs, configuration and system, and the known hosts of HTCondor's tools. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { knownCertificate, loadTrust, type TrustSource } from '../../src/credentials/trust.ts';
import { CredentialError, HTCondorError } from '../../src/errors.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { Ways, type Words } from '../support/clients/ways.ts';
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

/** Trusts nothing except what a test adds. */
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
  test('are none if no source has any', async () => {
    assert.deepEqual(await tlsFor({}), {
      ...{ authorities: [], partialChain: false, certificate: undefined, serverName: 'ap.pool.test' },
    });
  });

  test('are those of the input, then of AUTH_SSL_CLIENT_CAFILE and _CADIR, then of the system', async () => {
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

  test('of the system are available without a file of them', async () => {
    for (const certificateFile of [undefined, ''])
      assert.ok((await tlsFor({ system: true, certificateFile, platform: 'win32' })).authorities.length > 0);
  });

  test('of the system do not replace those of an SSL_CERT_FILE that cannot be read', async () => {
    const { host, log } = notingHost();
    const certificateFile = join(folder, 'missing.pem');
    const { authorities } = await loadTrust(source({ system: true, certificateFile }), host)(undefined)('ap.pool.test');
    assert.deepEqual(authorities, []);
    assert.match(log.join('\n'), /debug credentials: skipped SSL_CERT_FILE .*missing\.pem: /);
  });

  test('of the input are checked before any connection', () => {
    for (const text of ['hello', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----']) {
      assert.throws(
        () => loadTrust(source({ authorities: { name: 'ca-certificate', text: new Secret(text) } }), notingHost().host),
        (error: unknown) => error instanceof CredentialError && error.code === 'ERR_CREDENTIAL_UNREADABLE',
      );
    }
  });

  test('of the configuration are skipped with a log line if they cannot be read', async () => {
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

  test('provide the certificate of a line', () => assert.equal(known(`${line}\n`)?.trim(), pem(authority)));

  const cases: readonly [string, () => string, boolean][] = [
    ['of another host', () => line.replace('ap.', 'other.'), false],
    ['of a host that this one begins with', () => line.replace('ap.pool.test', 'ap.pool'), false],
    ['that was seen but not trusted', () => `!${line}`, false],
    ['without a certificate, for it was verified otherwise', () => 'ap.pool.test SSL @trusted', false],
    ['of another method', () => line.replace(' SSL ', ' GSI '), false],
    ['that is no certificate', () => 'ap.pool.test SSL AAAA', false],
    ['that is cut short', () => 'ap.pool.test', false],
    ['behind others', () => `other.test SSL @trusted\n# comment\n\n${line}`, true],
    ['with blanks and a carriage return', () => `  ${line.replaceAll(' ', '\t ')} \r\n`, true],
    ['behind one that does not trust: the first counts', () => `!ap.pool.test SSL AAAA\n${line}`, false],
    ['behind one that is of no use: the first counts', () => `ap.pool.test SSL @trusted\n${line}`, false],
    ['before one that does not trust', () => `${line}\n!ap.pool.test SSL AAAA`, true],
  ];
  for (const [what, text, trusted] of cases) {
    test(`with a line ${what}`, () => assert.equal(known(text()) !== undefined, trusted));
  }

  test('are reported if there is no file', () => {
    const noting = notingHost();
    assert.equal(knownCertificate(join(folder, 'missing'), 'x', noting.host), undefined);
    assert.match(noting.log.join(), /no known hosts in .*missing: it does not exist/);
  });

  test('make a partial chain sufficient', async () => {
    put('known_hosts', line);
    const { authorities, partialChain } = await tlsFor({});
    assert.deepEqual([trimmed(authorities), partialChain], [[pem(authority)], true]);
  });

  test('never cause an exception, whatever the file contains', () => {
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

describe('The certificate of a daemon', () => {
  let ways: Ways;
  let own: Identity;
  before(async () => {
    ways = await Ways.create();
    own = await selfSigned({ subject: 'CN=ap.pool.test', hosts: ['ap.pool.test'] });
  });
  after(() => ways?.close());

  /** Fetches from a daemon with its own certificate. Returns the code of the error, or undefined. */
  async function code(env: Record<string, string>, words: Words = {}): Promise<string | undefined> {
    const options = ways.pool({ tls: { certificate: own, authority: ways.authority.certificate } });
    return await withPool(options, async (pool) => {
      const { error } = await ways.try(pool, { ...ways.words('SSL', pool), 'ca-certificate': '', ...words }, { env });
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

  test('is trusted through known hosts, for that host name only', async () => {
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
