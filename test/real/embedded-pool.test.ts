/** Tests HTCondor's tools with the embedded pool: IDTOKENs, the other methods, and sessions. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { loadCredentials } from '../../src/credentials/load.ts';
import { getSessionToken } from '../../src/daemon/token-commands.ts';
import { readRequest } from '../../src/inputs/request.ts';
import { parseAddress } from '../../src/transport/sinful.ts';
import { MethodClients } from '../support/clients/method-clients.ts';
import { AUDIENCE, SciTokenKey } from '../support/credentials/scitoken-key.ts';
import { SigningKey } from '../support/credentials/signing-key.ts';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import type { TlsSettings } from '../support/embedded-pool/ssl.ts';
import { inTwoMessages } from '../support/embedded-pool/token-in-two-messages.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { notingHost } from '../support/noting-host.ts';
import { type MethodPool, startMethodPool } from '../support/pool/method-pool.ts';
import { type Outcome, type Pool, poolSuites, poolUnavailable } from '../support/pool/pool.ts';
import { claimsOf, onlyToken, referenceFetch } from '../support/pool/real-fetch.ts';
import { HOST, POOL_PASSWORD, type SecurePool, startSecurePool } from '../support/pool/secure-pool.ts';
import { surroundings } from '../support/surroundings.ts';

for (const suite of poolSuites()) {
  describe(`The tools of HTCondor of ${suite} with the embedded pool`, { skip: poolUnavailable() ?? false }, () => {
    let secure: SecurePool;
    let pool: Pool; // started only to provide its tools, its accounts and its munged
    before(async () => {
      secure = await startSecurePool({ suite });
      ({ pool } = secure);
    });
    after(() => secure?.stop());

    test('fetch a valid token from a schedd', () =>
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

    test('receive the error of a schedd without impersonation tokens', () =>
      withPool({}, async (embedded) => {
        const args = ['-pool', embedded.collector, '-name', 'ci@pool', '-remote'];
        const { status, stderr } = await referenceFetch(pool, embedded.idToken('alice'), args);
        assert.equal(status, 5);
        assert.ok(stderr.includes('DAEMON:5:Schedd ci@pool is not known to the collector.'), stderr);
      }));

    test('locate a schedd by name if each write sends three bytes', () =>
      withPool({ schedds: ['one@pool', 'two@pool'], readNeedsSession: true, pieces: 3 }, async (embedded) => {
        const args = ['-pool', embedded.collector, '-name', 'two@pool'];
        const { status, stderr } = await referenceFetch(pool, embedded.idToken('alice'), args);
        assert.equal(status, 0, stderr + embedded.log.join('\n'));
        assert.ok(embedded.log.includes('PERMISSION GRANTED to alice@pool.test for command 60046 at schedd_1'));
      }));

    test('receive the error codes 44, 4 and 3', async () => {
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

    test('are rejected with a token that is revoked or signed with another key', () =>
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

    describe('with other methods', () => {
      const issuer = new SciTokenKey('https://issuer.test');
      let methods: EmbeddedPoolOptions;
      let tls: TlsSettings;
      let directory: string; // under /dev/shm, which the pool's root directory shares with this process
      let accounts: Map<number, string>;

      before(async () => {
        const { authority, alice, put } = secure;
        directory = mkdtempSync('/dev/shm/embedded-pool-');
        chmodSync(directory, 0o1777);
        const uid = async (account: string) => Number(await pool.run('id', '-u', account));
        accounts = new Map([
          [await uid('alice'), 'alice'],
          [await uid('condor'), 'condor'],
        ]);
        const certificate = await authority.issue({ subject: `CN=${HOST}`, hosts: [HOST] });
        tls = { certificate, authority: authority.certificate };
        methods = {
          alias: HOST,
          methods: ['FS', 'TOKEN', 'SSL', 'SCITOKENS', 'PASSWORD', 'MUNGE'],
          password: Buffer.from(POOL_PASSWORD),
          fs: { directory, accounts },
          munge: { decode: unmunge },
          tls,
          scitokens: { issuers: [issuer], audience: AUDIENCE },
          map: { 'SSL /CN=alice/O=Test': 'alice@pool.test', [`SCITOKENS ${issuer.url},alice`]: 'alice@pool.test' },
        };
        await put('alice', '/home/alice/cert.pem', alice.certificate, 0o644);
        await put('alice', '/home/alice/key.pem', alice.key);
        await put('alice', '/home/alice/scitoken', `${issuer.issue('alice')}\n`);
        await put('alice', '/home/alice/foreign', `${new SciTokenKey(issuer.url).issue('alice')}\n`);
      });
      after(() => rmSync(directory, { recursive: true, force: true }));

      /** Returns the account in a credential, according to the pool's munged. */
      async function unmunge(credential: string): Promise<string | undefined> {
        const script = 'printf %s "$0" | unmunge';
        const { status, stdout } = await pool.exec(['sh', '-c', script, credential]);
        return status === 0 ? accounts.get(Number(/^UID:.*\((\d+)\)$/m.exec(stdout)?.[1])) : undefined;
      }

      const SSL = {
        _CONDOR_AUTH_SSL_CLIENT_CERTFILE: '/home/alice/cert.pem',
        _CONDOR_AUTH_SSL_CLIENT_KEYFILE: '/home/alice/key.pem',
      };
      const SCITOKEN = { BEARER_TOKEN_FILE: '/home/alice/scitoken' };

      interface MethodCase {
        readonly what: string;
        readonly method: string;
        /** The account that runs the tool; root if undefined. */
        readonly user?: string;
        readonly env?: Record<string, string>;
        readonly options?: () => EmbeddedPoolOptions;
        readonly identity: string;
      }
      const alice = { user: 'alice', identity: 'alice@pool.test' };
      const cases: readonly MethodCase[] = [
        { what: 'SSL', method: 'SSL', env: SSL, ...alice },
        {
          ...{ what: 'SSL with TLS 1.2', method: 'SSL', env: SSL, ...alice },
          options: () => ({ tls: { ...tls, version: 'TLSv1.2' } }),
        },
        {
          ...{ what: 'SSL with a group that costs an additional round trip', method: 'SSL', env: SSL, ...alice },
          options: () => ({ tls: { ...tls, groups: 'P-384' } }),
        },
        { what: 'SCITOKENS', method: 'SCITOKENS', env: SCITOKEN, ...alice },
        {
          ...{ what: 'SCITOKENS with TLS 1.2', method: 'SCITOKENS', env: SCITOKEN, ...alice },
          options: () => ({ tls: { ...tls, version: 'TLSv1.2' } }),
        },
        { what: 'PASSWORD', method: 'PASSWORD', identity: 'condor@password' },
        {
          ...{ what: 'PASSWORD as before 23.9', method: 'PASSWORD', identity: 'condor_pool@pool.test' },
          options: () => ({ version: '23.8.1' }),
        },
        { what: 'FS', method: 'FS', ...alice },
        { what: 'FS', method: 'FS', identity: 'condor@pool.test' },
        {
          ...{ what: 'FS with the server’s address in the name', method: 'FS', ...alice },
          options: () => ({ fs: { directory, accounts, binding: 'ours' } }),
        },
        { what: 'MUNGE', method: 'MUNGE', ...alice },
        { what: 'MUNGE', method: 'MUNGE', identity: 'condor@pool.test' },
        {
          ...{
            what: 'the method that the pool prefers',
            method: 'SSL,SCITOKENS,FS',
            env: { ...SSL, ...SCITOKEN },
            ...alice,
          },
          options: () => ({ methods: ['SCITOKENS', 'FS', 'SSL'] }),
        },
        {
          ...{ what: 'the next method after a rejected one', method: 'SCITOKENS,FS', ...alice },
          env: { BEARER_TOKEN_FILE: '/home/alice/foreign' },
          options: () => ({ methods: ['SCITOKENS', 'FS'] }),
        },
      ];
      for (const { what, method, user, env = {}, options = () => ({}), identity } of cases) {
        test(`fetch a token for ${user ?? 'root'} with ${what}`, () =>
          withPool({ ...methods, ...options() }, async (embedded) => {
            const fetched = await pool.theirs(['-name', embedded.schedd(), '-authz', 'READ', '-lifetime', '60'], {
              env: { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: method, ...env },
              ...(user === undefined ? {} : { user }),
            });
            assertFetched(fetched, embedded);
            const { sub, scope, iat, exp } = claimsOf(fetched.stdout);
            assert.deepEqual([sub, scope, Number(exp) - Number(iat)], [identity, 'condor:/READ', 60]);
            assert.deepEqual(readdirSync(directory), [], 'the directory of FS is removed');
            assert.equal(embedded.connections, 1);
          }));
      }

      const elsewhere = (path: string) => path.replace(directory, `${directory}/missing`);
      const refused: readonly [string, string, () => EmbeddedPoolOptions, RegExp][] = [
        [
          'a different password',
          'PASSWORD',
          () => ({ password: Buffer.from('wrong') }),
          /rejected the proof of the server/,
        ],
        ['no password', 'PASSWORD', () => ({ password: undefined }), /there is no pool password/],
        [
          'a certificate for another host',
          'SSL',
          () => ({ tls: { ...tls, certificate: secure.alice } }),
          /the client quits/,
        ],
        ['no certificate', 'SSL', () => ({ tls: { ...tls, certificate: undefined } }), /client status is 0/],
        [
          'a map file that does not contain the client',
          'SSL',
          () => ({ map: {}, tls: { ...tls, requires: 'mapping' } }),
          /Failed to map SSL authenticated identity '\/CN=alice\/O=Test'/,
        ],
        [
          'a directory that does not exist',
          'FS',
          () => ({ fs: { directory, accounts, ask: elsewhere } }),
          /says -1 of/,
        ],
        [
          'the munged of another pool',
          'MUNGE',
          () => ({ munge: { decode: async () => undefined } }),
          /Invalid credential/,
        ],
      ];
      for (const [what, method, options, line] of refused) {
        test(`receive no token with ${method} from a pool with ${what}`, () =>
          withPool({ ...methods, ...options() }, async (embedded) => {
            const env = { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: method, ...SSL };
            const user = method === 'PASSWORD' ? {} : { user: 'alice' };
            const { status, stdout } = await pool.theirs(['-name', embedded.schedd()], { env, ...user });
            assert.deepEqual([status, stdout], [1, ''], embedded.log.join('\n'));
            assert.match(embedded.log.join('\n'), line);
            assert.ok(!embedded.log.some((each) => each.startsWith('PERMISSION GRANTED')));
          }));
      }

      test('request a token and poll until it is approved', () => {
        const requests: EmbeddedPoolOptions['requests'] = { whenFiled: (id, all) => all.decide(id, 'approved') };
        return withPool({ ...methods, requests }, async (embedded) => {
          const args = ['-identity', 'carol@pool.test', '-authz', 'READ', '-lifetime', '600'];
          const argv = ['condor_token_request', '-name', embedded.schedd(), ...args];
          const env = { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'SSL' };
          const requested = await pool.exec(argv, { user: 'alice', env });
          assertFetched(requested, embedded);
          const { sub, scope, iat, exp } = claimsOf(requested.stdout.trim().split('\n').at(-1) ?? '');
          assert.deepEqual([sub, scope, Number(exp) - Number(iat)], ['carol@pool.test', 'condor:/READ', 600]);
          assert.ok(
            embedded.log.some((line) => line.startsWith('request ') && line.includes('unauthenticated@unmapped')),
          );
        });
      });

      const requests: readonly [string, EmbeddedPoolOptions['requests'], RegExp][] = [
        ['are disabled', { disabled: true }, /DAEMON:44:Token request disabled\./],
        ['exceed the permitted levels', { limits: ['WRITE'] }, /DAEMON:3:All requested authorizations were eliminated/],
      ];
      for (const [what, settings, text] of requests) {
        test(`receive an error for requests that ${what}`, () =>
          withPool({ ...methods, ...(settings === undefined ? {} : { requests: settings }) }, async (embedded) => {
            const argv = ['condor_token_request', '-name', embedded.schedd(), '-identity', 'carol@pool.test'];
            const env = { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'FS' };
            const { status, stderr } = await pool.exec([...argv, '-authz', 'READ'], { user: 'alice', env });
            assert.ok(status !== 0);
            assert.match(stderr, text, embedded.log.join('\n'));
          }));
      }
    });
  });
}

