/** Tests a check with the embedded pool. It fails if the fetch would fail, and leaves no connection open. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readRequest } from '../../src/inputs/request.ts';
import { checkFetch } from '../../src/pipeline/check.ts';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { notingHost } from '../support/noting-host.ts';
import { surroundings } from '../support/surroundings.ts';
import { until } from '../support/until.ts';

describe('A check', () => {
  const check = (pool: EmbeddedPool, more: Record<string, string | undefined> = {}) => {
    const words: Record<string, string | undefined> = {
      pool: pool.collector,
      name: 'ci@pool',
      idtoken: pool.idToken(),
      ...more,
    };
    const { host } = notingHost();
    return checkFetch(
      readRequest((name) => words[name], surroundings()),
      host,
    );
  };

  test('closes connections that it no longer needs', () =>
    withPool({}, async (pool) => {
      let sessions = 0;
      // The client opens a session with the collector and starts the cleartext query at the same time. The session
      // never completes.
      const policy = (frame: Uint8Array) => (++sessions === 1 ? ('silence' as const) : frame);
      await withPool({ faults: { policy }, keys: pool.keys }, async (mute) => {
        await check(mute);
        await until('all connections are closed', 5, async () => (mute.open === 0 ? undefined : `${mute.open} open`));
      });
    }));

  describe('with a daemon that resets the connections of the first attempt', () => {
    const resettingOnce = () => {
      let sessions = 0;
      // During one attempt, the client waits for the policy on a second connection.
      return { faults: { policy: (frame: Uint8Array) => (++sessions <= 2 ? ('reset' as const) : frame) } };
    };

    const at = (pool: EmbeddedPool) => ({ pool: undefined, name: undefined, address: pool.schedd() });

    test('is retried, as the fetch is', () =>
      withPool(resettingOnce(), async (pool) => {
        const { identity } = await check(pool, { ...at(pool), retries: '1' });
        assert.equal(identity, 'alice@pool.test');
      }));

    test('fails after one attempt if retries is 0', () =>
      withPool(resettingOnce(), (pool) =>
        assert.rejects(check(pool, { ...at(pool), retries: '0' }), { code: 'ERR_CLOSED', tries: 1 }),
      ));
  });

  for (const [input, value] of [
    ['expected-identity', 'bob@pool.test'],
    ['expected-trust-domain', 'x.test'],
  ] as const) {
    test(`fails if the fetch would fail because of ${input}`, () =>
      withPool({}, (pool) =>
        assert.rejects(check(pool, { [input]: value }), { code: 'ERR_TOKEN_CLAIM', phase: 'check' }),
      ));
  }
});
