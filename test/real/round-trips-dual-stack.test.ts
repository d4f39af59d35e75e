/**
 * Counts round trips to real daemons on a host that has an IPv4 and an IPv6 address. One proxy counts the round trips
 * of both address families.
 */
import assert from 'node:assert/strict';
import dns from 'node:dns';
import { after, afterEach, before, describe, mock, test } from 'node:test';
import { fetchToken } from '../../src/index.ts';
import { assertRoundTrips, ROUND_TRIP_MS } from '../support/network/distant-proxy.ts';
import { DualStackNetwork } from '../support/network/dual-stack-network.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { referenceFetch } from '../support/pool/real-fetch.ts';

/**
 * Settings that are the defaults of 23.9. By default, 25.14 requires encryption for READ, and therefore authentication.
 */
const OPEN = ['AUTHENTICATION', 'ENCRYPTION', 'INTEGRITY'].map((each) => `SEC_READ_${each} = OPTIONAL`).join('\n');
const FAMILIES = { v4: 'IPv4', v6: 'IPv6' } as const;
const NAME = 'ap.condor-token-fetch.test';

afterEach(() => mock.restoreAll());

/** Makes NAME resolve to these addresses. */
function resolveTo(...addresses: readonly string[]): void {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  mock.method(dns, 'lookup', (_: string, __: object, done: (error: null, found: object) => void) => done(null, found));
}

for (const suite of poolSuites()) {
  for (const [collector, settings, byName] of [
    ['accepts unauthenticated queries', OPEN, 4],
    ['requires authentication', 'SEC_READ_AUTHENTICATION = REQUIRED', 5],
  ] as const) {
    describe(`Round trips to HTCondor of ${suite} on a dual-stack host, whose collector ${collector}`, {
      skip: poolUnavailable() ?? false,
    }, () => {
      let pool: Pool;
      let network: DualStackNetwork;
      let idtoken: string;
      let address: string;

      before(async () => {
        network = await DualStackNetwork.create(ROUND_TRIP_MS);
        pool = await startPool({ suite, dualStack: network, config: settings });
        idtoken = await pool.idToken({ user: 'alice' });
        address = await pool.sinful('schedd', pool.scheddName);
      });
      after(async () => {
        await network?.close();
        await pool?.stop();
      });

      const count = (expected: number, where: object) =>
        assertRoundTrips(network.proxy, expected, () => fetchToken({ ...where, idtoken, lifetime: 600 }));

      test('the schedd advertises both addresses', () => {
        const { v4, v6, port } = network;
        const [, addrs = ''] = /[?&]addrs=([^&>]+)/.exec(address) ?? [];
        assert.deepEqual(addrs.split('+').sort(), [`${v4}-${port}`, `[${v6.replaceAll(':', '-')}]-${port}`].sort());
      });

      test('a known address takes 3', () => count(3, { address }));

      for (const family of ['v4', 'v6'] as const) {
        const at = () => (family === 'v4' ? network.v4 : `[${network.v6}]`);

        test(`a name that is not a host name takes ${byName} through the collector’s ${FAMILIES[family]}, and 12 with HTCondor’s tool`, async () => {
          const collector = `${at()}:${network.port}`;
          await count(byName, { pool: collector, name: pool.scheddName });
          await assertRoundTrips(network.proxy, 12, async () => {
            const { status, stderr } = await referenceFetch(pool, idtoken, [
              '-pool',
              collector,
              '-name',
              pool.scheddName,
            ]);
            assert.equal(status, 0, stderr);
          });
        });

        test(`a collector whose name resolves to ${FAMILIES[family]} first takes ${byName}`, async () => {
          const { v4, v6, port } = network;
          resolveTo(...(family === 'v4' ? [v4, v6] : [v6, v4]));
          await count(byName, { pool: `${NAME}:${port}`, name: pool.scheddName });
        });
      }
    });
  }
}
