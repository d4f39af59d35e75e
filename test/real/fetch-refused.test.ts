/** Every refusal by real daemons of both releases, and every daemon that is not trusted. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { AuthenticationError, DaemonError, LocateError } from '../../src/errors.ts';
import { advised } from '../support/advice.ts';
import type { ErrorName } from '../support/every-error.ts';
import { type Pool, poolSuites, poolUnavailable } from '../support/pool.ts';
import { claimsOf, fetchFrom } from '../support/real-fetch.ts';
import { foreignToken, startTwoKeyPool, withSettings } from '../support/two-key-pool.ts';
import { until } from '../support/until.ts';

for (const suite of poolSuites()) {
  describe(`HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    let idtoken: string;
    before(async () => {
      ({ pool, idtoken } = await startTwoKeyPool(suite));
    });
    after(() => pool?.stop());

    const configured = (settings: string, work: () => Promise<void>) => withSettings(pool, settings, work);

    test('a name that the collector does not have causes an error with those that it has', async () => {
      await assert.rejects(
        fetchFrom(pool, { pool: pool.collector, name: 'nobody@nowhere', idtoken }),
        (error: LocateError) => {
          assert.deepEqual(error.names, [pool.scheddName]);
          return advised('it may be restarting')(error); // this collector has just started
        },
      );
    });

    test('levels outside of the credential are refused with code 4', async () => {
      const narrow = await pool.idToken({ user: 'alice', authz: ['READ'] });
      await assertDaemonError(
        fetchFrom(pool, { idtoken: narrow, authz: ['ADMINISTRATOR'] }),
        4,
        "Session doesn't allow requested authorization levels.",
      );
    });

    test('a key that the daemon does not sign with is refused with code 3', () =>
      assertDaemonError(fetchFrom(pool, { idtoken, key: 'FOREIGN' }), 3, 'Server will not sign with requested key.'));

    test('a key that is allowed and missing is refused with code 1', () =>
      assertDaemonError(fetchFrom(pool, { idtoken, key: 'GONE' }), 1, 'Failed to read file'));

    test('disabled fetches cause code 44', () =>
      configured('SEC_ENABLE_TOKEN_FETCH = False', () =>
        assertDaemonError(fetchFrom(pool, { idtoken }), 44, 'Token fetch disabled.'),
      ));

    test('a daemon without its own signing key causes code 1', () =>
      configured('SEC_TOKEN_ISSUER_KEY = NOWHERE', () =>
        assertDaemonError(fetchFrom(pool, { idtoken }), 1, 'Server does not have access to configured key.'),
      ));

    test('an expired token is refused with the time of its expiry', async () => {
      const expired = await pool.idToken({ user: 'alice', lifetime: 1 });
      const { exp } = claimsOf(expired);
      // The daemon still accepts it within the second of `exp`.
      await until('it has expired', 60, async () => (Date.now() < 1000 * (Number(exp) + 1) ? 'not yet' : undefined));
      await assertAttempt(fetchFrom(pool, { idtoken: expired }), /it expired at /, 'key POOL): it expired at');
    });

    test('a revoked token is refused, and revocation is among the possible reasons', async () => {
      const { jti } = claimsOf(idtoken);
      await configured(`SEC_TOKEN_REVOCATION_EXPR = jti =?= "${jti}"`, () =>
        assertAttempt(
          fetchFrom(pool, { idtoken }),
          /SEC_TOKEN_REVOCATION_EXPR/,
          'it is revoked (SEC_TOKEN_REVOCATION_EXPR)',
        ),
      );
    });

    test('a token of another key with the same name causes ERR_SERVER_UNPROVEN', async () => {
      const [header, payload] = idtoken.split('.');
      const forged = `${header}.${payload}.${randomBytes(32).toString('base64url')}`;
      const address = await pool.sinful('schedd', pool.scheddName);
      const fetching = fetchFrom(pool, { address, idtoken: forged });
      await assert.rejects(fetching, { code: 'ERR_SERVER_UNPROVEN', phase: 'session' });
      await assert.rejects(fetching, advised('key POOL): the daemon has a different secret for it'));
    });

    test('a token of another trust domain is not sent, with both names in the error', async () => {
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

    test('an unknown shared port id causes ERR_CLOSED', async () => {
      const address = `<${pool.collector}?sock=nobody_here>`;
      await assert.rejects(fetchFrom(pool, { address, idtoken }), advised('the peer closed the connection'));
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
