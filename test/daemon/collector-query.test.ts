/**
 * A daemon's host name from the collector: accepted if it equals the user's input, or if the collector has
 * authenticated itself.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AuthenticationError, HTCondorError } from '../../src/errors.ts';
import { ABSENT, type Tried, Ways, type Words } from '../support/clients/ways.ts';
import { SigningKey } from '../support/credentials/signing-key.ts';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';

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

describe('A collector that has not authenticated itself', () => {
  for (const name of ['ap.pool.test', 'ci@ap.pool.test', 'AP.pool.test']) {
    test(`is trusted for ${name}, whose host the user supplied`, async () => {
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
    test(`is not trusted for another name by ${method}`, async () => {
      const { error, said } = await locate('ci@pool', words);
      assert.match(reasons({ error } as Tried), new RegExp(`${method}: .*no host name is known`));
      assert.ok(!said.some((line) => /HANDSHAKE: client sent (256|4096)/.test(line)), said.join('\n'));
    });

    test(`need not be trusted by ${method} if server-name is set`, async () => {
      const { fetched, error } = await locate('ci@pool', (pool) => ({ ...words(pool), 'server-name': ways.hostName }));
      assert.equal(fetched?.token.subject, 'alice@pool.test', String(error));
    });
  }

  test('is trusted for methods that check no certificate, without a second query', async () => {
    const { fetched } = await locate('ci@pool', (pool) => ways.words('PASSWORD', pool));
    assert.equal(fetched?.roundTrips, 4);
  });

  test('remains unauthenticated with a method that does not authenticate it', {
    skip: ABSENT.FS ?? false,
  }, async () => {
    const words = (pool: EmbeddedPool): Words => ({ ...bySsl(pool), 'authentication-methods': 'SSL FS' });
    const { fetched, error, said } = await locate('ci@pool', words, { readNeedsSession: true });
    assert.equal(fetched?.authenticationMethod, 'FS', String(error));
    assert.ok(!said.some((line) => /HANDSHAKE: client sent 256/.test(line)), said.join('\n'));
  });
});

describe('A collector that has authenticated itself', () => {
  const withToken = (words: (pool: EmbeddedPool) => Words) => (pool: EmbeddedPool) => {
    const own = words(pool);
    return {
      ...own,
      idtoken: pool.idToken('bob'),
      'authentication-methods': `${own['authentication-methods']} IDTOKENS`,
    };
  };

  test('is trusted, and SSL uses the name that it returns', async () => {
    const { fetched, error } = await locate('ci@pool', withToken(bySsl));
    assert.deepEqual(
      [fetched?.authenticationMethod, fetched?.token.subject],
      ['SSL', 'alice@pool.test'],
      String(error),
    );
  });

  test('is not trusted for a SciToken, which others could use', async () => {
    const { fetched, error, said } = await locate('ci@pool', withToken(bySciToken));
    assert.deepEqual(
      [fetched?.authenticationMethod, fetched?.token.subject],
      ['IDTOKENS', 'bob@pool.test'],
      String(error),
    );
    assert.ok(!said.some((line) => /HANDSHAKE: client sent 4096/.test(line)));
  });
});

describe('A collector with another signing key', () => {
  test('causes a warning, and is not trusted', async () => {
    const forged = new SigningKey('POOL').issue({ subject: 'bob@pool.test', issuer: 'pool.test' });
    const words = (pool: EmbeddedPool): Words => ({
      ...bySsl(pool),
      idtoken: forged,
      'authentication-methods': 'SSL IDTOKENS',
    });
    const { error, log } = await locate('ci@pool', words);
    assert.ok(error instanceof HTCondorError);
    assert.match(log.join('\n'), /warn The collector failed to authenticate itself, so its replies are not trusted/);
  });
});
