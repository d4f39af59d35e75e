/** Tests which peer the client uses for a daemon that is behind CCB but might also accept direct connections. */
import assert from 'node:assert/strict';
import { createServer, Socket } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { SigningKey } from '../support/credentials/signing-key.ts';
import { hiddenSchedd, refuse, stream } from '../support/embedded-pool/broker.ts';
import { fetchFrom } from '../support/embedded-pool/with-pool.ts';
import { listen } from '../support/network/listen.ts';
import { silentPort } from '../support/network/silent-port.ts';
import { allPortsClosed, ccbOnly, fetchHidden, withPool } from '../support/pool/ccb-pool.ts';

afterEach(allPortsClosed);

describe('A daemon behind CCB', () => {
  test('is contacted directly, without a broker, if it accepts connections', () =>
    withPool({ broker: async () => assert.fail() }, async (pool) => {
      const address = hiddenSchedd(pool, pool.port).replace('?', '?sock=schedd_0&');
      assert.equal((await fetchFrom(pool, { address })).roundTrips, 3);
      assert.equal(pool.connections, 1, `only one connection: ${pool.log.join('; ')}`);
    }));

  for (const [who, serve] of [
    ['closes the connection', (socket: Socket) => socket.once('data', () => socket.end())],
    ['resets', (socket: Socket) => socket.once('data', () => socket.resetAndDestroy())],
    ['is a web server', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ] as const) {
    test(`is reached through CCB if the peer at its address ${who}`, async () => {
      const server = createServer((socket) => serve(socket.on('error', () => {})));
      const port = await listen(server);
      try {
        await withPool({ broker: stream }, async (pool) => {
          const { log, token } = await fetchHidden(pool, { address: hiddenSchedd(pool, port) });
          assert.equal(token.subject, 'alice@pool.test');
          assert.match(log.join('\n'), /the peer at the direct address may not be the daemon/);
        });
        await withPool({ broker: (request) => refuse(request, 'not today') }, (pool) =>
          assert.rejects(
            fetchHidden(pool, { address: hiddenSchedd(pool, port) }),
            ccbOnly(/neither directly \(.{10,}\) nor through CCB \(broker 127\.0\.0\.1:\d+: it replied "not today"\)/),
          ),
        );
      } finally {
        server.close();
      }
    });
  }

  test('is not contacted again through CCB after it rejected a credential', () =>
    withPool({ broker: async () => assert.fail() }, async (pool) => {
      const address = hiddenSchedd(pool, pool.port).replace('?', '?sock=schedd_0&');
      const idtoken = new SigningKey().issue({ subject: 'alice@pool.test', issuer: 'pool.test' });
      await assert.rejects(fetchFrom(pool, { address, idtoken }), { code: 'ERR_SERVER_UNPROVEN' });
    }));

  const silence = {
    skip: process.platform === 'linux' ? false : 'only Linux drops connections that a full backlog cannot hold',
  };
  test('is reached through CCB while its address does not respond', silence, async (context) => {
    context.mock.method(Socket.prototype, 'setTimeout', function (this: Socket) {
      return this; // the attempt to connect to the silent address never times out
    });
    const silent = await silentPort();
    try {
      await withPool({ broker: stream }, async (pool) => {
        const { token } = await fetchHidden(pool, { address: hiddenSchedd(pool, silent.port) });
        assert.equal(token.subject, 'alice@pool.test');
      });
    } finally {
      silent.close();
    }
  });

  test('is contacted directly if it responds late, but before the broker', silence, async () => {
    const silent = await silentPort();
    try {
      await withPool({ faults: { 'ccb reply': 'silence' }, broker: stream }, async (pool) => {
        const addrs = `127.0.0.1-${silent.port}+127.0.0.1-${pool.port}`;
        const address = hiddenSchedd(pool, silent.port).replace('?', `?addrs=${addrs}&sock=schedd_0&`);
        assert.equal((await fetchFrom(pool, { address })).roundTrips, 3);
        while (pool.open > 0) await new Promise((resolve) => setImmediate(resolve));
      });
    } finally {
      silent.close();
    }
  });
});
