/** Method negotiation: what follows a method that the daemon refuses, does not support or does not choose. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AuthenticationError } from '../../src/errors.ts';
import { withPool } from '../support/embedded-fetch.ts';
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import { assertNothingLeft, offered, WAYS, ways } from '../support/negotiation.ts';
import type { WayName } from '../support/ways.ts';

/** The refusal of each method, after which both sides can continue. */
const REFUSALS: Readonly<Record<WayName, () => EmbeddedPoolOptions>> = {
  IDTOKENS: () => ({ revoked: () => true }),
  KERBEROS: () => ({ kerberos: { key: undefined } }),
  PASSWORD: () => ({ password: undefined }),
  FS: () => ({ fs: { directory: ways.tmp, ask: (path) => path.replace(ways.tmp, '/var') } }),
  MUNGE: () => ({ munge: { decode: async () => undefined } }),
  SSL: () => ({
    map: {},
    tls: { certificate: ways.server, authority: ways.authority.certificate, requires: 'mapping' },
  }),
  SCITOKENS: () => ({ map: {} }),
};

describe('A refused credential', () => {
  for (const way of WAYS) {
    const next: WayName = way === 'IDTOKENS' ? 'PASSWORD' : 'IDTOKENS';
    test(`by ${way} is followed by the next on the same connection`, () =>
      withPool(ways.pool(REFUSALS[way]()), async (pool) => {
        const { fetched, error } = await ways.try(pool, ways.several([way, next], pool));
        assert.equal(fetched?.authenticationMethod, next, `${error}\n${pool.log.join('\n')}`);
        assert.deepEqual(offered(pool), [way, next]);
        assert.equal(pool.connections, 1);
        assertNothingLeft();
      }));

    test(`by ${way} is reported with its reason if it was the last`, () =>
      withPool(ways.pool(REFUSALS[way]()), async (pool) => {
        const { error } = await ways.try(pool, ways.words(way, pool));
        assert.ok(error instanceof AuthenticationError, String(error));
        assert.equal(error.code, 'ERR_METHODS_EXHAUSTED');
        assert.deepEqual(
          error.attempts.map(({ method }) => method),
          [way],
        );
        assert.match(error.attempts[0]?.reason ?? '', /^.+: .{10,}/);
        assert.deepEqual([pool.connections, offered(pool)], [1, [way]]);
        assertNothingLeft();
      }));
  }

  test('is followed by all others in turn on one connection', () => {
    const all = Object.assign({}, ...WAYS.map((way) => REFUSALS[way]())) as EmbeddedPoolOptions;
    const order: WayName[] = ['SCITOKENS', 'SSL', 'IDTOKENS', 'MUNGE', 'FS', 'PASSWORD'];
    const there = order.filter((way) => WAYS.includes(way));
    return withPool(ways.pool(all), async (pool) => {
      const { error } = await ways.try(pool, ways.several(there, pool));
      assert.ok(error instanceof AuthenticationError, String(error));
      assert.deepEqual(
        error.attempts.map(({ method }) => method),
        there,
      );
      assert.deepEqual([offered(pool), pool.connections], [there, 1]);
    });
  });

  test('is not offered again, unlike a second token', () =>
    withPool(ways.pool({ revoked: ({ sub }) => sub === 'alice@pool.test' }), async (pool) => {
      const words = { idtoken: `${pool.idToken('alice')}\n${pool.idToken('alice')}\n${pool.idToken('bob')}` };
      const { fetched } = await ways.try(pool, words);
      assert.equal(fetched?.token.subject, 'bob@pool.test');
      assert.deepEqual([offered(pool), pool.connections], [['IDTOKENS', 'IDTOKENS', 'IDTOKENS'], 1]);
    }));
});

describe('Peers that are out of step', () => {
  test('use a new connection without the method', () =>
    withPool(ways.pool({ tls: { certificate: undefined } }), async (pool) => {
      const { fetched, error } = await ways.try(pool, ways.several(['SSL', 'SCITOKENS', 'PASSWORD'], pool));
      assert.equal(fetched?.authenticationMethod, 'PASSWORD', String(error));
      assert.deepEqual([offered(pool), pool.connections], [['SSL', 'SCITOKENS', 'PASSWORD'], 3]);
    }));

  test('use no new connection without another method', () =>
    withPool(ways.pool({ tls: { certificate: undefined } }), async (pool) => {
      const { error } = await ways.try(pool, ways.several(['SSL', 'SCITOKENS'], pool));
      assert.ok(error instanceof AuthenticationError, String(error));
      assert.deepEqual(
        error.attempts.map(({ method }) => method),
        ['SSL', 'SCITOKENS'],
      );
      for (const { reason } of error.attempts) assert.match(reason, /AUTH_SSL_SERVER_CERTFILE/);
      assert.equal(pool.connections, 2);
    }));
});

describe('A method that the daemon does not accept', () => {
  test('is among the reasons and is not offered', () =>
    withPool(ways.pool({ methods: ['PASSWORD'], password: undefined }), async (pool) => {
      const { error } = await ways.try(pool, ways.several(['PASSWORD', 'SSL', 'IDTOKENS'], pool));
      assert.ok(error instanceof AuthenticationError, String(error));
      assert.deepEqual(
        error.attempts.map(({ method, reason }) => `${method}: ${reason.replace(/.*: /, '')}`),
        [
          'SSL: the daemon does not offer it',
          'IDTOKENS: the daemon does not offer it',
          'PASSWORD: the daemon has no pool password of its own (SEC_PASSWORD_FILE on its host)',
        ],
      );
      assert.deepEqual(offered(pool), ['PASSWORD']);
    }));

  test('costs another connection if it was guessed, and its credential is not sent again', () =>
    withPool(ways.pool({ methods: ['PASSWORD'] }), async (pool) => {
      const words = ways.several(['SSL', 'PASSWORD'], pool);
      const { fetched, error } = await ways.try(pool, words);
      assert.equal(fetched?.authenticationMethod, 'PASSWORD', String(error));
      assert.equal(pool.connections, 2);
    }));
});
