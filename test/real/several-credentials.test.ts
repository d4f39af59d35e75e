/**
 * Tests which of several credentials the client sends to real daemons of both releases, and what the client does after
 * a rejection.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { descramble } from '../../src/credentials/signing-key.ts';
import type { AuthenticationError, FetchOptions } from '../../src/index.ts';
import { processHost } from '../../src/inputs/process-host.ts';
import { readRequest } from '../../src/inputs/request.ts';
import { fetchToken as fetchByRequest } from '../../src/pipeline/fetch.ts';
import { SigningKey } from '../support/credentials/signing-key.ts';
import { type MethodPool, startMethodPool } from '../support/pool/method-pool.ts';
import { type Pool, poolSuites, poolUnavailable } from '../support/pool/pool.ts';
import { claimsOf, onlyToken } from '../support/pool/real-fetch.ts';
import { surroundings } from '../support/surroundings.ts';

const HOUR = 3600;

/** Creates a token with the pool's issuer and key name, signed with another installation's key. */
const stale = (authz: readonly string[] = []) =>
  new SigningKey().issue({ subject: 'alice@pool.test', issuer: 'pool.test', authz });

for (const suite of poolSuites()) {
  describe(`HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let secure: MethodPool;
    let pool: Pool;
    before(async () => {
      secure = await startMethodPool({ suite, config: 'SEC_ACCEPT_CAPABILITY_TOKENS = True\n' });
      ({ pool } = secure);
    });
    after(() => secure?.stop());

    /** Replaces the tokens in one of alice's directories. */
    async function putTokens(files: Readonly<Record<string, string>>): Promise<string> {
      const directory = `/home/alice/${randomUUID()}`;
      await pool.exec(['mkdir', '-m', '700', directory], { user: 'alice' });
      for (const [name, text] of Object.entries(files)) await secure.put('alice', `${directory}/${name}`, `${text}\n`);
      return directory;
    }
    const asAlice = (tool: 'ours' | 'theirs', directory: string, methods: string, args: readonly string[] = []) =>
      pool[tool](['-name', pool.scheddName, '-pool', secure.collector, ...args], {
        user: 'alice',
        cwd: '/home/alice',
        env: { ...onlyToken(directory), _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: methods },
      });

    describe('a token that another installation of the pool signed', () => {
      test('is followed by the next file in the directory, and the warning names the file to remove', async () => {
        const directory = await putTokens({ a: stale(), b: await pool.idToken({ user: 'alice' }) });
        const { status, stdout, stderr } = await asAlice('ours', directory, 'IDTOKENS');
        assert.equal(status, 0, stderr);
        assert.equal(claimsOf(stdout)['sub'], 'alice@pool.test');
        assert.match(stderr, new RegExp(`if the pool was reinstalled, remove the token from ${directory}/a\\n`));
      });

      test('is followed by the next line of the input', async () => {
        const idtoken = `${stale()}\n${stale()}\n${await pool.idToken({ user: 'alice' })}`;
        const { token } = await secure.fetch({ idtoken });
        assert.equal(token.subject, 'alice@pool.test');
      });

      test('is tried with at most seven other tokens', async () => {
        const lines = [...Array.from({ length: 8 }, () => stale()), await pool.idToken({ user: 'alice' })];
        await assert.rejects(secure.fetch({ idtoken: lines.join('\n') }), (error: AuthenticationError) => {
          assert.equal(error.code, 'ERR_SERVER_UNPROVEN');
          assert.equal(error.attempts.filter(({ reason }) => reason.includes('has a different secret')).length, 8);
          assert.match(error.attempts[0]?.reason ?? '', /not used, because at most 8 tokens are tried$/);
          return true;
        });
      });

      test('ends the run if it is the only token in the input', async () => {
        const { certificate, key } = secure.alice;
        const other: FetchOptions = {
          authenticationMethods: ['IDTOKENS', 'SSL'],
          clientCertificate: certificate,
          clientKey: key,
          serverName: 'ap.pool.test',
        };
        await assert.rejects(secure.fetch({ idtoken: stale(), ...other }), (error: AuthenticationError) => {
          assert.equal(error.code, 'ERR_SERVER_UNPROVEN');
          assert.equal(error.attempts.length, 1);
          return true;
        });
      });

      test('in a directory is followed by a method that authenticates the daemon, as with HTCondor’s tool', async () => {
        const directory = await putTokens({ a: stale() });
        const env = {
          ...{ _CONDOR_SEC_TOKEN_DIRECTORY: directory, _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'IDTOKENS, SSL' },
          ...{ _CONDOR_AUTH_SSL_CLIENT_CERTFILE: '/home/alice/cert.pem' },
          ...{ _CONDOR_AUTH_SSL_CLIENT_KEYFILE: '/home/alice/key.pem' },
        };
        for (const tool of ['theirs', 'ours'] as const) {
          const args = ['-name', pool.scheddName, '-pool', secure.collector];
          const { status, stdout, stderr } = await pool[tool](args, { user: 'alice', cwd: '/home/alice', env });
          assert.equal(status, 0, `${tool}: ${stderr}`);
          assert.equal(claimsOf(stdout)['sub'], 'alice@pool.test');
        }
      });

      test('is never followed by FS, MUNGE or PASSWORD, unlike with HTCondor’s tool', async () => {
        const directory = await putTokens({ a: stale() });
        await secure.configure('SEC_DEFAULT_AUTHENTICATION_METHODS = IDTOKENS, FS, MUNGE, PASSWORD');
        try {
          const theirs = await asAlice('theirs', directory, 'IDTOKENS, FS');
          assert.equal(theirs.status, 0, theirs.stderr);
          const ours = await asAlice('ours', directory, 'IDTOKENS, FS, MUNGE');
          assert.equal(ours.status, 5, ours.stderr);
          assert.match(ours.stderr, /ERR_SERVER_UNPROVEN/);
          assert.match(ours.stderr, /FS: this account: not used, because the daemon failed to authenticate itself/);
          assert.match(ours.stderr, /MUNGE: .*not used, because the daemon failed to authenticate itself/);
        } finally {
          await secure.configure();
        }
      });
    });

    describe('of several tokens', () => {
      test('uses the one with the fewest levels among those that cover authz', async () => {
        const [wide, read, write, unrestricted] = await Promise.all([
          pool.idToken({ user: 'alice', authz: ['DAEMON'] }),
          pool.idToken({ user: 'alice', authz: ['READ'] }),
          pool.idToken({ user: 'alice', authz: ['WRITE'] }),
          pool.idToken({ user: 'alice' }),
        ]);
        const idtoken = [unrestricted, wide, read, write].join('\n');
        // An unrestricted token has the same levels as its credential. These levels show which credential was used.
        for (const [authz, used] of [
          ['READ', 'idtoken line 3'],
          ['WRITE', 'idtoken line 4'],
          ['DAEMON', 'idtoken line 2'],
          ['ADMINISTRATOR', 'idtoken line 1'],
        ] as const) {
          const lines: string[] = [];
          const log = { debug: (line: string) => void lines.push(line), info() {}, notice() {}, warn() {} };
          const { token } = await byRequest({ idtoken, authz }, { log });
          assert.deepEqual(token.authz, [authz]);
          assert.ok(
            lines.some((line) => line.includes(` with IDTOKENS, ${used} `)),
            `${authz}: ${lines.join('\n')}`,
          );
        }
      });
    });

    /** Fetches a token with a host whose properties, such as the clock and the log, are replaced with `facts`. */
    function byRequest(inputs: Record<string, string>, facts: object, timeoutMs = 20_000) {
      const words: Record<string, string | undefined> = {
        ...{ pool: pool.collector, name: pool.scheddName, 'ca-certificate': secure.authority.certificate },
        ...inputs,
      };
      const log = { debug() {}, info() {}, notice() {}, warn() {} };
      const host = processHost(timeoutMs, new AbortController().signal, { mask() {}, log });
      return fetchByRequest(
        readRequest((name) => words[name] || undefined, surroundings()),
        { ...host, ...facts },
      );
    }

    describe('if the clock of this host is 2 h fast', () => {
      const now = () => new Date(Date.now() + 2 * HOUR * 1000);

      test('an IDTOKEN that looks expired is accepted', async () => {
        const idtoken = await pool.idToken({ user: 'alice', lifetime: HOUR });
        const { token, authenticationMethod } = await byRequest({ idtoken }, { now });
        assert.deepEqual([token.subject, authenticationMethod], ['alice@pool.test', 'IDTOKENS']);
      });

      test('a SciToken that looks expired is accepted', async () => {
        const scitoken = secure.issuer.issue('alice', { exp: Math.floor(Date.now() / 1000) + HOUR });
        const { authenticationMethod } = await byRequest({ scitoken, 'server-name': 'ap.pool.test' }, { now });
        assert.equal(authenticationMethod, 'SCITOKENS');
      });

      test('an IDTOKEN that looks expired is tried after a certificate', async () => {
        const inputs = {
          ...{ 'authentication-methods': 'IDTOKENS, SSL', 'server-name': 'ap.pool.test' },
          idtoken: await pool.idToken({ user: 'alice', lifetime: HOUR }),
          ...{ 'client-certificate': secure.alice.certificate, 'client-key': secure.alice.key },
        };
        assert.equal((await byRequest(inputs, { now })).authenticationMethod, 'SSL');
        assert.equal((await byRequest(inputs, {})).authenticationMethod, 'IDTOKENS');
      });
    });

    test('reports an expired token as the first reason, with the times of this host and of the collector', async () => {
      const key = await poolKey();
      const issuedAt = Math.floor(Date.now() / 1000) - 2 * HOUR;
      const old = key.issue({ subject: 'alice@pool.test', issuer: 'pool.test', lifetime: HOUR, issuedAt });
      const inputs = {
        ...{ 'authentication-methods': 'IDTOKENS, MUNGE, SSL', 'server-name': 'ap.pool.test' },
        idtoken: `${old}\n${new SigningKey('OTHER').issue({ subject: 'bob@pool.test', issuer: 'pool.test' })}`,
      };
      await assert.rejects(byRequest(inputs, {}), (error: AuthenticationError) => {
        assert.equal(error.code, 'ERR_METHODS_EXHAUSTED');
        assert.match(
          error.attempts[0]?.reason ?? '',
          /^idtoken line 1 .*: it expired at \S+Z; the clock of this host shows \S+Z; the clock of the collector showed at least \S+Z; the daemon refused it/,
        );
        return true;
      });
    });

    async function poolKey(): Promise<SigningKey> {
      const scrambled = Buffer.from(await pool.run('base64', '/etc/condor/passwords.d/POOL'), 'base64');
      return new SigningKey('POOL', descramble(scrambled));
    }

    test('a certificate that the map file does not contain is followed by the next method', async () => {
      const { certificate, key } = await secure.authority.issue({ subject: 'CN=unknown, O=Test' });
      const inputs = {
        ...{ 'authentication-methods': 'SSL, IDTOKENS', 'server-name': 'ap.pool.test' },
        ...{ 'client-certificate': certificate, 'client-key': key },
      };
      const { token, authenticationMethod } = await byRequest(
        { ...inputs, idtoken: await pool.idToken({ user: 'alice' }) },
        {},
      );
      assert.deepEqual([token.subject, authenticationMethod], ['alice@pool.test', 'IDTOKENS']);
      await assert.rejects(byRequest({ ...inputs, 'authentication-methods': 'SSL' }, {}), { code: 'ERR_DENIED' });
      await secure.configure('SEC_DEFAULT_AUTHENTICATION_METHODS = SSL');
      try {
        await assert.rejects(byRequest({ ...inputs, idtoken: stale() }, {}), { code: 'ERR_DENIED' });
      } finally {
        await secure.configure();
      }
    });

    if (suite === 'sid') {
      test('a capability token, which has no sub, is accepted, as with HTCondor’s tools', async () => {
        const key = await poolKey();
        const iat = Math.floor(Date.now() / 1000);
        const jti = randomUUID().replaceAll('-', '');
        const capability = key.sign({ iss: 'pool.test', iat, exp: iat + HOUR, jti, cap: true });
        const database = (await pool.run('condor_config_val', '-schedd', 'TOKENS_DATABASE')).trim();
        const script = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("CREATE TABLE IF NOT EXISTS idtokens_minting (token_iss TEXT, token_kid TEXT, token_jti TEXT PRIMARY KEY, token_iat INTEGER, token_exp INTEGER, token_sub TEXT, token_scope TEXT, capability INTEGER)")
db.execute("CREATE TABLE IF NOT EXISTS idtokens_minting_extra_claims (token_jti TEXT, claim TEXT, value TEXT, FOREIGN KEY (token_jti) REFERENCES idtokens_minting (token_jti), PRIMARY KEY (token_jti, claim))")
db.execute("INSERT INTO idtokens_minting VALUES ('pool.test', 'POOL', ?, ?, ?, 'alice@pool.test', 'condor:/READ condor:/WRITE', 1)", (sys.argv[2], int(sys.argv[3]), int(sys.argv[3]) + 3600))
db.commit()
`;
        await pool.run('python3', '-c', script, database, jti, String(iat));
        await pool.run('chown', 'condor:', database);
        const directory = await putTokens({ capability });
        const ping = await pool.exec(['condor_ping', '-address', secure.address, '-table', 'READ'], {
          user: 'alice',
          env: onlyToken(directory),
        });
        assert.match(ping.stdout, /IDTOKENS.*alice@pool\.test/, ping.stdout + ping.stderr);
        const theirs = await asAlice('theirs', directory, 'IDTOKENS', ['-authz', 'READ']);
        assert.equal(theirs.status, 0, theirs.stderr);
        const { token, authenticationMethod } = await secure.fetch({ idtoken: capability, authz: ['READ'] });
        assert.equal(authenticationMethod, 'IDTOKENS');
        const strip = ({ jti: _, iat: __, exp: ___, ...claims }: Record<string, unknown>) => claims;
        assert.deepEqual(strip(claimsOf(token.jwt.reveal())), strip(claimsOf(theirs.stdout)));
        assert.equal(token.subject, 'alice@pool.test');
      });
    }
  });
}
