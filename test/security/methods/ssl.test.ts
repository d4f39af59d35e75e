/** SSL: which certificates prove a daemon, which do not, and what the daemon may say of ours. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AuthenticationError, AuthorizationError, CredentialError } from '../../../src/errors.ts';
import { assertHidden, instead } from '../../support/broken-messages.ts';
import { Authority, type Identity, selfSigned, type Wish, weakIdentity } from '../../support/certificates.ts';
import { withPool } from '../../support/embedded-fetch.ts';
import type { EmbeddedPoolOptions } from '../../support/embedded-pool/settings.ts';
import type { TlsSettings } from '../../support/embedded-pool/ssl.ts';
import { type Tried, Ways, type Words } from '../../support/ways.ts';

let ways: Ways;
let stranger: Authority;
/** What Node complains of; of each kind it does so once. */
const warnings: Error[] = [];
process.on('warning', (warning) => warnings.push(warning));
before(async () => {
  [ways, stranger] = await Promise.all([Ways.create(), Authority.create('CN=Stranger')]);
});
after(() => ways?.close());

interface TrySsl {
  readonly tls?: Partial<TlsSettings>;
  readonly options?: EmbeddedPoolOptions;
  readonly words?: Words;
}

/** Tries SSL at a daemon with these settings; the key is never shown, whatever comes of it. */
function by({ tls = {}, options = {}, words = {} }: TrySsl): Promise<Tried & { readonly said: readonly string[] }> {
  const settings = { certificate: ways.server, authority: ways.authority.certificate, ...tls };
  return withPool({ ...ways.pool(), tls: settings, ...options }, async (pool) => {
    const all = { ...ways.words('SSL', pool), ...words };
    const tried = await ways.try(pool, all);
    assertHidden(ways.secrets(all), tried.error, ...tried.log, ...pool.log);
    for (const secret of ways.secrets(all)) assert.ok(!pool.hasHeard(secret));
    return { ...tried, said: pool.log };
  });
}

function assertAlice({ fetched, error, said }: Awaited<ReturnType<typeof by>>): void {
  assert.equal(fetched?.token.subject, 'alice@pool.test', `${error}\n${said.join('\n')}`);
}

function assertUnproven({ error, said }: Awaited<ReturnType<typeof by>>, reason: RegExp): void {
  assert.ok(error instanceof AuthenticationError, error instanceof Error ? error.stack : String(error));
  assert.deepEqual([error.code, error.phase], ['ERR_SERVER_UNPROVEN', 'session'], error.message);
  assert.match(error.attempts.map((each) => `${each.method}: ${each.reason}`).join('\n'), reason);
  assert.ok(!said.some((line) => /takes us for who we are/.test(line)), said.join('\n'));
}

function assertRefused({ error }: Tried, reason: RegExp): void {
  assert.ok(error instanceof AuthenticationError, error instanceof Error ? error.stack : String(error));
  assert.equal(error.code, 'ERR_METHODS_EXHAUSTED', error.message);
  assert.match(error.attempts.map((each) => `${each.method}: ${each.reason}`).join('\n'), reason);
}

describe('SSL', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`by ${version}`, async () => assertAlice(await by({ tls: { version } })));
    test(`by ${version}, with a group that costs TLS 1.3 a round`, async () =>
      assertAlice(await by({ tls: { version, groups: 'P-384:P-256' } })));
  }

  test('with certificate and key in one text, in either order', async () => {
    const { certificate, key } = ways.alice;
    for (const text of [`${certificate}\n${key}`, `${key}\n${certificate}`])
      assertAlice(await by({ words: { 'client-certificate': text, 'client-key': '' } }));
  });

  test('with a key that OpenSSL does not take says so, and is followed by the next method', async () => {
    const weak = await weakIdentity();
    const words = { 'client-certificate': weak.certificate, 'client-key': weak.key };
    const tried = await by({ words });
    assertRefused(tried, /SSL: client-certificate \(CN=weak\): TLS cannot begin: .*key too small/);
    await withPool(ways.pool(), async (pool) => {
      const { fetched, error } = await ways.try(pool, { ...ways.several(['SSL', 'PASSWORD'], pool), ...words });
      assert.equal(fetched?.authenticationMethod, 'PASSWORD', `${error}\n${pool.log.join('\n')}`);
      assert.equal(pool.connections, 1);
    });
  });

  test('with somebody whom the map file does not know is told before anything is asked', async () => {
    const { error, said } = await by({ options: { map: {} } });
    assert.ok(error instanceof AuthorizationError, String(error));
    assert.deepEqual([error.code, error.user], ['ERR_DENIED', 'ssl@unmapped']);
    assert.ok(said.some((line) => line.startsWith('SSL: TLS is established')));
  });

  test('without a certificate of our own is no credential, but for a request', async () => {
    const none: Words = { 'client-certificate': '', 'client-key': '' };
    const { error } = await by({ words: none });
    assert.ok(error instanceof CredentialError, String(error));
    assert.equal(error.code, 'ERR_NO_CREDENTIAL');
    assert.match(error.message, /SSL: no client certificate was given, and without one SSL gives no identity/);
    const requested = await by({
      words: { ...none, mode: 'request', identity: 'carol@pool.test' },
      options: { requests: { approvesItself: true } },
    });
    assert.equal(requested.fetched?.token.subject, 'carol@pool.test', String(requested.error));
  });
});

