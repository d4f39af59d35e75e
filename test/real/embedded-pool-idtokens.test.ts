/** The embedded pool, compared with HTCondor by HTCondor's own tools, with an IDTOKEN. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { withPool } from '../support/embedded-fetch.ts';
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import { type Pool, poolSuites, poolUnavailable } from '../support/pool.ts';
import { claimsOf, onlyToken, referenceFetch } from '../support/real-fetch.ts';
import { type SecurePool, startSecurePool } from '../support/secure-pool.ts';
import { SigningKey } from '../support/signing-key.ts';

for (const suite of poolSuites()) {
  describe(`The tools of HTCondor of ${suite} at the embedded pool`, { skip: poolUnavailable() ?? false }, () => {
    let secure: SecurePool;
    let pool: Pool; // only for its tools
    before(async () => {
      secure = await startSecurePool({ suite });
      ({ pool } = secure);
    });
    after(() => secure?.stop());

    test('fetch a token from a schedd, which is valid', () =>
      withPool({}, async (embedded) => {
        const args = ['-name', embedded.schedd(), '-authz', 'READ', '-lifetime', '600'];
        const { status, stdout, stderr } = await referenceFetch(pool, embedded.idToken('alice'), args);
        assert.equal(status, 0, stderr + embedded.log.join('\n'));
        const claims = claimsOf(stdout);
        assert.deepEqual([claims['sub'], claims['scope']], ['alice@pool.test', 'condor:/READ']);
        assert.equal(Number(claims['exp']) - Number(claims['iat']), 600);
      }));

    test('fetch a token from the collector', () =>
      withPool({}, async (embedded) => {
        const args = ['-type', 'collector', '-pool', embedded.collector];
        const { status, stderr } = await referenceFetch(pool, embedded.idToken('alice'), args);
        assert.equal(status, 0, stderr + embedded.log.join('\n'));
      }));

    test('fetch a token with -remote', () =>
      withPool({ impersonation: { limits: ['READ', 'WRITE'] } }, async (embedded) => {
        const args = ['-pool', embedded.collector, '-name', 'ci@pool', '-remote', '-authz', 'READ', '-authz', 'DAEMON'];
        const { status, stdout, stderr } = await referenceFetch(pool, embedded.idToken('alice'), args);
        assert.equal(status, 0, stderr + embedded.log.join('\n'));
        assert.deepEqual([claimsOf(stdout)['sub'], claimsOf(stdout)['scope']], ['alice@pool.test', 'condor:/READ']);
        const none = await referenceFetch(pool, embedded.idToken('alice'), [...args.slice(0, 5), '-authz', 'DAEMON']);
        assert.equal(none.status, 2);
        assert.match(none.stderr, /DAEMON:2:SCHEDD:2:All requested authorizations were eliminated/);
      }));

    test('receive the refusal of a schedd without impersonation tokens', () =>
      withPool({}, async (embedded) => {
        const args = ['-pool', embedded.collector, '-name', 'ci@pool', '-remote'];
        const { status, stderr } = await referenceFetch(pool, embedded.idToken('alice'), args);
        assert.equal(status, 5);
        assert.ok(stderr.includes('DAEMON:5:Schedd ci@pool is not known to the collector.'), stderr);
      }));

    test('locate a schedd by name, in pieces of three bytes', () =>
      withPool({ schedds: ['one@pool', 'two@pool'], readNeedsSession: true, pieces: 3 }, async (embedded) => {
        const args = ['-pool', embedded.collector, '-name', 'two@pool'];
        const { status, stderr } = await referenceFetch(pool, embedded.idToken('alice'), args);
        assert.equal(status, 0, stderr + embedded.log.join('\n'));
        assert.ok(embedded.log.includes('PERMISSION GRANTED to alice@pool.test for command 60046 at schedd_1'));
      }));

    test('receive the codes 44, 4 and 3', async () => {
      const asked: readonly [EmbeddedPoolOptions, readonly string[], string][] = [
        [{ fetchDisabled: true }, [], 'DAEMON:44:Token fetch disabled.'],
        [{}, ['-authz', 'WRITE'], "DAEMON:4:Session doesn't allow requested authorization levels."],
        [{}, ['-key', 'NONE'], 'DAEMON:3:Server will not sign with requested key.'],
      ];
      for (const [options, args, text] of asked) {
        await withPool(options, async (embedded) => {
          const idtoken = embedded.idToken('alice', { authz: ['READ'] });
          const { status, stderr } = await referenceFetch(pool, idtoken, ['-name', embedded.schedd(), ...args]);
          assert.ok(status !== 0 && stderr.includes(text), stderr);
        });
      }
    });

    test('are rejected with a token that is revoked or of another key', () =>
      withPool({ revoked: ({ sub }) => sub === 'bob@pool.test' }, async (embedded) => {
        const forged = new SigningKey('POOL', randomBytes(64)).issue({
          subject: 'alice@pool.test',
          issuer: 'pool.test',
        });
        for (const idtoken of [embedded.idToken('bob'), forged]) {
          const { status, stderr } = await referenceFetch(pool, idtoken, ['-name', embedded.schedd()]);
          assert.equal(status, 1);
          assert.match(stderr, /AUTHENTICATE:1004:Failed to authenticate using (IDTOKENS|TOKEN)/);
        }
      }));

    test('report the authorizations of a token in condor_ping', () =>
      withPool({}, async (embedded) => {
        await pool.exec(['mkdir', '-p', '-m', '700', '/tmp/ping']);
        await pool.write('/tmp/ping/credential', `${embedded.idToken('alice', { authz: ['READ'] })}\n`, 0o600);
        const ping = (level: string) =>
          pool.exec(['condor_ping', '-addr', embedded.schedd(), '-table', level], { env: onlyToken('/tmp/ping') });
        const read = await ping('READ');
        assert.match(read.stdout, /(TOKEN|IDTOKENS) +AES +AES +ALLOW +alice@pool\.test/, read.stdout + read.stderr);
        const write = await ping('WRITE');
        assert.doesNotMatch(write.stdout, /ALLOW/);
      }));
  });
}
