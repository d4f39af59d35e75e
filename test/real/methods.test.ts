/**
 * Tests every authentication method with schedds and collectors of both releases: accepted and rejected credentials,
 * credential sources, and how each side decides whether to trust the other. HTCondor's own tool is the oracle.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import type { FetchOptions, HTCondorError, NegotiationError } from '../../src/index.ts';
import { Authority, type Identity, weakIdentity } from '../support/credentials/certificates.ts';
import { advised, assertAdvised } from '../support/errors/advice.ts';
import type { ErrorName } from '../support/errors/every-error.ts';
import {
  assertAttempts,
  assertUnproven,
  fromSchedd,
  type MethodPool,
  only,
  SCITOKEN,
  SSL,
  startMethodPool,
} from '../support/pool/method-pool.ts';
import { type Outcome, poolSuites, poolUnavailable } from '../support/pool/pool.ts';
import { claimsOf } from '../support/pool/real-fetch.ts';
import { HOST, POOL_PASSWORD, type SecurePool } from '../support/pool/secure-pool.ts';
import { runCommand } from '../support/runner/program.ts';

/** Input for both tools, and the resulting identity. If `user` is undefined, root runs the fetch. */
const METHODS: readonly { method: string; user?: string; env?: Record<string, string>; identity: string }[] = [
  { method: 'IDTOKENS', user: 'alice', identity: 'alice@pool.test' },
  { method: 'SSL', user: 'alice', env: SSL, identity: 'alice@pool.test' },
  { method: 'SCITOKENS', user: 'alice', env: SCITOKEN, identity: 'alice@pool.test' },
  { method: 'PASSWORD', identity: 'condor@password' },
  { method: 'FS', user: 'alice', identity: 'alice@pool.test' },
  { method: 'FS', identity: 'condor@pool.test' },
  { method: 'MUNGE', user: 'alice', identity: 'alice@pool.test' },
  { method: 'MUNGE', identity: 'condor@pool.test' },
];
const certificateOf = ({ certificate, key }: Identity) => ({ clientCertificate: certificate, clientKey: key });
const fromCollector = ({ collector }: SecurePool) => ['-pool', collector, '-type', 'collector'];

