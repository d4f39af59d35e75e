/** Tests SSL: the TLS versions, client certificates and keys that work, and the daemon's messages about them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSecureContext } from 'node:tls';
import { AuthorizationError, CredentialError } from '../../../src/errors.ts';
import type { Words } from '../../support/clients/method-clients.ts';
import { assertAlice, assertRefused, by, clients, stranger } from '../../support/clients/ssl-client.ts';
import { type Identity, weakIdentity } from '../../support/credentials/certificates.ts';
import { withPool } from '../../support/embedded-pool/with-pool.ts';
import { advised } from '../../support/errors/advice.ts';
import { assertHidden, instead } from '../../support/faults/broken-messages.ts';

/** Returns whether Node's TLS library loads this certificate. */
function canLoad({ certificate, key }: Identity): boolean {
  try {
    createSecureContext({ cert: certificate, key });
    return true;
  } catch {
    return false;
  }
}

describe('SSL', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`authenticates with ${version}`, async () => assertAlice(await by({ tls: { version } })));
    test(`authenticates with ${version} and a group that costs TLS 1.3 an additional round trip`, async () =>
      assertAlice(await by({ tls: { version, groups: 'P-384:P-256' } })));
  }

  test('warns with TLS 1.2 that the client certificate is sent before the daemon is verified', async () => {
    const { log, fetched } = await by({ tls: { version: 'TLSv1.2' } });
    assert.equal(fetched?.authenticationMethod, 'SSL');
    assert.match(
      log.join('\n'),
      /warn The daemon does not support TLS 1\.3, so the client sends its certificate in cleartext/,
    );
    assert.doesNotMatch((await by({ tls: { version: 'TLSv1.3' } })).log.join('\n'), /not support TLS 1\.3/);
  });

  test('sends a client certificate with TLS 1.2 only if an input supplied it', async () => {
    const { certificate, key } = clients.alice;
    const env = {
      _CONDOR_AUTH_SSL_CLIENT_CERTFILE: clients.file('alice.pem', certificate),
      _CONDOR_AUTH_SSL_CLIENT_KEYFILE: clients.file('alice.key', key),
      _CONDOR_AUTH_SSL_CLIENT_CAFILE: clients.file('ca.pem', clients.authority.certificate),
      _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'SSL',
    };
    const tls = { certificate: clients.server, authority: clients.authority.certificate };
    await withPool(clients.pool({ tls: { ...tls, version: 'TLSv1.2' } }), async (pool) => {
      const tried = await clients.try(pool, {}, { env });
      assertRefused(tried, /SSL: .*: the daemon does not support TLS 1\.3; .* sends only client-certificate/);
      advised('the daemon does not support TLS 1.3')(tried.error);
      assert.ok(!pool.hasHeard('alice'), 'the subject is in the certificate, in ASCII');
    });
    await withPool(clients.pool({ tls: { ...tls, version: 'TLSv1.2' } }), async (pool) => {
      assert.equal((await clients.try(pool, clients.inputsFor('SSL', pool))).fetched?.authenticationMethod, 'SSL');
      assert.ok(pool.hasHeard('alice'), 'with TLS 1.2 the certificate is sent in cleartext');
    });
    await withPool(clients.pool({ tls: { ...tls, version: 'TLSv1.3' } }), async (pool) =>
      assert.equal((await clients.try(pool, {}, { env })).fetched?.token.subject, 'alice@pool.test'),
    );
  });

  test('accepts a certificate and its key in one text, in either order', async () => {
    const { certificate, key } = clients.alice;
    for (const text of [`${certificate}\n${key}`, `${key}\n${certificate}`])
      assertAlice(await by({ words: { 'client-certificate': text, 'client-key': '' } }));
  });

  test('rejects an RSA key that is too small before any connection, even with another credential', async () => {
    const weak = await weakIdentity();
    const words = { 'client-certificate': weak.certificate, 'client-key': weak.key };
    await withPool(clients.pool(), async (pool) => {
      const { error } = await clients.try(pool, { ...clients.several(['SSL', 'PASSWORD'], pool), ...words });
      assert.ok(error instanceof CredentialError, String(error));
      assert.equal(error.code, 'ERR_CREDENTIAL_UNREADABLE');
      assert.equal(error.message, 'client-certificate: its RSA key has 512 bits; TLS requires at least 2048');
      assert.equal(pool.connections, 0);
    });
  });

  test('reports why OpenSSL rejects a certificate, and continues with the next method', async () => {
    const weak = await clients.authority.issueWeakly({ subject: 'CN=alice' });
    const words = { 'client-certificate': weak.certificate, 'client-key': weak.key };
    // Debian's OpenSSL rejects SHA-1 when the client loads the certificate. Node's OpenSSL rejects it when the daemon
    // verifies the certificate.
    const reason = canLoad(weak)
      ? /SSL: client-certificate \(CN=alice\): the daemon aborted the TLS handshake/
      : /SSL: client-certificate \(CN=alice\): TLS could not start: a certificate is signed with an algorithm that this TLS library refuses$/m;
    assertRefused(await by({ words }), reason);
    await withPool(clients.pool(), async (pool) => {
      const { fetched, error } = await clients.try(pool, { ...clients.several(['SSL', 'PASSWORD'], pool), ...words });
      assert.equal(fetched?.authenticationMethod, 'PASSWORD', `${error}\n${pool.log.join('\n')}`);
      assert.equal(pool.connections, 1);
    });
  });

  test('reports an unmapped certificate before the request', async () => {
    const { error, said } = await by({ options: { map: {} } });
    assert.ok(error instanceof AuthorizationError, String(error));
    assert.deepEqual([error.code, error.user], ['ERR_DENIED', 'ssl@unmapped']);
    assert.ok(said.some((line) => line.startsWith('SSL: TLS is established')));
  });

  test('is available without a client certificate only in mode request', async () => {
    const none: Words = { 'client-certificate': '', 'client-key': '' };
    const { error } = await by({ words: none });
    assert.ok(error instanceof CredentialError, String(error));
    assert.equal(error.code, 'ERR_NO_CREDENTIAL');
    assert.match(
      error.message,
      /SSL: no client certificate was provided, and SSL authenticates no identity without one/,
    );
    const requested = await by({
      words: { ...none, mode: 'request', identity: 'carol@pool.test' },
      options: { requests: { approvesItself: true } },
    });
    assert.equal(requested.fetched?.token.subject, 'carol@pool.test', String(requested.error));
  });
});

