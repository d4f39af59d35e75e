/** Tests the transport to KDCs: framing, several KDCs, and KDCs that do not respond. */
import assert from 'node:assert/strict';
import { setServers } from 'node:dns';
import { createServer, type Server, type Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { ConnectError } from '../../src/errors.ts';
import type { Host } from '../../src/runtime/host.ts';
import { askKdc, lookUpKdcs, parseKdc } from '../../src/transport/kdc.ts';
import type { Endpoint } from '../../src/transport/sinful.ts';
import { advised } from '../support/errors/advice.ts';
import { DnsServer } from '../support/network/dns-server.ts';
import { deadPort, listen } from '../support/network/listen.ts';
import { silentPort } from '../support/network/silent-port.ts';
import { notingHost } from '../support/noting-host.ts';

const servers: Server[] = [];
const sockets = new Set<Socket>();
after(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
});

/** Starts a KDC that handles requests with `serve`. */
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

describe('A KDC', () => {
  test('receives the length and the request, and may reply in single bytes', async () => {
    let heard: Buffer | undefined;
    const one = await kdc((socket, request) => {
      heard = request;
      for (const byte of framed('reply')) socket.write(Uint8Array.of(byte));
    });
    assert.equal(Buffer.from(await ask(one)).toString(), 'reply');
    assert.deepEqual(heard, framed('request'));
  });

  test('is followed by the next one if it refuses the connection', async () => {
    const good = await kdc((socket) => socket.write(framed('reply')));
    const dead = { host: '127.0.0.1', port: await deadPort() };
    assert.equal(Buffer.from(await ask(dead, good)).toString(), 'reply');
  });

  test('that does not accept the connection races with the next one', async () => {
    const silent = await silentPort();
    const good = await kdc((socket) => socket.write(framed('reply')));
    try {
      assert.equal(Buffer.from(await ask({ host: '127.0.0.1', port: silent.port }, good)).toString(), 'reply');
    } finally {
      silent.close();
    }
  });

  test('is followed by the next one if it closes the connection or announces too long a reply', async () => {
    const closing = await kdc((socket) => socket.destroy());
    const huge = await kdc((socket) => socket.write(Uint8Array.of(255, 255, 255, 255, 0)));
    const good = await kdc((socket) => socket.write(framed('reply')));
    assert.equal(Buffer.from(await ask(closing, huge, good)).toString(), 'reply');
  });

  const failures: readonly [string, (socket: Socket) => void, RegExp][] = [
    ['closes the connection', (socket) => socket.destroy(), /did not respond: it closed the connection/],
    [
      'closes the connection within a reply',
      (socket) => socket.end(framed('reply').subarray(0, 6)),
      /it closed the connection/,
    ],
    [
      'announces 4 GiB',
      (socket) => socket.write(Uint8Array.of(255, 255, 255, 255)),
      /its reply of \d+ bytes is too long/,
    ],
  ];
  for (const [what, serve, text] of failures)
    test(`that ${what} causes a network error if it is the last one`, async () => {
      const only = await kdc(serve);
      await assert.rejects(ask(only), (error: ConnectError) => {
        assert.ok(error instanceof ConnectError);
        assert.equal(error.code, 'ERR_CONNECT');
        assert.match(error.message, text);
        return true;
      });
    });

  test('that is silent is abandoned when the run ends', async () => {
    const silent = await kdc(() => {});
    const controller = new AbortController();
    const { host } = notingHost({ signal: controller.signal });
    const asking = askKdc([silent], 'R', REQUEST, host);
    setImmediate(() => controller.abort());
    await assert.rejects(asking, (error: ConnectError) => error.code === 'ERR_TIMEOUT');
  });
});

describe('A kdc line', () => {
  for (const [text, found] of [
    ['kdc.pool.test', { host: 'kdc.pool.test', port: 88 }],
    ['kdc.pool.test:750', { host: 'kdc.pool.test', port: 750 }],
    ['[::1]:750', { host: '::1', port: 750 }],
    ['tcp/kdc.pool.test', { host: 'kdc.pool.test', port: 88 }],
    ['https://kdc.pool.test/KdcProxy', undefined],
    ['', undefined],
  ] as const)
    test(`${text || 'that is empty'} is ${found === undefined ? 'skipped' : 'parsed'}`, () =>
      assert.deepEqual(parseKdc(text), found));
});

type Respond = Parameters<typeof DnsServer.start>[0];

