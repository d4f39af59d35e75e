/** Daemons on ports of their own, and on IPv6. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool.ts';
import { fetchFrom } from '../support/real-fetch.ts';

for (const suite of poolSuites()) {
  describe(`Addresses of HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    describe('without a shared port', () => {
      let pool: Pool;
      let idtoken: string;
      before(async () => {
        pool = await startPool({ suite, sharedPort: false });
        idtoken = await pool.idToken({ user: 'alice' });
      });
      after(() => pool?.stop());

      test('a schedd on a port of its own is found by name', async () => {
        const { daemonAddress, token } = await fetchFrom(pool, { idtoken, authz: ['READ'] });
        assert.doesNotMatch(daemonAddress, /sock=/);
        assert.deepEqual(token.authz, ['READ']);
      });

      test('its plain host:port is enough', async () => {
        const [, address = ''] = /<([^?>]+)/.exec(await pool.sinful('schedd', pool.scheddName)) ?? [];
        const { token } = await fetchFrom(pool, { address, idtoken, authz: ['WRITE'] });
        assert.deepEqual(token.authz, ['WRITE']);
      });
    });

    describe('on IPv6', () => {
      let pool: Pool;
      let idtoken: string;
      before(async () => {
        pool = await startPool({ suite, ipv6: true });
        idtoken = await pool.idToken({ user: 'alice' });
      });
      after(() => pool?.stop());

      test('collector and schedd are found there', async () => {
        const { daemonName } = await fetchFrom(pool, { pool: `[::1]:${pool.port}`, name: pool.scheddName, idtoken });
        assert.equal(daemonName, pool.scheddName);
      });

      test('a sinful string with an IPv6 host and a shared port id is enough', async () => {
        const [, id = ''] = /sock=([^&>]+)/.exec(await pool.sinful('schedd', pool.scheddName)) ?? [];
        const { token } = await fetchFrom(pool, {
          address: `<[::1]:${pool.port}?sock=${id}>`,
          idtoken,
          authz: ['READ'],
        });
        assert.deepEqual(token.authz, ['READ']);
      });

      test('an address that nobody answers at is passed over for the next', async () => {
        const [, id = ''] = /sock=([^&>]+)/.exec(await pool.sinful('schedd', pool.scheddName)) ?? [];
        const dead = '127.0.0.3-1';
        const address = `<127.0.0.3:1?addrs=${dead}+[--1]-${pool.port}&sock=${id}>`;
        const { token } = await fetchFrom(pool, { address, idtoken, authz: ['READ'] });
        assert.deepEqual(token.authz, ['READ']);
      });
    });
  });
}
