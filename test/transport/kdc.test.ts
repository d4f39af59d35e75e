/** The transport to KDCs: framing, several KDCs, and those that do not respond. */
import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { ConnectError } from '../../src/errors.ts';
import { askKdc, lookUpKdcs, parseKdc } from '../../src/transport/kdc.ts';
import { deadPort, listen } from '../support/listen.ts';
import { notingHost } from '../support/noting-host.ts';

const servers: Server[] = [];
const sockets = new Set<Socket>();
after(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
});

/** A KDC that handles a request like this. */
async function kdc(serve: (socket: Socket, request: Buffer) => void) {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', (request: Buffer) => serve(socket, request));
  });
  servers.push(server);
  return { host: '127.0.0.1', port: await listen(server) };
}

const REQUEST = Buffer.from('request');
const framed = (text: string) => Buffer.concat([Uint8Array.of(0, 0, 0, text.length), Buffer.from(text)]);
const ask = (...kdcs: readonly { host: string; port: number }[]) => askKdc(kdcs, 'R', REQUEST, notingHost().host);

describe('a KDC', () => {
  test('gets the length and the request, and its reply may come in single bytes', async () => {
    let heard: Buffer | undefined;
    const one = await kdc((socket, request) => {
      heard = request;
      for (const byte of framed('reply')) socket.write(Uint8Array.of(byte));
    });
    assert.equal(Buffer.from(await ask(one)).toString(), 'reply');
    assert.deepEqual(heard, framed('request'));
  });

  test('that refuses the connection is followed by the next', async () => {
    const good = await kdc((socket) => socket.write(framed('reply')));
    const dead = { host: '127.0.0.1', port: await deadPort() };
    assert.equal(Buffer.from(await ask(dead, good)).toString(), 'reply');
  });

  test('that hangs up, or announces too much, is followed by the next', async () => {
    const closing = await kdc((socket) => socket.destroy());
    const huge = await kdc((socket) => socket.write(Uint8Array.of(255, 255, 255, 255, 0)));
    const good = await kdc((socket) => socket.write(framed('reply')));
    assert.equal(Buffer.from(await ask(closing, huge, good)).toString(), 'reply');
  });

  const failures: readonly [string, (socket: Socket) => void, RegExp][] = [
    ['hangs up', (socket) => socket.destroy(), /did not respond: it closed the connection/],
    ['hangs up in the middle', (socket) => socket.end(framed('reply').subarray(0, 6)), /it closed the connection/],
    ['announces 4 GiB', (socket) => socket.write(Uint8Array.of(255, 255, 255, 255)), /it announces \d+ bytes/],
  ];
  for (const [what, serve, text] of failures)
    test(`that ${what}, if it is the last, is an error of the network`, async () => {
      const only = await kdc(serve);
      await assert.rejects(ask(only), (error: ConnectError) => {
        assert.ok(error instanceof ConnectError);
        assert.equal(error.code, 'ERR_CONNECT');
        assert.match(error.message, text);
        return true;
      });
    });

  test('that says nothing is given up with the run', async () => {
    const silent = await kdc(() => {});
    const controller = new AbortController();
    const { host } = notingHost({ signal: controller.signal });
    const asking = askKdc([silent], 'R', REQUEST, host);
    setImmediate(() => controller.abort());
    await assert.rejects(asking, (error: ConnectError) => error.code === 'ERR_TIMEOUT');
  });
});

describe('a line kdc', () => {
  for (const [text, found] of [
    ['kdc.pool.test', { host: 'kdc.pool.test', port: 88 }],
    ['kdc.pool.test:750', { host: 'kdc.pool.test', port: 750 }],
    ['[::1]:750', { host: '::1', port: 750 }],
    ['tcp/kdc.pool.test', { host: 'kdc.pool.test', port: 88 }],
    ['https://kdc.pool.test/KdcProxy', undefined],
    ['', undefined],
  ] as const)
    test(`${text || 'that is empty'} is ${found === undefined ? 'passed over' : 'read'}`, () =>
      assert.deepEqual(parseKdc(text), found));

  test('is not made of a realm that is no domain name', async () => {
    for (const realm of ['', 'a b', '../x', 'a..b', 'x'.repeat(10).concat('\n')])
      assert.deepEqual(await lookUpKdcs(realm, notingHost().host), []);
  });
});
