/**
 * Tests connections to a daemon. The client tries every address within the deadline. The error contains the reason for
 * each failure.
 */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { ConnectError } from '../../src/errors.ts';
import { connect } from '../../src/transport/connect.ts';
import { parseSinful, type Sinful } from '../../src/transport/sinful.ts';
import { fetchFrom, withPool } from '../support/embedded-pool/with-pool.ts';
import { deadPort, listen } from '../support/network/listen.ts';
import { silentPort } from '../support/network/silent-port.ts';
import { notingHost } from '../support/noting-host.ts';
import { patience } from '../support/slowness.ts';

let server: Server;
let port = 0;
let dead = 0;
const connected: string[] = [];

before(async () => {
  dead = await deadPort();
  server = createServer((socket) => {
    socket.on('error', () => {}).on('data', (chunk: Buffer) => connected.push(chunk.toString('hex')));
  });
  port = await listen(server);
});
after(() => new Promise((resolve) => server.close(resolve)));

const hostUntil = (signal: AbortSignal) => notingHost({ signal }).host;
const sinful = (text: string): Sinful => parseSinful(text) ?? assert.fail(text);

describe('A connection', () => {
  test('is made to the first address that accepts', async () => {
    const address = sinful(`<192.0.2.1:9?addrs=127.0.0.1-${dead}+127.0.0.1-${port}>`);
    const channel = await connect(address, hostUntil(AbortSignal.timeout(patience(5000))));
    assert.equal(channel.roundTrips, 1);
    channel.close();
  });

  test('tries the next address while one is silent', {
    skip: process.platform === 'linux' ? false : 'only Linux drops connections that a full backlog cannot hold',
  }, async () => {
    const silent = await silentPort();
    try {
      const address = sinful(`<127.0.0.1:9?addrs=127.0.0.1-${silent.port}+127.0.0.1-${port}>`);
      // The deadline is shorter than the time limit for a silent address.
      const channel = await connect(address, hostUntil(AbortSignal.timeout(patience(8000))));
      channel.close();
    } finally {
      silent.close();
    }
  });

  test('that no address accepts causes an error with the reason for each address', async () => {
    const address = sinful(`<127.0.0.1:${dead}?addrs=127.0.0.1-${dead}+[--1]-${dead}>`);
    await assert.rejects(connect(address, hostUntil(AbortSignal.timeout(patience(5000)))), (error: ConnectError) => {
      assert.equal(error.code, 'ERR_CONNECT');
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${dead}: connection refused`));
      assert.match(error.message, new RegExp(`\\[::1\\]:${dead}: `));
      return true;
    });
  });

  test('to a name that does not resolve causes an error', async () => {
    await assert.rejects(
      connect(sinful('<no-such-host.invalid:9618>'), hostUntil(AbortSignal.timeout(patience(5000)))),
      {
        code: 'ERR_CONNECT',
        message: 'no connection to no-such-host.invalid:9618: the host name no-such-host.invalid does not resolve',
      },
    );
  });

  test('ends with the signal, both before and while it is being opened', async () => {
    const address = sinful(`<127.0.0.1:${port}>`);
    await assert.rejects(connect(address, hostUntil(AbortSignal.abort())), { code: 'ERR_TIMEOUT' });
    connected.length = 0;
    const run = new AbortController();
    const channel = await connect(address, hostUntil(run.signal));
    channel.send((message) => message.int(1));
    const received = channel.receive((message) => message.int());
    while (connected.length === 0) await new Promise((resolve) => setImmediate(resolve));
    run.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    await assert.rejects(received, { code: 'ERR_TIMEOUT', message: /aborted due to timeout/ });
    channel.close();
  });

  test('sends the name of the daemon’s socket in the same flight as the first message', async () => {
    connected.length = 0;
    const channel = await connect(
      sinful(`<127.0.0.1:${port}?sock=schedd_1>`),
      hostUntil(AbortSignal.timeout(patience(5000))),
    );
    channel.send((message) => message.int(7));
    channel.flush();
    while (connected.length === 0) await new Promise((resolve) => setImmediate(resolve));
    channel.close();
    const id = Buffer.from('schedd_1\0condor-token-fetch\0').toString('hex');
    const body = `000000000000004b${id}ffffffffffffffff0000000000000000`;
    const length = (body.length / 2).toString(16).padStart(8, '0');
    assert.equal(connected.join(''), `01${length}${body}01000000080000000000000007`);
  });
});

describe('A daemon', () => {
  test('is reached at the second of its addresses', () =>
    withPool({}, async (pool) => {
      const address = `<127.0.0.1:${dead}?addrs=127.0.0.1-${dead}+127.0.0.1-${pool.port}&sock=schedd_0>`;
      const { token } = await fetchFrom(pool, { address });
      assert.equal(token.subject, 'alice@pool.test');
    }));
  test('with an unknown socket name is not reached, and the connection is closed', () =>
    withPool({}, async (pool) => {
      await assert.rejects(fetchFrom(pool, { address: `<${pool.collector}?sock=nobody>` }), { code: 'ERR_CLOSED' });
    }));
});
