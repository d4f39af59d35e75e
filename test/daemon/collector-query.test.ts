/**
 * Tests a daemon's host name that the collector returns. The name is accepted if it equals the user's input, or if the
 * collector has authenticated itself.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AuthenticationError, HTCondorError } from '../../src/errors.ts';
import { ABSENT, MethodClients, type Tried, type Words } from '../support/clients/method-clients.ts';
import { SigningKey } from '../support/credentials/signing-key.ts';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';

let clients: MethodClients;
before(async () => {
  clients = await MethodClients.create();
});
after(() => clients?.close());

interface Located extends Tried {
  readonly said: readonly string[];
}

/** Queries the pool, by its address, for a schedd with this name. */
function locate(
  name: string,
  words: (pool: EmbeddedPool) => Words,
  options: EmbeddedPoolOptions = {},
): Promise<Located> {
  const schedds = ['ap.pool.test', 'ci@ap.pool.test', 'ci@pool'];
  return withPool({ ...clients.pool({ schedds }), ...options }, async (pool) => {
    const tried = await clients.try(pool, { ...words(pool), pool: pool.collector, name });
    return { ...tried, said: pool.log };
  });
}

const bySsl = (pool: EmbeddedPool) => clients.inputsFor('SSL', pool);
const bySciToken = (pool: EmbeddedPool) => clients.inputsFor('SCITOKENS', pool);

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
    test(`is not trusted for another name with ${method}`, async () => {
      const { error, said } = await locate('ci@pool', words);
      assert.match(reasons({ error } as Tried), new RegExp(`${method}: .*no host name is known`));
      assert.ok(!said.some((line) => /HANDSHAKE: client sent (256|4096)/.test(line)), said.join('\n'));
    });

    test(`does not have to be trusted with ${method} if server-name is set`, async () => {
      const { fetched, error } = await locate('ci@pool', (pool) => ({
        ...words(pool),
        'server-name': clients.hostName,
      }));
      assert.equal(fetched?.token.subject, 'alice@pool.test', String(error));
    });
  }

  test('is trusted without a second query for methods that check no certificate', async () => {
    const { fetched } = await locate('ci@pool', (pool) => clients.inputsFor('PASSWORD', pool));
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

  test('is trusted, and SSL checks the certificate for the name that it returns', async () => {
    const { fetched, error } = await locate('ci@pool', withToken(bySsl));
    assert.deepEqual(
      [fetched?.authenticationMethod, fetched?.token.subject],
      ['SSL', 'alice@pool.test'],
      String(error),
    );
  });

  test('is not trusted for a SciToken, which another host could misuse', async () => {
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
