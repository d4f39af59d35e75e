/** Tests TCP connections, which race over all addresses of a host. Only the deadline ends an attempt. */
import assert from 'node:assert/strict';
import dns from 'node:dns';
import { createServer, type Server, type Socket } from 'node:net';
import { after, afterEach, before, describe, mock, test } from 'node:test';
import type { ConnectError } from '../../src/errors.ts';
import { dial } from '../../src/transport/dial.ts';
import { deadPort, listen } from '../support/network/listen.ts';
import { silentPort } from '../support/network/silent-port.ts';
import { notingHost } from '../support/noting-host.ts';
import { until } from '../support/until.ts';

const NEEDS_LINUX =
  process.platform === 'linux' ? false : 'only Linux drops connections that a full backlog cannot hold';

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
afterEach(() => mock.restoreAll());

/** Makes every name resolve to these addresses. */
function resolveTo(...addresses: readonly string[]): void {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  mock.method(dns, 'lookup', (_host: string, _options: object, done: (error: null, found: object) => void) =>
    done(null, found),
  );
}

const DEADLINE = new DOMException('the time limit expired', 'TimeoutError');

describe('A connection to a host name', () => {
  test('is made to any of its addresses, and the log lists them', async () => {
    resolveTo('127.0.0.9', '::1', '127.0.0.1');
    const { host, log } = notingHost();
    const socket = await dial([{ host: 'cm.example.org', port }], host);
    assert.equal(socket.remotePort, port);
    socket.destroy();
    assert.equal(log[0], 'debug connect: the host name cm.example.org resolves to 127.0.0.9, ::1, 127.0.0.1');
  });

  test('fails with the reason for each address', async () => {
    const dead = await deadPort();
    resolveTo('127.0.0.1', '127.0.0.2');
    await assert.rejects(dial([{ host: 'cm.example.org', port: dead }], notingHost().host), {
      ...{ code: 'ERR_CONNECT', mayBeRestarting: true, permanent: false },
      message: `no connection to 127.0.0.1:${dead} (cm.example.org): connection refused, 127.0.0.2:${dead} (cm.example.org): connection refused`,
    });
  });

  test('is made to a single address even if it is silent for longer than a second', { skip: NEEDS_LINUX }, async () => {
    const silent = await silentPort();
    resolveTo('127.0.0.1');
    const { host, log } = notingHost();
    const connecting = dial([{ host: 'cm.example.org', port: silent.port }], host);
    await until('the attempt has begun', 5, async () => (log.length > 0 ? undefined : 'nothing'));
    silent.answer(); // the server accepts the next SYN, which the client sends a second later
    (await connecting).destroy();
    silent.close();
  });

  test('causes an error that names the addresses that did not respond before the deadline', {
    skip: NEEDS_LINUX,
  }, async () => {
    const silent = await silentPort();
    resolveTo('127.0.0.1', '127.0.0.1');
    const over = new AbortController();
    const { host } = notingHost({ signal: over.signal });
    const connecting = dial([{ host: 'cm.example.org', port: silent.port }], host);
    setImmediate(() => over.abort(DEADLINE));
    await assert.rejects(connecting, (error: ConnectError) => {
      assert.equal(error.code, 'ERR_TIMEOUT');
      assert.match(error.message, /^no connection to 127\.0\.0\.1:\d+ \(cm\.example\.org\): no response, 127/);
      return true;
    });
    silent.close();
  });

  test('can be cancelled while the name is resolved', async () => {
    mock.method(dns, 'lookup', () => {});
    const over = new AbortController();
    const connecting = dial([{ host: 'cm.example.org', port }], notingHost({ signal: over.signal }).host);
    over.abort(new Error('SIGTERM'));
    await assert.rejects(connecting, { code: 'ERR_TIMEOUT', message: 'cancelled' });
  });

  test('that does not exist is a permanent failure', async () => {
    mock.method(dns, 'lookup', (_host: string, _options: object, done: (error: Error) => void) =>
      done(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })),
    );
    await assert.rejects(dial([{ host: 'cm.example.org', port }], notingHost().host), { permanent: true });
  });
});

describe('Of several connection attempts', () => {
  test('one is used, and the others are closed without sending a byte', async () => {
    const bytes: Buffer[] = [];
    const listener = (socket: Socket) => socket.on('data', (chunk: Buffer) => bytes.push(chunk));
    server.on('connection', listener);
    resolveTo(...Array.from({ length: 8 }, (_, at) => `127.0.0.${at + 1}`));
    const all = Array.from({ length: 3 }, () => dial([{ host: 'cm.example.org', port }], notingHost().host));
    const sockets = await Promise.all(all);
    await until('only these connections are open', 5, async () => (open.size === 3 ? undefined : `${open.size} open`));
    for (const socket of sockets) socket.destroy();
    server.off('connection', listener);
    assert.deepEqual(bytes, []);
  });

  test('the address families alternate, and each keeps its order', async () => {
    const dead = await deadPort();
    resolveTo('::1', '::1', '127.0.0.1', '127.0.0.2');
    await assert.rejects(dial([{ host: 'cm', port: dead }], notingHost().host), (error: ConnectError) => {
      const order = [...error.message.matchAll(/(\S+):\d+ \(cm\)/g)].map(([, address]) => address);
      assert.deepEqual(order, ['[::1]', '127.0.0.1', '[::1]', '127.0.0.2']);
      return true;
    });
  });
});
