/** Daemons behind CCB, at a broker in this process: every way there, and everybody who has no business on it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { after, afterEach, describe, test } from 'node:test';
import { connectThroughCcb } from '../../src/daemon/ccb.ts';
import { callCommand } from '../../src/daemon/open-session.ts';
import type { ConnectError, HTCondorError } from '../../src/errors.ts';
import type { FetchOptions } from '../../src/index.ts';
import type { AuthMethod } from '../../src/security/method.ts';
import { abortedError } from '../../src/transport/channel.ts';
import { parseSinful } from '../../src/transport/sinful.ts';
import { putClassAd } from '../../src/wire/classad.ts';
import { asChannel } from '../fuzz/scripts.ts';
import { fetchFrom, withPool as withAnyPool } from '../support/embedded-fetch.ts';
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
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import { listen } from '../support/listen.ts';
import { notingHost } from '../support/noting-host.ts';
import { bytesOf, ScriptedChannel } from '../support/scripted-channel.ts';
import type { Fault } from '../support/server-channel.ts';
import { SigningKey } from '../support/signing-key.ts';
import { silentPort } from '../support/silent-port.ts';

type Broker = (request: BrokerRequest, pool: EmbeddedPool) => Promise<void>;

const STREAMING_IS_OFF =
  'CCB streaming mode is required to reach this daemon but is disabled on the CCB server (CCB_SERVER_STREAMING is false)';

/** Nobody listens here, and no server is ever given it by the system. */
const DEAD_PORT = 1;

afterEach(async () => {
  // What is closed is gone a little later. A timer that is left over keeps the test's process, and this, from ending.
  while (ports() > 0) await new Promise((resolve) => setImmediate(resolve));
});

function ports(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
}

/** A pool with a broker, whose assertions count; `work` ends before it does. */
async function withPool(options: EmbeddedPoolOptions, work: (pool: EmbeddedPool) => Promise<unknown>): Promise<void> {
  const { broker } = options;
  const requests: Promise<void>[] = [];
  const watched: Broker = async (request, pool) => {
    const done = broker?.(request, pool) ?? Promise.resolve();
    requests.push(done);
    await done;
  };
  await withAnyPool(broker === undefined ? options : { ...options, broker: watched }, work);
  for (const { reason } of (await Promise.allSettled(requests)).filter((each) => each.status === 'rejected')) {
    if (reason instanceof assert.AssertionError) throw reason;
  }
}

/** Fetches from a schedd behind the broker, and says what was logged. */
async function fetchHidden(pool: EmbeddedPool, options: FetchOptions = {}) {
  const log: string[] = [];
  const onLog = (_: string, line: string) => log.push(line);
  const address = hiddenSchedd(pool, DEAD_PORT);
  return { ...(await fetchFrom(pool, { address, onLog, ...options })), log };
}

const ccbOnly = (text: RegExp) => (error: HTCondorError) => {
  assert.equal(error.code, 'ERR_CCB_ONLY', String(error));
  assert.equal(error.phase, 'connect');
  assert.match(error.message, text);
  return true;
};

