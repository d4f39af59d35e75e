/** Round trips of each method to a schedd with a known address, counted for both tools by one proxy. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type DistantNetwork, startDistantNetwork } from '../support/distant-network.ts';
import { assertRoundTrips, ROUND_TRIP_MS } from '../support/distant-proxy.ts';
import { IDTOKENS, type MethodPool, only, SCITOKEN, SSL, startMethodPool } from '../support/method-pool.ts';
import { type Outcome, poolSuites, poolUnavailable } from '../support/pool.ts';
import { projectRoot } from '../support/project.ts';

/** Round trips by method: HTCondor's tool, this client. */
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

test('docs/PERFORMANCE.md has the numbers that are counted here', () => {
  const document = readFileSync(join(projectRoot, 'docs/PERFORMANCE.md'), 'utf8');
  for (const [method, [theirs, ours]] of Object.entries(ROUND_TRIPS))
    assert.ok(document.includes(`| ${method} | ${theirs} | **${ours}** |`), method);
});

for (const suite of poolSuites()) {
  for (const tls of ['TLSv1.3', 'TLSv1.2'] as const) {
    describe(`Round trips by method to HTCondor of ${suite}, with ${tls}`, { skip: poolUnavailable() ?? false }, () => {
      let secure: MethodPool;
      let network: DistantNetwork;

      before(async () => {
        network = await startDistantNetwork(ROUND_TRIP_MS);
        const { port, config } = network;
        secure = await startMethodPool({ suite, port, tls, config });
        // The daemon then has the issuer's keys: their fetch is not part of the client's round trips.
        await secure.pool.theirs(['-name', secure.address], {
          user: 'alice',
          env: { ...only('SCITOKENS'), ...SCITOKEN },
        });
      });
      after(async () => {
        await network?.proxy.close();
        await secure?.stop();
      });

      const version = tls.replace('v', ' ');
      for (const [name, [theirs, ours]] of Object.entries(ROUND_TRIPS)) {
        const [method = '', needs] = name.split(', ');
        if (needs === undefined ? tls === 'TLSv1.2' : needs !== version) continue;
        test(`${name} takes ${ours}, and ${theirs} with HTCondor’s tool`, async () => {
          const args = ['-name', secure.address, '-lifetime', '60'];
          const env = { ...only(method), ...IDTOKENS, ...SSL, ...SCITOKEN };
          const options = { ...(method === 'PASSWORD' ? {} : { user: 'alice' }), env };
          const succeeds = async (run: Promise<Outcome>) => {
            const { status, stderr } = await run;
            assert.equal(status, 0, stderr);
          };
          // With TLS 1.2, the command does not send a certificate of the configuration; one from an input costs the
          // same.
          const { certificate: clientCertificate, key: clientKey } = secure.alice;
          const given = { clientCertificate, clientKey, authenticationMethods: ['SSL'] };
          await assertRoundTrips(network.proxy, ours, () =>
            name === 'SSL, TLS 1.2' ? secure.fetch(given) : succeeds(secure.pool.ours(args, options)),
          );
          await assertRoundTrips(network.proxy, theirs, () => succeeds(secure.pool.theirs(args, options)));
        });
      }
    });
  }
}
