/** The main use with real daemons of both releases: tokens that match the request, or a report of the reduction. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { advised } from '../support/advice.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool.ts';
import { claimsOf, fetchFrom, onlyToken } from '../support/real-fetch.ts';
import { foreignToken, startTwoKeyPool, withSettings } from '../support/two-key-pool.ts';

const HOUR = 3600;

for (const suite of poolSuites()) {
  describe(`HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    let idtoken: string;
    before(async () => {
      ({ pool, idtoken } = await startTwoKeyPool(suite));
    });
    after(() => pool?.stop());

    const configured = (settings: string, work: () => Promise<void>) => withSettings(pool, settings, work);

    test('a schedd located by name issues a token with the requested claims', async () => {
      const fetched = await fetchFrom(pool, { idtoken, authz: ['READ', 'WRITE'], lifetime: 600 });
      const claims = claimsOf(fetched.token.jwt.reveal());
      assert.equal(claims['iss'], pool.trustDomain);
      assert.equal(claims['sub'], `alice@${pool.trustDomain}`);
      assert.equal(claims['kid'], 'POOL');
      assert.equal(claims['scope'], 'condor:/READ condor:/WRITE');
      assert.equal(Number(claims['exp']) - Number(claims['iat']), 600);
      assert.deepEqual(fetched.reductions, []);
      assert.equal(fetched.daemonName, pool.scheddName);
      assert.equal(fetched.daemonVersion, pool.version);
      assert.equal(fetched.authenticationMethod, 'IDTOKENS');
    });

    test('a collector needs no name', async () => {
      const target = { pool: pool.collector, type: 'collector' };
      const { token, daemonVersion } = await fetchFrom(pool, { ...target, idtoken, authz: ['READ'] });
      assert.deepEqual(token.authz, ['READ']);
      assert.equal(daemonVersion, pool.version);
    });

    test('a sinful string is used without querying the collector', async () => {
      const address = await pool.sinful('schedd', pool.scheddName);
      const fetched = await fetchFrom(pool, { address, idtoken, lifetime: HOUR });
      assert.equal(fetched.roundTrips, 3);
      assert.equal(fetched.token.authz, undefined);
    });

    test('the only schedd of a pool is located without its name', async () => {
      const { daemonName } = await fetchFrom(pool, { pool: pool.collector, idtoken });
      assert.equal(daemonName, pool.scheddName);
    });

    test('a credential limited to READ yields READ only, with a warning', async () => {
      const narrow = await pool.idToken({ user: 'alice', authz: ['READ'] });
      const fetched = await fetchFrom(pool, { idtoken: narrow, authz: ['READ', 'WRITE'], lifetime: 600 });
      assert.deepEqual(fetched.token.authz, ['READ']);
      assert.deepEqual(fetched.reductions, ['authorization: requested READ WRITE, granted READ']);
    });

    test('a reduction is an error with on-reduced fail', async () => {
      const narrow = await pool.idToken({ user: 'alice', authz: ['READ'] });
      const asked = fetchFrom(pool, { idtoken: narrow, authz: ['READ', 'WRITE'], lifetime: 600, onReduced: 'fail' });
      await assert.rejects(asked, { code: 'ERR_TOKEN_REDUCED', phase: 'check' });
      await assert.rejects(asked, advised('the daemon granted less than requested'));
    });

    test('a lifetime is limited to the remaining lifetime of the credential', async () => {
      const short = await pool.idToken({ user: 'alice', lifetime: 300 });
      const { token, reductions } = await fetchFrom(pool, { idtoken: short, lifetime: HOUR });
      assert.ok(Number(token.expiresAt) - Number(token.issuedAt) <= 300);
      assert.match(reductions.join(), /^lifetime: requested 1 h, granted 5 min$/);
    });

    test('a lifetime is limited to SEC_ISSUED_TOKEN_EXPIRATION', () =>
      configured('SEC_ISSUED_TOKEN_EXPIRATION = 120', async () => {
        const { reductions } = await fetchFrom(pool, { idtoken, lifetime: HOUR });
        assert.deepEqual(reductions, ['lifetime: requested 1 h, granted 2 min']);
      }));

    test('lifetime unlimited yields a token without expiry', async () => {
      const { token, reductions } = await fetchFrom(pool, { idtoken, lifetime: 'unlimited' });
      assert.equal(token.expiresAt, undefined);
      assert.deepEqual(reductions, []);
    });

    test('a second signing key can be requested', async () => {
      const { token } = await fetchFrom(pool, { idtoken, key: 'CI' });
      assert.equal(token.keyId, 'CI');
    });

    test('a token signed with the second key is accepted as credential', async () => {
      const first = await fetchFrom(pool, { idtoken, key: 'CI' });
      const second = await fetchFrom(pool, { idtoken: first.token.jwt.reveal(), authz: ['READ'] });
      assert.equal(second.token.keyId, 'POOL');
    });

    test('a refused token is followed by the next one on the same connection', async () => {
      const { jti } = claimsOf(idtoken);
      const other = await pool.idToken({ user: 'bob' });
      await configured(`SEC_TOKEN_REVOCATION_EXPR = jti =?= "${jti}"`, async () => {
        const address = await pool.sinful('schedd', pool.scheddName);
        const { token, roundTrips } = await fetchFrom(pool, { address, idtoken: `${idtoken}\n${other}` });
        assert.equal(token.subject, `bob@${pool.trustDomain}`);
        assert.equal(roundTrips, 5); // connection, policy, first token, second token, request
      });
    });

    test('the matching one of several tokens is used', async () => {
      const foreign = foreignToken();
      const { token } = await fetchFrom(pool, { idtoken: `# other pool\n${foreign}\n\n${idtoken}\n` });
      assert.equal(token.subject, `alice@${pool.trustDomain}`);
    });

    test('the token works in HTCondor: READ is allowed and WRITE is not, for another account with this token alone', async () => {
      const { token } = await fetchFrom(pool, { idtoken, authz: ['READ'], lifetime: 600 });
      await pool.exec(['mkdir', '-p', '-m', '700', '/home/bob/tokens']);
      await pool.write('/home/bob/tokens/fetched', `${token.jwt.reveal()}\n`, 0o600);
      await pool.exec(['chown', '-R', 'bob', '/home/bob/tokens']);
      const ping = (level: string) =>
        pool.exec(['condor_ping', '-pool', pool.collector, '-type', 'SCHEDD', '-name', pool.scheddName, level], {
          user: 'bob',
          env: onlyToken('/home/bob/tokens'),
        });
      const read = await ping('READ');
      assert.equal(read.status, 0, read.stdout + read.stderr);
      assert.match(read.stdout, new RegExp(`READ command using .*IDTOKENS.* succeeded as alice@${pool.trustDomain}`));
      const write = await ping('WRITE');
      assert.notEqual(write.status, 0, write.stdout);
      assert.doesNotMatch(write.stdout, /succeeded/);
    });
  });

  describe(`HTCondor of ${suite} with a collector that demands authentication`, {
    skip: poolUnavailable() ?? false,
  }, () => {
    let pool: Pool;
    // Not by condor_reconfig: 23.9 caches the policy of a level.
    before(async () => {
      pool = await startPool({ suite, config: 'SEC_READ_AUTHENTICATION = REQUIRED\nDENY_READ = bob@*' });
    });
    after(() => pool?.stop());

    test('a query is sent in a session', async () => {
      const idtoken = await pool.idToken({ user: 'alice' });
      const { daemonName, roundTrips } = await fetchFrom(pool, { idtoken, authz: ['READ'] });
      assert.equal(daemonName, pool.scheddName);
      assert.equal(roundTrips, 5);
    });

    // The token command itself cannot be denied: its fallback level is ALLOW, which every identity has
    // (IpVerify::Verify).
    test('a denied user is named in the error', async () => {
      const idtoken = await pool.idToken({ user: 'bob' });
      const expected = { code: 'ERR_DENIED', phase: 'locate', user: `bob@${pool.trustDomain}` };
      const fetching = fetchFrom(pool, { idtoken });
      await assert.rejects(fetching, expected);
      await assert.rejects(fetching, advised('while: locate'));
    });
  });
}
