/**
 * Tests daemons behind CCB: each kind of broker, hostile brokers, the client's port, and what the client closes
 * afterwards.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { after, afterEach, describe, test } from 'node:test';
import { asChannel } from '../../scripts/fuzz/scripts.ts';
import { callCommand } from '../../src/daemon/call.ts';
import { connectThroughCcb } from '../../src/daemon/ccb.ts';
import type { ConnectError, HTCondorError } from '../../src/errors.ts';
import type { AuthMethod } from '../../src/security/method.ts';
import { abortedError } from '../../src/transport/channel.ts';
import { parseSinful } from '../../src/transport/sinful.ts';
import { putClassAd } from '../../src/wire/classad.ts';
import { SigningKey } from '../support/credentials/signing-key.ts';
import {
  type BrokerRequest,
  connectBack,
  greetingFor,
  greetingFrame,
  hiddenSchedd,
  putGreeting,
  refuse,
  returnAddress,
  stream,
} from '../support/embedded-pool/broker.ts';
import { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import type { Fault } from '../support/embedded-pool/server-channel.ts';
import { fetchFrom } from '../support/embedded-pool/with-pool.ts';
import { listen } from '../support/network/listen.ts';
import { notingHost } from '../support/noting-host.ts';
import {
  allPortsClosed,
  type Broker,
  ccbOnly,
  DEAD_PORT,
  fetchHidden,
  ports,
  reply,
  STREAMING_IS_OFF,
  withPool,
} from '../support/pool/ccb-pool.ts';
import { bytesOf, ScriptedChannel } from '../support/scripted-channel.ts';
import { deadlineFor, patience } from '../support/slowness.ts';

afterEach(allPortsClosed);

describe('A daemon behind CCB', () => {
  for (const [way, broker, log] of [
    ['streams', stream, /the broker relays the connection/],
    ['makes it connect to the client', connectBack, /the daemon connected to the client/],
  ] as const) {
    test(`is reached through a broker that ${way} in a session`, async () => {
      const requests: BrokerRequest[] = [];
      const watched: Broker = (request, pool) => {
        requests.push(request);
        return broker(request, pool);
      };
      await withPool({ broker: watched }, async (pool) => {
        const fetched = await fetchHidden(pool, { authz: ['READ'] });
        assert.deepEqual(fetched.token.authz, ['READ']);
        assert.equal(fetched.roundTrips, 5, 'connection, session and request with the broker, and two with the daemon');
        assert.match(fetched.log.join('\n'), log);
        assert.equal(requests.length, 1);
        const [{ ad, inSession } = assert.fail()] = requests;
        assert.ok(inSession);
        assert.equal(ad.string('CCBID'), '7');
        assert.equal(ad.string('CCBRoute'), undefined);
        assert.equal(ad.boolean('CCBStreamingRequired'), true);
        assert.match(ad.string('ClaimId') ?? '', /^[0-9a-f]{40}$/);
        assert.match(ad.string('MyAddress') ?? '', /^<127\.0\.0\.1:\d+>$/);
      });
    });

    test(`is reached through a broker that ${way} and accepts no credential`, () =>
      withPool({}, (daemons) =>
        withPool(
          {
            keys: [new SigningKey()],
            trustDomain: 'elsewhere',
            broker: async (request) => {
              assert.equal(request.inSession, false);
              await broker(request, daemons);
            },
          },
          async (brokers) => {
            const { token } = await fetchHidden(daemons, { address: hiddenSchedd(brokers, DEAD_PORT) });
            assert.equal(token.issuer, daemons.trustDomain);
          },
        ),
      ));

    test(`is reached through a broker that ${way} and denies the identity`, () =>
      withPool({}, (daemons) =>
        withPool(
          { keys: daemons.keys, denied: () => true, broker: (request) => broker(request, daemons) },
          async (brokers) => {
            const { token } = await fetchHidden(daemons, { address: hiddenSchedd(brokers, DEAD_PORT) });
            assert.equal(token.subject, 'alice@pool.test');
          },
        ),
      ));

    test(`is reached with several credentials through a broker that ${way}`, () =>
      withPool({ broker }, async (pool) => {
        const foreign = new SigningKey().issue({ subject: 'alice@elsewhere', issuer: 'elsewhere' });
        const { token, roundTrips } = await fetchHidden(pool, { idtoken: `${foreign}\n${pool.idToken()}` });
        assert.equal(token.subject, 'alice@pool.test');
        assert.equal(roundTrips, 7, 'the client first requests the trust domain from both broker and daemon');
      }));

    test(`is reached through a broker that ${way} if all data arrives in single bytes`, () =>
      withPool({ broker, pieces: 1 }, async (pool) => {
        assert.equal((await fetchHidden(pool)).token.subject, 'alice@pool.test');
      }));

    test(`must authenticate itself through a broker that ${way}`, () =>
      withPool({ keys: [new SigningKey()] }, (impostor) =>
        withPool({ broker: (request) => broker(request, impostor) }, (pool) =>
          assert.rejects(fetchHidden(pool), { code: 'ERR_SERVER_UNPROVEN' }),
        ),
      ));
  }

  test('is located by name and reached through the collector', () =>
    withPool(
      {
        broker: stream,
        edit: {
          daemon: (ad) => ({ ...ad, MyAddress: hiddenSchedd(poolOf(ad), DEAD_PORT, contactOf(ad)) }),
        },
      },
      async (pool) => {
        const { token, roundTrips, daemonAddress } = await fetchFrom(pool, { pool: pool.collector, name: 'ci@pool' });
        assert.equal(token.subject, 'alice@pool.test');
        assert.match(daemonAddress, /CCBID=/);
        assert.equal(roundTrips, 7, 'two round trips with the collector');
      },
    ));

  test('connects to the client if the broker does not stream', () => {
    const broker: Broker = (request, pool) =>
      request.ad.boolean('CCBStreamingRequired') === true
        ? refuse(request, STREAMING_IS_OFF)
        : connectBack(request, pool);
    return withPool({ broker }, async (pool) => {
      const { log } = await fetchHidden(pool);
      assert.match(log.join('\n'), /the daemon connected to the client/);
    });
  });

  test('is reached through whichever of several brokers works', () =>
    withPool({ broker: stream }, async (pool) => {
      const contacts = `nonsense 127.0.0.1:${DEAD_PORT}#1 ${pool.collector}#7 127.0.0.1:${DEAD_PORT}#2`;
      for (let n = 0; n < 8; n++) {
        const { token } = await fetchHidden(pool, { address: hiddenSchedd(pool, DEAD_PORT, contacts) });
        assert.equal(token.subject, 'alice@pool.test');
      }
    }));

  test('that cannot be reached causes an error with the reason for each broker', () =>
    withPool({ broker: (request) => refuse(request, 'no daemon is registered\n::error::with that id') }, (pool) =>
      assert.rejects(
        fetchHidden(pool, { address: hiddenSchedd(pool, DEAD_PORT, `127.0.0.1:${DEAD_PORT}#1 ${pool.collector}#7`) }),
        (error: ConnectError) => {
          ccbOnly(/neither directly \(no connection to 127\.0\.0\.1:\d+: connection refused\) nor through CCB/)(error);
          assert.match(
            error.message,
            new RegExp(`broker 127\\.0\\.0\\.1:${DEAD_PORT}: no connection to 127\\.0\\.0\\.1:${DEAD_PORT}`),
          );
          assert.match(
            error.message,
            new RegExp(`broker ${pool.collector}: it replied "no daemon is registered\\?::error::`),
          );
          assert.match(error.peer ?? '', new RegExp(`^<127\\.0\\.0\\.1:${DEAD_PORT}\\?CCBID=`));
          return true;
        },
      ),
    ));

  for (const [name, place, portOf] of (['FS', 'MUNGE'] as const).flatMap((name) => [
    [name, 'does not respond directly', () => DEAD_PORT] as const,
    [name, 'responds directly', ({ port }: EmbeddedPool) => port] as const,
  ])) {
    test(`receives no connection, and no ${name} credential, if it ${place}`, async () => {
      const method: AuthMethod = {
        name,
        authenticatesServer: false,
        sources: [],
        candidatesFor: () => assert.fail(),
        guessed: () => assert.fail(),
      };
      const asked: boolean[] = [];
      const broker: Broker = (request, pool) => {
        asked.push(request.inSession);
        return stream(request, pool);
      };
      await withPool({ broker }, async (pool) => {
        const address = parseSinful(hiddenSchedd(pool, portOf(pool))) ?? assert.fail();
        const credentials = { methods: [method], preference: 'ours' as const, unavailable: [] };
        const call = { target: { address, serverName: 'x' }, command: 60046, request: () => {}, credentials };
        await assert.rejects(
          callCommand(call, async () => {}, notingHost({ signal: AbortSignal.timeout(patience(5000)) }).host),
          (error: HTCondorError) => {
            assert.equal(error.code, 'ERR_NO_CREDENTIAL');
            assert.match(error.message, new RegExp(`; ${name}: it does not authenticate the daemon`));
            return true;
          },
        );
        assert.equal(pool.connections, 0);
      });
      assert.deepEqual(asked, []);
    });
  }

  test('causes an error with this reason if it has no valid contact', () =>
    withPool({}, (pool) =>
      assert.rejects(
        fetchHidden(pool, { address: `<127.0.0.1:${DEAD_PORT}?CCBID=nonsense>` }),
        ccbOnly(/contains no valid CCB contact/),
      ),
    ));

  test('is requested by its route if it is behind a chain of brokers or, without streaming, by all its IDs', async () => {
    const ads: BrokerRequest['ad'][] = [];
    const broker: Broker = (request, pool) => {
      ads.push(request.ad);
      return ads.length === 1 ? refuse(request, STREAMING_IS_OFF) : connectBack(request, pool);
    };
    await withPool({ broker }, async (pool) => {
      await fetchHidden(pool, { address: hiddenSchedd(pool, DEAD_PORT, `${pool.collector}#7#8#9`) });
    });
    assert.deepEqual(
      ads.map((ad) => [ad.string('CCBID'), ad.string('CCBRoute'), ad.boolean('CCBStreamingRequired')]),
      [
        ['7', '8 9', true],
        ['7#8#9', undefined, undefined],
      ],
    );
    assert.notEqual(ads[0]?.string('ClaimId'), ads[1]?.string('ClaimId'), 'a new secret for every request');
  });
});

/** Returns the embedded pool's address as it appears in the ad of one of its schedds. */
function contactOf(ad: Record<string, unknown>): string {
  return `${/<([^?>]+)/.exec(String(ad['MyAddress']))?.[1]}#7`;
}
const poolOf = (ad: Record<string, unknown>) => ({ collector: contactOf(ad) }) as unknown as EmbeddedPool;

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
    ['sends nothing', () => ''],
    ['speaks HTTP', () => 'GET / HTTP/1.1\r\n\r\n'],
    ['has another ClaimId', (ad) => greetingFrame({ ...greetingFor(ad), ClaimId: '0'.repeat(40) })],
    ['has the ClaimId in upper case', (ad) => greetingFrame({ ClaimId: ad.string('ClaimId')?.toUpperCase() })],
    ['has half of the ClaimId', (ad) => greetingFrame({ ClaimId: ad.string('ClaimId')?.slice(0, 20) })],
    ['has an empty ClaimId', () => greetingFrame({ ClaimId: '' })],
    ['has no ClaimId', () => greetingFrame({})],
    ['has the right ClaimId and another command', (ad) => greetingFrame(greetingFor(ad), 68)],
    [
      'has the right greeting and sends more data',
      (ad) => Uint8Array.of(...greetingFrame(greetingFor(ad)), 0).fill(255, 2, 3),
    ],
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
        assert.equal(heard, 0, 'the client sends no data to a stranger');
      };
      return withPool({ broker }, async (pool) => {
        assert.equal((await fetchHidden(pool)).token.subject, 'alice@pool.test');
      });
    });
  }

  test('accepts the first peer with the right ClaimId, then closes', () => {
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
      await once(socket, 'readable'); // the client sends data first if the greeting is valid
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
      await request.channel.receive((message) => message.int()); // a policy arrives only if the greeting was valid
      await assert.rejects(stranger(request.ad, greetingFrame(greetingFor(request.ad))), { code: 'ECONNREFUSED' });
      tried = true;
    };
    await withPool({ broker }, (pool) => assert.rejects(fetchHidden(pool), { code: 'ERR_CLOSED' }));
    assert.ok(tried);
  });
});

