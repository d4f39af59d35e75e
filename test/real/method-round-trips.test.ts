/** What each method costs in round trips to a schedd whose address is known, counted for both tools by one proxy. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DistantProxy } from '../support/distant-proxy.ts';
import { freePort } from '../support/free-port.ts';
import { type Outcome, poolSuites, poolUnavailable } from '../support/pool.ts';
import { projectRoot } from '../support/project.ts';
import { type SecurePool, startSecurePool } from '../support/secure-pool.ts';

/** Where the daemons say that they are; the proxy listens there, on their own port. */
const FORWARDING_HOST = '127.0.0.2';

/** Round trips by method: HTCondor's tool, ours. */
const ROUND_TRIPS: Readonly<Record<string, readonly [number, number]>> = {
  IDTOKENS: [6, 3],
  PASSWORD: [6, 3],
  MUNGE: [5, 3],
  FS: [5, 4],
  'SSL, TLS 1.3': [7, 4],
  'SSL, TLS 1.2': [8, 4],
  'SCITOKENS, TLS 1.3': [7, 4],
  'SCITOKENS, TLS 1.2': [8, 4],
};

test('the README has the figures that are counted here', () => {
  const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
  for (const [method, [theirs, ours]] of Object.entries(ROUND_TRIPS))
    assert.ok(readme.includes(`| ${method} | ${theirs} | **${ours}** |`), method);
});

for (const suite of poolSuites()) {
  for (const tls of ['TLSv1.3', 'TLSv1.2'] as const) {
    describe(`Round trips by method to HTCondor of ${suite}, with ${tls}`, { skip: poolUnavailable() ?? false }, () => {
      let secure: SecurePool;
      let proxy: DistantProxy;
      let address: string;

      before(async () => {
        const port = await freePort();
        const network = { target: { host: '127.0.0.1', port }, roundTripMs: 60 };
        proxy = await DistantProxy.start({ host: FORWARDING_HOST, port, ...network });
        secure = await startSecurePool({ suite, port, tls, config: `TCP_FORWARDING_HOST = ${FORWARDING_HOST}\n` });
        const { pool, put, alice, issuer } = secure;
        await put('alice', '/home/alice/cert.pem', alice.certificate, 0o644);
        await put('alice', '/home/alice/key.pem', alice.key);
        await put('alice', '/home/alice/scitoken', `${issuer.issue('alice')}\n`);
        await pool.exec(['mkdir', '-p', '-m', '700', '/home/alice/tokens.d'], { user: 'alice' });
        await put('alice', '/home/alice/tokens.d/pool', `${await pool.idToken({ user: 'alice' })}\n`);
        address = await pool.sinful('schedd', pool.scheddName);
        // So that the daemon has the keys of the issuer: fetching them is not the client's affair.
        await pool.theirs(['-name', address], { user: 'alice', env: environment('SCITOKENS') });
      });
      after(async () => {
        await proxy?.close();
        await secure?.stop();
      });

      function environment(method: string): Record<string, string> {
        return {
          _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: method,
          _CONDOR_SEC_TOKEN_DIRECTORY: '/home/alice/tokens.d',
          _CONDOR_AUTH_SSL_CLIENT_CERTFILE: '/home/alice/cert.pem',
          _CONDOR_AUTH_SSL_CLIENT_KEYFILE: '/home/alice/key.pem',
          BEARER_TOKEN_FILE: '/home/alice/scitoken',
        };
      }

      async function counted(work: Promise<Outcome>): Promise<number> {
        const { status, stderr } = await work;
        assert.equal(status, 0, stderr);
        return proxy.roundTrips;
      }

      const version = tls.replace('v', ' ');
      for (const [name, [theirs, ours]] of Object.entries(ROUND_TRIPS)) {
        const [method = '', needs] = name.split(', ');
        if (needs === undefined ? tls === 'TLSv1.2' : needs !== version) continue;
        test(`by ${name}: ${ours}, against ${theirs}`, async () => {
          const args = ['-name', address, '-lifetime', '60'];
          const options = { ...(method === 'PASSWORD' ? {} : { user: 'alice' }), env: environment(method) };
          proxy.reset();
          assert.equal(await counted(secure.pool.ours(args, options)), ours);
          proxy.reset();
          assert.equal(await counted(secure.pool.theirs(args, options)), theirs);
        });
      }
    });
  }
}
