/** Tests daemons that have their own ports, that use IPv6, or that are behind tunnels. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DistantProxy } from '../support/network/distant-proxy.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { fetchFrom } from '../support/pool/real-fetch.ts';

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

      test('a schedd on its own port is located by name', async () => {
        const { daemonAddress, token } = await fetchFrom(pool, { idtoken, authz: ['READ'] });
        assert.doesNotMatch(daemonAddress, /sock=/);
        assert.deepEqual(token.authz, ['READ']);
      });

      test('host:port is a sufficient address', async () => {
        const [, address = ''] = /<([^?>]+)/.exec(await pool.sinful('schedd', pool.scheddName)) ?? [];
        const { token } = await fetchFrom(pool, { address, idtoken, authz: ['WRITE'] });
        assert.deepEqual(token.authz, ['WRITE']);
      });
    });

    describe('behind tunnels', () => {
      let pool: Pool;
      let tunnel: DistantProxy;
      let idtoken: string;
      before(async () => {
        pool = await startPool({ suite });
        idtoken = await pool.idToken({ user: 'alice' });
        const target = { host: '127.0.0.1', port: pool.port };
        tunnel = await DistantProxy.start({ host: '127.0.0.1', port: 0, target, roundTripMs: 0 });
      });
      after(async () => {
        await tunnel?.close();
        await pool?.stop();
      });

      test('a schedd behind a shared port is reached by name through a tunnel', async () => {
        tunnel.reset();
        const end = `127.0.0.1:${tunnel.port}`;
        const fetched = await fetchFrom(pool, { pool: pool.collector, name: pool.scheddName, address: end, idtoken });
        assert.equal(tunnel.connections, 1, 'the address that the collector returns is not used');
        assert.match(fetched.daemonAddress, new RegExp(`^<${end}\\?.*sock=schedd_`));
        assert.doesNotMatch(fetched.daemonAddress, /addrs/);
        assert.match(await pool.log('Sched'), /alice@pool\.test/);
      });

      test('the collector and the schedd are reached through one tunnel', async () => {
        tunnel.reset();
        const end = `127.0.0.1:${tunnel.port}`;
        await fetchFrom(pool, { pool: end, name: pool.scheddName, address: end, idtoken });
        assert.ok(tunnel.connections >= 2);
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

      test('the collector and the schedd are reached', async () => {
        const { daemonName } = await fetchFrom(pool, { pool: `[::1]:${pool.port}`, name: pool.scheddName, idtoken });
        assert.equal(daemonName, pool.scheddName);
      });

      test('a sinful string with an IPv6 host and a shared port ID is a sufficient address', async () => {
        const [, id = ''] = /sock=([^&>]+)/.exec(await pool.sinful('schedd', pool.scheddName)) ?? [];
        const { token } = await fetchFrom(pool, {
          address: `<[::1]:${pool.port}?sock=${id}>`,
          idtoken,
          authz: ['READ'],
        });
        assert.deepEqual(token.authz, ['READ']);
      });

      test('the next address is tried if one does not respond', async () => {
        const [, id = ''] = /sock=([^&>]+)/.exec(await pool.sinful('schedd', pool.scheddName)) ?? [];
        const dead = '127.0.0.3-1';
        const address = `<127.0.0.3:1?addrs=${dead}+[--1]-${pool.port}&sock=${id}>`;
        const { token } = await fetchFrom(pool, { address, idtoken, authz: ['READ'] });
        assert.deepEqual(token.authz, ['READ']);
      });
    });
  });
}