for (const suite of poolSuites()) {
  describe(`HTCondor of ${suite} with`, { skip: poolUnavailable() ?? false }, () => {
    let secure: MethodPool;
    before(async () => {
      secure = await startMethodPool({ suite });
    });
    after(() => secure?.stop());

    const fetch = (options: FetchOptions) => secure.fetch(options);

    for (const { method, user, env = {}, identity } of METHODS) {
      for (const [who, where] of [
        ['schedd', fromSchedd],
        ['collector', fromCollector],
      ] as const) {
        test(`${method} issues a token from the ${who} to ${user ?? 'root'}, as with HTCondor’s tool`, async () => {
          const options = { env: { ...only(method), ...env }, ...(user === undefined ? {} : { user }) };
          const args = [...where(secure), '-authz', 'READ', '-lifetime', '60'];
          const [theirs, ours] = [await secure.pool.theirs(args, options), await secure.pool.ours(args, options)];
          assertSameToken(ours, theirs);
          assert.equal(claimsOf(ours.stdout)['sub'], identity);
        });
      }
    }

    test('IDTOKENS issues a token to root, authenticated with the pool’s signing key, as with HTCondor’s tool', async () => {
      const options = { env: only('IDTOKENS') };
      const args = [...fromSchedd(secure), '-lifetime', '30'];
      const [theirs, ours] = [await secure.pool.theirs(args, options), await secure.pool.ours(args, options)];
      assertSameToken(ours, theirs);
      assert.equal(claimsOf(ours.stdout)['sub'], 'condor@password');
    });

    test('all methods uses the one that the daemon prefers', async () => {
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

    describe('SSL', () => {
      test('prefers PEM text to another method', async () => {
        const fetched = await fetch({ ...certificateOf(secure.alice), authenticationMethods: ['SSL', 'FS'] });
        assert.deepEqual([fetched.authenticationMethod, fetched.token.subject], ['SSL', 'alice@pool.test']);
        assert.equal(fetched.roundTrips, 4);
      });

      test('accepts a certificate and its key in one text', async () => {
        const { certificate, key } = secure.alice;
        const { token } = await fetch({ clientCertificate: `${key}\n${certificate}` });
        assert.equal(token.subject, 'alice@pool.test');
      });

      test('rejects a daemon whose certificate has another name, and sends no other credential', async () => {
        const idtoken = await secure.pool.idToken({ user: 'carol' });
        const fetching = fetch({
          ...{ ...certificateOf(secure.alice), idtoken, serverName: 'other.pool.test' },
          authenticationMethods: ['SSL', 'IDTOKENS'],
        });
        await assertUnproven(
          fetching,
          /its certificate is for DNS:ap\.pool\.test, not for other\.pool\.test/,
          'its certificate is for DNS:ap.pool.test',
        );
        assert.doesNotMatch(await secure.pool.log('Sched'), /carol/);
      });

      test('rejects a daemon whose CA is not trusted', async () => {
        const stranger = await Authority.create('CN=Stranger');
        const fetching = fetch({ ...certificateOf(secure.alice), caCertificate: stranger.certificate });
        await assertUnproven(
          fetching,
          /its certificate is not trusted \(.*issued by CN=Test Authority\)/,
          'its certificate is not trusted',
        );
      });

      test('is not used without a host name', async () => {
        const nameless = secure.address.replace(`&alias=${HOST}`, '');
        const fetching = fetch({ ...certificateOf(secure.alice), address: nameless });
        await assertAttempts(
          fetching,
          /SSL: .*no host name is known.*server-name/,
          'no host name is known to verify its certificate against',
        );
        const { token } = await fetch({ ...certificateOf(secure.alice), address: nameless, serverName: HOST });
        assert.equal(token.subject, 'alice@pool.test');
      });

      test('makes the command verify a host that has no name only against -server-name', async () => {
        const directory = mkdtempSync(join(tmpdir(), 'server-name-'));
        const file = (name: string, content: string) => {
          writeFileSync(join(directory, name), content, { mode: 0o600 });
          return join(directory, name);
        };
        const env = {
          ...only('SSL'),
          _CONDOR_AUTH_SSL_CLIENT_CERTFILE: file('cert.pem', secure.alice.certificate),
          _CONDOR_AUTH_SSL_CLIENT_KEYFILE: file('key.pem', secure.alice.key),
          _CONDOR_AUTH_SSL_CLIENT_CAFILE: file('ca.pem', secure.authority.certificate),
        };
        const nameless = secure.address.replace(`&alias=${HOST}`, '');
        const run = (...args: readonly string[]) => runCommand(['-addr', nameless, ...args], { env });
        const refused = await run();
        const fetched = await run('-server-name', HOST);
        const wrong = await run('-server-name', 'other.pool.test');
        rmSync(directory, { recursive: true });
        assert.deepEqual([refused.status, refused.stdout], [5, ''], refused.stderr);
        assert.match(refused.stderr, /no host name is known/);
        assert.equal(fetched.status, 0, fetched.stderr);
        assert.equal(decodeJwt(fetched.stdout.trim()).sub, 'alice@pool.test');
        assert.deepEqual([wrong.status, wrong.stdout], [5, ''], wrong.stderr);
        assert.match(wrong.stderr, /its certificate is for DNS:ap\.pool\.test/);
      });

      test('reports, before the request, that the map file has no line for a certificate', async () => {
        const nobody = await secure.authority.issue({ subject: 'CN=nobody' });
        await assert.rejects(fetch(certificateOf(nobody)), (error: HTCondorError & { user?: string }) => {
          assert.deepEqual([error.code, error.phase, error.user], ['ERR_DENIED', 'session', 'ssl@unmapped']);
          return advised('maps it to no identity (ssl@unmapped)')(error);
        });
      });

      test('reports that the daemon does not trust the client’s CA', async () => {
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

      test('falls back to the next method on the same connection if OpenSSL rejects the client certificate', async () => {
        const weak = await secure.authority.issueWeakly({ subject: 'CN=alice, O=Test' });
        const idtoken = await secure.pool.idToken({ user: 'bob' });
        const lines: string[] = [];
        const onLog = (_: string, line: string) => lines.push(line);
        const methods = { authenticationMethods: ['SSL', 'IDTOKENS'] };
        const { token } = await fetch({ ...certificateOf(weak), idtoken, ...methods, onLog });
        assert.equal(token.subject, 'bob@pool.test');
        assert.doesNotMatch(lines.join('\n'), /once more/);
      });

      test('rejects a key that is too short for TLS, even if another method is also selected', async () => {
        const idtoken = await secure.pool.idToken({ user: 'bob' });
        const fetching = fetch({
          ...certificateOf(await weakIdentity()),
          ...{ idtoken, authenticationMethods: ['SSL', 'IDTOKENS'] },
        });
        await assert.rejects(fetching, {
          code: 'ERR_CREDENTIAL_UNREADABLE',
          message: 'client-certificate: its RSA key has 512 bits; TLS requires at least 2048',
        });
      });

      test('accepts an X.509 proxy if the daemon accepts it', async () => {
        const proxy = await secure.authority.proxy({ subject: 'CN=alice, O=Test' });
        await assertAttempts(
          fetch({ clientCertificate: proxy }),
          /TLS alert 46/,
          'it requires AUTH_SSL_ALLOW_CLIENT_PROXY',
        );
        await secure.configure('AUTH_SSL_ALLOW_CLIENT_PROXY = True');
        try {
          assert.equal((await fetch({ clientCertificate: proxy })).token.subject, 'alice@pool.test');
        } finally {
          await secure.configure();
        }
      });

      test('reports that the daemon requires a client certificate', async () => {
        await secure.configure('AUTH_SSL_REQUIRE_CLIENT_MAPPING = True');
        try {
          const nobody = await secure.authority.issue({ subject: 'CN=nobody' });
          await assertAttempts(
            fetch(certificateOf(nobody)),
            /requires a client certificate/,
            'one that its map file lists (AUTH_SSL_REQUIRE_CLIENT_MAPPING)',
          );
        } finally {
          await secure.configure();
        }
      });

      test('trusts a host that HTCondor’s tools have accepted, but no other host', async () => {
        const { pool, put, authority } = secure;
        const known = (line: string) => put('alice', '/home/alice/.condor/known_hosts', `${line}\n`, 0o644);
        const env = {
          ...only('SSL'),
          ...SSL,
          _CONDOR_AUTH_SSL_CLIENT_CAFILE: '',
          _CONDOR_AUTH_SSL_CLIENT_USE_DEFAULT_CAS: 'False',
        };
        const ask = () => pool.ours(fromSchedd(secure), { user: 'alice', env });
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
          assert.equal(
            (await pool.theirs(fromSchedd(secure), { user: 'alice', env })).status === 0,
            status === 0,
            line,
          );
        }
        await pool.run('rm', '/home/alice/.condor/known_hosts');
      });
    });

    describe('SCITOKENS', () => {
      const scitoken = (claims: Record<string, unknown> = {}, subject = 'alice') =>
        secure.issuer.issue(subject, claims);
      const methods = { authenticationMethods: ['SCITOKENS'] };

      test('takes the minimum number of round trips', async () => {
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
          'a subject that the map file does not contain',
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
        test(`with ${what} is rejected, with the possible reasons`, () =>
          assertAttempts(fetch({ scitoken: scitoken(claims, subject), ...methods }), reason, name));
      }

      test('is followed by the next method after a rejection', async () => {
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
        assert.equal(
          (await ask({ BEARER_TOKEN_FILE: '/home/alice/empty' })).status,
          0,
          'an empty file contains no token',
        );
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

    describe('PASSWORD', () => {
      test('accepts the input password', async () => {
        const { token, roundTrips } = await fetch({ password: POOL_PASSWORD });
        assert.deepEqual([token.subject, roundTrips], ['condor@password', 3]);
      });
      test('causes ERR_SERVER_UNPROVEN if the passwords differ', () =>
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
      test('with another file system is rejected and followed by the next method on the same connection', async () => {
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
      test('reports why munged does not respond', async () => {
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
      test('is named in the error if the daemon accepts no other method', async () => {
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
