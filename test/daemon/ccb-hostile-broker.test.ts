/** A CCB broker that lies, fails or is silent. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { asChannel } from '../../scripts/fuzz/scripts.ts';
import { connectThroughCcb } from '../../src/daemon/ccb.ts';
import type { HTCondorError } from '../../src/errors.ts';
import { abortedError } from '../../src/transport/channel.ts';
import { parseSinful } from '../../src/transport/sinful.ts';
import { putClassAd } from '../../src/wire/classad.ts';
import {
  allPortsClosed,
  type Broker,
  ccbOnly,
  DEAD_PORT,
  fetchHidden,
  reply,
  STREAMING_IS_OFF,
  withPool,
} from '../support/ccb-pool.ts';
import { type BrokerRequest, greetingFor, refuse, stream } from '../support/embedded-pool/broker.ts';
import { listen } from '../support/listen.ts';
import { notingHost } from '../support/noting-host.ts';
import { bytesOf, ScriptedChannel } from '../support/scripted-channel.ts';
import type { Fault } from '../support/server-channel.ts';
import { deadlineFor, patience } from '../support/slowness.ts';

afterEach(allPortsClosed);

describe('A hostile broker', () => {
  const cases: readonly [string, Broker, RegExp][] = [
    [
      'puts us through with another ClaimId',
      (r, pool) => stream(r, pool, { ClaimId: 'f'.repeat(40) }),
      /a different daemon/,
    ],
    [
      'puts us through with a longer ClaimId',
      (r, p) => stream(r, p, { ClaimId: `${claim(r)}0` }),
      /a different daemon/,
    ],
    ['puts us through without a ClaimId', (r, pool) => stream(r, pool, { ClaimId: undefined }), /a different daemon/],
    ['puts us through with a ClaimId that is no string', (r, pool) => stream(r, pool, { ClaimId: 1 }), /not a string/],
    ['says yes in a number', (r) => reply(r, { Result: 1 }), /not a boolean/],
    ['says nothing of the result', (r) => reply(r, {}), /it replied "no"/],
    ['hangs up after the request', async () => {}, /no reply: the peer closed/],
    [
      'sends another command in the place of the greeting',
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
    ['refuses streaming for ever', (r) => refuse(r, STREAMING_IS_OFF), /CCB_SERVER_STREAMING is false/],
  ];
  for (const [what, broker, text] of cases) {
    test(`that ${what} obtains nothing`, () =>
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
      test(`that ${what} in place of its ${step}: the fetch ends in ${code}`, () =>
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

  test('is not waited for if the client cannot listen', async () => {
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
