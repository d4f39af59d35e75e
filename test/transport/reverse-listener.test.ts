/** Tests the port on which the client waits for a daemon: which connections it accepts, and when it is closed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { ReverseListener } from '../../src/transport/reverse-listener.ts';
import type { Reader } from '../../src/wire/reader.ts';
import { patience } from '../support/slowness.ts';

const randomBytes = (length: number) => new Uint8Array(length);
const isSeven = (message: Reader) => message.int() === 7;
const SEVEN = Buffer.from('01000000080000000000000007', 'hex');
const EIGHT = Buffer.from('01000000080000000000000008', 'hex');

const guests: Socket[] = [];
afterEach(() => {
  for (const each of guests.splice(0)) each.destroy();
});

async function comeTo({ endpoint }: ReverseListener, says?: Uint8Array): Promise<Socket> {
  const socket = connect(endpoint).on('error', () => {});
  guests.push(socket);
  await once(socket, 'connect');
  if (says !== undefined) socket.write(says);
  return socket.resume();
}

async function sentAway(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket, 'close');
}

const open = (signal = new AbortController().signal) =>
  ReverseListener.open('127.0.0.1', isSeven, { signal, randomBytes });

describe('A reverse listener', () => {
  test('listens only at the given address, on a free port', async () => {
    const [one, other] = [await open(), await open()];
    try {
      assert.equal(one.endpoint.host, '127.0.0.1');
      assert.notEqual(one.endpoint.port, other.endpoint.port);
      if (process.platform === 'linux') {
        const elsewhere = connect({ host: '127.0.0.2', port: one.endpoint.port });
        await assert.rejects(once(elsewhere, 'connect'), { code: 'ECONNREFUSED' });
      }
    } finally {
      one.close();
      other.close();
    }
  });

  test('fails if the address does not exist', async () => {
    await assert.rejects(
      ReverseListener.open('192.0.2.1', isSeven, { signal: AbortSignal.timeout(patience(5000)), randomBytes }),
      { code: 'EADDRNOTAVAIL' },
    );
  });

  test('accepts the first peer with the greeting, closes the others, and releases the accepted one', async () => {
    const listener = await open();
    const wrong = await comeTo(listener, EIGHT);
    await sentAway(wrong);
    const right = await comeTo(listener, SEVEN);
    const channel = (await listener.connected).handOver(3);
    const late = await comeTo(listener, SEVEN);
    listener.close();
    await sentAway(late);
    assert.equal(channel.roundTrips, 3);
    channel.send((message) => message.int(9));
    channel.flush();
    const [said] = (await once(right, 'data')) as [Buffer];
    assert.equal(said.toString('hex'), '01000000080000000000000009');
    channel.close();
    await sentAway(right);
  });

  test('closes the accepted connection if it is not used', async () => {
    const listener = await open();
    const right = await comeTo(listener, SEVEN);
    await listener.connected;
    listener.close();
    await sentAway(right);
    await assert.rejects(comeTo(listener), { code: 'ECONNREFUSED' });
  });

  test('keeps only a few pending connections, and closes the oldest one', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] }); // no connection is closed because of a time limit
    const listener = await open();
    const crowd: Socket[] = [];
    for (let n = 0; n < 17; n++) crowd.push(await comeTo(listener));
    const [oldest = assert.fail(), second = assert.fail()] = crowd;
    await sentAway(oldest);
    assert.equal(second.closed, false);
    await comeTo(listener, SEVEN);
    await listener.connected;
    listener.close();
    await Promise.all(crowd.map(sentAway));
  });

  test('closes a connection without a greeting after a time limit', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const listener = await open();
    const silent = await comeTo(listener);
    const slow = await comeTo(listener, SEVEN.subarray(0, 8));
    const right = await comeTo(listener, SEVEN);
    await listener.connected; // by now, the others have also been accepted
    context.mock.timers.tick(5000);
    await Promise.all([silent, slow].map(sentAway));
    assert.equal(right.closed, false, 'it remains open, because it sent a greeting in time');
    listener.close();
  });

  test('closes the port and its connections, and stops waiting, if the run is aborted', async () => {
    const given = new AbortController();
    const listener = await open(given.signal);
    const silent = await comeTo(listener);
    given.abort();
    await assert.rejects(listener.connected, { code: 'ERR_TIMEOUT', message: 'cancelled' });
    await sentAway(silent);
    await assert.rejects(comeTo(listener), { code: 'ECONNREFUSED' });
    await assert.rejects((await open(AbortSignal.abort())).connected, { code: 'ERR_TIMEOUT' });
  });
});
