/**
 * Tests how a daemon is located: by name, as the only daemon, among several, and through several collectors. Also tests
 * failures.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LocateError } from '../../src/errors.ts';
import { fetchFrom, withPool } from '../support/embedded-pool/with-pool.ts';
import { deadPort } from '../support/network/listen.ts';

const many = Array.from({ length: 15 }, (_, index) => `ap${String(index + 10)}.example.org`);

for (const readNeedsSession of [false, true]) {
  describe(`A collector that ${readNeedsSession ? 'requires authentication' : 'accepts unauthenticated queries'}`, () => {
    test('returns the daemon with the requested name', () =>
      withPool({ schedds: many, readNeedsSession }, async (pool) => {
        const name = 'ap17.example.org';
        const { daemonName, daemonAddress } = await fetchFrom(pool, { pool: pool.collector, name });
        assert.deepEqual([daemonName, daemonAddress], [name, pool.schedd(7)]);
      }));

    test('returns its only daemon if no name is requested', () =>
      withPool({ readNeedsSession }, async (pool) => {
        const { daemonName } = await fetchFrom(pool, { pool: pool.collector });
        assert.equal(daemonName, 'ci@pool');
      }));

    test('with several daemons causes an error that names ten, and mentions that there are more', () =>
      withPool({ schedds: many, readNeedsSession }, async (pool) => {
        await assert.rejects(fetchFrom(pool, { pool: pool.collector }), (error: LocateError) => {
          assert.equal(error.code, 'ERR_AMBIGUOUS');
          assert.deepEqual(error.names, many.slice(0, 10));
          assert.match(error.message, /ap19\.example\.org and more$/);
          return true;
        });
      }));

    test('without the requested daemon causes an error that names at most ten others', () =>
      withPool({ schedds: many.slice(0, 2), readNeedsSession }, async (pool) => {
        const name = 'ap99.example.org';
        await assert.rejects(fetchFrom(pool, { pool: pool.collector, name }), (error: LocateError) => {
          assert.deepEqual([error.code, error.phase], ['ERR_NOT_FOUND', 'locate']);
          assert.equal(error.peer, `<${pool.collector}>`);
          assert.deepEqual(error.names, many.slice(0, 2));
          assert.match(error.message, /no schedd named ap99\.example\.org; it lists ap10\.example\.org, ap11/);
          return true;
        });
      }));

    test('with hostile names causes an error that sanitizes them', () =>
      withPool({ schedds: ['a\n::error::b', 'c##[add-mask]d'], readNeedsSession }, async (pool) => {
        await assert.rejects(fetchFrom(pool, { pool: pool.collector }), (error: LocateError) => {
          assert.deepEqual(error.names, ['a?::error::b', 'c# #[add-mask]d']);
          assert.doesNotMatch(error.message, /\n|##\[/);
          return true;
        });
      }));

    test('without any daemon causes an error that mentions this', () =>
      withPool({ schedds: [], readNeedsSession }, async (pool) => {
        await assert.rejects(fetchFrom(pool, { pool: pool.collector, name: 'x@y' }), /it lists no daemon of that type/);
      }));
  });
}

describe('Several collectors', () => {
  test('are queried in turn until one responds', () =>
    withPool({}, async (pool) => {
      const warnings: string[] = [];
      const list = `127.0.0.1:${await deadPort()}, ${pool.collector}`;
      const onLog = (level: string, line: string) => level === 'warn' && warnings.push(line);
      const { daemonName } = await fetchFrom(pool, { pool: list, name: 'ci@pool', onLog });
      assert.equal(daemonName, 'ci@pool');
      assert.match(warnings.join('\n'), /connection refused; trying the next collector/);
    }));
  test('cause an error that the other one does not list the daemon if one of them is down', () =>
    withPool({}, async (pool) => {
      const list = `${pool.collector} 127.0.0.1:${await deadPort()}`;
      await assert.rejects(fetchFrom(pool, { pool: list, name: 'nobody@x' }), { code: 'ERR_NOT_FOUND' });
    }));
  test('cause an error about the last one if none responds', async () => {
    const [first, last] = [await deadPort(), await deadPort()];
    await withPool({}, async (pool) => {
      await assert.rejects(fetchFrom(pool, { pool: `127.0.0.1:${first} 127.0.0.1:${last}`, name: 'x' }), {
        ...{ code: 'ERR_CONNECT', phase: 'locate', peer: `<127.0.0.1:${last}>` },
      });
    });
  });
});

describe('An ad', () => {
  const ads: readonly [string, Record<string, string | undefined>, string][] = [
    ['without an address', { MyAddress: undefined }, 'ERR_CLASSAD'],
    ['with an invalid address', { MyAddress: 'http://x/' }, 'ERR_CLASSAD'],
    ['of a daemon other than the requested one', { Name: 'other@pool' }, 'ERR_CLASSAD'],
    ['with a hostile address', { MyAddress: '<127.0.0.1:1?sock=a\n::error::b>' }, 'ERR_CLASSAD'],
  ];
  for (const [what, changes, code] of ads) {
    test(`${what} causes ${code}`, () =>
      withPool({ edit: { daemon: (ad) => ({ ...ad, ...changes }) } }, async (pool) => {
        await assert.rejects(fetchFrom(pool, { pool: pool.collector, name: 'ci@pool' }), { code, phase: 'locate' });
      }));
  }
  test('of an older schedd provides the address in ScheddIpAddr', () =>
    withPool(
      { edit: { daemon: (ad) => ({ ...ad, ScheddIpAddr: ad['MyAddress'], MyAddress: '<192.0.2.1:1>' }) } },
      async (pool) => {
        const { daemonAddress } = await fetchFrom(pool, { pool: pool.collector, name: 'ci@pool' });
        assert.equal(daemonAddress, pool.schedd());
      },
    ));
  test('with the address of another daemon is accepted only if that daemon authenticates itself', () =>
    withPool({}, async (impostor) => {
      const edit = { daemon: (ad: object) => ({ ...ad, MyAddress: impostor.schedd() }) };
      await withPool({ edit }, async (pool) => {
        await assert.rejects(fetchFrom(pool, { pool: pool.collector, name: 'ci@pool' }), {
          code: 'ERR_SERVER_UNPROVEN',
        });
        assert.ok(!impostor.log.some((line) => line.startsWith('PERMISSION GRANTED')));
      });
    }));
});
