/**
 * Tests how a daemon's address is found: from the input, from a file on this host, or from the first collector that
 * responds.
 */
import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { ConnectError, DaemonError, type LocateError, ProtocolError } from '../../src/errors.ts';
import { readRequest } from '../../src/inputs/request.ts';
import { findDaemon, guessesOf, inTurn } from '../../src/pipeline/find-daemon.ts';
import { formatEndpoint, formatSinful } from '../../src/transport/sinful.ts';
import type { Words } from '../support/clients/method-clients.ts';
import { fetchFrom, withPool } from '../support/embedded-pool/with-pool.ts';
import { deadPort, listen } from '../support/network/listen.ts';
import { notingHost } from '../support/noting-host.ts';
import { surroundings } from '../support/surroundings.ts';

const NOBODY = { methods: [], preference: 'ours', unavailable: [] } as const;

async function find(words: Words) {
  const request = readRequest((name) => ({ idtoken: 'x', ...words })[name], surroundings());
  const { targets } = await findDaemon(request, NOBODY, notingHost().host);
  return targets.map(({ address, serverName }) => [formatSinful(address), serverName]);
}

describe('A daemon at an address', () => {
  const cases: readonly [Words, string, string | undefined][] = [
    [{ address: 'ap40.example.org' }, '<ap40.example.org:9618>', 'ap40.example.org'],
    [{ address: '192.0.2.7:1' }, '<192.0.2.7:1>', undefined],
    [{ address: '[2001:db8::1]:1' }, '<[2001:db8::1]:1>', undefined],
    [{ address: '<192.0.2.7:1?alias=ap40.example.org>' }, '<192.0.2.7:1?alias=ap40.example.org>', 'ap40.example.org'],
    [{ address: '<192.0.2.7:1?alias=>' }, '<192.0.2.7:1?alias>', undefined],
    [{ address: '192.0.2.7:1', 'server-name': 'given.test' }, '<192.0.2.7:1>', 'given.test'],
    [{ address: 'ap40', 'server-name': 'given.test' }, '<ap40:9618>', 'given.test'],
  ];
  for (const [words, address, serverName] of cases) {
    test(`${words.address} must have ${serverName ?? 'no name'} in its certificate${words['server-name'] ? ', as given' : ''}`, async () =>
      assert.deepEqual(await find(words), [[address, serverName]]));
  }

  test('may be any of several collectors', async () =>
    assert.deepEqual(await find({ pool: 'cm1 cm2:1', type: 'collector' }), [
      ['<cm1:9618>', 'cm1'],
      ['<cm2:1>', 'cm2'],
    ]));
});

describe('The guessed address of a daemon', () => {
  const guesses = (words: Words) => {
    const { daemon } = readRequest((name) => ({ idtoken: 'x', ...words })[name], surroundings());
    assert.ok(daemon.kind === 'pool');
    return guessesOf(daemon).map(formatEndpoint);
  };
  for (const [what, words, expected] of [
    [
      'the host in its name and the collector’s host',
      { pool: 'cm.test:9000', name: 'ci@ap.test' },
      ['ap.test:9000', 'cm.test:9000'],
    ],
    ['only one host if both are the same', { pool: 'cm.test', name: 'CM.test' }, ['cm.test:9618']],
    ['the collector’s host if its name has none', { pool: '192.0.2.7', name: 'ci@pool' }, ['192.0.2.7:9618']],
    ['the collector’s host if it has no name', { pool: '[2001:db8::7]:1' }, ['[2001:db8::7]:1']],
    ['the end of a tunnel', { pool: 'cm.test', name: 'ap.test', address: 'localhost:7' }, ['localhost:7']],
  ] as const) {
    test(`is ${what}`, () => assert.deepEqual(guesses(words), expected));
  }
});

describe('Of several addresses', () => {
  const { host, log } = notingHost();
  const said: string[] = [];
  const talk = (failure: Error | undefined) => async (address: string) => {
    said.push(address);
    if (failure !== undefined && address !== 'good') throw failure;
    return address;
  };

  for (const failure of [new ConnectError('ERR_CONNECT', 'no response'), new ProtocolError('ERR_FRAME', 'not CEDAR')]) {
    test(`the next one is tried after ${failure.code}, with a warning`, async () => {
      said.length = 0;
      assert.equal(await inTurn(['bad', 'worse', 'good', 'better'], talk(failure), host), 'good');
      assert.deepEqual(said, ['bad', 'worse', 'good']);
      assert.equal(
        log.filter(
          (line) =>
            line === `warn ${failure.message}; trying the next address. If this persists, correct the input pool`,
        ).length,
        2,
      );
    });
  }

  test('no other is tried after a reply of any kind', async () => {
    said.length = 0;
    await assert.rejects(inTurn(['bad', 'good'], talk(new DaemonError(1, 'no')), host), DaemonError);
    assert.deepEqual(said, ['bad']);
  });

  test('the failure of the last one is reported', async () => {
    await assert.rejects(inTurn(['bad'], talk(new ConnectError('ERR_CLOSED', 'gone')), host), { code: 'ERR_CLOSED' });
  });

  test('no other is tried after the run was aborted', async () => {
    said.length = 0;
    const over = notingHost({ signal: AbortSignal.abort() }).host;
    await assert.rejects(inTurn(['bad', 'good'], talk(new ConnectError('ERR_TIMEOUT', 'x')), over), ConnectError);
    assert.deepEqual(said, ['bad']);
  });
});

describe('A pool of several collectors', () => {
  test('is queried at the first collector that responds', () =>
    withPool({}, async (pool) => {
      const hangsUp = createServer((socket: Socket) => socket.on('error', () => {}).once('data', () => socket.end()));
      const second = await listen(hangsUp);
      const lines: string[] = [];
      const { daemonName } = await fetchFrom(pool, {
        ...{ pool: `127.0.0.1:${await deadPort()} 127.0.0.1:${second} ${pool.collector}`, name: 'ci@pool' },
        onLog: (level, line) => level === 'warn' && lines.push(line),
      }).finally(() => hangsUp.close());
      assert.equal(daemonName, 'ci@pool');
      assert.equal(lines.length, 2, lines.join('\n'));
      for (const line of lines)
        assert.match(line, /^the collector 127\.0\.0\.1:\d+: .*; trying the next collector\. If/);
    }));

  test('is queried at the next collector if the first does not have the daemon', () =>
    withPool({ schedds: [] }, (empty) =>
      withPool({}, async (pool) => {
        const { daemonName } = await fetchFrom(pool, { pool: `${empty.collector} ${pool.collector}`, name: 'ci@pool' });
        assert.equal(daemonName, 'ci@pool');
      }),
    ));

  test('causes an error with the reply of each collector if none has the daemon', () =>
    withPool({ schedds: ['a@pool'] }, (first) =>
      withPool({ schedds: ['b@pool'] }, async (second) => {
        const dead = `127.0.0.1:${await deadPort()}`;
        const fetching = fetchFrom(first, { pool: `${first.collector} ${dead} ${second.collector}`, name: 'ci@pool' });
        await assert.rejects(fetching, (error: LocateError) => {
          assert.deepEqual([error.code, error.phase, error.names], ['ERR_NOT_FOUND', 'locate', ['a@pool', 'b@pool']]);
          for (const part of [
            `${first.collector}: .*it lists a@pool`,
            `${dead}: .*refused`,
            `${second.collector}: .*it lists b@pool`,
          ])
            assert.match(error.message, new RegExp(`the collector ${part}`));
          return true;
        });
      }),
    ));
});
