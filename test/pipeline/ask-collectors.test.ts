/** Tests a fetch from a list of pools, one of which does not respond. */
import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { readRequest } from '../../src/inputs/request.ts';
import { checkFetch } from '../../src/pipeline/check.ts';
import { fetchToken as fetchRequested } from '../../src/pipeline/fetch.ts';
import { fetchFrom, withPool } from '../support/embedded-pool/with-pool.ts';
import { listen } from '../support/network/listen.ts';
import { notingHost } from '../support/noting-host.ts';
import { surroundings } from '../support/surroundings.ts';
import { until } from '../support/until.ts';

describe('A list of pools', () => {
  test('is queried at the next collector if the first one is silent for a second, and the first reply is used', (context) =>
    withPool({}, async (pool) => {
      context.mock.timers.enable({ apis: ['setTimeout'] });
      const connections = new Set<Socket>();
      const silent = createServer((socket) => {
        connections.add(socket);
        socket.on('error', () => {}).on('close', () => connections.delete(socket));
        socket.resume();
        context.mock.timers.tick(1_000);
      });
      const port = await listen(silent);
      const warnings: string[] = [];
      const onLog = (level: string, line: string) => level === 'warn' && warnings.push(line);
      const where = { pool: `127.0.0.1:${port}, ${pool.collector}`, name: 'ci@pool' };
      await fetchFrom(pool, { ...where, onLog, timeoutMs: 100_000 });
      assert.deepEqual(warnings, [
        `the collector 127.0.0.1:${port} has not responded for 1 s; querying the collector ${pool.collector} as well. If this persists, correct the input pool`,
      ]);
      context.mock.timers.reset();
      await until('no connection is open', 5, async () =>
        connections.size === 0 ? undefined : `${connections.size} open`,
      );
      silent.close();
    }));

  for (const mode of ['fetch', 'check'] as const) {
    test(`is contacted in turn if the collectors issue the token (mode ${mode})`, (context) =>
      withPool({}, async (pool) => {
        context.mock.timers.enable({ apis: ['setTimeout'] });
        const silent = createServer((socket) => socket.once('data', () => context.mock.timers.tick(10_000)));
        const port = await listen(silent);
        const { host, log } = notingHost({ timeLeftMs: () => 100_000 });
        const words: Record<string, string> = {
          ...{ pool: `127.0.0.1:${port}, ${pool.collector}`, type: 'collector', idtoken: pool.idToken(), mode },
        };
        const request = readRequest((name) => words[name], surroundings());
        await (mode === 'check' ? checkFetch(request, host) : fetchRequested(request, host));
        silent.close();
        assert.ok(
          log.includes('warn no response in time; trying the next address. If this persists, correct the input pool'),
          log.join('\n'),
        );
      }));
  }
});
