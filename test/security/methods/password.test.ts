/** Tests PASSWORD: its round trips, the account name that each release uses, and the mutual proof. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AuthenticationError } from '../../../src/errors.ts';
import { Secret } from '../../../src/runtime/secret.ts';
import { password } from '../../../src/security/methods/password.ts';
import type { ServerPolicy } from '../../../src/security/policy.ts';
import { parseVersion } from '../../../src/security/version.ts';
import { MethodClients } from '../../support/clients/method-clients.ts';
import { withPool } from '../../support/embedded-pool/with-pool.ts';
import { notingHost } from '../../support/noting-host.ts';

let clients: MethodClients;
before(async () => {
  clients = await MethodClients.create();
});
after(() => clients?.close());

describe('PASSWORD', () => {
  for (const [version, subject, roundTrips, connections] of [
    ['25.14.1', 'condor@password', 3, 1],
    ['23.9.0', 'condor@password', 3, 1],
    ['23.8.1', 'condor_pool@pool.test', 6, 2],
    ['9.0.17', 'condor_pool@pool.test', 6, 2],
  ] as const) {
    test(`authenticates as ${subject} with HTCondor ${version}, using ${connections} connections`, () =>
      withPool(clients.pool({ version }), async (pool) => {
        const { fetched, error } = await clients.try(pool, clients.inputsFor('PASSWORD', pool));
        assert.equal(fetched?.token.subject, subject, `${error}\n${pool.log.join('\n')}`);
        assert.deepEqual([fetched.roundTrips, pool.connections], [roundTrips, connections]);
      }));
  }

  const policyOf = (remoteVersion: string): ServerPolicy => ({
    version: parseVersion(remoteVersion),
    ...{ methods: ['PASSWORD'], ecdhPublicKey: '', trustDomain: 'pool.test', issuerKeys: [], remoteVersion },
  });
  for (const [remoteVersion, name] of [
    ['$CondorVersion: 23.9.6 2026-07-12 $', 'condor@password'],
    ['$CondorVersion: 24.0.0 2026-07-12 $', 'condor@password'],
    ['$CondorVersion: 100.0.0 2026-07-12 $', 'condor@password'],
    ['$CondorVersion: 23.8.9 2026-07-12 $', 'condor_pool@pool.test'],
    ['$CondorVersion: 10.10.10 2026-07-12 $', 'condor_pool@pool.test'],
    ['', 'condor_pool@pool.test'],
    ['new', 'condor_pool@pool.test'],
  ] as const) {
    test(`sends the name ${name} if the daemon announces ${JSON.stringify(remoteVersion)}`, () => {
      const method = password(new Secret('x'), 'password', notingHost().host);
      const peer = { address: '192.0.2.1', port: 1, sharedPortId: undefined, serverName: undefined };
      const { usable } = method.candidatesFor(policyOf(remoteVersion), peer);
      assert.deepEqual(
        usable.map(({ label }) => label),
        [`password (${name})`],
      );
    });
  }

  test('is never sent', () =>
    withPool(clients.pool(), async (pool) => {
      const words = clients.inputsFor('PASSWORD', pool);
      await clients.try(pool, words);
      assert.ok(pool.connections === 1 && !pool.hasHeard(words.password ?? '?'));
    }));

  test('is not used with a daemon that has a different password', () =>
    withPool(clients.pool({ password: Buffer.from('wrong') }), async (pool) => {
      const { error } = await clients.try(pool, clients.inputsFor('PASSWORD', pool));
      assert.ok(error instanceof AuthenticationError);
      assert.deepEqual(
        [error.code, error.attempts],
        [
          'ERR_SERVER_UNPROVEN',
          [
            {
              method: 'PASSWORD',
              reason: 'password (condor@password): the daemon has a different secret for it',
              kind: 'password-differs',
            },
          ],
        ],
      );
      await pool.logged(/^PASSWORD: the client rejected the proof of the server$/);
    }));
});
