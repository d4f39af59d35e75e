/**
 * Tests connections that the client opens before it knows the target. It uses only a connection to the matching address
 * and closes all others.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { ConnectionsAhead } from '../../src/transport/connection-ahead.ts';
import { type Endpoint, parseAddress } from '../../src/transport/sinful.ts';
import { listen } from '../support/network/listen.ts';
import { notingHost } from '../support/noting-host.ts';
import { until } from '../support/until.ts';

let server: Server;
let port: number;
let other: Server;
let deadEnd: number;
const open = new Set<Socket>();
before(async () => {
  const keep = (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    socket.resume();
  };
  [server, other] = [createServer(keep), createServer(keep)];
  [port, deadEnd] = [await listen(server), await listen(other, 0, '127.0.0.2')];
});
after(() => {
  server.close();
  other.close();
});

const never = new AbortController().signal;
const sinful = (text: string) => parseAddress(text) ?? assert.fail(text);
const noneOpen = () => until('it is closed', 5, async () => (open.size === 0 ? undefined : `${open.size} open`));

const begin = (guess: Endpoint, signal = never) => new ConnectionsAhead([guess], notingHost({ signal }).host);

/** Starts a connection and waits until the server has accepted it. */
async function begun(host: string, signal = never): Promise<ConnectionsAhead> {
  const [ahead] = await Promise.all([begin({ host, port }, signal), once(server, 'connection')]);
  await until('the client has connected', 5, async () => (ahead.established > 0 ? undefined : 'not yet'));
  return ahead;
}

describe('An early connection', () => {
  for (const [what, host, address] of [
    ['its IP address', '127.0.0.1', () => `<127.0.0.1:${port}?sock=schedd>`],
    ['the host name that was tried', 'localhost', () => `<localhost:${port}?alias=a>`],
    ['the IP address of its host name', 'localhost', () => `<127.0.0.1:${port}>`],
    ['the best of several addresses', '127.0.0.1', () => `<[::9]:1?addrs=127.0.0.1-${port}>`],
    [
      'any of several addresses',
      '127.0.0.1',
      () => `<127.0.0.1:${port}?addrs=[2001-db8--1]-${port}+192.0.2.1-${port}+127.0.0.1-${port}>`,
    ],
  ] as const) {
    test(`is used only once, and matches ${what}`, async () => {
      const ahead = await begun(host);
      const socket = ahead.take(sinful(address()));
      assert.equal(socket?.remotePort, port);
      assert.equal(ahead.take(sinful(address())), undefined);
      assert.equal(socket?.destroyed, false, 'the socket is not destroyed');
      socket?.destroy();
      await noneOpen();
    });
  }

  for (const [what, address] of [
    ['another port', () => `<127.0.0.1:${port === 1 ? 2 : 1}>`],
    ['another host', () => `<127.0.0.3:${port}>`],
  ] as const) {
    test(`is closed if it is for ${what}`, async () => {
      const ahead = await begun('127.0.0.1');
      assert.equal(ahead.take(sinful(address())), undefined);
      await noneOpen();
    });
  }

  test('is not used if it was refused, is not yet open, or the run is over', async () => {
    const refused = begin({ host: '127.0.0.1', port: 1 });
    assert.equal(refused.take(sinful('127.0.0.1:1')), undefined);
    const early = begin({ host: '127.0.0.1', port });
    assert.equal(early.take(sinful(`127.0.0.1:${port}`)), undefined);
    const over = new AbortController();
    const aborted = await begun('127.0.0.1', over.signal);
    over.abort();
    assert.equal(aborted.take(sinful(`127.0.0.1:${port}`)), undefined);
    await noneOpen();
  });

  test('is not used if the peer has sent data, which no daemon does first', async () => {
    const talkative = createServer((socket) => socket.on('error', () => {}).write('220 hello'));
    const talkativePort = await listen(talkative);
    const ahead = begin({ host: '127.0.0.1', port: talkativePort });
    await until('it is established', 5, async () => (ahead.established > 0 ? undefined : 'not yet'));
    const later = connect(talkativePort, '127.0.0.1');
    await once(later, 'data'); // by now, the earlier connection has also received its data
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(ahead.take(sinful(`127.0.0.1:${talkativePort}`)), undefined);
    later.destroy();
    talkative.close();
  });

  test('causes the others to be closed when it is used', async () => {
    const { host } = notingHost();
    const ahead = new ConnectionsAhead(
      [
        { host: '127.0.0.2', port: deadEnd },
        { host: '127.0.0.1', port },
      ],
      host,
    );
    await until('both are established', 5, async () => (ahead.established === 2 ? undefined : 'not yet'));
    const socket = ahead.take(sinful(`127.0.0.1:${port}`));
    assert.equal(socket?.remotePort, port);
    await until('the other is closed', 5, async () => (open.size === 1 ? undefined : `${open.size} open`));
    socket?.destroy();
    await noneOpen();
  });
});
