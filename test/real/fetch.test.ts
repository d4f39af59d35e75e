/** Tests fetches from real daemons, and fetches that the daemons reject. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { AuthenticationError, DaemonError, LocateError } from '../../src/errors.ts';
import { advised } from '../support/errors/advice.ts';
import type { ErrorName } from '../support/errors/every-error.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { claimsOf, fetchFrom, onlyToken } from '../support/pool/real-fetch.ts';
import { foreignToken, startTwoKeyPool, withSettings } from '../support/pool/two-key-pool.ts';
import { until } from '../support/until.ts';

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

    // These tests run first, because the client retries if the collector has only recently started.
    describe('refusals', () => {
      test('a name that the collector does not list causes an error that lists the known names', async () => {
        await assert.rejects(
          fetchFrom(pool, { pool: pool.collector, name: 'nobody@nowhere', idtoken }),
          (error: LocateError) => {
            assert.deepEqual(error.names, [pool.scheddName]);
            return advised('it may be restarting')(error); // this collector has just started
          },
        );
      });

      test('levels that the credential does not have are rejected with code 4', async () => {
        const narrow = await pool.idToken({ user: 'alice', authz: ['READ'] });
        await assertDaemonError(
          fetchFrom(pool, { idtoken: narrow, authz: ['ADMINISTRATOR'] }),
          4,
          "Session doesn't allow requested authorization levels.",
        );
      });

      test('a key with which the daemon does not sign is rejected with code 3', () =>
        assertDaemonError(fetchFrom(pool, { idtoken, key: 'FOREIGN' }), 3, 'Server will not sign with requested key.'));

      test('a key that is allowed but missing is rejected with code 1', () =>
        assertDaemonError(fetchFrom(pool, { idtoken, key: 'GONE' }), 1, 'Failed to read file'));

      test('disabled fetches cause code 44', () =>
        configured('SEC_ENABLE_TOKEN_FETCH = False', () =>
          assertDaemonError(fetchFrom(pool, { idtoken }), 44, 'Token fetch disabled.'),
        ));

      test('a daemon without its own signing key causes code 1', () =>
        configured('SEC_TOKEN_ISSUER_KEY = NOWHERE', () =>
          assertDaemonError(fetchFrom(pool, { idtoken }), 1, 'Server does not have access to configured key.'),
        ));

      test('an expired token is rejected, and the error contains the time of expiry', async () => {
        const expired = await pool.idToken({ user: 'alice', lifetime: 1 });
        const { exp } = claimsOf(expired);
        // The daemon still accepts the token during the second that `exp` names.
        await until('it has expired', 60, async () => (Date.now() < 1000 * (Number(exp) + 1) ? 'not yet' : undefined));
        await assertAttempt(fetchFrom(pool, { idtoken: expired }), /it expired at /, 'key POOL): it expired at');
      });

      test('a revoked token is rejected, and revocation is among the possible reasons', async () => {
        const { jti } = claimsOf(idtoken);
        await configured(`SEC_TOKEN_REVOCATION_EXPR = jti =?= "${jti}"`, () =>
          assertAttempt(
            fetchFrom(pool, { idtoken }),
            /SEC_TOKEN_REVOCATION_EXPR/,
            'it is revoked (SEC_TOKEN_REVOCATION_EXPR)',
          ),
        );
      });

      test('a token that is signed with another key of the same name causes ERR_SERVER_UNPROVEN', async () => {
        const [header, payload] = idtoken.split('.');
        const forged = `${header}.${payload}.${randomBytes(32).toString('base64url')}`;
        const address = await pool.sinful('schedd', pool.scheddName);
        const fetching = fetchFrom(pool, { address, idtoken: forged });
        await assert.rejects(fetching, { code: 'ERR_SERVER_UNPROVEN', phase: 'session' });
        await assert.rejects(fetching, advised('key POOL): the daemon has a different secret for it'));
      });

      test('a token for another trust domain is not sent, and the error contains both names', async () => {
        const foreign = foreignToken();
        await assertAttempt(
          fetchFrom(pool, { idtoken: foreign }),
          /issued by elsewhere\.test; the daemon's trust domain is /,
          "it was issued by elsewhere.test; the daemon's trust domain is pool.test",
        );
      });

      test('a daemon without IDTOKENS causes an error with the methods of both sides', () =>
        configured('SEC_DEFAULT_AUTHENTICATION_METHODS = FS', async () => {
          const address = await pool.sinful('schedd', pool.scheddName);
          await assert.rejects(fetchFrom(pool, { address, idtoken }), advised('the daemon accepts FS'));
        }));

      test('a daemon that does not encrypt causes ERR_CLOSED', () =>
        configured('SEC_DAEMON_ENCRYPTION = NEVER\nSEC_DAEMON_INTEGRITY = NEVER', async () => {
          const address = await pool.sinful('schedd', pool.scheddName);
          await assert.rejects(fetchFrom(pool, { address, idtoken }), { name: /./, code: 'ERR_CLOSED' });
        }));

      test('an unknown shared port ID causes ERR_CLOSED', async () => {
        const address = `<${pool.collector}?sock=nobody_here>`;
        await assert.rejects(fetchFrom(pool, { address, idtoken }), advised('the peer closed the connection'));
      });
    });

    test('a schedd that is located by name issues a token with the requested claims', async () => {
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

    test('a collector requires no name', async () => {
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

    test('a credential restricted to READ yields only READ, with a warning', async () => {
      const narrow = await pool.idToken({ user: 'alice', authz: ['READ'] });
      const fetched = await fetchFrom(pool, { idtoken: narrow, authz: ['READ', 'WRITE'], lifetime: 600 });
      assert.deepEqual(fetched.token.authz, ['READ']);
      assert.deepEqual(fetched.reductions, ['authorization: requested READ WRITE, granted READ']);
    });

    test('a reduction is an error if on-reduced is fail', async () => {
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

    test('an unlimited lifetime yields a token that never expires', async () => {
      const { token, reductions } = await fetchFrom(pool, { idtoken, lifetime: 'unlimited' });
      assert.equal(token.expiresAt, undefined);
      assert.deepEqual(reductions, []);
    });

    test('a second signing key can be requested', async () => {
      const { token } = await fetchFrom(pool, { idtoken, key: 'CI' });
      assert.equal(token.keyId, 'CI');
    });

    test('a token that is signed with the second key is accepted as a credential', async () => {
      const first = await fetchFrom(pool, { idtoken, key: 'CI' });
      const second = await fetchFrom(pool, { idtoken: first.token.jwt.reveal(), authz: ['READ'] });
      assert.equal(second.token.keyId, 'POOL');
    });

    test('a rejected token is followed by the next one on the same connection', async () => {
      const { jti } = claimsOf(idtoken);
      const other = await pool.idToken({ user: 'bob' });
      await configured(`SEC_TOKEN_REVOCATION_EXPR = jti =?= "${jti}"`, async () => {
        const address = await pool.sinful('schedd', pool.scheddName);
        const { token, roundTrips } = await fetchFrom(pool, { address, idtoken: `${idtoken}\n${other}` });
        assert.equal(token.subject, `bob@${pool.trustDomain}`);
        // The connection, policy, first token, second token, and request take one round trip each.
        assert.equal(roundTrips, 5);
      });
    });

    test('the suitable one of several tokens is used', async () => {
      const foreign = foreignToken();
      const { token } = await fetchFrom(pool, { idtoken: `# other pool\n${foreign}\n\n${idtoken}\n` });
      assert.equal(token.subject, `alice@${pool.trustDomain}`);
    });

    test('another account that has only the token is authorized for READ but not for WRITE', async () => {
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

  describe(`HTCondor of ${suite} with a collector that requires authentication`, {
    skip: poolUnavailable() ?? false,
  }, () => {
    let pool: Pool;
    // condor_reconfig would not be sufficient, because 23.9 caches the policy of a level.
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
    test('the error names a denied user', async () => {
      const idtoken = await pool.idToken({ user: 'bob' });
      const expected = { code: 'ERR_DENIED', phase: 'locate', user: `bob@${pool.trustDomain}` };
      const fetching = fetchFrom(pool, { idtoken });
      await assert.rejects(fetching, expected);
      await assert.rejects(fetching, advised('while: locate'));
    });
  });
}

async function assertDaemonError(fetching: Promise<unknown>, errorCode: number, name: ErrorName): Promise<void> {
  await assert.rejects(fetching, (error: DaemonError) => {
    assert.equal(error.code, 'ERR_DAEMON', error.message);
    assert.equal(error.errorCode, errorCode);
    return advised(name)(error);
  });
}

async function assertAttempt(fetching: Promise<unknown>, reason: RegExp, name: ErrorName): Promise<void> {
  await assert.rejects(fetching, (error: AuthenticationError) => {
    assert.equal(error.code, 'ERR_METHODS_EXHAUSTED', error.message);
    assert.match(error.attempts.map((attempt) => attempt.reason).join('\n'), reason);
    return advised(name)(error);
  });
}
