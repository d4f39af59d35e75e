/** Method negotiation: the identity and the round trips of each method, and the order of methods. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withPool } from '../support/embedded-fetch.ts';
import { assertNothingLeft, offered, WAYS, ways } from '../support/negotiation.ts';
import type { WayName, Ways } from '../support/ways.ts';

/** Round trips to a schedd with a known address, as in the documentation. */
const ROUND_TRIPS: Readonly<Record<WayName, number>> = {
  IDTOKENS: 3,
  KERBEROS: 3,
  PASSWORD: 3,
  MUNGE: 3,
  FS: 4,
  SSL: 4,
  SCITOKENS: 4,
};

describe('Each method', () => {
  for (const way of WAYS) {
    for (const pieces of [1, 1000]) {
      test(`fetches a token for the mapped identity: ${way}, with replies in pieces of ${pieces} bytes`, () =>
        withPool(ways.pool({ pieces }), async (pool) => {
          const words = ways.words(way, pool);
          const { fetched, error, log } = await ways.try(pool, { ...words, authz: 'READ', lifetime: '60' });
          assert.ok(fetched !== undefined, `${error}\n${pool.log.join('\n')}`);
          const { token, authenticationMethod, roundTrips } = fetched;
          assert.deepEqual([token.subject, token.authz, authenticationMethod], [ways.identity(way), ['READ'], way]);
          assert.equal(roundTrips, ROUND_TRIPS[way]);
          assert.equal(pool.connections, 1);
          for (const secret of ways.secrets(words)) assert.ok(!log.join('\n').includes(secret));
          assertNothingLeft();
        }));
    }

    test(`costs only the wait for the policy among others: ${way}`, () =>
      withPool(ways.pool({ methods: [way === 'IDTOKENS' ? 'TOKEN' : way] }), async (pool) => {
        const others = WAYS.filter((each) => each !== way);
        const { fetched, error } = await ways.try(pool, {
          ...ways.several([...others.slice(0, 2), way], pool),
          mode: 'fetch',
        });
        assert.equal(fetched?.authenticationMethod, way, String(error));
        assert.deepEqual(offered(pool).at(-1), way);
        assert.ok((fetched?.roundTrips ?? 0) <= ROUND_TRIPS[way] + 3);
      }));
  }
});

describe('The order of methods', () => {
  const methods = ['SSL', 'PASSWORD', 'TOKEN', 'SCITOKENS'] as const;

  test('is that of authentication-methods', () =>
    withPool(ways.pool({ methods }), async (pool) => {
      const { fetched } = await ways.try(pool, ways.several(['SCITOKENS', 'SSL', 'IDTOKENS'], pool));
      assert.equal(fetched?.authenticationMethod, 'SCITOKENS');
      assert.deepEqual(offered(pool), ['SCITOKENS']);
    }));

  test('is that of the inputs if they have credentials', () =>
    withPool(ways.pool({ methods }), async (pool) => {
      const { 'authentication-methods': _, ...words } = ways.several(['SSL', 'SCITOKENS', 'PASSWORD'], pool);
      const { fetched } = await ways.try(pool, words);
      assert.equal(fetched?.authenticationMethod, 'SCITOKENS');
    }));

  for (const [first, second] of [
    ['SSL', 'SCITOKENS'],
    ['SCITOKENS', 'SSL'],
  ] as const) {
    test(`is that of the daemon, ${first} before ${second}, if the configuration has the credentials`, () =>
      withPool(ways.pool({ methods: [first, second] }), async (pool) => {
        const env = { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'SCITOKENS, SSL', ...files(ways) };
        const { fetched, error } = await ways.try(
          pool,
          {},
          { env: { ...env, BEARER_TOKEN: ways.issuer.issue('alice') } },
        );
        assert.equal(fetched?.authenticationMethod, first, String(error));
        assert.deepEqual(offered(pool), [first], 'nothing is presumed before the daemon has said what it prefers');
      }));
  }
});

/** Client certificate and CA in files, as HTCondor's configuration names them. */
function files(of: Ways): Record<string, string> {
  return {
    _CONDOR_AUTH_SSL_CLIENT_CERTFILE: of.file('cert.pem', of.alice.certificate),
    _CONDOR_AUTH_SSL_CLIENT_KEYFILE: of.file('key.pem', of.alice.key),
    _CONDOR_AUTH_SSL_CLIENT_CAFILE: of.file('ca.pem', of.authority.certificate),
  };
}
