/** Round trips to real daemons, counted by one proxy for HTCondor's tool and this client. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fetchToken } from '../../src/index.ts';
import { type DistantNetwork, startDistantNetwork } from '../support/distant-network.ts';
import { assertRoundTrips, ROUND_TRIP_MS } from '../support/distant-proxy.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool.ts';
import { referenceFetch } from '../support/real-fetch.ts';
import { until } from '../support/until.ts';

/** The default of 23.9. By default, 25.14 requires encryption for READ, and so authentication. */
const OPEN = ['AUTHENTICATION', 'ENCRYPTION', 'INTEGRITY'].map((each) => `SEC_READ_${each} = OPTIONAL`).join('\n');

for (const suite of poolSuites()) {
  for (const [collector, settings, byName] of [
    ['answers without authentication', OPEN, 4],
    ['demands authentication', 'SEC_READ_AUTHENTICATION = REQUIRED', 5],
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

      test(`are ${byName} for a schedd on another host than the collector`, async () => {
        const host = network.collector.replace(/:\d+$/, '');
        const name = `ci@${host}`;
        await pool.configure(`${network.config}${settings}\nSCHEDD_NAME = ${name}`);
        await until('the collector has it', 60, async () =>
          (await pool.sinful('schedd', name)).startsWith(`<${host}:`) ? undefined : name,
        );
        await network.proxy.addHost('127.0.0.3');
        await ours(byName, { pool: `127.0.0.3:${network.port}`, name });
      });

      test(`are ${byName} for a name whose host does not exist`, async () => {
        await pool.configure(`${network.config}${settings}\nSCHEDD_NAME = ci@ap.condor-token-fetch.invalid`);
        const name = 'ci@ap.condor-token-fetch.invalid';
        await until('the collector has it', 60, async () =>
          (await pool.sinful('schedd', name)) === '' ? name : undefined,
        );
        await ours(byName, { pool: network.collector, name });
      });
    });
  }
}