/** Calls `work` with a DNS server. */
async function withDns<T>(respond: Respond, work: (dns: DnsServer) => Promise<T>): Promise<T> {
  const dns = await DnsServer.start(respond);
  setServers([dns.address]);
  try {
    return await work(dns);
  } finally {
    dns.close();
  }
}

/** Looks up the KDCs of POOL.TEST with a DNS server that sends this response. */
const lookUp = (response: ReturnType<Respond>, facts: Partial<Host> = {}) =>
  withDns(
    () => response,
    () => lookUpKdcs('POOL.TEST', notingHost(facts).host),
  );

describe('the KDCs of a realm in DNS', () => {
  const names = (found: readonly Endpoint[]) => found.map(({ host }) => host).join();

  test('are the targets of the SRV records, with their ports', async () =>
    assert.deepEqual(await lookUp([{ port: 88, target: 'kdc.pool.test' }]), [{ host: 'kdc.pool.test', port: 88 }]));

  test('are in the order of their priority', async () => {
    const records = [30, 10, 20].map((priority) => ({
      priority,
      weight: 100 - priority,
      port: 88,
      target: `k${priority}`,
    }));
    assert.equal(names(await lookUp(records)), 'k10,k20,k30');
  });

  for (const [what, fractions, order] of [
    ['usually start with', [0.5, 0.5], 'heavy,light'],
    ['sometimes do not start with', [0.01, 0.99], 'light,heavy'],
  ] as const)
    test(`${what} the target with the greatest weight among those of equal priority`, async () => {
      const left = [...fractions];
      const randomBytes = () => {
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32BE(Math.floor((left.shift() ?? 0) * 2 ** 32));
        return bytes;
      };
      const records = [
        { weight: 90, port: 88, target: 'heavy' },
        { weight: 10, port: 88, target: 'light' },
      ];
      assert.equal(names(await lookUp(records, { randomBytes })), order);
    });

  test('with the weight 0 are also tried, after the others', async () => {
    const records = [0, 1, 0].map((weight, at) => ({ weight, port: 88, target: `k${at}` }));
    assert.equal(names(await lookUp(records, { randomBytes: () => Buffer.alloc(4, 128) })), 'k1,k0,k2');
  });

  test('are empty for the target “.”, unless there are other targets', async () => {
    assert.deepEqual(await lookUp([{ port: 0, target: '.' }]), []);
    const records = [
      { port: 0, target: '.' },
      { priority: 1, port: 88, target: 'kdc' },
    ];
    assert.equal(names(await lookUp(records)), 'kdc');
  });

  for (const response of [[], 'NXDOMAIN'] as const)
    test(`are empty if DNS has ${response === 'NXDOMAIN' ? 'no such name' : 'no SRV records'}`, async () =>
      assert.deepEqual(await lookUp(response), []));

  for (const [what, response] of [
    ['fails', 'SERVFAIL'],
    ['refuses', 'REFUSED'],
    ['sends a malformed response', Buffer.from('x')],
  ] as const)
    test(`cannot be found if the DNS server ${what}, which is a transient failure`, () =>
      assert.rejects(lookUp(response), (error: ConnectError) => {
        assert.ok(error instanceof ConnectError);
        assert.deepEqual([error.code, error.permanent], ['ERR_CONNECT', false]);
        return advised('no KDC of the realm POOL.TEST can be found')(error);
      }));

  test('are looked up until the run ends if the DNS server is silent', () => {
    const controller = new AbortController();
    const { host } = notingHost({ signal: controller.signal });
    return withDns(
      () => void controller.abort(),
      () => assert.rejects(lookUpKdcs('POOL.TEST', host), { code: 'ERR_TIMEOUT' }),
    );
  });

  test('are queried as often as the resolver’s limits allow if the DNS server remains silent', () =>
    withDns(
      () => undefined,
      async (dns) => {
        const limits = { timeout: 1, tries: 2 };
        await assert.rejects(lookUpKdcs('POOL.TEST', notingHost().host, limits), { code: 'ERR_CONNECT' });
        assert.equal(dns.asked.length, 2);
      },
    ));

  test('are not looked up for a realm that is not a domain name', async () => {
    for (const realm of ['', 'a b', '../x', 'a..b', 'x'.repeat(10).concat('\n')])
      assert.deepEqual(await lookUpKdcs(realm, notingHost().host), []);
  });
});