describe('a daemon is not who it should be', () => {
  const host = (wish: Partial<Wish> = {}): Wish => ({ subject: 'CN=ap.pool.test', hosts: ['ap.pool.test'], ...wish });
  const certificates: readonly [string, () => Promise<Identity>, RegExp][] = [
    [
      'with a certificate of another authority',
      () => stranger.issue(host()),
      /SSL: client-certificate \(CN=alice, O=Test\): its certificate is not trusted \(UNABLE_TO_\w+; issued by CN=Stranger\)/,
    ],
    [
      'with one of another authority of the same name',
      async () => (await Authority.create()).issue(host()),
      /not trusted \(\w+; issued by CN=Test Authority\)/,
    ],
    [
      'with one that it signed itself',
      () => selfSigned(host()),
      /not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT; issued by CN=ap\.pool\.test\)/,
    ],
    [
      'with one that has expired',
      () => ways.authority.issue(host({ from: -48, to: -24 })),
      /its certificate, or one above it, has expired \(issued by CN=Test Authority\)/,
    ],
    [
      'with one that is not valid yet',
      () => ways.authority.issue(host({ from: 24, to: 48 })),
      /its certificate is not valid yet, or our clock is wrong/,
    ],
    [
      'with one for another host',
      () => ways.authority.issue(host({ subject: 'CN=other.test', hosts: ['other.test'] })),
      /its certificate is for DNS:other\.test; CN=other\.test, not for ap\.pool\.test/,
    ],
    ['with one of a person', async () => ways.alice, /its certificate is for CN=alice, O=Test, not for ap\.pool\.test/],
  ];
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const [what, make, reason] of certificates) {
      test(`${what}, by ${version}`, async () =>
        assertUnproven(await by({ tls: { certificate: await make(), version } }), reason));
    }
  }

  test('and is not told who we are where TLS 1.3 can hide it', async () => {
    const { said } = await by({ tls: { certificate: await stranger.issue(host()), version: 'TLSv1.3' } });
    assert.ok(!said.some((line) => /TLS is established/.test(line)), said.join('\n'));
  });

  test('for the name that we were given, whatever it says of itself', async () =>
    assertUnproven(await by({ words: { 'server-name': 'other.test' } }), /not for other\.test/));

  test('without any name, which nothing can be checked against', async () => {
    const { alias: _, ...options } = ways.pool();
    await withPool(options, async (pool) => {
      assertRefused(
        await ways.try(pool, ways.words('SSL', pool)),
        /SSL: .*no host name is known that its certificate must carry: give server-name/,
      );
      assert.ok(!pool.log.some((line) => line.startsWith('HANDSHAKE')), 'nothing was offered');
      const { fetched } = await ways.try(pool, { ...ways.words('SSL', pool), 'server-name': ways.hostName });
      assert.equal(fetched?.token.subject, 'alice@pool.test');
    });
  });

  test('with hostile names in its certificate, which are told harmlessly', async () => {
    const certificate = await stranger.issue({ subject: 'CN=a\n::error::b##[add-mask]c', hosts: ['x.test'] });
    const { error } = await by({ tls: { certificate } });
    for (const { reason } of (error as AuthenticationError).attempts) assert.doesNotMatch(reason, /\n|##\[/);
  });
});

