/** Round trips to real daemons, counted for HTCondor's tool and for ours by the same proxy. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fetchToken } from '../../src/index.ts';
import { type DistantNetwork, startDistantNetwork } from '../support/distant-network.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool.ts';
import { referenceFetch } from '../support/real-fetch.ts';
import { until } from '../support/until.ts';

/** What 23.9 comes with; 25.14 as it comes demands encryption for READ, and so authentication. */
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
        network = await startDistantNetwork(60); // so long that what is late on the simulated network is late here too
        pool = await startPool({ suite, port: network.port, config: `${network.config}${settings}` });
        idtoken = await pool.idToken({ user: 'alice' });
      });
      after(async () => {
        await network?.proxy.close();
        await pool?.stop();
      });

      async function counted(work: () => Promise<unknown>): Promise<number> {
        network.proxy.reset();
        await work();
        return network.proxy.roundTrips;
      }
      const ours = (where: object) => counted(() => fetchToken({ ...where, idtoken, lifetime: 600 }));
      const theirs = (...where: string[]) =>
        counted(async () => {
          const { status, stderr } = await referenceFetch(pool, idtoken, [...where, '-lifetime', '600']);
          assert.equal(status, 0, stderr);
        });

      test('with the address known: 3, against 6', async () => {
        const address = await pool.sinful('schedd', pool.scheddName);
        assert.equal(await ours({ address }), 3);
        assert.equal(await theirs('-name', address), 6);
      });

      test('to the collector: 3, against 6', async () => {
        assert.equal(await ours({ pool: network.collector, type: 'collector' }), 3);
        assert.equal(await theirs('-pool', network.collector, '-type', 'COLLECTOR'), 6);
      });

      test('to the collector for a schedd, to be refused: 3, against 6', async () => {
        const refused = { code: 'ERR_DAEMON', errorCode: 5 };
        const remotely = { pool: network.collector, name: pool.scheddName, remote: true, idtoken };
        assert.equal(await counted(() => assert.rejects(fetchToken(remotely), refused)), 3);
        const args = ['-pool', network.collector, '-name', pool.scheddName, '-remote'];
        assert.equal(await counted(() => referenceFetch(pool, idtoken, args)), 6);
      });

      test(`by a name that is no host name: ${byName}, against 12`, async () => {
        assert.equal(await ours({ pool: network.collector, name: pool.scheddName }), byName);
        assert.equal(await theirs('-pool', network.collector, '-name', pool.scheddName), 12);
      });

      test(`by a name whose host does not exist: ${byName}`, async () => {
        await pool.configure(`${network.config}${settings}\nSCHEDD_NAME = ci@ap.condor-token-fetch.invalid`);
        const name = 'ci@ap.condor-token-fetch.invalid';
        await until('the collector has it', 60, async () =>
          (await pool.sinful('schedd', name)) === '' ? name : undefined,
        );
        assert.equal(await ours({ pool: network.collector, name }), byName);
      });
    });
  }
}
