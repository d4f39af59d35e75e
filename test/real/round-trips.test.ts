/** Counts round trips to real daemons. The same proxy counts those of HTCondor's tool and of this client. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fetchToken } from '../../src/index.ts';
import { type DistantNetwork, startDistantNetwork } from '../support/network/distant-network.ts';
import { assertRoundTrips, ROUND_TRIP_MS } from '../support/network/distant-proxy.ts';
import { IDTOKENS, type MethodPool, only, SCITOKEN, SSL, startMethodPool } from '../support/pool/method-pool.ts';
import { type Outcome, type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { referenceFetch } from '../support/pool/real-fetch.ts';
import { projectRoot } from '../support/project.ts';
import { until } from '../support/until.ts';

/**
 * Settings that are the defaults of 23.9. By default, 25.14 requires encryption for READ, and therefore authentication.
 */
const OPEN = ['AUTHENTICATION', 'ENCRYPTION', 'INTEGRITY'].map((each) => `SEC_READ_${each} = OPTIONAL`).join('\n');

/** Round trips for each method: those of HTCondor's tool, then those of this client. */
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

for (const suite of poolSuites()) {
  for (const [collector, settings, byName] of [
    ['accepts unauthenticated queries', OPEN, 4],
    ['requires authentication', 'SEC_READ_AUTHENTICATION = REQUIRED', 5],
  ] as const) {
    describe(`Round trips to HTCondor of ${suite}, whose collector ${collector}`, {
      skip: poolUnavailable() ?? false,
    }, () => {
      let pool: Pool;
      let network: DistantNetwork;
      let idtoken: string;

      before(async () => {
        network = await startDistantNetwork(ROUND_TRIP_MS);
        pool = await startPool({ suite, port: network.port, config: `${network.config}${settings}` });
        idtoken = await pool.idToken({ user: 'alice' });
      });
      after(async () => {
        await network?.proxy.close();
        await pool?.stop();
      });

      const ours = (expected: number, where: object) =>
        assertRoundTrips(network.proxy, expected, () => fetchToken({ ...where, idtoken, lifetime: 600 }));
      const theirs = (expected: number, ...where: string[]) =>
        assertRoundTrips(network.proxy, expected, async () => {
          const { status, stderr } = await referenceFetch(pool, idtoken, [...where, '-lifetime', '600']);
          assert.equal(status, 0, stderr);
        });

      test('are 3 for a known address, and 6 with HTCondor’s tool', async () => {
        const address = await pool.sinful('schedd', pool.scheddName);
        await ours(3, { address });
        await theirs(6, '-name', address);
      });

      test('are 3 for a token of the collector, and 6 with HTCondor’s tool', async () => {
        await ours(3, { pool: network.collector, type: 'collector' });
        await theirs(6, '-pool', network.collector, '-type', 'COLLECTOR');
      });

      test('are 3 for a denied request with remote, and 6 with HTCondor’s tool', async () => {
        const refused = { code: 'ERR_DAEMON', errorCode: 5 };
        const remotely = { pool: network.collector, name: pool.scheddName, remote: true, idtoken };
        await assertRoundTrips(network.proxy, 3, () => assert.rejects(fetchToken(remotely), refused));
        const args = ['-pool', network.collector, '-name', pool.scheddName, '-remote'];
        await assertRoundTrips(network.proxy, 6, () => referenceFetch(pool, idtoken, args));
      });

      test(`are ${byName} for a name that is not a host name, and 12 with HTCondor’s tool`, async () => {
        await ours(byName, { pool: network.collector, name: pool.scheddName });
        await theirs(12, '-pool', network.collector, '-name', pool.scheddName);
      });

      test(`are ${byName} for a schedd on a different host from the collector`, async () => {
        const host = network.collector.replace(/:\d+$/, '');
        const name = `ci@${host}`;
        await pool.configure(`${network.config}${settings}\nSCHEDD_NAME = ${name}`);
        await until('the collector lists it', 60, async () =>
          (await pool.sinful('schedd', name)).startsWith(`<${host}:`) ? undefined : name,
        );
        await network.proxy.addHost('127.0.0.3');
        await ours(byName, { pool: `127.0.0.3:${network.port}`, name });
      });

      test(`are ${byName} for a name whose host does not exist`, async () => {
        await pool.configure(`${network.config}${settings}\nSCHEDD_NAME = ci@ap.condor-token-fetch.invalid`);
        const name = 'ci@ap.condor-token-fetch.invalid';
        await until('the collector lists it', 60, async () =>
          (await pool.sinful('schedd', name)) === '' ? name : undefined,
        );
        await ours(byName, { pool: network.collector, name });
      });
    });
  }
}

test('docs/PERFORMANCE.md contains the numbers that this test counts', () => {
  const document = readFileSync(join(projectRoot, 'docs/PERFORMANCE.md'), 'utf8');
  for (const [method, [theirs, ours]] of Object.entries(ROUND_TRIPS))
    assert.ok(document.includes(`| ${method} | ${theirs} | **${ours}** |`), method);
});

for (const suite of poolSuites()) {
  for (const tls of ['TLSv1.3', 'TLSv1.2'] as const) {
    describe(`Round trips for each method to HTCondor of ${suite}, with ${tls}`, {
      skip: poolUnavailable() ?? false,
    }, () => {
      let secure: MethodPool;
      let network: DistantNetwork;

      before(async () => {
        network = await startDistantNetwork(ROUND_TRIP_MS);
        const { port, config } = network;
        secure = await startMethodPool({ suite, port, tls, config });
        // This first fetch makes the daemon cache the issuer's keys. Otherwise, the download of the keys would count as
        // one of the client's round trips.
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
          // With TLS 1.2, the command does not send a certificate from the configuration, so the test passes the
          // certificate as an input. The number of round trips is the same.
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
