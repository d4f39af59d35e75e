/** Every way in, at schedds and collectors of both releases; HTCondor's own tool in the same place is the oracle. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type AuthenticationError,
  type FetchOptions,
  fetchToken,
  type HTCondorError,
  type NegotiationError,
} from '../../src/index.ts';
import { advised, assertAdvised } from '../support/advice.ts';
import { Authority, type Identity, weakIdentity } from '../support/certificates.ts';
import type { ErrorName } from '../support/every-error.ts';
import { type Outcome, poolSuites, poolUnavailable } from '../support/pool.ts';
import { claimsOf } from '../support/real-fetch.ts';
import { HOST, POOL_PASSWORD, type SecurePool, startSecurePool } from '../support/secure-pool.ts';

const SSL = {
  _CONDOR_AUTH_SSL_CLIENT_CERTFILE: '/home/alice/cert.pem',
  _CONDOR_AUTH_SSL_CLIENT_KEYFILE: '/home/alice/key.pem',
};
const SCITOKEN = { BEARER_TOKEN_FILE: '/home/alice/scitoken' };

/** What both tools are given, and whom they become. Without a user it is root who fetches. */
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

for (const suite of poolSuites()) {
  describe(`HTCondor of ${suite} by`, { skip: poolUnavailable() ?? false }, () => {
    let secure: SecurePool;
    let address: string;

    before(async () => {
      secure = await startSecurePool({ suite });
      const { pool, put, alice, issuer } = secure;
      await put('alice', '/home/alice/cert.pem', alice.certificate, 0o644);
      await put('alice', '/home/alice/key.pem', alice.key);
      await put('alice', '/home/alice/scitoken', `${issuer.issue('alice')}\n`);
      await pool.exec(['mkdir', '-p', '-m', '700', '/home/alice/.condor/tokens.d'], { user: 'alice' });
      await put('alice', '/home/alice/.condor/tokens.d/pool', `${await pool.idToken({ user: 'alice' })}\n`);
      address = await pool.sinful('schedd', pool.scheddName);
    });
    after(() => secure?.stop());

    const fromSchedd = () => ['-pool', secure.collector, '-name', secure.pool.scheddName];
    const fromCollector = () => ['-pool', secure.collector, '-type', 'collector'];
    const only = (methods: string) => ({ _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: methods });

    /** Ours, on this machine and not in the pool's root, at the schedd. */
    const fetch = (options: FetchOptions) =>
      fetchToken({ address, caCertificate: secure.authority.certificate, onReduced: 'ignore', ...options });
    const certificateOf = ({ certificate, key }: Identity) => ({ clientCertificate: certificate, clientKey: key });

    for (const { method, user, env = {}, identity } of WAYS) {
      for (const [who, where] of [
        ['schedd', fromSchedd],
        ['collector', fromCollector],
      ] as const) {
        test(`${method} gives ${user ?? 'root'} a token of the ${who}, as HTCondor's tool`, async () => {
          const options = { env: { ...only(method), ...env }, ...(user === undefined ? {} : { user }) };
          const args = [...where(), '-authz', 'READ', '-lifetime', '60'];
          const [theirs, ours] = [await secure.pool.theirs(args, options), await secure.pool.ours(args, options)];
          assertSameToken(ours, theirs);
          assert.equal(claimsOf(ours.stdout)['sub'], identity);
        });
      }
    }

    test('IDTOKENS gives root a token with the pool’s own signing key, as HTCondor’s tool', async () => {
      const options = { env: only('IDTOKENS') };
      const args = [...fromSchedd(), '-lifetime', '30'];
      const [theirs, ours] = [await secure.pool.theirs(args, options), await secure.pool.ours(args, options)];
      assertSameToken(ours, theirs);
      assert.equal(claimsOf(ours.stdout)['sub'], 'condor@password');
    });

    test('whatever the daemon prefers of all that there is', async () => {
      const options = { user: 'alice', env: { ...SSL, ...SCITOKEN } };
      for (const methods of ['FS,IDTOKENS,SSL', 'SSL,SCITOKENS,IDTOKENS', 'MUNGE,PASSWORD,SSL']) {
        const env = { ...options.env, ...only(methods) };
        const args = [...fromSchedd(), '-lifetime', '60'];
        const ours = await secure.pool.ours([...args, '-json'], { ...options, env });
        const { 'authentication-method': used } = JSON.parse(ours.stdout) as Record<string, string>;
        const expected = ['FS', 'IDTOKENS', 'SSL', 'SCITOKENS', 'PASSWORD', 'MUNGE'].find(
          (each) => methods.split(',').includes(each) && each !== 'PASSWORD',
        );
        assert.equal(used, expected, ours.stderr);
        assert.equal((await secure.pool.theirs(args, { ...options, env })).status, 0);
      }
    });

    describe('SSL', () => {
      test('with PEM text, in our order and with another method behind it', async () => {
        const fetched = await fetch({ ...certificateOf(secure.alice), authenticationMethods: ['SSL', 'FS'] });
        assert.deepEqual([fetched.authenticationMethod, fetched.token.subject], ['SSL', 'alice@pool.test']);
        assert.equal(fetched.roundTrips, 4);
      });

      test('with certificate and key in one text', async () => {
        const { certificate, key } = secure.alice;
        const { token } = await fetch({ clientCertificate: `${key}\n${certificate}` });
        assert.equal(token.subject, 'alice@pool.test');
      });

      test('is refused for a name that the certificate does not have, and nothing else is shown', async () => {
        const idtoken = await secure.pool.idToken({ user: 'carol' });
        const fetching = fetch({
          ...{ ...certificateOf(secure.alice), idtoken, serverName: 'other.pool.test' },
          authenticationMethods: ['SSL', 'IDTOKENS'],
        });
        await assertUnproven(
          fetching,
          /its certificate is for DNS:ap\.pool\.test; CN=ap\.pool\.test, not for other\.pool\.test/,
          'its certificate is for DNS:ap.pool.test',
        );
        assert.doesNotMatch(await secure.pool.log('Sched'), /carol/);
      });

      test('is refused for an authority that is not trusted', async () => {
        const stranger = await Authority.create('CN=Stranger');
        const fetching = fetch({ ...certificateOf(secure.alice), caCertificate: stranger.certificate });
        await assertUnproven(
          fetching,
          /its certificate is not trusted \(.*issued by CN=Test Authority\)/,
          'its certificate is not trusted',
        );
      });

      test('is refused for a host without a name', async () => {
        const nameless = address.replace(`&alias=${HOST}`, '');
        const fetching = fetch({ ...certificateOf(secure.alice), address: nameless });
        await assertAttempts(
          fetching,
          /SSL: .*no host name is known.*server-name/,
          'no host name is known that its certificate must carry',
        );
        const { token } = await fetch({ ...certificateOf(secure.alice), address: nameless, serverName: HOST });
        assert.equal(token.subject, 'alice@pool.test');
      });

      test('of somebody whom the map file does not know is told before anything is asked', async () => {
        const nobody = await secure.authority.issue({ subject: 'CN=nobody' });
        await assert.rejects(fetch(certificateOf(nobody)), (error: HTCondorError & { user?: string }) => {
          assert.deepEqual([error.code, error.phase, error.user], ['ERR_DENIED', 'session', 'ssl@unmapped']);
          return advised('maps it to nobody (ssl@unmapped)')(error);
        });
      });

      test('of an authority that the daemon does not trust is refused with its reason', async () => {
        const stranger = await Authority.create('CN=Stranger');
        const mallory = await stranger.issue({ subject: 'CN=alice, O=Test' });
        await assertAttempts(
          fetch(certificateOf(mallory)),
          /SSL: .*TLS alert 48.*AUTH_SSL_SERVER_CAFILE/,
          'TLS alert 48',
        );
      });

      test('falls back to the next method on the same connection', async () => {
        const stranger = await Authority.create('CN=Stranger');
        const mallory = await stranger.issue({ subject: 'CN=alice, O=Test' });
        const idtoken = await secure.pool.idToken({ user: 'bob' });
        const methods = { authenticationMethods: ['SSL', 'IDTOKENS'] };
        const { token, authenticationMethod } = await fetch({ ...certificateOf(mallory), idtoken, ...methods });
        assert.deepEqual([authenticationMethod, token.subject], ['IDTOKENS', 'bob@pool.test']);
      });

      test('with a key that OpenSSL does not take falls back to the next method, in step with the daemon', async () => {
        const weak = await weakIdentity();
        const idtoken = await secure.pool.idToken({ user: 'bob' });
        const lines: string[] = [];
        const onLog = (_: string, line: string) => lines.push(line);
        const methods = { authenticationMethods: ['SSL', 'IDTOKENS'] };
        const { token } = await fetch({ ...certificateOf(weak), idtoken, ...methods, onLog });
        assert.equal(token.subject, 'bob@pool.test');
        assert.doesNotMatch(lines.join('\n'), /once more/);
      });

      test('takes an X.509 proxy if the daemon does', async () => {
        const proxy = await secure.authority.proxy({ subject: 'CN=alice, O=Test' });
        await assertAttempts(
          fetch({ clientCertificate: proxy }),
          /TLS alert 46/,
          'it needs AUTH_SSL_ALLOW_CLIENT_PROXY',
        );
        await secure.configure('AUTH_SSL_ALLOW_CLIENT_PROXY = True');
        try {
          assert.equal((await fetch({ clientCertificate: proxy })).token.subject, 'alice@pool.test');
        } finally {
          await secure.configure();
        }
      });

      test('that has to have a certificate says so', async () => {
        await secure.configure('AUTH_SSL_REQUIRE_CLIENT_MAPPING = True');
        try {
          const nobody = await secure.authority.issue({ subject: 'CN=nobody' });
          await assertAttempts(
            fetch(certificateOf(nobody)),
            /demands/,
            'one that its map file knows (AUTH_SSL_REQUIRE_CLIENT_MAPPING)',
          );
        } finally {
          await secure.configure();
        }
      });

      test('trusts a host that HTCondor’s tools have come to know, and no other', async () => {
        const { pool, put, authority } = secure;
        const known = (line: string) => put('alice', '/home/alice/.condor/known_hosts', `${line}\n`, 0o644);
        const env = {
          ...only('SSL'),
          ...SSL,
          _CONDOR_AUTH_SSL_CLIENT_CAFILE: '',
          _CONDOR_AUTH_SSL_CLIENT_USE_DEFAULT_CAS: 'False',
        };
        const ask = () => pool.ours(fromSchedd(), { user: 'alice', env });
        for (const [line, status] of [
          ['# nothing', 5],
          [`other.pool.test SSL ${authority.base64}`, 5],
          [`!${HOST} SSL ${authority.base64}`, 5],
          [`${HOST} SSL @trusted`, 5],
          [`${HOST} SSL ${(await Authority.create()).base64}`, 5],
          [`${HOST} SSL ${authority.base64}`, 0],
        ] as const) {
          await known(line);
          const ours = await ask();
          assert.equal(ours.status, status, `${line}: ${ours.stderr}`);
          assert.equal((await pool.theirs(fromSchedd(), { user: 'alice', env })).status === 0, status === 0, line);
        }
        await pool.run('rm', '/home/alice/.condor/known_hosts');
      });
    });

    describe('SCITOKENS', () => {
      const scitoken = (claims: Record<string, unknown> = {}, subject = 'alice') =>
        secure.issuer.issue(subject, claims);
      const methods = { authenticationMethods: ['SCITOKENS'] };

      test('in as few round trips as TLS allows', async () => {
        const { token, roundTrips } = await fetch({ scitoken: `${scitoken()}\n`, authz: ['READ'] });
        assert.deepEqual([token.subject, token.authz], ['alice@pool.test', ['READ']]);
        assert.equal(roundTrips, 4);
      });

      const refused: readonly [string, Record<string, unknown>, string, RegExp, ErrorName][] = [
        [
          'another audience',
          { aud: 'https://other.test' },
          'alice',
          /its audience is https:\/\/other\.test, and SCITOKENS_SERVER_AUDIENCE/,
          'one of: its audience is https://other.test',
        ],
        ['no scope', { scope: undefined }, 'alice', /one of: it has no scope/, 'one of: it has no scope'],
        [
          'somebody the map file does not know',
          {},
          'mallory',
          /no line of the daemon's map file .* is for https:\/\/localhost:\d+,mallory/,
          'one of: its audience is https://other.test',
        ],
        [
          'another issuer',
          { iss: 'https://localhost:1/' },
          'alice',
          /cannot fetch the keys of https:\/\/localhost:1\//,
          'one of: its audience is https://other.test',
        ],
      ];
      for (const [what, claims, subject, reason, name] of refused) {
        test(`of ${what} is refused, with what it can be`, () =>
          assertAttempts(fetch({ scitoken: scitoken(claims, subject), ...methods }), reason, name));
      }

      test('that is refused is followed by the next method', async () => {
        const idtoken = await secure.pool.idToken({ user: 'bob' });
        const both = { authenticationMethods: ['SCITOKENS', 'IDTOKENS'] };
        const { token } = await fetch({ scitoken: scitoken({ aud: 'https://other.test' }), idtoken, ...both });
        assert.equal(token.subject, 'bob@pool.test');
      });

      test('that has expired is not sent', () => {
        const expired = scitoken({ exp: Math.floor(Date.now() / 1000) - 10 });
        return assertAttempts(
          fetch({ scitoken: expired, ...methods }),
          /SCITOKENS: .*it expired at /,
          'example.org): it expired at',
        );
      });

      test('is not shown to a daemon that cannot prove itself', async () => {
        const fetching = fetch({ scitoken: scitoken(), serverName: 'other.pool.test', ...methods });
        await assertUnproven(fetching, /not for other\.pool\.test/, 'its certificate is for DNS:ap.pool.test');
      });

      test('is found as WLCG has it', async () => {
        const { pool, put } = secure;
        const uid = (await pool.run('id', '-u', 'alice')).trim();
        const ask = (env: Record<string, string>) =>
          pool.ours(fromSchedd(), { user: 'alice', env: { ...only('SCITOKENS'), ...env } });
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
          /no SciToken was found: BEARER_TOKEN is not set, and there is none in \/tmp/,
        );
      });
    });

    describe('PASSWORD', () => {
      test('of the input', async () => {
        const { token, roundTrips } = await fetch({ password: POOL_PASSWORD });
        assert.deepEqual([token.subject, roundTrips], ['condor@password', 3]);
      });
      test('that is another one: the daemon is not believed', () =>
        assertUnproven(
          fetch({ password: 'wrong' }),
          /the daemon has another secret/,
          'password (condor@password): the daemon has another secret for it',
        ));
      test('in a file that others can read is passed over', async () => {
        const { pool } = secure;
        await pool.run('chmod', '644', '/etc/condor/pool_password');
        try {
          const { status, stderr } = await pool.ours(fromSchedd(), { env: only('PASSWORD') });
          assert.equal(status, 2);
          assert.match(stderr, /pool_password: others may use it \(mode 0644\); it must be 0600 \(ERR_NO_CREDENTIAL/);
          assertAdvised(stderr, 'others may use it (mode 0644)');
        } finally {
          await pool.run('chmod', '600', '/etc/condor/pool_password');
        }
      });
    });

    describe('FS', () => {
      test('from another file system is refused, and followed by the next method on the same connection', async () => {
        const idtoken = await secure.pool.idToken({ user: 'bob' });
        const methods = { authenticationMethods: ['FS', 'IDTOKENS'] };
        const { token } = await fetch({ idtoken, ...methods });
        assert.equal(token.subject, 'bob@pool.test');
        await assertAttempts(
          fetch({ authenticationMethods: ['FS'] }),
          /FS: .*does not see \/tmp\/FS_.* as ours/,
          'it has another file system',
        );
      });

      test('leaves no directory behind', async () => {
        const { pool } = secure;
        assert.equal((await pool.ours(fromSchedd(), { user: 'alice', env: only('FS') })).status, 0);
        assert.doesNotMatch(await pool.run('ls', '-a', '/tmp'), /FS_/);
      });
    });

    describe('MUNGE', () => {
      test('says what is wrong where munged does not answer', async () => {
        const { pool } = secure;
        await pool.run('mv', '/run/munge', '/run/munge.away');
        try {
          const { status, stderr } = await pool.ours(fromSchedd(), { user: 'alice', env: only('MUNGE') });
          assert.equal(status, 5);
          assert.match(stderr, /MUNGE: this account: munge failed: .*socket/i);
          assertAdvised(stderr, 'MUNGE: this account');
          const next = await pool.ours(fromSchedd(), { user: 'alice', env: only('MUNGE,FS') });
          assert.equal(next.status, 0, next.stderr);
        } finally {
          await pool.run('mv', '/run/munge.away', '/run/munge');
        }
      });
    });

    describe('KERBEROS', () => {
      test('alone on the daemon’s side is named, with what would work', async () => {
        await secure.pool.configure('SEC_DEFAULT_AUTHENTICATION_METHODS = KERBEROS');
        try {
          const idtoken = await secure.pool.idToken({ user: 'alice' });
          await assert.rejects(fetch({ idtoken }), (error: NegotiationError) => {
            assert.equal(error.code, 'ERR_NO_COMMON_METHOD');
            assert.deepEqual(error.methods, ['KERBEROS']);
            assert.match(error.message, /we have IDTOKENS; the daemon takes KERBEROS$/);
            return advised('the daemon takes KERBEROS')(error);
          });
        } finally {
          await secure.configure();
        }
      });

      test('is not spoken, and that is said', async () => {
        const { status, stderr } = await secure.pool.ours(fromSchedd(), { user: 'alice', env: only('KERBEROS') });
        assert.equal(status, 2);
        assert.match(stderr, /KERBEROS: it is not spoken here; IDTOKENS, SCITOKENS, SSL, PASSWORD, FS and MUNGE are/);
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

async function assertAttempts(fetching: Promise<unknown>, reason: RegExp, name: ErrorName): Promise<void> {
  await assert.rejects(fetching, (error: AuthenticationError) => {
    assert.equal(error.code, 'ERR_METHODS_EXHAUSTED', error.message);
    assert.match(error.attempts.map((each) => `${each.method}: ${each.reason}`).join('\n'), reason);
    return advised(name)(error);
  });
}

async function assertUnproven(fetching: Promise<unknown>, reason: RegExp, name: ErrorName): Promise<void> {
  await assert.rejects(fetching, (error: AuthenticationError) => {
    assert.deepEqual([error.code, error.phase], ['ERR_SERVER_UNPROVEN', 'session'], error.message);
    assert.match(error.attempts.map((each) => each.reason).join('\n'), reason);
    return advised(name)(error);
  });
}