describe('a daemon behind CCB', () => {
  for (const [way, broker, log] of [
    ['streams', stream, /it passes on what we and the daemon say/],
    ['has it connect to us', connectBack, /the daemon has connected to us/],
  ] as const) {
    test(`is reached through a broker that ${way}, asked in a session`, async () => {
      const requests: BrokerRequest[] = [];
      const watched: Broker = (request, pool) => {
        requests.push(request);
        return broker(request, pool);
      };
      await withPool({ broker: watched }, async (pool) => {
        const fetched = await fetchHidden(pool, { authz: ['READ'] });
        assert.deepEqual(fetched.token.authz, ['READ']);
        assert.equal(fetched.roundTrips, 5, 'connection, session, request; and two with the daemon');
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

    test(`is reached through a broker that ${way} and knows nothing of our credentials`, () =>
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

    test(`is reached through a broker that ${way} and lets our identity do nothing`, () =>
      withPool({}, (daemons) =>
        withPool(
          { keys: daemons.keys, denied: () => true, broker: (request) => broker(request, daemons) },
          async (brokers) => {
            const { token } = await fetchHidden(daemons, { address: hiddenSchedd(brokers, DEAD_PORT) });
            assert.equal(token.subject, 'alice@pool.test');
          },
        ),
      ));

    test(`is reached through a broker that ${way}, with several credentials to choose from`, () =>
      withPool({ broker }, async (pool) => {
        const foreign = new SigningKey().issue({ subject: 'alice@elsewhere', issuer: 'elsewhere' });
        const { token, roundTrips } = await fetchHidden(pool, { idtoken: `${foreign}\n${pool.idToken()}` });
        assert.equal(token.subject, 'alice@pool.test');
        assert.equal(roundTrips, 7, 'broker and daemon are both asked for their trust domain first');
      }));

    test(`is reached through a broker that ${way}, with all in single bytes`, () =>
      withPool({ broker, pieces: 1 }, async (pool) => {
        assert.equal((await fetchHidden(pool)).token.subject, 'alice@pool.test');
      }));

    test(`still has to prove itself through a broker that ${way}`, () =>
      withPool({ keys: [new SigningKey()] }, (impostor) =>
        withPool({ broker: (request) => broker(request, impostor) }, (pool) =>
          assert.rejects(fetchHidden(pool), { code: 'ERR_SERVER_UNPROVEN' }),
        ),
      ));
  }

  test('is found by name, and reached through the collector', () =>
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
        assert.equal(roundTrips, 7, 'two for the collector');
      },
    ));

  test('is made to connect to us where streaming is switched off', () => {
    const broker: Broker = (request, pool) =>
      request.ad.boolean('CCBStreamingRequired') === true
        ? refuse(request, STREAMING_IS_OFF)
        : connectBack(request, pool);
    return withPool({ broker }, async (pool) => {
      const { log } = await fetchHidden(pool);
      assert.match(log.join('\n'), /the daemon has connected to us/);
    });
  });

  test('that answers directly is talked to directly, and no broker is asked', () =>
    withPool({ broker: async () => assert.fail() }, async (pool) => {
      const address = hiddenSchedd(pool, pool.port).replace('?', '?sock=schedd_0&');
      assert.equal((await fetchFrom(pool, { address })).roundTrips, 3);
      assert.equal(pool.connections, 1, `one connection and no other: ${pool.log.join('; ')}`);
    }));

  for (const [who, serve] of [
    ['hangs up', (socket: Socket) => socket.once('data', () => socket.end())],
    ['resets', (socket: Socket) => socket.once('data', () => socket.resetAndDestroy())],
    ['is a web server', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ] as const) {
    test(`is reached though somebody else is at its address, who ${who}`, async () => {
      const server = createServer((socket) => serve(socket.on('error', () => {})));
      const port = await listen(server);
      try {
        await withPool({ broker: stream }, async (pool) => {
          const { log, token } = await fetchHidden(pool, { address: hiddenSchedd(pool, port) });
          assert.equal(token.subject, 'alice@pool.test');
          assert.match(log.join('\n'), /who answers directly may not be the daemon/);
        });
        await withPool({ broker: (request) => refuse(request, 'not today') }, (pool) =>
          assert.rejects(
            fetchHidden(pool, { address: hiddenSchedd(pool, port) }),
            ccbOnly(/neither directly \(.{10,}\) nor through CCB \(broker 127\.0\.0\.1:\d+: it says "not today"\)/),
          ),
        );
      } finally {
        server.close();
      }
    });
  }

  test('with a bad credential is not asked twice', () =>
    withPool({ broker: async () => assert.fail() }, async (pool) => {
      const address = hiddenSchedd(pool, pool.port).replace('?', '?sock=schedd_0&');
      const idtoken = new SigningKey().issue({ subject: 'alice@pool.test', issuer: 'pool.test' });
      await assert.rejects(fetchFrom(pool, { address, idtoken }), { code: 'ERR_SERVER_UNPROVEN' });
    }));

  const silence = { skip: process.platform === 'linux' ? false : 'only Linux drops what a full backlog cannot take' };
  test('is reached through CCB beside an address that is silent', silence, async () => {
    const silent = await silentPort();
    try {
      await withPool({ broker: stream }, async (pool) => {
        // Less than the time after which a silent address is given up.
        const { token } = await fetchHidden(pool, { address: hiddenSchedd(pool, silent.port), timeoutMs: 8000 });
        assert.equal(token.subject, 'alice@pool.test');
      });
    } finally {
      silent.close();
    }
  });

  test('that answers late is talked to directly if the broker is later still', silence, async () => {
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

  test('of several brokers is reached through one that works', () =>
    withPool({ broker: stream }, async (pool) => {
      const contacts = `nonsense 127.0.0.1:${DEAD_PORT}#1 ${pool.collector}#7 127.0.0.1:${DEAD_PORT}#2`;
      for (let n = 0; n < 8; n++) {
        const { token } = await fetchHidden(pool, { address: hiddenSchedd(pool, DEAD_PORT, contacts) });
        assert.equal(token.subject, 'alice@pool.test');
      }
    }));

  test('that cannot be reached is an error with what was tried and what each said', () =>
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
            new RegExp(`broker ${pool.collector}: it says "no daemon is registered\\?::error::`),
          );
          assert.match(error.peer ?? '', new RegExp(`^<127\\.0\\.0\\.1:${DEAD_PORT}\\?CCBID=`));
          return true;
        },
      ),
    ));

  for (const name of ['FS', 'MUNGE'] as const) {
    test(`is never shown a credential of ${name}, which would not prove who it is, and its broker is not either`, async () => {
      const method: AuthMethod = {
        name,
        sources: [],
        candidatesFor: () => assert.fail(),
        presumed: () => assert.fail(),
      };
      const asked: boolean[] = [];
      const broker: Broker = (request, pool) => {
        asked.push(request.inSession);
        return stream(request, pool);
      };
      await withPool({ broker }, async (pool) => {
        const address = parseSinful(hiddenSchedd(pool, DEAD_PORT)) ?? assert.fail();
        const credentials = { methods: [method], preference: 'ours' as const, unavailable: [] };
        const call = { target: { address, serverName: 'x' }, command: 60046, request: () => {}, credentials };
        await assert.rejects(
          callCommand(call, async () => {}, testHost(AbortSignal.timeout(5000))),
          (error: HTCondorError) => {
            assert.equal(error.code, 'ERR_NO_CREDENTIAL');
            assert.match(error.message, new RegExp(`; ${name}: it does not prove who the daemon is`));
            return true;
          },
        );
      });
      assert.deepEqual(asked, [false]);
    });
  }

  test('without a contact that makes sense says so', () =>
    withPool({}, (pool) =>
      assert.rejects(
        fetchHidden(pool, { address: `<127.0.0.1:${DEAD_PORT}?CCBID=nonsense>` }),
        ccbOnly(/names no broker that could be asked/),
      ),
    ));

  test('behind several brokers is asked for with its route; where streaming is off, with all its numbers', async () => {
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

/** The embedded pool's own address, in the ad of one of its schedds. */
function contactOf(ad: Record<string, unknown>): string {
  return `${/<([^?>]+)/.exec(String(ad['MyAddress']))?.[1]}#7`;
}
const poolOf = (ad: Record<string, unknown>) => ({ collector: contactOf(ad) }) as unknown as EmbeddedPool;

describe('a hostile broker', () => {
  const cases: readonly [string, Broker, RegExp][] = [
    ['puts us through with another ClaimId', (r, pool) => stream(r, pool, { ClaimId: 'f'.repeat(40) }), /not ask for/],
    ['puts us through with a longer ClaimId', (r, p) => stream(r, p, { ClaimId: `${claim(r)}0` }), /not ask for/],
    ['puts us through without a ClaimId', (r, pool) => stream(r, pool, { ClaimId: undefined }), /not ask for/],
    ['puts us through with a ClaimId that is no string', (r, pool) => stream(r, pool, { ClaimId: 1 }), /not a string/],
    ['says yes in a number', (r) => reply(r, { Result: 1 }), /not a boolean/],
    ['says nothing of the result', (r) => reply(r, {}), /it says "no"/],
    ['hangs up after the request', async () => {}, /it gives no answer: the peer closed/],
    [
      'sends another command in the place of the greeting',
      async (r) => {
        await reply(r, { Result: true, ProxyMode: true });
        await r.channel.send('x', (message) => putClassAd(message.int(70), greetingFor(r.ad)));
      },
      /not ask for/,
    ],
    [
      'sends no ad',
      (r) => r.channel.send('x', (message) => message.int(2).string('a = 1').string('nonsense').string('').string('')),
      /no attribute/,
    ],
    ['refuses streaming for ever', (r) => refuse(r, STREAMING_IS_OFF), /CCB_SERVER_STREAMING is false/],
  ];
  for (const [what, broker, text] of cases) {
    test(`that ${what} gets nowhere`, () =>
      withPool({ broker }, (pool) => assert.rejects(fetchHidden(pool, { timeoutMs: 5000 }), ccbOnly(text))));
  }

  const faults: readonly [string, Fault, RegExp][] = [
    ['hangs up', 'close', /^ERR_CCB_ONLY$/],
    ['resets', 'reset', /^ERR_CCB_ONLY$/],
    ['says nothing', 'silence', /^ERR_TIMEOUT$/],
    ['stops in the middle', (frame) => frame.subarray(0, -1), /^ERR_(CCB_ONLY|TIMEOUT)$/],
    ['announces 4 GiB', () => Uint8Array.of(1, 255, 255, 255, 255), /^ERR_CCB_ONLY$/],
    ['changes a bit', (frame) => frame.map((byte, at) => (at === 20 ? byte ^ 1 : byte)), /^ERR_(CCB_ONLY|TIMEOUT)$/],
  ];
  for (const step of ['ccb reply', 'ccb greeting'] as const) {
    for (const [what, fault, code] of faults) {
      test(`that ${what} in the place of its ${step} gets nowhere`, () =>
        withPool({ faults: { [step]: fault }, broker: stream }, (pool) =>
          assert.rejects(
            fetchHidden(pool, { timeoutMs: 500 }),
            (error: HTCondorError) => code.test(error.code) || assert.fail(String(error)),
          ),
        ));
    }
  }

  test('that is silent is passed by after a while', async (context) => {
    const host = testHost(AbortSignal.timeout(30_000));
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

  test('is not waited for where there is no port of ours to come to', async () => {
    const address = parseSinful(`<127.0.0.1:${DEAD_PORT}?CCBID=127.0.0.1:${DEAD_PORT}%231>`) ?? assert.fail();
    const broker = asChannel(new ScriptedChannel([bytesOf((message) => putClassAd(message, { Result: true }))]));
    const asked = connectThroughCcb(address, (_call, read) => read(broker), testHost(AbortSignal.timeout(30_000)));
    await assert.rejects(asked, (error: HTCondorError) => {
      assert.equal(error.code, 'ERR_CCB_ONLY');
      assert.match(error.message, /told to connect to us, and there is no port of ours/);
      return true;
    });
  });
});

const claim = (request: BrokerRequest) => request.ad.string('ClaimId');
const reply = ({ channel }: BrokerRequest, ad: Record<string, boolean | number>) =>
  channel.send('x', (message) => putClassAd(message, ad));

const testHost = (signal: AbortSignal) => notingHost({ signal }).host;

describe('at the port where a daemon is waited for', () => {
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
    test(`somebody who ${what} is not talked to, and the daemon is`, () => {
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

  test('whoever comes with the right word first is the only one, and the port is closed', () => {
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

  test('nothing is open once the daemon is on the line', () => {
    const broker: Broker = async (request, pool) => {
      const socket = connect({ ...returnAddress(request.ad), noDelay: true });
      await once(socket, 'connect');
      const served = pool.connectFrom(socket, greetingFrame(greetingFor(request.ad)));
      await once(socket, 'readable'); // it is us who speak first, when all is as it shall be
      await assert.rejects(stranger(request.ad, ''), { code: 'ECONNREFUSED' });
      await served;
    };
    return withPool({ broker: broker }, async (pool) => {
      assert.equal((await fetchHidden(pool)).token.subject, 'alice@pool.test');
    });
  });

  test('nothing is open once the broker streams, whoever has the word', async () => {
    let tried = false;
    const broker: Broker = async (request) => {
      await stranger(request.ad, '');
      await reply(request, { Result: true, ProxyMode: true });
      await request.channel.send('x', (message) => putGreeting(message, greetingFor(request.ad)));
      request.channel.forget();
      await request.channel.receive((message) => message.int()); // the policy: all is as it shall be
      await assert.rejects(stranger(request.ad, greetingFrame(greetingFor(request.ad))), { code: 'ECONNREFUSED' });
      tried = true;
    };
    await withPool({ broker }, (pool) => assert.rejects(fetchHidden(pool), { code: 'ERR_CLOSED' }));
    assert.ok(tried);
  });
});

describe('giving up', () => {
  const never = ({ channel }: BrokerRequest) => channel.receive(() => {});
  for (const [when, broker] of [
    ['while the broker is silent', never],
    [
      'while the daemon does not come',
      (request: BrokerRequest) => reply(request, { Result: true }).then(() => never(request)),
    ],
  ] as const) {
    test(`${when} closes everything`, async () => {
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

  test('leaves no connection open when all went well either', async () => {
    for (const broker of [stream, connectBack]) {
      await withPool({ broker }, async (pool) => {
        await fetchHidden(pool);
        while (pool.open > 0) await new Promise((resolve) => setImmediate(resolve));
        assert.equal(ports(), 1);
      });
    }
  });

  test('leaves no timer running, whichever way it went', async () => {
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
