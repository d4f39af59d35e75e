/** Daemons behind CCB: every connection through a broker, and the error if there is none. */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { callCommand } from '../../src/daemon/call.ts';
import type { ConnectError, HTCondorError } from '../../src/errors.ts';
import type { AuthMethod } from '../../src/security/method.ts';
import { parseSinful } from '../../src/transport/sinful.ts';
import {
  allPortsClosed,
  type Broker,
  ccbOnly,
  DEAD_PORT,
  fetchHidden,
  STREAMING_IS_OFF,
  withPool,
} from '../support/ccb-pool.ts';
import { fetchFrom } from '../support/embedded-fetch.ts';
import { type BrokerRequest, connectBack, hiddenSchedd, refuse, stream } from '../support/embedded-pool/broker.ts';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import { notingHost } from '../support/noting-host.ts';
import { SigningKey } from '../support/signing-key.ts';
import { patience } from '../support/slowness.ts';

afterEach(allPortsClosed);

describe('A daemon behind CCB', () => {
  for (const [way, broker, log] of [
    ['streams', stream, /the broker relays the connection/],
    ['has it connect to us', connectBack, /the daemon connected to the client/],
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
        assert.equal(roundTrips, 7, 'broker and daemon are both asked for their trust domain first');
      }));

    test(`is reached through a broker that ${way}, if all data arrives in single bytes`, () =>
      withPool({ broker, pieces: 1 }, async (pool) => {
        assert.equal((await fetchHidden(pool)).token.subject, 'alice@pool.test');
      }));

    test(`has to authenticate itself through a broker that ${way}`, () =>
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
        assert.equal(roundTrips, 7, 'two for the collector');
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

  test('is reached through one of several brokers that works', () =>
    withPool({ broker: stream }, async (pool) => {
      const contacts = `nonsense 127.0.0.1:${DEAD_PORT}#1 ${pool.collector}#7 127.0.0.1:${DEAD_PORT}#2`;
      for (let n = 0; n < 8; n++) {
        const { token } = await fetchHidden(pool, { address: hiddenSchedd(pool, DEAD_PORT, contacts) });
        assert.equal(token.subject, 'alice@pool.test');
      }
    }));

  test('that cannot be reached causes an error with the reason of each broker', () =>
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
    [name, 'does not answer directly', () => DEAD_PORT] as const,
    [name, 'answers directly', ({ port }: EmbeddedPool) => port] as const,
  ])) {
    test(`receives no credential of ${name} if it ${place}, and no connection`, async () => {
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

  test('without a valid contact causes an error that says so', () =>
    withPool({}, (pool) =>
      assert.rejects(
        fetchHidden(pool, { address: `<127.0.0.1:${DEAD_PORT}?CCBID=nonsense>` }),
        ccbOnly(/contains no valid CCB contact/),
      ),
    ));

  test('behind a chain of brokers is requested by its route, or by all its IDs without streaming', async () => {
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

/** The embedded pool's address, in the ad of one of its schedds. */
function contactOf(ad: Record<string, unknown>): string {
  return `${/<([^?>]+)/.exec(String(ad['MyAddress']))?.[1]}#7`;
}
const poolOf = (ad: Record<string, unknown>) => ({ collector: contactOf(ad) }) as unknown as EmbeddedPool;
