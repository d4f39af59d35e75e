/** Tests the method negotiation: order, rejected credentials, and daemons that do not authenticate themselves. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AuthenticationError, HTCondorError } from '../../src/errors.ts';
import type { MethodClients, MethodName, Words } from '../support/clients/method-clients.ts';
import { assertNothingLeft, bitOf, clients, METHODS, offered } from '../support/clients/negotiation.ts';
import { SigningKey } from '../support/credentials/signing-key.ts';
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { instead } from '../support/faults/broken-messages.ts';

/** Number of round trips to a schedd at a known address, as documented. */
const ROUND_TRIPS: Readonly<Record<MethodName, number>> = {
  IDTOKENS: 3,
  KERBEROS: 3,
  PASSWORD: 3,
  MUNGE: 3,
  FS: 4,
  SSL: 4,
  SCITOKENS: 4,
};

describe('Each method', () => {
  for (const method of METHODS) {
    for (const pieces of [1, 1000]) {
      test(`fetches a token for the mapped identity: ${method}, with replies in chunks of ${pieces} bytes`, () =>
        withPool(clients.pool({ pieces }), async (pool) => {
          const words = clients.inputsFor(method, pool);
          const { fetched, error, log } = await clients.try(pool, { ...words, authz: 'READ', lifetime: '60' });
          assert.ok(fetched !== undefined, `${error}\n${pool.log.join('\n')}`);
          const { token, authenticationMethod, roundTrips } = fetched;
          assert.deepEqual(
            [token.subject, token.authz, authenticationMethod],
            [clients.identity(method), ['READ'], method],
          );
          assert.equal(roundTrips, ROUND_TRIPS[method]);
          assert.equal(pool.connections, 1);
          for (const secret of clients.secrets(words)) assert.ok(!log.join('\n').includes(secret));
          assertNothingLeft();
        }));
    }

    test(`adds only the wait for the policy if it is one of several methods: ${method}`, () =>
      withPool(clients.pool({ methods: [method === 'IDTOKENS' ? 'TOKEN' : method] }), async (pool) => {
        const others = METHODS.filter((each) => each !== method);
        const { fetched, error } = await clients.try(pool, {
          ...clients.several([...others.slice(0, 2), method], pool),
          mode: 'fetch',
        });
        assert.equal(fetched?.authenticationMethod, method, String(error));
        assert.deepEqual(offered(pool).at(-1), method);
        assert.ok((fetched?.roundTrips ?? 0) <= ROUND_TRIPS[method] + 3);
      }));
  }
});

describe('The order of methods', () => {
  const methods = ['SSL', 'PASSWORD', 'TOKEN', 'SCITOKENS'] as const;

  test('is that of authentication-methods', () =>
    withPool(clients.pool({ methods }), async (pool) => {
      const { fetched } = await clients.try(pool, clients.several(['SCITOKENS', 'SSL', 'IDTOKENS'], pool));
      assert.equal(fetched?.authenticationMethod, 'SCITOKENS');
      assert.deepEqual(offered(pool), ['SCITOKENS']);
    }));

  test('is that of the inputs if they contain the credentials', () =>
    withPool(clients.pool({ methods }), async (pool) => {
      const { 'authentication-methods': _, ...words } = clients.several(['SSL', 'SCITOKENS', 'PASSWORD'], pool);
      const { fetched } = await clients.try(pool, words);
      assert.equal(fetched?.authenticationMethod, 'SCITOKENS');
    }));

  for (const [first, second] of [
    ['SSL', 'SCITOKENS'],
    ['SCITOKENS', 'SSL'],
  ] as const) {
    test(`is that of the daemon, ${first} before ${second}, if the configuration contains the credentials`, () =>
      withPool(clients.pool({ methods: [first, second] }), async (pool) => {
        const env = { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'SCITOKENS, SSL', ...files(clients) };
        const { fetched, error } = await clients.try(
          pool,
          {},
          { env: { ...env, BEARER_TOKEN: clients.issuer.issue('alice') } },
        );
        assert.equal(fetched?.authenticationMethod, first, String(error));
        assert.deepEqual(
          offered(pool),
          [first],
          'the client guesses nothing before the daemon has announced its preference',
        );
      }));
  }
});

/** Returns configuration settings that name files with the client certificate and the CA certificate. */
function files(of: MethodClients): Record<string, string> {
  return {
    _CONDOR_AUTH_SSL_CLIENT_CERTFILE: of.file('cert.pem', of.alice.certificate),
    _CONDOR_AUTH_SSL_CLIENT_KEYFILE: of.file('key.pem', of.alice.key),
    _CONDOR_AUTH_SSL_CLIENT_CAFILE: of.file('ca.pem', of.authority.certificate),
  };
}

