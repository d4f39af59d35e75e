/** SCITOKENS with schedds of both releases: accepted and rejected SciTokens, and their sources. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { FetchOptions } from '../../src/index.ts';
import type { ErrorName } from '../support/every-error.ts';
import {
  assertAttempts,
  assertUnproven,
  fromSchedd,
  type MethodPool,
  only,
  startMethodPool,
} from '../support/method-pool.ts';
import { poolSuites, poolUnavailable } from '../support/pool.ts';

for (const suite of poolSuites()) {
  describe(`HTCondor of ${suite} by`, { skip: poolUnavailable() ?? false }, () => {
    let secure: MethodPool;
    before(async () => {
      secure = await startMethodPool({ suite });
    });
    after(() => secure?.stop());

    const fetch = (options: FetchOptions) => secure.fetch(options);

    describe('SCITOKENS', () => {
      const scitoken = (claims: Record<string, unknown> = {}, subject = 'alice') =>
        secure.issuer.issue(subject, claims);
      const methods = { authenticationMethods: ['SCITOKENS'] };

      test('takes the minimum of round trips', async () => {
        const { token, roundTrips } = await fetch({ scitoken: `${scitoken()}\n`, authz: ['READ'] });
        assert.deepEqual([token.subject, token.authz], ['alice@pool.test', ['READ']]);
        assert.equal(roundTrips, 4);
      });

      const refused: readonly [string, Record<string, unknown>, string, RegExp, ErrorName][] = [
        [
          'another audience',
          { aud: 'https://other.test' },
          'alice',
          /its audience is https:\/\/other\.test, but SCITOKENS_SERVER_AUDIENCE/,
          'possible causes: its audience is https://other.test',
        ],
        [
          'no scope',
          { scope: undefined },
          'alice',
          /possible causes: it has no scope/,
          'possible causes: it has no scope',
        ],
        [
          'a subject that the map file does not know',
          {},
          'mallory',
          /no line of the daemon's map file .* is for https:\/\/localhost:\d+,mallory/,
          'possible causes: its audience is https://other.test',
        ],
        [
          'another issuer',
          { iss: 'https://localhost:1/' },
          'alice',
          /cannot fetch the keys of https:\/\/localhost:1\//,
          'possible causes: its audience is https://other.test',
        ],
      ];
      for (const [what, claims, subject, reason, name] of refused) {
        test(`with ${what} is refused, with the possible reasons`, () =>
          assertAttempts(fetch({ scitoken: scitoken(claims, subject), ...methods }), reason, name));
      }

      test('is followed by the next method after a refusal', async () => {
        const idtoken = await secure.pool.idToken({ user: 'bob' });
        const both = { authenticationMethods: ['SCITOKENS', 'IDTOKENS'] };
        const { token } = await fetch({ scitoken: scitoken({ aud: 'https://other.test' }), idtoken, ...both });
        assert.equal(token.subject, 'bob@pool.test');
      });

      test('does not send an expired token', () => {
        const expired = scitoken({ exp: Math.floor(Date.now() / 1000) - 10 });
        return assertAttempts(
          fetch({ scitoken: expired, ...methods }),
          /SCITOKENS: .*it expired at /,
          'example.org): it expired at',
        );
      });

      test('sends no token to a daemon that cannot authenticate itself', async () => {
        const fetching = fetch({ scitoken: scitoken(), serverName: 'other.pool.test', ...methods });
        await assertUnproven(fetching, /not for other\.pool\.test/, 'its certificate is for DNS:ap.pool.test');
      });

      test('discovers the token as WLCG specifies', async () => {
        const { pool, put } = secure;
        const uid = (await pool.run('id', '-u', 'alice')).trim();
        const ask = (env: Record<string, string>) =>
          pool.ours(fromSchedd(secure), { user: 'alice', env: { ...only('SCITOKENS'), ...env } });
        assert.equal((await ask({ BEARER_TOKEN: ` ${scitoken()} ` })).status, 0);
        await put('alice', `/tmp/bt_u${uid}`, `${scitoken()}\n`);
        assert.equal((await ask({})).status, 0);
        assert.match((await ask({ BEARER_TOKEN: 'a.b.c' })).stderr, /BEARER_TOKEN: not a SciToken/);
        await put('alice', '/home/alice/empty', '\n');
        assert.equal((await ask({ BEARER_TOKEN_FILE: '/home/alice/empty' })).status, 0, 'an empty file is none');
        await put('alice', '/home/alice/configured', `# mine\n${scitoken()}\n`);
        assert.equal(
          (await ask({ BEARER_TOKEN: 'a.b.c', _CONDOR_SCITOKENS_FILE: '/home/alice/configured' })).status,
          0,
        );
        await pool.run('rm', `/tmp/bt_u${uid}`);
        assert.match(
          (await ask({})).stderr,
          /no SciToken was found: BEARER_TOKEN is not set, and no token was found in \/tmp/,
        );
      });
    });
  });
}
