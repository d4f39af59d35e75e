/** After a daemon behind CCB was reached or given up, nothing is open or still running. */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { allPortsClosed, fetchHidden, ports, reply, withPool } from '../support/ccb-pool.ts';
import { fetchFrom } from '../support/embedded-fetch.ts';
import { type BrokerRequest, connectBack, hiddenSchedd, refuse, stream } from '../support/embedded-pool/broker.ts';
import { EmbeddedPool } from '../support/embedded-pool/pool.ts';

afterEach(allPortsClosed);

describe('A fetch through CCB', () => {
  const never = ({ channel }: BrokerRequest) => channel.receive(() => {});
  for (const [when, broker] of [
    ['while the broker is silent', never],
    [
      'while the daemon does not come',
      (request: BrokerRequest) => reply(request, { Result: true }).then(() => never(request)),
    ],
  ] as const) {
    test(`closes everything ${when}`, async () => {
      const given = new AbortController();
      const pool = await EmbeddedPool.start({
        broker: async (request) => {
          setImmediate(() => given.abort());
          await broker(request);
        },
      });
      try {
        await assert.rejects(fetchHidden(pool, { signal: given.signal }), { code: 'ERR_TIMEOUT' });
        assert.equal(ports(), 1, 'only the pool listens');
        while (pool.open > 0) await new Promise((resolve) => setImmediate(resolve));
      } finally {
        await pool.stop();
      }
    });
  }

  test('closes all connections after a success', async () => {
    for (const broker of [stream, connectBack]) {
      await withPool({ broker }, async (pool) => {
        await fetchHidden(pool);
        while (pool.open > 0) await new Promise((resolve) => setImmediate(resolve));
        assert.equal(ports(), 1);
      });
    }
  });

  test('leaves no timer running', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const running = timers();
    for (const broker of [stream, connectBack, (request: BrokerRequest) => refuse(request, 'no')]) {
      await withPool({ broker }, async (pool) => {
        await fetchHidden(pool).catch(() => {});
        assert.equal(timers(), running);
        await fetchFrom(pool, { address: hiddenSchedd(pool, pool.port).replace('?', '?sock=schedd_0&') });
        assert.equal(timers(), running);
      });
    }
  });
});
