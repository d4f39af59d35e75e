/**
 * Method negotiation: daemons that cannot authenticate themselves, or choose a method that was not offered, receive
 * nothing more.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AuthenticationError, HTCondorError } from '../../src/errors.ts';
import { instead } from '../support/broken-messages.ts';
import { withPool } from '../support/embedded-fetch.ts';
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import { assertNothingLeft, bitOf, offered, WAYS, ways } from '../support/negotiation.ts';
import { SigningKey } from '../support/signing-key.ts';
import type { WayName, Words } from '../support/ways.ts';

/** Behaviour that reveals an impostor. */
const IMPOSTORS: readonly [string, WayName, () => EmbeddedPoolOptions | Promise<EmbeddedPoolOptions>][] = [
  ['another signing key', 'IDTOKENS', () => ({ keys: [new SigningKey('POOL')] })],
  ['another pool password', 'PASSWORD', () => ({ password: Buffer.from('wrong') })],
  ['a certificate for another host', 'SSL', async () => tls(await ways.authority.issue({ subject: 'CN=other.test' }))],
  ['a certificate of another authority', 'SSL', async () => tls(await stranger())],
  [
    'a certificate for another host',
    'SCITOKENS',
    async () => tls(await ways.authority.issue({ subject: 'CN=o.test' })),
  ],
  ['a certificate of another authority', 'SCITOKENS', async () => tls(await stranger())],
];

const tls = (certificate: Awaited<ReturnType<typeof stranger>>): EmbeddedPoolOptions => ({
  tls: { certificate, authority: ways.authority.certificate },
});
async function stranger() {
  const { Authority } = await import('../support/certificates.ts');
  return await (await Authority.create()).issue({ subject: `CN=${ways.hostName}`, hosts: [ways.hostName] });
}

describe('A daemon that cannot authenticate itself', () => {
  for (const [what, way, options] of IMPOSTORS) {
    const next: WayName = way === 'PASSWORD' ? 'SSL' : 'PASSWORD';
    test(`with ${what} ends the run by ${way} and gets no second credential`, async () => {
      const honest = new SigningKey('POOL').issue({ subject: 'alice@pool.test', issuer: 'pool.test' });
      await withPool(ways.pool(await options()), async (pool) => {
        const words: Words = { ...ways.several([way, next], pool), ...(way === 'IDTOKENS' ? { idtoken: honest } : {}) };
        const { error, fetched } = await ways.try(pool, words);
        assert.ok(error instanceof AuthenticationError, `${error} ${fetched}`);
        assert.equal(error.code, 'ERR_SERVER_UNPROVEN', error.message);
        assert.deepEqual([offered(pool), pool.connections], [[way], 1]);
        while (pool.open > 0) await new Promise((resolve) => setImmediate(resolve));
        assert.deepEqual(offered(pool), [way], 'nothing more was said');
        for (const secret of ways.secrets(words)) assert.ok(!pool.hasHeard(secret), 'a secret was shown');
        assert.ok(!pool.log.some((line) => line.startsWith('PERMISSION GRANTED')));
      });
    });
  }
});

test('a daemon without the key of several tokens gets each of them, but no password', () =>
  withPool(ways.pool({ keys: [new SigningKey('POOL')] }), async (pool) => {
    const foreign = new SigningKey('POOL');
    const tokens = ['alice', 'bob'].map((name) => foreign.issue({ subject: `${name}@pool.test`, issuer: 'pool.test' }));
    const words: Words = { ...ways.several(['IDTOKENS', 'PASSWORD'], pool), idtoken: tokens.join('\n') };
    const { error } = await ways.try(pool, words);
    assert.ok(error instanceof AuthenticationError, String(error));
    assert.equal(error.code, 'ERR_SERVER_UNPROVEN');
    assert.deepEqual(offered(pool), ['IDTOKENS', 'IDTOKENS']);
    const { reason = '' } = error.attempts.find(({ method }) => method === 'PASSWORD') ?? {};
    assert.match(reason, /not used, because the daemon failed to authenticate itself/);
  }));

describe('A daemon that chooses', () => {
  for (const way of WAYS) {
    for (const other of WAYS.filter((each) => each !== way).slice(0, 2)) {
      test(`${other} although ${way} was offered causes an error without another attempt`, () =>
        withPool(ways.pool({ faults: { method: instead((m) => m.int(bitOf(other))) } }), async (pool) => {
          const { error } = await ways.try(pool, ways.several([way, other], pool));
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
      withPool(ways.pool({ faults: { method: instead((m) => m.int(bit)) } }), async (pool) => {
        const { error } = await ways.try(pool, ways.several(['SSL', 'SCITOKENS'], pool));
        assert.equal((error as HTCondorError).code, 'ERR_MESSAGE');
      }));
  }

  test('no method has given up: the other credentials are not offered', () =>
    withPool(ways.pool({ faults: { method: instead((m) => m.int(0)) } }), async (pool) => {
      const { error } = await ways.try(pool, ways.several(['SSL', 'PASSWORD'], pool));
      assert.ok(error instanceof AuthenticationError);
      assert.match(error.attempts[0]?.reason ?? '', /the daemon declined the method/);
      assert.deepEqual(offered(pool), ['SSL']);
    }));
});
