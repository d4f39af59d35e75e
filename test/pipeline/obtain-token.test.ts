/** Tests each mode's token command and requirements, and that modes are not confused with each other. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { HTCondorError } from '../../src/errors.ts';
import { MethodClients, type Words } from '../support/clients/method-clients.ts';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';

let clients: MethodClients;
before(async () => {
  clients = await MethodClients.create();
});
after(() => clients?.close());

/** Commands that the pool received, in order. */
const commands = (pool: EmbeddedPool) =>
  pool.log.flatMap((line) => /^PERMISSION GRANTED to .* for command (\d+)/.exec(line)?.[1] ?? []);

function ask(words: (pool: EmbeddedPool) => Words, options: EmbeddedPoolOptions = {}) {
  return withPool(clients.pool(options), async (pool) => {
    const tried = await clients.try(pool, words(pool));
    return { ...tried, commands: commands(pool) };
  });
}

describe('The mode', () => {
  test('is fetch by default', async () => {
    const { fetched, commands } = await ask((pool) => clients.inputsFor('PASSWORD', pool));
    assert.deepEqual([fetched?.token.subject, commands], ['condor@password', ['60046']]);
  });

  test('request sends one request, then polls until it is approved', async () => {
    const requests: EmbeddedPoolOptions['requests'] = {
      whenPolled: (id, poll, all) => poll === 2 && all.decide(id, 'approved'),
    };
    const words = (pool: EmbeddedPool): Words => ({
      ...clients.inputsFor('PASSWORD', pool),
      mode: 'request',
      identity: 'carol@pool.test',
    });
    const { fetched, commands, error } = await ask(words, { requests });
    assert.deepEqual(
      [fetched?.token.subject, commands],
      ['carol@pool.test', ['60047', '60048', '60048']],
      String(error),
    );
  });

  test('exchange exchanges the SciToken, then requests a restricted token with the result', async () => {
    const words = (pool: EmbeddedPool): Words => ({
      ...{
        ...clients.inputsFor('PASSWORD', pool),
        mode: 'exchange',
        scitoken: clients.issuer.issue('alice'),
        authz: 'READ',
      },
    });
    const { fetched, commands, error } = await ask(words);
    assert.deepEqual([fetched?.token.subject, commands], ['alice@pool.test', ['60052', '60046']], String(error));
    assert.deepEqual(fetched?.token.authz, ['READ']);
  });

  test('exchange fails before any connection if there is no SciToken', async () => {
    const words = (pool: EmbeddedPool): Words => ({ ...clients.inputsFor('PASSWORD', pool), mode: 'exchange' });
    const { error, commands } = await ask(words);
    assert.ok(error instanceof HTCondorError, String(error));
    assert.deepEqual([error.code, error.phase, commands], ['ERR_NO_CREDENTIAL', 'credentials', []]);
    assert.match(error.message, /^no SciToken to exchange: no SciToken was found/);
  });

  test('exchange fails if the result is not an IDTOKEN, and sends the result to no daemon', async () => {
    let replies = 0;
    const reply = (ad: object) => {
      replies += 1;
      return { ...ad, Token: clients.issuer.issue('alice') };
    };
    const words = (pool: EmbeddedPool): Words => ({
      ...{ ...clients.inputsFor('PASSWORD', pool), mode: 'exchange', scitoken: clients.issuer.issue('alice') },
    });
    const { fetched, error, commands } = await ask(words, { edit: { reply } });
    assert.equal(fetched, undefined);
    assert.ok(error instanceof HTCondorError, String(error));
    assert.deepEqual([commands, replies], [['60052'], 1], error.message);
  });
});
