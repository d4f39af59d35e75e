/** Tests which certificates authenticate a daemon with SSL. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AuthenticationError } from '../../../src/errors.ts';
import { assertAlice, assertRefused, by, clients, stranger, type TriedSsl } from '../../support/clients/ssl-client.ts';
import { Authority, type Identity, selfSigned, type Wish } from '../../support/credentials/certificates.ts';
import { withPool } from '../../support/embedded-pool/with-pool.ts';

/** Warnings from Node, which prints each warning only once. */
const warnings: Error[] = [];
process.on('warning', (warning) => warnings.push(warning));

function assertUnproven({ error, said }: TriedSsl, reason: RegExp): void {
  assert.ok(error instanceof AuthenticationError, error instanceof Error ? error.stack : String(error));
  assert.deepEqual([error.code, error.phase], ['ERR_SERVER_UNPROVEN', 'session'], error.message);
  assert.match(error.attempts.map((each) => `${each.method}: ${each.reason}`).join('\n'), reason);
  assert.ok(!said.some((line) => /the client trusts the server/.test(line)), said.join('\n'));
}

describe('A daemon is rejected', () => {
  const host = (wish: Partial<Wish> = {}): Wish => ({ subject: 'CN=ap.pool.test', hosts: ['ap.pool.test'], ...wish });
  const certificates: readonly [string, () => Promise<Identity>, RegExp][] = [
    [
      'with a certificate from another CA',
      () => stranger.issue(host()),
      /SSL: client-certificate \(CN=alice, O=Test\): its certificate is not trusted \(UNABLE_TO_\w+; issued by CN=Stranger\)/,
    ],
    [
      'with a certificate from another CA of the same name',
      async () => (await Authority.create()).issue(host()),
      /not trusted \(\w+; issued by CN=Test Authority\)/,
    ],
    [
      'with a self-signed certificate',
      () => selfSigned(host()),
      /not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT; issued by CN=ap\.pool\.test\)/,
    ],
    [
      'with an expired certificate',
      () => clients.authority.issue(host({ from: -48, to: -24 })),
      /its certificate, or a CA certificate above it, has expired \(issued by CN=Test Authority\)/,
    ],
    [
      'with a certificate that is not yet valid',
      () => clients.authority.issue(host({ from: 24, to: 48 })),
      /its certificate is not valid yet, or the clock of this host is wrong/,
    ],
    [
      'with a certificate for another host',
      () => clients.authority.issue(host({ subject: 'CN=other.test', hosts: ['other.test'] })),
      /its certificate is for DNS:other\.test, not for ap\.pool\.test/,
    ],
    [
      'with a user certificate',
      async () => clients.alice,
      /its certificate is for CN=alice, O=Test, not for ap\.pool\.test/,
    ],
  ];
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const [what, make, reason] of certificates) {
      test(`${what}, with ${version}`, async () =>
        assertUnproven(await by({ tls: { certificate: await make(), version } }), reason));
    }
  }

  test('before it receives the client certificate, with TLS 1.3', async () => {
    const { said } = await by({ tls: { certificate: await stranger.issue(host()), version: 'TLSv1.3' } });
    assert.ok(!said.some((line) => /TLS is established/.test(line)), said.join('\n'));
  });

  test('because of the expected host name, whatever its certificate contains', async () =>
    assertUnproven(await by({ words: { 'server-name': 'other.test' } }), /not for other\.test/));

  test('if no host name is expected', async () => {
    const { alias: _, ...options } = clients.pool();
    await withPool(options, async (pool) => {
      assertRefused(
        await clients.try(pool, clients.inputsFor('SSL', pool)),
        /SSL: .*no host name is known to verify its certificate against; set server-name/,
      );
      assert.ok(!pool.log.some((line) => line.startsWith('HANDSHAKE')), 'nothing was offered');
      const { fetched } = await clients.try(pool, {
        ...clients.inputsFor('SSL', pool),
        'server-name': clients.hostName,
      });
      assert.equal(fetched?.token.subject, 'alice@pool.test');
    });
  });

  test('if its certificate contains hostile names, which are sanitized', async () => {
    const certificate = await stranger.issue({ subject: 'CN=a\n::error::b##[add-mask]c', hosts: ['x.test'] });
    const { error } = await by({ tls: { certificate } });
    for (const { reason } of (error as AuthenticationError).attempts) assert.doesNotMatch(reason, /\n|##\[/);
  });
});

describe('A name in a certificate', () => {
  const names: readonly [Wish, string, boolean][] = [
    [{ subject: 'CN=x', hosts: ['ap.pool.test'] }, 'ap.pool.test', true],
    [{ subject: 'CN=x', hosts: ['a.test', 'ap.pool.test'] }, 'ap.pool.test', true],
    [{ subject: 'CN=x', hosts: ['AP.Pool.Test'] }, 'ap.pool.test', true],
    [{ subject: 'CN=x', hosts: ['ap.pool.test'] }, 'AP.POOL.TEST', true],
    [{ subject: 'CN=x', hosts: ['*.pool.test'] }, 'ap.pool.test', true],
    [{ subject: 'CN=x', hosts: ['ap*.pool.test'] }, 'ap40.pool.test', true],
    [{ subject: 'CN=ap.pool.test' }, 'ap.pool.test', true],
    [{ subject: 'CN=ap.pool.test', hosts: ['other.test'] }, 'ap.pool.test', false],
    [{ subject: 'CN=ap.pool.test', addresses: ['192.0.2.1'] }, 'ap.pool.test', false],
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
    test(`${words} is ${fits ? '' : 'not '}valid for ${name}`, async () => {
      const tried = await by({
        ...{ tls: { certificate: await clients.authority.issue(wish) }, words: { 'server-name': name } },
      });
      if (fits) assertAlice(tried);
      else assertUnproven(tried, /its certificate is for/);
    });
  }

  test('never causes an exception, whatever the expected name is', async () => {
    for (const name of ['127.0.0.1', '::1', 'x'.repeat(300), 'two words', 'ä.test', '.', '*', '..'])
      assertUnproven(await by({ words: { 'server-name': name } }), /its certificate is for|is not a host name/);
    assert.deepEqual(warnings, []);
  });
});
