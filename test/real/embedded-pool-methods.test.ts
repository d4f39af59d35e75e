/** The embedded pool, checked by HTCondor's own tools with every method except IDTOKENS. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { withPool } from '../support/embedded-fetch.ts';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import type { TlsSettings } from '../support/embedded-pool/ssl.ts';
import { type Outcome, type Pool, poolSuites, poolUnavailable } from '../support/pool.ts';
import { claimsOf } from '../support/real-fetch.ts';
import { AUDIENCE, SciTokenKey } from '../support/scitoken-key.ts';
import { HOST, POOL_PASSWORD, type SecurePool, startSecurePool } from '../support/secure-pool.ts';

for (const suite of poolSuites()) {
  describe(`The tools of HTCondor of ${suite} at the embedded pool`, { skip: poolUnavailable() ?? false }, () => {
    let secure: SecurePool;
    let pool: Pool; // only for its tools, its accounts and its munged
    before(async () => {
      secure = await startSecurePool({ suite });
      ({ pool } = secure);
    });
    after(() => secure?.stop());

    describe('by other methods', () => {
      const issuer = new SciTokenKey('https://issuer.test');
      let methods: EmbeddedPoolOptions;
      let tls: TlsSettings;
      let directory: string; // under /dev/shm, which the pool's root shares with this process
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

      /** The account in a credential, according to the pool's munged. */
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

      interface Way {
        readonly what: string;
        readonly method: string;
        /** Undefined: root. */
        readonly user?: string;
        readonly env?: Record<string, string>;
        readonly options?: () => EmbeddedPoolOptions;
        readonly identity: string;
      }
      const alice = { user: 'alice', identity: 'alice@pool.test' };
      const ways: readonly Way[] = [
        { what: 'SSL', method: 'SSL', env: SSL, ...alice },
        {
          ...{ what: 'SSL with TLS 1.2', method: 'SSL', env: SSL, ...alice },
          options: () => ({ tls: { ...tls, version: 'TLSv1.2' } }),
        },
        {
          ...{ what: 'SSL with a group that costs a round', method: 'SSL', env: SSL, ...alice },
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
          ...{ what: 'FS with our address in the name', method: 'FS', ...alice },
          options: () => ({ fs: { directory, accounts, binding: 'ours' } }),
        },
        { what: 'MUNGE', method: 'MUNGE', ...alice },
        { what: 'MUNGE', method: 'MUNGE', identity: 'condor@pool.test' },
        {
          ...{ what: 'what the pool prefers', method: 'SSL,SCITOKENS,FS', env: { ...SSL, ...SCITOKEN }, ...alice },
          options: () => ({ methods: ['SCITOKENS', 'FS', 'SSL'] }),
        },
        {
          ...{ what: 'the next method after a refused one', method: 'SCITOKENS,FS', ...alice },
          env: { BEARER_TOKEN_FILE: '/home/alice/foreign' },
          options: () => ({ methods: ['SCITOKENS', 'FS'] }),
        },
      ];
      for (const { what, method, user, env = {}, options = () => ({}), identity } of ways) {
        test(`fetch a token for ${user ?? 'root'} by ${what}`, () =>
          withPool({ ...methods, ...options() }, async (embedded) => {
            const fetched = await pool.theirs(['-name', embedded.schedd(), '-authz', 'READ', '-lifetime', '60'], {
              env: { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: method, ...env },
              ...(user === undefined ? {} : { user }),
            });
            assertFetched(fetched, embedded);
            const { sub, scope, iat, exp } = claimsOf(fetched.stdout);
            assert.deepEqual([sub, scope, Number(exp) - Number(iat)], [identity, 'condor:/READ', 60]);
            assert.deepEqual(readdirSync(directory), [], 'the directory of FS is gone');
            assert.equal(embedded.connections, 1);
          }));
      }

      const elsewhere = (path: string) => path.replace(directory, `${directory}/missing`);
      const refused: readonly [string, string, () => EmbeddedPoolOptions, RegExp][] = [
        ['a foreign password', 'PASSWORD', () => ({ password: Buffer.from('wrong') }), /did not take our proof/],
        ['no password', 'PASSWORD', () => ({ password: undefined }), /there is no pool password/],
        [
          'a certificate for another host',
          'SSL',
          () => ({ tls: { ...tls, certificate: secure.alice } }),
          /the client quits/,
        ],
        ['no certificate', 'SSL', () => ({ tls: { ...tls, certificate: undefined } }), /client status is 0/],
        [
          'a map file that must know the client',
          'SSL',
          () => ({ map: {}, tls: { ...tls, requires: 'mapping' } }),
          /Failed to map SSL authenticated identity '\/CN=alice\/O=Test'/,
        ],
        ['a folder that is not there', 'FS', () => ({ fs: { directory, accounts, ask: elsewhere } }), /says -1 of/],
        ['munged of another pool', 'MUNGE', () => ({ munge: { decode: async () => undefined } }), /Invalid credential/],
      ];
      for (const [what, method, options, line] of refused) {
        test(`get no token by ${method} of a pool with ${what}`, () =>
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
        ['are switched off', { disabled: true }, /DAEMON:44:Token request disabled\./],
        ['may not have such levels', { limits: ['WRITE'] }, /DAEMON:3:All requested authorizations were eliminated/],
      ];
      for (const [what, settings, text] of requests) {
        test(`receive the error of requests that ${what}`, () =>
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
