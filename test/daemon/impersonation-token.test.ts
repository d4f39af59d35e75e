/**
 * Tests `remote` with the embedded pool: the query to the collector, and which of the collector's replies are accepted
 * or rejected.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type DaemonError, HTCondorError } from '../../src/errors.ts';
import type { FetchOptions } from '../../src/index.ts';
import { hintsFor } from '../../src/messages/hints.ts';
import { SigningKey } from '../support/credentials/signing-key.ts';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import { fetchFrom, withPool } from '../support/embedded-pool/with-pool.ts';
import { assertRoundTrips, DistantProxy } from '../support/network/distant-proxy.ts';
import { deadPort } from '../support/network/listen.ts';
import { patience } from '../support/slowness.ts';

const remotely = (pool: EmbeddedPool, options: FetchOptions = {}) =>
  fetchFrom(pool, { pool: pool.collector, name: 'ci@pool', remote: true, ...options });

const requestsOf = ({ log }: EmbeddedPool) => log.filter((line) => line.startsWith('schedd_token_request'));

describe('A token request with remote', () => {
  const cases: readonly [string, FetchOptions, string][] = [
    [
      'for the name, levels and lifetime in seconds',
      { authz: ['READ', 'WRITE'], lifetime: 600 },
      '3 attributes: ci@pool READ,WRITE 600',
    ],
    ['without levels if none are requested', { lifetime: 60 }, '2 attributes: ci@pool  60'],
    ['without a lifetime if it is unlimited', { lifetime: 'unlimited' }, '1 attributes: ci@pool  '],
  ];
  for (const [what, options, request] of cases) {
    test(what, () =>
      withPool({ impersonation: {} }, async (pool) => {
        const { token, reductions } = await remotely(pool, options);
        assert.deepEqual(requestsOf(pool), [`schedd_token_request of ${request}`]);
        assert.deepEqual([token.subject, token.issuer, token.keyId], ['alice@pool.test', 'pool.test', 'POOL']);
        assert.deepEqual([token.authz, reductions], [options.authz, []]);
      }),
    );
  }

  test('contacts only the collector, in three round trips', () =>
    withPool({ impersonation: {} }, async (pool) => {
      const target = { host: '127.0.0.1', port: pool.port };
      const proxy = await DistantProxy.start({ host: '127.0.0.1', port: 0, target, roundTripMs: patience(40) });
      try {
        await assertRoundTrips(proxy, 3, async () => {
          const { roundTrips, ...fetched } = await remotely(pool, { pool: `127.0.0.1:${proxy.port}` });
          assert.equal(roundTrips, 3);
          assert.deepEqual([fetched.daemonName, fetched.daemonAddress], ['ci@pool', `<127.0.0.1:${proxy.port}>`]);
        });
      } finally {
        await proxy.close();
      }
      assert.deepEqual(
        pool.log.filter((line) => / command /.test(line)),
        ['PERMISSION GRANTED to alice@pool.test for command 81 at collector'],
      );
    }));

  test('first locates the only schedd if name is not set', () =>
    withPool({ impersonation: {} }, async (pool) => {
      const { daemonName, roundTrips } = await remotely(pool, { name: undefined });
      assert.deepEqual([daemonName, roundTrips], ['ci@pool', 5]);
      assert.match(requestsOf(pool).join(), / ci@pool /);
    }));

  test('treats an address as a name', () =>
    withPool({ impersonation: {} }, async (pool) => {
      await assert.rejects(remotely(pool, { name: pool.schedd() }), { code: 'ERR_DAEMON', errorCode: 5 });
    }));

  test('is sent to the next collector if the first one is silent', () =>
    withPool({ impersonation: {} }, async (pool) => {
      const { token } = await remotely(pool, { pool: `127.0.0.1:${await deadPort()}, ${pool.collector}` });
      assert.equal(token.subject, 'alice@pool.test');
    }));
});

describe('A collector that', () => {
  const key = new SigningKey();
  const grant = { subject: 'alice@pool.test', issuer: 'pool.test', lifetime: 3600 };
  const instead = (Token: string): EmbeddedPoolOptions => ({ impersonation: {}, edit: { reply: () => ({ Token }) } });
  const cases: readonly [string, EmbeddedPoolOptions, string, string?][] = [
    ['has no capability for the schedd', {}, 'ERR_DAEMON'],
    [
      'does not support the command',
      { edit: { 'post-auth': (ad) => ({ ...ad, ReturnCode: 'CMD_NOT_FOUND' }) } },
      'ERR_COMMAND_NOT_REGISTERED',
    ],
    ['denies the identity', { denied: () => true }, 'ERR_DENIED'],
    [
      'forwards a token for another trust domain',
      { impersonation: { trustDomain: 'other.test' } },
      'ERR_TOKEN_CLAIM',
      'iss',
    ],
    [
      'forwards a token for a different identity',
      instead(key.issue({ ...grant, subject: 'root@pool.test' })),
      'ERR_TOKEN_CLAIM',
      'sub',
    ],
    [
      'forwards a token that never expires',
      instead(key.issue({ ...grant, authz: ['READ'], lifetime: undefined })),
      'ERR_TOKEN_CLAIM',
      'exp',
    ],
    ['forwards an unrestricted token', instead(key.issue(grant)), 'ERR_TOKEN_CLAIM', 'scope'],
    [
      'forwards a token with more levels',
      instead(key.issue({ ...grant, authz: ['DAEMON'] })),
      'ERR_TOKEN_CLAIM',
      'scope',
    ],
    ['forwards no token', { impersonation: {}, edit: { reply: () => ({}) } }, 'ERR_TOKEN_MALFORMED'],
    ['closes the connection instead of replying', { impersonation: {}, faults: { reply: 'close' } }, 'ERR_CLOSED'],
  ];
  for (const [what, options, code, claim] of cases) {
    test(`${what} causes ${code}`, () =>
      withPool(options, (pool) =>
        assert.rejects(remotely(pool, { authz: ['READ'] }), (error: unknown) => {
          assert.ok(error instanceof HTCondorError, String(error));
          assert.deepEqual([error.code, 'claim' in error ? error.claim : undefined], [code, claim], error.message);
          assert.equal(error.peer, `<${pool.collector}>`);
          return true;
        }),
      ));
  }

  test('limits the token causes a warning', () =>
    withPool({ impersonation: { limits: ['READ'] }, maxLifetime: 60 }, async (pool) => {
      const { token, reductions } = await remotely(pool, { authz: ['READ', 'WRITE'], lifetime: 600 });
      assert.deepEqual(token.authz, ['READ']);
      assert.equal(reductions.length, 2);
    }));

  test('removes all levels causes an error with code 2', () =>
    withPool({ impersonation: { limits: ['READ'] } }, (pool) =>
      assert.rejects(remotely(pool, { authz: ['WRITE'] }), (error: DaemonError) => {
        assert.deepEqual([error.code, error.errorCode, error.phase], ['ERR_DAEMON', 2, 'token']);
        assert.match(hintsFor(error).join(), /SEC_IMPERSONATION_TOKEN_LIMITS/);
        return true;
      }),
    ));

  // A real pool is not expected to send these errors: the client always authenticates, encrypts and sends a name, and
  // the schedd would have to stop while the collector contacts it.
  for (const [errorCode, ErrorString] of [
    [1, 'Missing requester identity.'],
    [3, 'Request to server was not encrypted.'],
    [4, 'No schedd target specified.'],
    [5, 'DCSCHEDD:5:Failed to receive response from schedd.'],
  ] as const) {
    test(`returns error ${errorCode}, ${ErrorString}, causes an error that contains the code and the text`, () =>
      withPool({ edit: { reply: () => ({ ErrorCode: errorCode, ErrorString }) } }, (pool) =>
        assert.rejects(remotely(pool), { code: 'ERR_DAEMON', errorCode, errorString: ErrorString, phase: 'token' }),
      ));
  }
});
