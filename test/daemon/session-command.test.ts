/**
 * After a daemon has denied a command or replied to DC_SEC_QUERY, it closes the connection. It does not read data that
 * the client sent after its last proof, so its TCP stack sends a reset. On Windows, a reset discards an unread reply.
 * Therefore, the client sends no data that a daemon may leave unread. It repeats the query if a reset may have
 * discarded the verdict.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readRequest } from '../../src/inputs/request.ts';
import { checkFetch } from '../../src/pipeline/check.ts';
import { ABSENT, assertError, MethodClients, type MethodName } from '../support/clients/method-clients.ts';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import { fetchFrom, withPool } from '../support/embedded-pool/with-pool.ts';
import { notingHost } from '../support/noting-host.ts';
import { surroundings } from '../support/surroundings.ts';

const unread = ({ log }: EmbeddedPool) => log.filter((line) => line.includes('unread bytes'));

describe('DC_SEC_QUERY', () => {
  test('is sent by verify, without a token request', () =>
    withPool({ resetDiscards: true }, async (pool) => {
      await fetchFrom(pool, { authz: ['READ', 'WRITE'], verify: true });
      assert.equal(pool.log.filter((line) => /for command 60040/.test(line)).length, 2);
      assert.deepEqual(unread(pool), []);
    }));

  for (const authz of ['READ', 'READ ADMINISTRATOR']) {
    test(`is sent by a check of ${authz}, without a token request`, () =>
      withPool({ resetDiscards: true }, async (pool) => {
        const idtoken = pool.idToken('alice', { authz: ['READ', 'WRITE'] });
        const words: Readonly<Record<string, string>> = { address: pool.schedd(), idtoken, authz };
        const request = readRequest((name) => words[name], surroundings());
        const { allowed } = await checkFetch(request, notingHost().host);
        assert.deepEqual(allowed, ['READ']);
        assert.deepEqual(unread(pool), []);
      }));
  }
});

describe('A denial that a TCP reset discards', () => {
  let clients: MethodClients;
  before(async () => {
    clients = await MethodClients.create();
  });
  after(() => clients.close());

  const denying: EmbeddedPoolOptions = { resetDiscards: true, denied: () => true };
  for (const method of ['IDTOKENS', 'SSL', 'SCITOKENS', 'PASSWORD'] as const satisfies MethodName[]) {
    test(`is received at the second attempt with ${method}, which sends no early request`, () =>
      withPool(clients.pool(denying), async (pool) => {
        const tried = await clients.try(pool, { ...clients.inputsFor(method, pool), 'server-name': clients.hostName });
        assertError(tried, 'ERR_DENIED', /replied DENIED to the command/);
        assert.equal(unread(pool).length, 1, pool.log.join('\n'));
        assert.equal(pool.connections, 2);
      }));
  }

  // The daemon sends its verdict before the request can arrive, so the client might receive either the verdict or the
  // reset first. Here, the reset replaces the first verdict.
  for (const method of ['FS', 'MUNGE'] as const satisfies MethodName[]) {
    test(`is received at the second attempt with ${method}`, { skip: ABSENT[method] ?? false }, () => {
      let verdicts = 0;
      const faults = { 'post-auth': (frame: Uint8Array) => (++verdicts === 1 ? ('reset' as const) : frame) };
      return withPool(clients.pool({ ...denying, faults }), async (pool) => {
        const tried = await clients.try(pool, clients.inputsFor(method, pool));
        assertError(tried, 'ERR_DENIED', /replied DENIED to the command/);
        assert.deepEqual(unread(pool), []);
        assert.equal(pool.connections, 2);
      });
    });
  }

  for (const words of [{ mode: 'request', identity: 'bob@pool.test' }, { mode: 'exchange' }]) {
    test(`is received at the second attempt in mode ${words.mode}`, () =>
      withPool(clients.pool(denying), async (pool) => {
        const scitoken = clients.inputsFor('SCITOKENS', pool);
        const own = words.mode === 'exchange' ? scitoken : clients.inputsFor('IDTOKENS', pool);
        const tried = await clients.try(pool, { ...own, ...words, 'server-name': clients.hostName });
        assertError(tried, 'ERR_DENIED', /replied DENIED to the command/);
        assert.equal(unread(pool).length, 1, pool.log.join('\n'));
      }));
  }

  test('is received at the second attempt from a collector that requires a session', () =>
    withPool(clients.pool({ ...denying, readNeedsSession: true }), async (pool) => {
      const words = { pool: pool.collector, name: 'ci@pool', ...clients.inputsFor('IDTOKENS', pool) };
      const tried = await clients.try(pool, words);
      assertError(tried, 'ERR_DENIED', /replied DENIED to the command/);
    }));

  test('is received at the first attempt if the daemon chooses the method, because the client does not guess it', () =>
    withPool(clients.pool({ ...denying, methods: ['PASSWORD', 'TOKEN'] }), async (pool) => {
      const words = { idtoken: pool.idToken(), password: 'correct horse' };
      const tried = await clients.try(pool, words);
      assertError(tried, 'ERR_DENIED', /replied DENIED to the command/);
      assert.equal(pool.connections, 2);
    }));
});