describe('the name in a certificate', () => {
  const names: readonly [Wish, string, boolean][] = [
    [{ subject: 'CN=x', hosts: ['ap.pool.test'] }, 'ap.pool.test', true],
    [{ subject: 'CN=x', hosts: ['a.test', 'ap.pool.test'] }, 'ap.pool.test', true],
    [{ subject: 'CN=x', hosts: ['AP.Pool.Test'] }, 'ap.pool.test', true],
    [{ subject: 'CN=x', hosts: ['ap.pool.test'] }, 'AP.POOL.TEST', true],
    [{ subject: 'CN=x', hosts: ['*.pool.test'] }, 'ap.pool.test', true],
    [{ subject: 'CN=x', hosts: ['ap*.pool.test'] }, 'ap40.pool.test', true],
    [{ subject: 'CN=ap.pool.test' }, 'ap.pool.test', true],
    [{ subject: 'CN=ap.pool.test', hosts: ['other.test'] }, 'ap.pool.test', true],
    [{ subject: 'CN=x', hosts: ['*.test'] }, 'ap.pool.test', false],
    [{ subject: 'CN=x', hosts: ['*'] }, 'ap.pool.test', false],
    [{ subject: 'CN=x', hosts: ['ap.pool.test.evil.test'] }, 'ap.pool.test', false],
    [{ subject: 'CN=x', hosts: ['pool.test'] }, 'ap.pool.test', false],
    [{ subject: 'CN=x', addresses: ['127.0.0.1'] }, '127.0.0.1', false],
    [{ subject: 'CN=ap.pool.test.evil.test' }, 'ap.pool.test', false],
    [{ subject: 'O=ap.pool.test' }, 'ap.pool.test', false],
  ];
  for (const [wish, name, fits] of names) {
    const words = [wish.subject, ...(wish.hosts ?? []), ...(wish.addresses ?? [])].join(', ');
    test(`${words} is ${fits ? '' : 'not '}good for ${name}`, async () => {
      const tried = await by({
        ...{ tls: { certificate: await ways.authority.issue(wish) }, words: { 'server-name': name } },
      });
      if (fits) assertAlice(tried);
      else assertUnproven(tried, /its certificate is for/);
    });
  }

  test('may be given as anything, of which Node has nothing to complain', async () => {
    for (const name of ['127.0.0.1', '::1', 'x'.repeat(300), 'two words', 'ä.test', '.', '*', '..'])
      assertUnproven(await by({ words: { 'server-name': name } }), /its certificate is for|is no host name/);
    assert.deepEqual(warnings, []);
  });
});

describe('a daemon refuses us', () => {
  test('with TLS of before 1.2 alone', async () =>
    assertRefused(
      await by({ tls: { version: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } }),
      /SSL: .*: the daemon gives up, TLS alert 70 protocol_version: it has no TLS version in common/,
    ));

  test('with no cipher in common', async () =>
    assertRefused(
      await by({ tls: { version: 'TLSv1.2', ciphers: 'AES128-SHA' } }),
      /SSL: .*: the daemon gives up, TLS alert 40 handshake_failure: it has no certificate of its own/,
    ));

  const alerts: readonly [number, RegExp][] = [
    [42, /TLS alert 42 bad_certificate/],
    [43, /TLS alert 43 unsupported_certificate/],
    [44, /TLS alert 44 certificate_revoked/],
    [45, /TLS alert 45 certificate_expired: ours has expired/],
    [46, /TLS alert 46 certificate_unknown: .*AUTH_SSL_ALLOW_CLIENT_PROXY/],
    [48, /TLS alert 48 unknown_ca: .*AUTH_SSL_SERVER_CAFILE there/],
    [80, /TLS alert 80$/],
  ];
  for (const [alert, reason] of alerts) {
    test(`with alert ${alert}`, async () => {
      const records = Uint8Array.of(0x15, 3, 3, 0, 2, 2, alert);
      const faults = { tls: instead((m) => m.int(3).int(records.length).bytes(records)) };
      assertRefused(await by({ options: { faults } }), reason);
    });
  }

  test('whose authority it does not trust', async () => {
    const mallory = await stranger.issue({ subject: 'CN=alice, O=Test' });
    const words = { 'client-certificate': mallory.certificate, 'client-key': mallory.key };
    const tried = await by({ words });
    assertRefused(tried, /SSL: .*the daemon gives up: it demands a client certificate/);
    assertHidden([mallory.key.split('\n')[1] ?? ''], tried.error, ...tried.log);
  });

  test('whom its map file must know', async () =>
    assertRefused(await by({ tls: { requires: 'mapping' }, options: { map: {} } }), /AUTH_SSL_REQUIRE_CLIENT_MAPPING/));

  test('without a certificate of its own', async () =>
    assertRefused(
      await by({ tls: { certificate: undefined } }),
      /the daemon cannot use TLS: see AUTH_SSL_SERVER_CERTFILE, _KEYFILE and _CAFILE there/,
    ));
});

describe('the key that nobody uses', () => {
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
        else assertRefused(tried, /TLS failed: the daemon leaves out what belongs here/);
      }
    });
  }
});