describe('A daemon that rejects the client', () => {
  test('because it supports only TLS before 1.2 is reported', async () =>
    assertRefused(
      await by({ tls: { version: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } }),
      /SSL: .*: the daemon aborted the TLS handshake, TLS alert 70 protocol_version: it supports none of the client's TLS versions/,
    ));

  test('because there is no common cipher is reported', async () =>
    assertRefused(
      await by({ tls: { version: 'TLSv1.2', ciphers: 'AES128-SHA' } }),
      /SSL: .*: the daemon aborted the TLS handshake, TLS alert 40 handshake_failure: it has no certificate \(/,
    ));

  const alerts: readonly [number, RegExp][] = [
    [42, /TLS alert 42 bad_certificate/],
    [43, /TLS alert 43 unsupported_certificate/],
    [44, /TLS alert 44 certificate_revoked/],
    [45, /TLS alert 45 certificate_expired: the client certificate has expired/],
    [46, /TLS alert 46 certificate_unknown: .*AUTH_SSL_ALLOW_CLIENT_PROXY/],
    [48, /TLS alert 48 unknown_ca: .*AUTH_SSL_SERVER_CAFILE on its host/],
    [80, /TLS alert 80$/],
  ];
  for (const [alert, reason] of alerts) {
    test(`with alert ${alert} is reported`, async () => {
      const records = Uint8Array.of(0x15, 3, 3, 0, 2, 2, alert);
      const faults = { tls: instead((m) => m.int(3).int(records.length).bytes(records)) };
      assertRefused(await by({ options: { faults } }), reason);
    });
  }

  test('because of the client’s CA is reported', async () => {
    const mallory = await stranger.issue({ subject: 'CN=alice, O=Test' });
    const words = { 'client-certificate': mallory.certificate, 'client-key': mallory.key };
    const tried = await by({ words });
    assertRefused(tried, /SSL: .*the daemon aborted the TLS handshake: it requires a client certificate/);
    assertHidden([mallory.key.split('\n')[1] ?? ''], tried.error, ...tried.log);
  });

  test('because of its map file is reported', async () =>
    assertRefused(await by({ tls: { requires: 'mapping' }, options: { map: {} } }), /AUTH_SSL_REQUIRE_CLIENT_MAPPING/));

  test('because it has no certificate itself is reported', async () =>
    assertRefused(
      await by({ tls: { certificate: undefined } }),
      /the daemon cannot use TLS: check AUTH_SSL_SERVER_CERTFILE, _KEYFILE and _CAFILE on its host/,
    ));
});

describe('The daemon’s unused key', () => {
  for (const [length, good] of [
    [256, true],
    [300, true],
    [255, false],
    [1, false],
  ] as const) {
    test(`may ${good ? '' : 'not '}have ${length} bytes`, async () => {
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const tried = await by({ tls: { keyLength: length, version } });
        if (good) assertAlice(tried);
        else assertRefused(tried, /TLS failed: the daemon sent incomplete TLS records/);
      }
    });
  }
});