function assertFetched({ status, stderr }: Outcome, embedded: EmbeddedPool): void {
  assert.equal(status, 0, `${stderr}\n${embedded.log.join('\n')}`);
}

for (const suite of poolSuites()) {
  describe(`In sessions with the embedded pool, the tools of HTCondor of ${suite}`, {
    skip: poolUnavailable() ?? false,
  }, () => {
    let secure: MethodPool;
    let clients: MethodClients;
    before(async () => {
      secure = await startMethodPool({ suite, config: 'SEC_DEFAULT_ENCRYPTION = REQUIRED' });
      clients = await MethodClients.create();
    });
    after(async () => {
      clients?.close();
      await secure?.stop();
    });

    /** Runs condor_token_request with an IDTOKEN. A single process sends two or more commands. */
    async function requestToken(embedded: EmbeddedPool): Promise<void> {
      const { pool } = secure;
      await pool.exec(['mkdir', '-p', '-m', '700', '/tmp/requester']);
      await pool.write('/tmp/requester/credential', `${embedded.idToken('alice')}\n`, 0o600);
      const env = {
        _CONDOR_SEC_TOKEN_DIRECTORY: '/tmp/requester',
        _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'IDTOKENS',
      };
      const argv = ['condor_token_request', '-name', embedded.schedd(), '-identity', 'carol@pool.test'];
      const { status, stdout, stderr } = await pool.exec(argv, { env });
      assert.equal(status, 0, stderr + embedded.log.join('\n'));
      assert.equal(claimsOf(stdout.trim().split('\n').at(-1) ?? '')['sub'], 'carol@pool.test');
    }

    const resumed = ({ log }: EmbeddedPool) => log.filter((line) => line.startsWith('resuming session')).length;
    const approving: EmbeddedPoolOptions = {
      requests: { whenFiled: (id, requests) => requests.decide(id, 'approved') },
    };

    test('send their second command in the session of the first one, after the response to the resumption request', () =>
      withPool(approving, async (embedded) => {
        await requestToken(embedded);
        assert.equal(resumed(embedded), 1, embedded.log.join('\n'));
      }));

    test('report a session that the daemon no longer has, after SID_NOT_FOUND', () => {
      let embedded: EmbeddedPool | undefined;
      const requests: EmbeddedPoolOptions['requests'] = {
        whenFiled: (id, all) => {
          all.decide(id, 'approved');
          setImmediate(() => embedded?.sessions.clear());
        },
      };
      return withPool({ requests }, async (pool) => {
        embedded = pool;
        await assert.rejects(requestToken(pool), /SECMAN:2004:Server rejected our session id/);
        assert.equal(pool.log.filter((line) => line.startsWith('attempt to open invalid session')).length, 1);
        assert.equal(resumed(pool), 0);
      });
    });

    test('do not resume a session that expires immediately', () =>
      withPool({ ...approving, sessionDuration: 0 }, async (embedded) => {
        await requestToken(embedded);
        assert.equal(resumed(embedded), 0, embedded.log.join('\n'));
      }));

    const NEVER = { _CONDOR_SEC_CLIENT_ENCRYPTION: 'NEVER', _CONDOR_SEC_CLIENT_INTEGRITY: 'NEVER' };

    test('are rejected without encryption if it is required, as by a real schedd', () =>
      withPool({}, async (embedded) => {
        const { pool, address } = secure;
        const here = await referenceFetch(pool, embedded.idToken(), ['-name', embedded.schedd()], NEVER);
        const there = await referenceFetch(pool, await pool.idToken({ user: 'alice' }), ['-name', address], NEVER);
        assert.deepEqual([here.status, there.status], [1, 1], here.stderr + there.stderr);
        assert.ok(embedded.log.includes('DC_AUTHENTICATE: Unable to reconcile!'), embedded.log.join('\n'));
        const codes = ({ stderr }: typeof here) => stderr.match(/[A-Z]+:\d+/g);
        assert.deepEqual(codes(here), codes(there), `${here.stderr}\n${there.stderr}`);
      }));

    test('encrypt with AES if encryption is optional', () =>
      withPool({ security: 'OPTIONAL' }, async (embedded) => {
        const { status, stderr } = await referenceFetch(
          secure.pool,
          embedded.idToken(),
          ['-name', embedded.schedd()],
          NEVER,
        );
        assert.equal(status, 0, stderr + embedded.log.join('\n'));
      }));

    test('send HOLDING after a SciToken, as they do with a real schedd', () =>
      withPool(clients.pool(), async (embedded) => {
        const targets: readonly [string, string, Readonly<Record<string, string | undefined>>][] = [
          [embedded.schedd(), clients.hostName, clients.inputsFor('SCITOKENS', embedded)],
          [
            secure.address,
            HOST,
            { scitoken: secure.issuer.issue('alice'), 'ca-certificate': secure.authority.certificate },
          ],
        ];
        for (const [where, serverName, words] of targets) {
          const { host } = notingHost();
          const request = readRequest((name) => (name === 'address' ? where : words[name]), surroundings());
          const { methods, ...rest } = await loadCredentials(request.credentials, host);
          const credentials = { ...rest, methods: methods.map(inTwoMessages) };
          const target = { address: parseAddress(where) ?? assert.fail(where), serverName };
          const limits = { authz: ['READ'], lifetimeSeconds: 60, key: undefined };
          const { value } = await getSessionToken(target, limits, credentials, host);
          assert.equal(claimsOf(value.reveal())['sub'], 'alice@pool.test');
        }
      }));
  });
}
