/** Every authentication method with schedds and collectors of both releases; HTCondor's own tool is the oracle. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { FetchOptions, NegotiationError } from '../../src/index.ts';
import { advised, assertAdvised } from '../support/advice.ts';
import {
  assertAttempts,
  assertUnproven,
  fromSchedd,
  type MethodPool,
  only,
  SCITOKEN,
  SSL,
  startMethodPool,
} from '../support/method-pool.ts';
import { type Outcome, poolSuites, poolUnavailable } from '../support/pool.ts';
import { claimsOf } from '../support/real-fetch.ts';
import { POOL_PASSWORD, type SecurePool } from '../support/secure-pool.ts';

/** Input of both tools, and the resulting identity. Without a user, root runs the fetch. */
const WAYS: readonly { method: string; user?: string; env?: Record<string, string>; identity: string }[] = [
  { method: 'IDTOKENS', user: 'alice', identity: 'alice@pool.test' },
  { method: 'SSL', user: 'alice', env: SSL, identity: 'alice@pool.test' },
  { method: 'SCITOKENS', user: 'alice', env: SCITOKEN, identity: 'alice@pool.test' },
  { method: 'PASSWORD', identity: 'condor@password' },
  { method: 'FS', user: 'alice', identity: 'alice@pool.test' },
  { method: 'FS', identity: 'condor@pool.test' },
  { method: 'MUNGE', user: 'alice', identity: 'alice@pool.test' },
  { method: 'MUNGE', identity: 'condor@pool.test' },
];
const fromCollector = ({ collector }: SecurePool) => ['-pool', collector, '-type', 'collector'];