/** Settings with which the daemon rejects each method in such a way that both sides can continue. */
const REFUSALS: Readonly<Record<MethodName, () => EmbeddedPoolOptions>> = {
  IDTOKENS: () => ({ revoked: () => true }),
  KERBEROS: () => ({ kerberos: { key: undefined } }),
  PASSWORD: () => ({ password: undefined }),
  FS: () => ({ fs: { directory: clients.tmp, ask: (path) => path.replace(clients.tmp, '/var') } }),
  MUNGE: () => ({ munge: { decode: async () => undefined } }),
  SSL: () => ({
    map: {},
    tls: { certificate: clients.server, authority: clients.authority.certificate, requires: 'mapping' },
  }),
  SCITOKENS: () => ({ map: {} }),
};

describe('A rejected credential', () => {
  for (const method of METHODS) {
    const next: MethodName = method === 'IDTOKENS' ? 'PASSWORD' : 'IDTOKENS';
    test(`for ${method} is followed by the next one on the same connection`, () =>
      withPool(clients.pool(REFUSALS[method]()), async (pool) => {
        const { fetched, error } = await clients.try(pool, clients.several([method, next], pool));
        assert.equal(fetched?.authenticationMethod, next, `${error}\n${pool.log.join('\n')}`);
        assert.deepEqual(offered(pool), [method, next]);
        assert.equal(pool.connections, 1);
        assertNothingLeft();
      }));

    test(`for ${method} is reported with its reason if it was the last`, () =>
      withPool(clients.pool(REFUSALS[method]()), async (pool) => {
        const { error } = await clients.try(pool, clients.inputsFor(method, pool));
        assert.ok(error instanceof AuthenticationError, String(error));
        assert.equal(error.code, 'ERR_METHODS_EXHAUSTED');
        assert.deepEqual(
          error.attempts.map(({ method }) => method),
          [method],
        );
        assert.match(error.attempts[0]?.reason ?? '', /^.+: .{10,}/);
        assert.deepEqual([pool.connections, offered(pool)], [1, [method]]);
        assertNothingLeft();
      }));
  }

  test('is followed by all others in turn on the same connection', () => {
    const all = Object.assign({}, ...METHODS.map((method) => REFUSALS[method]())) as EmbeddedPoolOptions;
    const order: MethodName[] = ['SCITOKENS', 'SSL', 'IDTOKENS', 'MUNGE', 'FS', 'PASSWORD'];
    const there = order.filter((method) => METHODS.includes(method));
    return withPool(clients.pool(all), async (pool) => {
      const { error } = await clients.try(pool, clients.several(there, pool));
      assert.ok(error instanceof AuthenticationError, String(error));
      assert.deepEqual(
        error.attempts.map(({ method }) => method),
        there,
      );
      assert.deepEqual([offered(pool), pool.connections], [there, 1]);
    });
  });

  test('is not offered again, unlike a second token', () =>
    withPool(clients.pool({ revoked: ({ sub }) => sub === 'alice@pool.test' }), async (pool) => {
      const words = { idtoken: `${pool.idToken('alice')}\n${pool.idToken('alice')}\n${pool.idToken('bob')}` };
      const { fetched } = await clients.try(pool, words);
      assert.equal(fetched?.token.subject, 'bob@pool.test');
      assert.deepEqual([offered(pool), pool.connections], [['IDTOKENS', 'IDTOKENS', 'IDTOKENS'], 1]);
    }));
});

