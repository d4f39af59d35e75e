/** SSL with schedds of both releases: accepted and rejected certificates, and the trust of both sides. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import type { FetchOptions, HTCondorError } from '../../src/index.ts';
import { advised } from '../support/advice.ts';
import { Authority, type Identity, weakIdentity } from '../support/certificates.ts';
import {
  assertAttempts,
  assertUnproven,
  fromSchedd,
  type MethodPool,
  only,
  SSL,
  startMethodPool,
} from '../support/method-pool.ts';
import { poolSuites, poolUnavailable } from '../support/pool.ts';
import { runCommand } from '../support/runner.ts';
import { HOST } from '../support/secure-pool.ts';

const certificateOf = ({ certificate, key }: Identity) => ({ clientCertificate: certificate, clientKey: key });

for (const suite of poolSuites()) {
  describe(`HTCondor of ${suite} by`, { skip: poolUnavailable() ?? false }, () => {
    let secure: MethodPool;
    before(async () => {
      secure = await startMethodPool({ suite });
    });
    after(() => secure?.stop());

    const fetch = (options: FetchOptions) => secure.fetch(options);

    describe('SSL', () => {
      test('accepts PEM text, before another method', async () => {
        const fetched = await fetch({ ...certificateOf(secure.alice), authenticationMethods: ['SSL', 'FS'] });
        assert.deepEqual([fetched.authenticationMethod, fetched.token.subject], ['SSL', 'alice@pool.test']);
        assert.equal(fetched.roundTrips, 4);
      });

      test('accepts certificate and key in one text', async () => {
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

      test('rejects a daemon with an untrusted CA', async () => {
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

      test('lets the command verify a host without a name only against -server-name', async () => {
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

      test('reports a certificate without a line in the map file before the request', async () => {
        const nobody = await secure.authority.issue({ subject: 'CN=nobody' });
        await assert.rejects(fetch(certificateOf(nobody)), (error: HTCondorError & { user?: string }) => {
          assert.deepEqual([error.code, error.phase, error.user], ['ERR_DENIED', 'session', 'ssl@unmapped']);
          return advised('maps it to no identity (ssl@unmapped)')(error);
        });
      });

      test('reports that the daemon does not trust the CA of the client', async () => {
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

      test('rejects a key that is too short for TLS, also if another method is named', async () => {
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

      test('accepts an X.509 proxy if the daemon does', async () => {
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

      test('trusts a known host of HTCondor’s tools, and no other', async () => {
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
  });
}