for (const suite of poolSuites()) {
  describe(`HTCondor of ${suite} by`, { skip: poolUnavailable() ?? false }, () => {
    let secure: MethodPool;
    before(async () => {
      secure = await startMethodPool({ suite });
    });
    after(() => secure?.stop());

    const fetch = (options: FetchOptions) => secure.fetch(options);

    for (const { method, user, env = {}, identity } of WAYS) {
      for (const [who, where] of [
        ['schedd', fromSchedd],
        ['collector', fromCollector],
      ] as const) {
        test(`${method} fetches a token of the ${who} for ${user ?? 'root'}, like HTCondor’s tool`, async () => {
          const options = { env: { ...only(method), ...env }, ...(user === undefined ? {} : { user }) };
          const args = [...where(secure), '-authz', 'READ', '-lifetime', '60'];
          const [theirs, ours] = [await secure.pool.theirs(args, options), await secure.pool.ours(args, options)];
          assertSameToken(ours, theirs);
          assert.equal(claimsOf(ours.stdout)['sub'], identity);
        });
      }
    }

    test('IDTOKENS fetches a token for root with the signing key of the pool, like HTCondor’s tool', async () => {
      const options = { env: only('IDTOKENS') };
      const args = [...fromSchedd(secure), '-lifetime', '30'];
      const [theirs, ours] = [await secure.pool.theirs(args, options), await secure.pool.ours(args, options)];
      assertSameToken(ours, theirs);
      assert.equal(claimsOf(ours.stdout)['sub'], 'condor@password');
    });

    test('the preferred method of the daemon if all are available', async () => {
      const options = { user: 'alice', env: { ...SSL, ...SCITOKEN } };
      for (const methods of ['FS,IDTOKENS,SSL', 'SSL,SCITOKENS,IDTOKENS', 'MUNGE,PASSWORD,SSL']) {
        const env = { ...options.env, ...only(methods) };
        const args = [...fromSchedd(secure), '-lifetime', '60'];
        const ours = await secure.pool.ours([...args, '-json'], { ...options, env });
        const { 'authentication-method': used } = JSON.parse(ours.stdout) as Record<string, string>;
        const expected = ['FS', 'IDTOKENS', 'SSL', 'SCITOKENS', 'PASSWORD', 'MUNGE'].find(
          (each) => methods.split(',').includes(each) && each !== 'PASSWORD',
        );
        assert.equal(used, expected, ours.stderr);
        assert.equal((await secure.pool.theirs(args, { ...options, env })).status, 0);
      }
    });

    describe('PASSWORD', () => {
      test('accepts the input password', async () => {
        const { token, roundTrips } = await fetch({ password: POOL_PASSWORD });
        assert.deepEqual([token.subject, roundTrips], ['condor@password', 3]);
      });
      test('causes ERR_SERVER_UNPROVEN with another password', () =>
        assertUnproven(
          fetch({ password: 'wrong' }),
          /the daemon has a different secret/,
          'password (condor@password): the daemon has a different secret for it',
        ));
      test('skips a file that other accounts can read', async () => {
        const { pool } = secure;
        await pool.run('chmod', '644', '/etc/condor/pool_password');
        try {
          const { status, stderr } = await pool.ours(fromSchedd(secure), { env: only('PASSWORD') });
          assert.equal(status, 2);
          assert.match(
            stderr,
            /pool_password: other accounts can access it \(mode 0644\); the mode must be 0600 \(ERR_NO_CREDENTIAL/,
          );
          assertAdvised(stderr, 'other accounts can access it (mode 0644)');
        } finally {
          await pool.run('chmod', '600', '/etc/condor/pool_password');
        }
      });
    });

    describe('FS', () => {
      test('from another file system is refused and followed by the next method on the same connection', async () => {
        const idtoken = await secure.pool.idToken({ user: 'bob' });
        const methods = { authenticationMethods: ['FS', 'IDTOKENS'] };
        const { token } = await fetch({ idtoken, ...methods });
        assert.equal(token.subject, 'bob@pool.test');
        await assertAttempts(
          fetch({ authenticationMethods: ['FS'] }),
          /FS: .*could not verify the owner of \/tmp\/FS_/,
          'it sees a different file system',
        );
      });

      test('removes its directory', async () => {
        const { pool } = secure;
        assert.equal((await pool.ours(fromSchedd(secure), { user: 'alice', env: only('FS') })).status, 0);
        assert.doesNotMatch(await pool.run('ls', '-a', '/tmp'), /FS_/);
      });
    });

    describe('MUNGE', () => {
      test('reports why munged does not answer', async () => {
        const { pool } = secure;
        await pool.run('mv', '/run/munge', '/run/munge.away');
        try {
          const { status, stderr } = await pool.ours(fromSchedd(secure), { user: 'alice', env: only('MUNGE') });
          assert.equal(status, 5);
          assert.match(stderr, /MUNGE: this account: munge failed: .*socket/i);
          assertAdvised(stderr, 'MUNGE: this account');
          const next = await pool.ours(fromSchedd(secure), { user: 'alice', env: only('MUNGE,FS') });
          assert.equal(next.status, 0, next.stderr);
        } finally {
          await pool.run('mv', '/run/munge.away', '/run/munge');
        }
      });
    });

    describe('KERBEROS', () => {
      test('is named if the daemon accepts nothing else', async () => {
        await secure.pool.configure('SEC_DEFAULT_AUTHENTICATION_METHODS = KERBEROS');
        try {
          const idtoken = await secure.pool.idToken({ user: 'alice' });
          await assert.rejects(fetch({ idtoken }), (error: NegotiationError) => {
            assert.equal(error.code, 'ERR_NO_COMMON_METHOD');
            assert.deepEqual(error.methods, ['KERBEROS']);
            assert.match(error.message, /the client has IDTOKENS; the daemon accepts KERBEROS$/);
            return advised('the daemon accepts KERBEROS')(error);
          });
        } finally {
          await secure.configure();
        }
      });
    });
  });
}

function assertSameToken(ours: Outcome, theirs: Outcome): void {
  assert.equal(theirs.status, 0, `theirs: ${theirs.stderr}`);
  assert.equal(ours.status, 0, `ours: ${ours.stderr}`);
  const [{ jti: _, iat: i, exp: e, ...mine }, { jti: __, iat: j, exp: f, ...reference }] = [
    claimsOf(ours.stdout),
    claimsOf(theirs.stdout),
  ];
  assert.deepEqual(mine, reference);
  assert.equal(Number(e) - Number(i), Number(f) - Number(j));
}
