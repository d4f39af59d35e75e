/**
 * Tests the SciToken exchange. The exchange requires a session in which the daemon has authenticated itself. The
 * IDTOKEN from the exchange is restricted in a second step.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { loadCredentials } from '../../src/credentials/load.ts';
import { exchangeSciToken, getSessionToken } from '../../src/daemon/token-commands.ts';
import { type AuthenticationError, DaemonError, type HTCondorError } from '../../src/errors.ts';
import { readRequest } from '../../src/inputs/request.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { parseSinful } from '../../src/transport/sinful.ts';
import { ABSENT, assertError, MethodClients, type Tried, type Words } from '../support/clients/method-clients.ts';
import { SciTokenKey } from '../support/credentials/scitoken-key.ts';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { notingHost } from '../support/noting-host.ts';
import { patience } from '../support/slowness.ts';
import { surroundings } from '../support/surroundings.ts';

let clients: MethodClients;
before(async () => {
  clients = await MethodClients.create();
});
after(() => clients?.close());

interface Exchanged extends Tried {
  readonly said: readonly string[];
  readonly connections: number;
  /** True if the daemon has received the SciToken. */
  readonly shown: boolean;
}

function exchange(
  words: Words | ((pool: EmbeddedPool) => Words) = {},
  options: EmbeddedPoolOptions = {},
  scitoken = clients.issuer.issue('alice'),
): Promise<Exchanged> {
  return withPool({ ...clients.pool(), ...options }, async (pool) => {
    const own = typeof words === 'function' ? words(pool) : words;
    const all: Words = {
      ...{ mode: 'exchange', scitoken, 'ca-certificate': clients.authority.certificate, authz: 'READ', lifetime: '60' },
      ...own,
    };
    const tried = await clients.try(pool, all);
    const shown = scitoken.split('.').some((part) => pool.hasHeard(part));
    return { ...tried, said: pool.log, connections: pool.connections, shown };
  });
}

describe('A SciToken', () => {
  test('is exchanged for an IDTOKEN with the mapped identity, restricted to the requested levels', async () => {
    const { fetched, error, connections, masks } = await exchange();
    assert.ok(fetched !== undefined, String(error));
    const { token, authenticationMethod, roundTrips } = fetched;
    assert.deepEqual([token.subject, token.authz, authenticationMethod], ['alice@pool.test', ['READ'], 'IDTOKENS']);
    assert.equal(Number(token.expiresAt) - Number(token.issuedAt), 60);
    assert.deepEqual([roundTrips, connections], [7, 2]);
    const tokens = [...new Set(masks.filter((each) => each.split('.').length === 3))];
    assert.equal(tokens.length, 3, 'the SciToken and both IDTOKENs');
    for (const idtoken of tokens)
      assert.ok(masks.includes(idtoken.split('.')[2] ?? '?'), 'the signature is also masked separately');
  });

  test('is not sent to a host whose name comes only from the collector', () =>
    withPool(clients.pool({ methods: ['SSL', 'SCITOKENS'] }), async (pool) => {
      const { host } = notingHost({ signal: AbortSignal.timeout(patience(10_000)) });
      const scitoken = clients.issuer.issue('alice');
      const words = {
        ...clients.inputsFor('SSL', pool),
        scitoken,
        address: pool.schedd(),
        'authentication-methods': 'SSL SCITOKENS',
      };
      const { credentials } = readRequest((name) => (words as Words)[name], surroundings());
      const loaded = loadCredentials(credentials, host);
      const address = parseSinful(pool.schedd()) ?? assert.fail();
      const claimed = { address, serverName: undefined, claimedName: clients.hostName };
      await assert.rejects(
        exchangeSciToken(claimed, new Secret(scitoken), loaded, host),
        (error: AuthenticationError) => {
          assert.equal(error.code, 'ERR_METHODS_EXHAUSTED');
          const reasons = error.attempts
            .map(({ reason }) => reason)
            .filter((each) => each.includes('only the collector reports'));
          assert.equal(reasons.length, 2, 'one reason for SSL and one for SCITOKENS');
          return true;
        },
      );
      assert.ok(scitoken.split('.').every((part) => !pool.hasHeard(part)));
      const named = { address, serverName: clients.hostName };
      assert.equal((await exchangeSciToken(named, new Secret(scitoken), loaded, host)).session.method, 'SSL');
      const limits = { authz: [], lifetimeSeconds: 60, key: undefined };
      assert.equal(
        (await getSessionToken(claimed, limits, loaded, host)).session.method,
        'SSL',
        'which sends no secret',
      );
    }));

  test('that is too long for SCITOKENS is exchanged in a session with another method', async () => {
    const scitoken = clients.issuer.issue('alice', { pad: 'x'.repeat(20_000) });
    const words = (pool: EmbeddedPool): Words => ({ ...clients.inputsFor('PASSWORD', pool) });
    const { fetched, error } = await exchange(words, {}, scitoken);
    assert.equal(fetched?.token.subject, 'alice@pool.test', String(error));
  });

  test('limits the lifetime of the result', async () => {
    const scitoken = clients.issuer.issue('alice', { exp: Math.floor(Date.now() / 1000) + 30 });
    const { fetched, error } = await exchange({}, {}, scitoken);
    assert.match(fetched?.reductions.join() ?? String(error), /^lifetime: requested 1 min, granted (2\d|30) s$/);
  });

  test('is exchanged in an SSL session, regardless of the session’s identity', async () => {
    const map = {
      [`SCITOKENS ${clients.issuer.url},alice`]: 'alice@pool.test',
      'SSL /CN=alice/O=Test': 'bob@pool.test',
    };
    const { fetched, error } = await exchange((pool) => clients.inputsFor('SSL', pool), { map });
    assert.equal(fetched?.token.subject, 'alice@pool.test', String(error));
  });
});

