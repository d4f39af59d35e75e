/** Fuzz targets for replies from daemons, collectors and CCB brokers. The replies are ads with arbitrary content. */
import assert from 'node:assert/strict';
import { connectThroughCcb } from '../../src/daemon/ccb.ts';
import { getAds } from '../../src/daemon/collector-query.ts';
import { find } from '../../src/daemon/locate.ts';
import { readTokenReply, tokenOf } from '../../src/daemon/token-commands.ts';
import { requestIdOf } from '../../src/daemon/token-request.ts';
import { parseSinful } from '../../src/transport/sinful.ts';
import { getClassAd, putClassAd } from '../../src/wire/classad.ts';
import { Reader } from '../../src/wire/reader.ts';
import { Writer } from '../../src/wire/writer.ts';
import { ScriptedChannel } from '../../test/support/scripted-channel.ts';
import { bytes, vectors } from '../../test/support/vectors.ts';
import { ENTROPY, fixedHost } from './fixed-host.ts';
import { adInput, inputOf, messagesOf, rawInput, readerOf } from './inputs.ts';
import { asChannel } from './scripts.ts';
import { assertHarmless, type Target } from './target.ts';

const answer = vectors.rawCollectorQuery.frames
  .filter(({ dir }) => dir === 'S>C')
  .map(({ frame }) => bytes(frame).subarray(5));

function putOneAd(message: Writer): void {
  putClassAd(message.int(1), { Name: 'a', MyAddress: '<1.2.3.4:5>' });
  message.int(0);
}

const collectorAds: Target = {
  ...{ name: 'collector-ads', reaches: 'daemon/collector-query', weight: 20 },
  seeds: [
    ...answer.map((each) => Buffer.concat([Uint8Array.of(0), each])),
    rawInput((m) => m.int(0)),
    rawInput(putOneAd, true),
  ],
  run(input) {
    const message = readerOf(input);
    return `${Math.min(getAds(message).length, 3)} ads, ${message.remaining === 0}`;
  },
};

const [TYPES, NAMES] = [
  ['schedd', 'startd', 'any', 'credd'],
  [undefined, 'schedd1@ap.pool.test', 'ap', 'ap.pool.test'],
];
const SIZES = [0, 1, 2, 11];
const collector = { address: parseSinful('<1.2.3.4:9618?alias=cm>') ?? assert.fail(), serverName: 'cm.pool.test' };
const ap = adInput('Name = "ap.pool.test"', 'MyAddress = "<10.0.0.1:9618?alias=ap.pool.test&sock=schedd_1>"');

/** The first two bytes select the query and the number of ads in each reply. The remaining bytes are the ads. */
const located: Target = {
  ...{ name: 'locate', reaches: 'daemon/locate', weight: 10 },
  seeds: [
    Buffer.concat([Uint8Array.of(0, 1), ap]),
    Buffer.concat([Uint8Array.of(5, 1), inputOf(adInput('Name = "x"', 'StartdIpAddr = "<[::1]:1>"'))]),
    Buffer.concat([Uint8Array.of(8, 0x24), inputOf(ap, ap, adInput('Name = "b"'))]),
    Buffer.concat([Uint8Array.of(12, 0x30), inputOf(...Array(11).fill(adInput('Name = "c"')))]),
  ],
  async run(input) {
    const [asked = 0, sizes = 0] = input;
    const ads = [...messagesOf(input.subarray(2))];
    const wanted = {
      type: TYPES[asked & 3] ?? '',
      name: NAMES[(asked >> 2) & 3],
      needsServerName: (asked & 16) !== 0,
      mayBeUnauthenticated: false,
    };
    let turn = 0;
    const daemon = await find(wanted, collector, async () => {
      const size = SIZES[(sizes >> (2 * turn++)) & 3] ?? 0;
      const found = ads.splice(0, size).map((each) => getClassAd(new Reader(each)));
      return { ads: found, roundTrips: 2, authenticated: (asked & 32) !== 0 };
    });
    assert.ok(daemon.serverName === undefined || daemon.claimedName === undefined);
    return `found in ${turn} turns, ${daemon.serverName !== undefined}, ${daemon.claimedName !== undefined}`;
  },
};

const tokenReply: Target = {
  ...{ name: 'token-reply', reaches: 'daemon/session-token, impersonation-token, scitoken-exchange', weight: 20 },
  seeds: [
    adInput(`Token = "${vectors.jwt.token}"`),
    adInput('ErrorString = "no"', 'ErrorCode = 2'),
    adInput('ErrorCode = 3', 'Token = "a"'),
  ],
  run(input) {
    assert.notEqual(readTokenReply(getClassAd(readerOf(input))).reveal(), '');
    return 'a token';
  },
};

const requestReply: Target = {
  ...{ name: 'token-request', reaches: 'daemon/token-request', weight: 20 },
  seeds: [adInput('RequestId = "1234567"'), adInput('Token = "a.b.c"'), adInput('RequestId = "##[x"')],
  run(input) {
    const reply = getClassAd(readerOf(input));
    if (tokenOf(reply) !== undefined) return 'a token';
    const id = requestIdOf(reply);
    assert.match(id, /^\w+$/);
    assertHarmless(id);
    return 'an id';
  },
};

const hidden = parseSinful('<127.0.0.1:1?CCBID=127.0.0.1:9618%2317%20127.0.0.1:9619%231%232>') ?? assert.fail();
const claimId = Buffer.alloc(20, ENTROPY).toString('hex');
const greeting = rawInput((message) => putClassAd(message.int(69), { ClaimId: claimId, MyAddress: '<1.2.3.4:5>' }));

/**
 * The reply of a CCB broker, followed by the greeting that the daemon sends when it connects. The greeting must contain
 * the client's ClaimId.
 */
const broker: Target = {
  ...{ name: 'ccb-reply', reaches: 'daemon/ccb, with the greeting of transport/reverse-listener', weight: 2 },
  seeds: [
    inputOf(adInput('Result = true', 'ProxyMode = true'), greeting),
    inputOf(
      adInput('Result = false', 'ErrorString = "streaming is off"'),
      adInput('Result = true'),
      adInput('Result = false'),
    ),
    inputOf(adInput('Result = true', 'ProxyMode = true'), adInput('ClaimId = "x"')),
  ],
  async run(input) {
    const script = asChannel(new ScriptedChannel(messagesOf(input)));
    let asked = 0;
    await connectThroughCcb(
      hidden,
      async (call, read) => {
        asked += 1;
        assert.ok(asked <= 4, 'two brokers, each asked twice at most');
        call.request(new Writer());
        return await read(script);
      },
      fixedHost(),
    );
    return `put through at try ${asked}`;
  },
};

export const daemonTargets: readonly Target[] = [collectorAds, located, tokenReply, requestReply, broker];
