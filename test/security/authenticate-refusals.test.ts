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

describe('a credential that is refused', () => {
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

    test(`by ${way}, if it was the last, is told with its reason`, () =>
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

  test('is followed by all others, one after the other, on one connection', () => {
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

  test('is not offered again, but a second token is', () =>
    withPool(ways.pool({ revoked: ({ sub }) => sub === 'alice@pool.test' }), async (pool) => {
      const words = { idtoken: `${pool.idToken('alice')}\n${pool.idToken('alice')}\n${pool.idToken('bob')}` };
      const { fetched } = await ways.try(pool, words);
      assert.equal(fetched?.token.subject, 'bob@pool.test');
      assert.deepEqual([offered(pool), pool.connections], [['IDTOKENS', 'IDTOKENS', 'IDTOKENS'], 1]);
    }));
});

describe('peers that are out of step', () => {
  test('start over on a new connection without the method', () =>
    withPool(ways.pool({ tls: { certificate: undefined } }), async (pool) => {
      const { fetched, error } = await ways.try(pool, ways.several(['SSL', 'SCITOKENS', 'PASSWORD'], pool));
      assert.equal(fetched?.authenticationMethod, 'PASSWORD', String(error));
      assert.deepEqual([offered(pool), pool.connections], [['SSL', 'SCITOKENS', 'PASSWORD'], 3]);
    }));

  test('do not if there is nothing else', () =>
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

describe('a method that the daemon does not take', () => {
  test('is told among the reasons, and never offered', () =>
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

  test('was guessed: it costs another connection, and its credential goes no further', () =>
    withPool(ways.pool({ methods: ['PASSWORD'] }), async (pool) => {
      const words = ways.several(['SSL', 'PASSWORD'], pool);
      const { fetched, error } = await ways.try(pool, words);
      assert.equal(fetched?.authenticationMethod, 'PASSWORD', String(error));
      assert.equal(pool.connections, 2);
    }));
});