describe('Peers that are out of step', () => {
  test('use a new connection without the failed method', () =>
    withPool(clients.pool({ tls: { certificate: undefined } }), async (pool) => {
      const { fetched, error } = await clients.try(pool, clients.several(['SSL', 'SCITOKENS', 'PASSWORD'], pool));
      assert.equal(fetched?.authenticationMethod, 'PASSWORD', String(error));
      assert.deepEqual([offered(pool), pool.connections], [['SSL', 'SCITOKENS', 'PASSWORD'], 3]);
    }));

  test('use no new connection if there is no other method', () =>
    withPool(clients.pool({ tls: { certificate: undefined } }), async (pool) => {
      const { error } = await clients.try(pool, clients.several(['SSL', 'SCITOKENS'], pool));
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
  test('is not offered, and the error gives this reason', () =>
    withPool(clients.pool({ methods: ['PASSWORD'], password: undefined }), async (pool) => {
      const { error } = await clients.try(pool, clients.several(['PASSWORD', 'SSL', 'IDTOKENS'], pool));
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

  test('costs another connection if the client guessed it, and its credential is not sent again', () =>
    withPool(clients.pool({ methods: ['PASSWORD'] }), async (pool) => {
      const words = clients.several(['SSL', 'PASSWORD'], pool);
      const { fetched, error } = await clients.try(pool, words);
      assert.equal(fetched?.authenticationMethod, 'PASSWORD', String(error));
      assert.equal(pool.connections, 2);
    }));
});

/** Behavior of an impostor, which must cause the authentication to fail. */
const IMPOSTORS: readonly [string, MethodName, () => EmbeddedPoolOptions | Promise<EmbeddedPoolOptions>][] = [
  ['another signing key', 'IDTOKENS', () => ({ keys: [new SigningKey('POOL')] })],
  ['another pool password', 'PASSWORD', () => ({ password: Buffer.from('wrong') })],
  [
    'a certificate for another host',
    'SSL',
    async () => tls(await clients.authority.issue({ subject: 'CN=other.test' })),
  ],
  ['a certificate of another authority', 'SSL', async () => tls(await stranger())],
  [
    'a certificate for another host',
    'SCITOKENS',
    async () => tls(await clients.authority.issue({ subject: 'CN=o.test' })),
  ],
  ['a certificate of another authority', 'SCITOKENS', async () => tls(await stranger())],
];

const tls = (certificate: Awaited<ReturnType<typeof stranger>>): EmbeddedPoolOptions => ({
  tls: { certificate, authority: clients.authority.certificate },
});
async function stranger() {
  const { Authority } = await import('../support/credentials/certificates.ts');
  return await (await Authority.create()).issue({ subject: `CN=${clients.hostName}`, hosts: [clients.hostName] });
}

describe('A daemon that cannot authenticate itself', () => {
  for (const [what, method, options] of IMPOSTORS) {
    const next: MethodName = method === 'PASSWORD' ? 'SSL' : 'PASSWORD';
    test(`with ${what} ends the run with ${method} and receives no second credential`, async () => {
      const honest = new SigningKey('POOL').issue({ subject: 'alice@pool.test', issuer: 'pool.test' });
      await withPool(clients.pool(await options()), async (pool) => {
        const words: Words = {
          ...clients.several([method, next], pool),
          ...(method === 'IDTOKENS' ? { idtoken: honest } : {}),
        };
        const { error, fetched } = await clients.try(pool, words);
        assert.ok(error instanceof AuthenticationError, `${error} ${fetched}`);
        assert.equal(error.code, 'ERR_SERVER_UNPROVEN', error.message);
        assert.deepEqual([offered(pool), pool.connections], [[method], 1]);
        while (pool.open > 0) await new Promise((resolve) => setImmediate(resolve));
        assert.deepEqual(offered(pool), [method], 'nothing more was offered');
        for (const secret of clients.secrets(words)) assert.ok(!pool.hasHeard(secret), 'a secret was sent');
        assert.ok(!pool.log.some((line) => line.startsWith('PERMISSION GRANTED')));
      });
    });
  }
});

test('a daemon without the key of several tokens receives each of them, but no password', () =>
  withPool(clients.pool({ keys: [new SigningKey('POOL')] }), async (pool) => {
    const foreign = new SigningKey('POOL');
    const tokens = ['alice', 'bob'].map((name) => foreign.issue({ subject: `${name}@pool.test`, issuer: 'pool.test' }));
    const words: Words = { ...clients.several(['IDTOKENS', 'PASSWORD'], pool), idtoken: tokens.join('\n') };
    const { error } = await clients.try(pool, words);
    assert.ok(error instanceof AuthenticationError, String(error));
    assert.equal(error.code, 'ERR_SERVER_UNPROVEN');
    assert.deepEqual(offered(pool), ['IDTOKENS', 'IDTOKENS']);
    const { reason = '' } = error.attempts.find(({ method }) => method === 'PASSWORD') ?? {};
    assert.match(reason, /not used, because the daemon failed to authenticate itself/);
  }));

describe('A daemon that chooses', () => {
  for (const method of METHODS) {
    for (const other of METHODS.filter((each) => each !== method).slice(0, 2)) {
      test(`${other} although ${method} was offered causes an error without another attempt`, () =>
        withPool(clients.pool({ faults: { method: instead((m) => m.int(bitOf(other))) } }), async (pool) => {
          const { error } = await clients.try(pool, clients.several([method, other], pool));
          assert.ok(error instanceof HTCondorError, String(error));
          assert.equal(error.code, 'ERR_MESSAGE');
          assert.match(error.message, new RegExp(`the daemon chose method ${bitOf(other)}, which was not offered`));
          assert.equal(pool.connections, 1);
          assertNothingLeft();
        }));
    }
  }

  for (const [name, bit] of [
    ['CLAIMTOBE', 2],
    ['ANONYMOUS', 128],
    ['two methods at once', 256 | 4096],
    ['a negative number', -1],
  ] as const) {
    test(`${name} causes an error`, () =>
      withPool(clients.pool({ faults: { method: instead((m) => m.int(bit)) } }), async (pool) => {
        const { error } = await clients.try(pool, clients.several(['SSL', 'SCITOKENS'], pool));
        assert.equal((error as HTCondorError).code, 'ERR_MESSAGE');
      }));
  }

  test('no method declines the offered one, and the other credentials are not offered', () =>
    withPool(clients.pool({ faults: { method: instead((m) => m.int(0)) } }), async (pool) => {
      const { error } = await clients.try(pool, clients.several(['SSL', 'PASSWORD'], pool));
      assert.ok(error instanceof AuthenticationError);
      assert.match(error.attempts[0]?.reason ?? '', /the daemon declined the method/);
      assert.deepEqual(offered(pool), ['SSL']);
    }));
});