describe('A hostile broker', () => {
  const cases: readonly [string, Broker, RegExp][] = [
    ['relays with another ClaimId', (r, pool) => stream(r, pool, { ClaimId: 'f'.repeat(40) }), /a different daemon/],
    ['relays with a longer ClaimId', (r, p) => stream(r, p, { ClaimId: `${claim(r)}0` }), /a different daemon/],
    ['relays without a ClaimId', (r, pool) => stream(r, pool, { ClaimId: undefined }), /a different daemon/],
    ['relays with a ClaimId that is not a string', (r, pool) => stream(r, pool, { ClaimId: 1 }), /not a string/],
    ['sends the result as a number', (r) => reply(r, { Result: 1 }), /not a boolean/],
    ['omits the result', (r) => reply(r, {}), /it replied "no"/],
    ['closes the connection after the request', async () => {}, /no reply: the peer closed/],
    [
      'sends another command in place of the greeting',
      async (r) => {
        await reply(r, { Result: true, ProxyMode: true });
        await r.channel.send('x', (message) => putClassAd(message.int(70), greetingFor(r.ad)));
      },
      /a different daemon/,
    ],
    [
      'sends no ad',
      (r) => r.channel.send('x', (message) => message.int(2).string('a = 1').string('nonsense').string('').string('')),
      /not an attribute/,
    ],
    ['always refuses streaming', (r) => refuse(r, STREAMING_IS_OFF), /CCB_SERVER_STREAMING is false/],
  ];
  for (const [what, broker, text] of cases) {
    test(`that ${what} causes a failed fetch`, () =>
      withPool({ broker }, (pool) => assert.rejects(fetchHidden(pool), ccbOnly(text))));
  }

  const faults: readonly [string, Fault, string][] = [
    ['closes the connection', 'close', 'ERR_CCB_ONLY'],
    ['resets the connection', 'reset', 'ERR_CCB_ONLY'],
    ['sends nothing', 'silence', 'ERR_TIMEOUT'],
    ['sends all but the last byte', { last: (frame) => frame.subarray(0, -1) }, 'ERR_TIMEOUT'],
    ['announces 4 GiB', () => Uint8Array.of(1, 255, 255, 255, 255), 'ERR_CCB_ONLY'],
    ['changes a bit', (frame) => frame.map((byte, at) => (at === 20 ? byte ^ 1 : byte)), 'ERR_CCB_ONLY'],
  ];
  for (const step of ['ccb reply', 'ccb greeting'] as const) {
    for (const [what, fault, code] of faults) {
      test(`that ${what} in place of its ${step} causes ${code}`, () =>
        withPool({ faults: { [step]: fault }, broker: stream }, (pool) =>
          assert.rejects(fetchHidden(pool, { timeoutMs: deadlineFor(code) }), { name: /./, code }),
        ));
    }
  }

  test('that is silent is skipped after its time limit', async (context) => {
    const host = testHost(AbortSignal.timeout(patience(30_000)));
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const server = createServer();
    const port = await listen(server);
    const address = parseSinful(`<127.0.0.1:${DEAD_PORT}?CCBID=127.0.0.1:${port}%231>`) ?? assert.fail();
    const asked = connectThroughCcb(
      address,
      async (call, _, within) => {
        const channel = await call.connect(within);
        try {
          const late = once(within.signal, 'abort');
          context.mock.timers.tick(19_999);
          assert.equal(within.signal.aborted, false);
          context.mock.timers.tick(1);
          await late;
          throw abortedError(within.signal);
        } finally {
          channel.close();
        }
      },
      host,
    );
    await assert.rejects(asked, (error: HTCondorError) => {
      assert.equal(error.code, 'ERR_CCB_ONLY');
      assert.match(error.message, /within 20 s; the daemon did not connect to 127\.0\.0\.1:\d+$/);
      return true;
    });
    server.close();
  });

  test('is skipped at once if the client cannot listen', async () => {
    const address = parseSinful(`<127.0.0.1:${DEAD_PORT}?CCBID=127.0.0.1:${DEAD_PORT}%231>`) ?? assert.fail();
    const broker = asChannel(new ScriptedChannel([bytesOf((message) => putClassAd(message, { Result: true }))]));
    const asked = connectThroughCcb(
      address,
      (_call, read) => read(broker),
      testHost(AbortSignal.timeout(patience(30_000))),
    );
    await assert.rejects(asked, (error: HTCondorError) => {
      assert.equal(error.code, 'ERR_CCB_ONLY');
      assert.match(error.message, /the client has no port for the connection/);
      return true;
    });
  });
});

const claim = (request: BrokerRequest) => request.ad.string('ClaimId');
const testHost = (signal: AbortSignal) => notingHost({ signal }).host;

describe('A fetch through CCB', () => {
  const never = ({ channel }: BrokerRequest) => channel.receive(() => {});
  for (const [when, broker] of [
    ['while the broker is silent', never],
    [
      'while the daemon does not connect',
      (request: BrokerRequest) => reply(request, { Result: true }).then(() => never(request)),
    ],
  ] as const) {
    test(`closes all connections and ports ${when}`, async () => {
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
