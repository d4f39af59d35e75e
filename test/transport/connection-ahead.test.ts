/** A connection that is begun before it is known where to: only the right one is had, and no other stays open. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { ConnectionAhead } from '../../src/transport/connection-ahead.ts';
import { parseAddress } from '../../src/transport/sinful.ts';
import { listen } from '../support/listen.ts';
import { until } from '../support/until.ts';

let server: Server;
let port: number;
const open = new Set<Socket>();
before(async () => {
  server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    socket.resume();
  });
  port = await listen(server);
});
after(() => server.close());

const never = new AbortController().signal;
const sinful = (text: string) => parseAddress(text) ?? assert.fail(text);
const noneOpen = () => until('it is closed', 5, async () => (open.size === 0 ? undefined : `${open.size} open`));

/** One that has arrived. */
async function begun(host: string, signal = never): Promise<ConnectionAhead> {
  const [ahead] = await Promise.all([new ConnectionAhead({ host, port }, signal), once(server, 'connection')]);
  await until('the client knows', 5, async () => (ahead.isOpen ? undefined : 'not yet'));
  return ahead;
}

describe('A connection ahead', () => {
  for (const [what, host, address] of [
    ['by its number', '127.0.0.1', () => `<127.0.0.1:${port}?sock=schedd>`],
    ['by the name that was tried', 'localhost', () => `<localhost:${port}?alias=a>`],
    ['by the number of the name', 'localhost', () => `<127.0.0.1:${port}>`],
    ['by the best of several addresses', '127.0.0.1', () => `<[::9]:1?addrs=127.0.0.1-${port}>`],
  ] as const) {
    test(`is had ${what}, once`, async () => {
      const ahead = await begun(host);
      const socket = ahead.take(sinful(address()));
      assert.equal(socket?.remotePort, port);
      assert.equal(ahead.take(sinful(address())), undefined);
      assert.equal(socket?.destroyed, false, 'it stays as it is');
      socket?.destroy();
      await noneOpen();
    });
  }

  for (const [what, address] of [
    ['another port', () => `<127.0.0.1:${port === 1 ? 2 : 1}>`],
    ['another host', () => `<127.0.0.3:${port}>`],
    ['another address that is better', () => `<127.0.0.1:${port}?addrs=192.0.2.1-${port}+127.0.0.1-${port}>`],
  ] as const) {
    test(`is closed if it is for ${what}`, async () => {
      const ahead = await begun('127.0.0.1');
      assert.equal(ahead.take(sinful(address())), undefined);
      await noneOpen();
    });
  }

  test('is not had if it was refused, or is not there yet, or the run is over', async () => {
    const refused = new ConnectionAhead({ host: '127.0.0.1', port: 1 }, never);
    assert.equal(refused.take(sinful('127.0.0.1:1')), undefined);
    const early = new ConnectionAhead({ host: '127.0.0.1', port }, never);
    assert.equal(early.take(sinful(`127.0.0.1:${port}`)), undefined);
    const over = new AbortController();
    const aborted = await begun('127.0.0.1', over.signal);
    over.abort();
    assert.equal(aborted.take(sinful(`127.0.0.1:${port}`)), undefined);
    await noneOpen();
  });
});
