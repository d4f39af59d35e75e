/** The port where the client waits for a daemon behind CCB: unrelated clients, and how long it is open. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, afterEach, describe, test } from 'node:test';
import { allPortsClosed, type Broker, fetchHidden, reply, withPool } from '../support/ccb-pool.ts';
import {
  type BrokerRequest,
  connectBack,
  greetingFor,
  greetingFrame,
  putGreeting,
  returnAddress,
} from '../support/embedded-pool/broker.ts';

afterEach(allPortsClosed);

describe('The port for the connection from a daemon behind CCB', () => {
  const strangers: Socket[] = [];
  after(() => {
    for (const each of strangers) each.destroy();
  });

  async function stranger(ad: BrokerRequest['ad'], says: Uint8Array | string): Promise<Socket> {
    const socket = connect(returnAddress(ad)).on('error', () => {});
    strangers.push(socket);
    await once(socket, 'connect');
    if (says.length > 0) socket.write(says);
    return socket.resume();
  }

  const visits: readonly [string, (ad: BrokerRequest['ad']) => Uint8Array | string][] = [
    ['says nothing', () => ''],
    ['speaks HTTP', () => 'GET / HTTP/1.1\r\n\r\n'],
    ['has another ClaimId', (ad) => greetingFrame({ ...greetingFor(ad), ClaimId: '0'.repeat(40) })],
    ['has the ClaimId in capitals', (ad) => greetingFrame({ ClaimId: ad.string('ClaimId')?.toUpperCase() })],
    ['has half of the ClaimId', (ad) => greetingFrame({ ClaimId: ad.string('ClaimId')?.slice(0, 20) })],
    ['has an empty ClaimId', () => greetingFrame({ ClaimId: '' })],
    ['has no ClaimId', () => greetingFrame({})],
    ['has the right ClaimId and another command', (ad) => greetingFrame(greetingFor(ad), 68)],
    ['has the right greeting and more', (ad) => Uint8Array.of(...greetingFrame(greetingFor(ad)), 0).fill(255, 2, 3)],
    ['announces 4 GiB', () => Uint8Array.of(1, 255, 255, 255, 255)],
    ['sends half a frame', (ad) => greetingFrame(greetingFor(ad)).subarray(0, 30)],
  ];
  for (const [what, says] of visits) {
    test(`ignores a peer that ${what}, and accepts the daemon`, () => {
      const broker: Broker = async (request, pool) => {
        const socket = await stranger(request.ad, says(request.ad));
        let heard = 0;
        socket.on('data', (chunk: Buffer) => {
          heard += chunk.length;
        });
        const left = socket.closed ? Promise.resolve() : once(socket, 'close');
        await connectBack(request, pool);
        socket.end();
        await left;
        assert.equal(heard, 0, 'not a word was said to a stranger');
      };
      return withPool({ broker }, async (pool) => {
        assert.equal((await fetchHidden(pool)).token.subject, 'alice@pool.test');
      });
    });
  }

  test('accepts the first peer with the right ClaimId, and closes', () => {
    const second: Promise<unknown>[] = [];
    const broker: Broker = async (request, pool) => {
      const served = connectBack(request, pool);
      const again = stranger(request.ad, greetingFrame(greetingFor(request.ad)));
      second.push(again.then((socket) => (socket.closed ? [] : once(socket, 'close'))));
      await served;
    };
    return withPool({ broker }, async (pool) => {
      assert.equal((await fetchHidden(pool)).token.subject, 'alice@pool.test');
      await Promise.allSettled(second);
    });
  });

  test('is closed after the daemon has connected', () => {
    const broker: Broker = async (request, pool) => {
      const socket = connect({ ...returnAddress(request.ad), noDelay: true });
      await once(socket, 'connect');
      const served = pool.connectFrom(socket, greetingFrame(greetingFor(request.ad)));
      await once(socket, 'readable'); // the client sends first if the greeting is valid
      await assert.rejects(stranger(request.ad, ''), { code: 'ECONNREFUSED' });
      await served;
    };
    return withPool({ broker: broker }, async (pool) => {
      assert.equal((await fetchHidden(pool)).token.subject, 'alice@pool.test');
    });
  });

  test('is closed after the broker has relayed a connection', async () => {
    let tried = false;
    const broker: Broker = async (request) => {
      await stranger(request.ad, '');
      await reply(request, { Result: true, ProxyMode: true });
      await request.channel.send('x', (message) => putGreeting(message, greetingFor(request.ad)));
      request.channel.forget();
      await request.channel.receive((message) => message.int()); // the policy: the greeting was valid
      await assert.rejects(stranger(request.ad, greetingFrame(greetingFor(request.ad))), { code: 'ECONNREFUSED' });
      tried = true;
    };
    await withPool({ broker }, (pool) => assert.rejects(fetchHidden(pool), { code: 'ERR_CLOSED' }));
    assert.ok(tried);
  });
});
