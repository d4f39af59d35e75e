/**
 * A daemon's host name from the collector: accepted if it equals the user's input, or if the collector has
 * authenticated itself.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AuthenticationError, HTCondorError } from '../../src/errors.ts';
import { withPool } from '../support/embedded-fetch.ts';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import { SigningKey } from '../support/signing-key.ts';
import { ABSENT, type Tried, Ways, type Words } from '../support/ways.ts';

let ways: Ways;
before(async () => {
  ways = await Ways.create();
});
after(() => ways?.close());

interface Located extends Tried {
  readonly said: readonly string[];
}

/** Queries the pool, by its address, for a schedd of this name. */
function locate(
  name: string,
  words: (pool: EmbeddedPool) => Words,
  options: EmbeddedPoolOptions = {},
): Promise<Located> {
  const schedds = ['ap.pool.test', 'ci@ap.pool.test', 'ci@pool'];
  return withPool({ ...ways.pool({ schedds }), ...options }, async (pool) => {
    const tried = await ways.try(pool, { ...words(pool), pool: pool.collector, name });
    return { ...tried, said: pool.log };
  });
}

const bySsl = (pool: EmbeddedPool) => ways.words('SSL', pool);
const bySciToken = (pool: EmbeddedPool) => ways.words('SCITOKENS', pool);

function reasons({ error }: Tried): string {
  assert.ok(error instanceof AuthenticationError, error instanceof Error ? error.stack : String(error));
  return error.attempts.map(({ method, reason }) => `${method}: ${reason}`).join('\n');
}

describe('a collector that has not proven itself', () => {
  for (const name of ['ap.pool.test', 'ci@ap.pool.test', 'AP.pool.test']) {
    test(`is believed for ${name}, whose host the user has typed`, async () => {
      for (const words of [bySsl, bySciToken]) {
        const schedds = [name];
        const { fetched, error } = await locate(name, words, { schedds });
        assert.equal(fetched?.token.subject, 'alice@pool.test', String(error));
      }
    });
  }

  for (const [method, words] of [
    ['SSL', bySsl],
    ['SCITOKENS', bySciToken],
  ] as const) {
    test(`is not believed for another name, by ${method}`, async () => {
      const { error, said } = await locate('ci@pool', words);
      assert.match(reasons({ error } as Tried), new RegExp(`${method}: .*no host name is known`));
      assert.ok(!said.some((line) => /HANDSHAKE: client sent (256|4096)/.test(line)), said.join('\n'));
    });

    test(`need not be believed where the name is given, by ${method}`, async () => {
      const { fetched, error } = await locate('ci@pool', (pool) => ({ ...words(pool), 'server-name': ways.hostName }));
      assert.equal(fetched?.token.subject, 'alice@pool.test', String(error));
    });
  }

  test('is believed in everything else: who has no certificate to check asks nobody twice', async () => {
    const { fetched } = await locate('ci@pool', (pool) => ways.words('PASSWORD', pool));
    assert.equal(fetched?.roundTrips, 4);
  });

  test('vouches for nothing by a method in which it proves nothing', { skip: ABSENT.FS ?? false }, async () => {
    const words = (pool: EmbeddedPool): Words => ({ ...bySsl(pool), 'authentication-methods': 'SSL FS' });
    const { fetched, error, said } = await locate('ci@pool', words, { readNeedsSession: true });
    assert.equal(fetched?.authenticationMethod, 'FS', String(error));
    assert.ok(!said.some((line) => /HANDSHAKE: client sent 256/.test(line)), said.join('\n'));
  });
});

describe('a collector that has proven itself', () => {
  const withToken = (words: (pool: EmbeddedPool) => Words) => (pool: EmbeddedPool) => {
    const own = words(pool);
    return {
      ...own,
      idtoken: pool.idToken('bob'),
      'authentication-methods': `${own['authentication-methods']} IDTOKENS`,
    };
  };

  test('is believed, and SSL is used with the name that it gives', async () => {
    const { fetched, error } = await locate('ci@pool', withToken(bySsl));
    assert.deepEqual(
      [fetched?.authenticationMethod, fetched?.token.subject],
      ['SSL', 'alice@pool.test'],
      String(error),
    );
  });

  test('is not believed enough for a SciToken, which others could use', async () => {
    const { fetched, error, said } = await locate('ci@pool', withToken(bySciToken));
    assert.deepEqual(
      [fetched?.authenticationMethod, fetched?.token.subject],
      ['IDTOKENS', 'bob@pool.test'],
      String(error),
    );
    assert.ok(!said.some((line) => /HANDSHAKE: client sent 4096/.test(line)));
  });
});

describe('a collector with another key', () => {
  test('is told of, and believed no more than anybody', async () => {
    const forged = new SigningKey('POOL').issue({ subject: 'bob@pool.test', issuer: 'pool.test' });
    const words = (pool: EmbeddedPool): Words => ({
      ...bySsl(pool),
      idtoken: forged,
      'authentication-methods': 'SSL IDTOKENS',
    });
    const { error, log } = await locate('ci@pool', words);
    assert.ok(error instanceof HTCondorError);
    assert.match(log.join('\n'), /warn The collector failed to authenticate itself; its answers are not trusted/);
  });
});