describe('An unusable SciToken', () => {
  const through = (pool: EmbeddedPool): Words => clients.inputsFor('PASSWORD', pool);
  const bad: readonly [string, () => string, number, RegExp][] = [
    [
      'for another audience',
      () => clients.issuer.issue('alice', { aud: 'x' }),
      2,
      /SCITOKENS:2:'aud' claim verification failed/,
    ],
    ['that has expired', () => clients.issuer.issue('alice', { exp: 1000 }), 2, /token expired/],
    [
      'with a forged signature',
      () => new SciTokenKey(clients.issuer.url).issue('alice'),
      2,
      /failed to verify signature/,
    ],
    [
      'for an unmapped identity',
      () => clients.issuer.issue('mallory'),
      5,
      /Failed to map SciToken to a local identity/,
    ],
  ];
  for (const [what, token, code, text] of bad) {
    test(`${what} is rejected with a reason, which SCITOKENS never sends`, async () => {
      const tried = await exchange(through, {}, token());
      assertError(tried, 'ERR_DAEMON', text);
      assert.deepEqual([(tried.error as DaemonError).errorCode, (tried.error as DaemonError).phase], [code, 'token']);
      assert.ok(tried.error instanceof DaemonError);
    });
  }

  test('that is malformed or empty is rejected before any connection', async () => {
    for (const [scitoken, code] of [
      ['hunter2', 'ERR_CREDENTIAL_UNREADABLE'],
      ['a.b', 'ERR_CREDENTIAL_UNREADABLE'],
      ['', 'ERR_NO_CREDENTIAL'],
    ] as const) {
      const { error, connections } = await exchange(through, {}, scitoken);
      assert.equal((error as HTCondorError).code, code);
      assert.equal(connections, 0);
    }
  });
});

describe('A SciToken is not sent', () => {
  test('in a session that does not authenticate the daemon, which the error names as the reason', {
    skip: ABSENT.FS ?? false,
  }, async () => {
    for (const methods of ['FS', 'MUNGE', 'FS MUNGE']) {
      const tried = await exchange({ 'authentication-methods': methods });
      assertError(
        tried,
        'ERR_NO_CREDENTIAL',
        /a SciToken is sent only to a daemon that authenticates itself: .*not with (FS|MUNGE)/,
      );
      assert.deepEqual([tried.shown, tried.connections], [false, 0]);
    }
  });

  test('in an FS session if another method is available', { skip: ABSENT.FS ?? false }, async () => {
    const words = (pool: EmbeddedPool): Words => ({
      ...{ ...clients.inputsFor('PASSWORD', pool), 'authentication-methods': 'FS PASSWORD' },
    });
    const { fetched, said, error } = await exchange(words);
    assert.equal(fetched?.token.subject, 'alice@pool.test', String(error));
    assert.ok(!said.some((line) => /i picked FS/.test(line)));
  });

  const impostors: readonly [string, Words['authentication-methods'], () => EmbeddedPoolOptions][] = [
    ['another pool password', 'PASSWORD', () => ({ password: Buffer.from('wrong') })],
    [
      'a certificate for a different name',
      'SSL',
      () => ({ tls: { certificate: clients.alice, authority: clients.authority.certificate } }),
    ],
    [
      'a certificate for a different name',
      'SCITOKENS',
      () => ({ tls: { certificate: clients.alice, authority: clients.authority.certificate } }),
    ],
  ];
  for (const [what, method, options] of impostors) {
    test(`to a daemon with ${what}, with ${method}`, async () => {
      const words = (pool: EmbeddedPool): Words => ({
        ...clients.several(['PASSWORD', 'SSL'], pool),
        ...(method === undefined ? {} : { 'authentication-methods': method }),
      });
      const tried = await exchange(words, options());
      assertError(tried, 'ERR_SERVER_UNPROVEN', /failed to prove/);
      assert.ok(!tried.shown);
    });
  }

  test('to a daemon that does not map the client’s identity', async () => {
    const map = { [`SCITOKENS ${clients.issuer.url},alice`]: 'alice@pool.test' };
    const tried = await exchange((pool) => clients.inputsFor('SSL', pool), { map });
    assertError(tried, 'ERR_CLOSED', /closed/);
  });
});

describe('The result of an exchange', () => {
  const replies: readonly [string, Record<string, unknown>, string][] = [
    ['nothing', { Token: undefined }, 'ERR_TOKEN_MALFORMED'],
    ['a word', { Token: 'x' }, 'ERR_TOKEN_MALFORMED'],
    ['an error and a token', { ErrorString: 'no' }, 'ERR_DAEMON'],
  ];
  for (const [what, changes, code] of replies) {
    test(`is rejected if it is ${what}`, async () => {
      const edit: EmbeddedPoolOptions['edit'] = { reply: (ad) => ({ ...ad, ...changes }) as typeof ad };
      assertError(await exchange({}, { edit }), code, /./);
    });
  }
});
