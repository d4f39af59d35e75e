/**
 * docs/ADMINISTRATORS.md, said to real daemons: every block with a name is set or run, and then does what the text claims.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fetchToken as fetchRequested } from '../../src/fetch.ts';
import type { Host } from '../../src/host.ts';
import { type FetchOptions, fetchToken } from '../../src/index.ts';
import { readRequest } from '../../src/inputs/request.ts';
import { processHost } from '../../src/process-host.ts';
import type { Identity } from '../support/certificates.ts';
import { blocksOf } from '../support/markdown.ts';
import { type Outcome, type Pool, poolSuites, poolUnavailable } from '../support/pool.ts';
import { claimsOf, onlyToken } from '../support/real-fetch.ts';
import { type SecurePool, startSecurePool } from '../support/secure-pool.ts';
import { SigningKey } from '../support/signing-key.ts';
import { surroundings } from '../support/surroundings.ts';
import { until } from '../support/until.ts';

const DOCUMENT = 'docs/ADMINISTRATORS.md';
const DAY = 24 * 3600;
const CI = 'ci@example.org';
const DOMAIN = 'UID_DOMAIN = example.org\nTRUST_DOMAIN = example.org';
/** In place of the document's. */
const EXAMPLE_JTI = 'c760c2af193a1fd4e40bc9c53c96ee7c';

const blocks = blocksOf(DOCUMENT);
const used = new Set<string>();

function block(name: string): string {
  const found = blocks.filter((each) => each.name === name);
  assert.equal(found.length, 1, `${DOCUMENT} has one block ${name}`);
  used.add(name);
  return found[0]?.text ?? '';
}

/** The lines of a block with log lines, as patterns: `…` is anything. */
function logLines(name: string): readonly string[] {
  const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return block(name)
    .trim()
    .split('\n')
    .map((line) => line.split('…').map(escaped).join('.*'));
}

const scrambled = Buffer.from([0xde, 0xad, 0xbe, 0xef]);

for (const suite of poolSuites()) {
  describe(`${DOCUMENT} on HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let secure: SecurePool;
    let pool: Pool;
    let address: string;
    let bootstrap: string;
    let ci: Identity;

    before(async () => {
      secure = await startSecurePool({ suite, config: DOMAIN });
      ({ pool } = secure);
      ci = await secure.authority.issue({ subject: 'O=Example, CN=ci' });
      for (const name of ['account', 'make-key']) await pool.run('sh', '-ec', block(name));
      await secure.configure();
      await pool.run('sh', '-ec', 'cp /etc/condor/host.pem /etc/condor/hostcert.pem');
      await pool.run('sh', '-ec', 'cp -p /etc/condor/host.key /etc/condor/hostkey.pem');
      bootstrap = (await pool.run('sh', '-ec', block('create-bootstrap'))).trim();
      address = await pool.sinful('schedd', pool.scheddName);
    });
    after(() => secure?.stop());

    /** With these blocks, or other settings, for the length of `work`. */
    async function configured(settings: string, work: () => Promise<void>): Promise<void> {
      await secure.configure(settings);
      try {
        await work();
      } finally {
        await secure.configure();
      }
    }

    const fetch = async (options: FetchOptions = {}) => {
      const idtoken = 'scitoken' in options || 'clientCertificate' in options ? {} : { idtoken: bootstrap };
      const { token } = await fetchToken({ address, lifetime: 600, onReduced: 'ignore', ...idtoken, ...options });
      return token.jwt.reveal();
    };
    const refusedWith = (errorCode: number, options: FetchOptions) =>
      assert.rejects(fetch(options), { code: 'ERR_DAEMON', errorCode });

    /** Runs one of HTCondor's tools with a token as the only credential: root's would sign themselves one. */
    async function withToken(jwt: string, ...argv: string[]): Promise<Outcome> {
      const directory = `/tmp/token-${Math.random().toString(36).slice(2)}`;
      await pool.run('mkdir', '-m', '700', directory);
      await pool.write(`${directory}/token`, `${jwt}\n`, 0o600);
      await pool.run('chown', '-R', 'bob', directory);
      return pool.exec(argv, { user: 'bob', env: onlyToken(directory) });
    }
    /** The levels that condor_ping gets with it. */
    async function levels(jwt: string, type = 'schedd', asked = ['READ', 'WRITE', 'DAEMON', 'ADMINISTRATOR']) {
      const { stdout } = await withToken(jwt, 'condor_ping', '-type', type, '-table', ...asked);
      const allowed = stdout.split('\n').filter((line) => / ALLOW /.test(line));
      return allowed.map((line) => line.trim().split(/\s+/)[0]);
    }
    const takes = async (jwt: string, type = 'schedd') => (await levels(jwt, type, ['READ'])).length === 1;
    const assertTaken = async (jwt: string, type?: string) => assert.ok(await takes(jwt, type), 'it is taken');
    const assertRefused = async (jwt: string, type?: string) => assert.ok(!(await takes(jwt, type)), 'it is refused');

    const create = async (...args: string[]) => (await pool.run('condor_token_create', ...args)).trim();
    /** Signs what condor_token_create would not: tokens of some other time. */
    async function signingKey(id: string): Promise<SigningKey> {
      const file = Buffer.from(await pool.run('base64', '-w0', `/etc/condor/passwords.d/${id}`), 'base64');
      return new SigningKey(
        id,
        file.map((byte, at) => byte ^ (scrambled[at % 4] ?? 0)),
      );
    }

    test('the account, the key and the bootstrap token are there, and no wider than they should be', async () => {
      assert.match(await pool.run('id', 'ci'), /\(ci\)/);
      assert.equal((await pool.run('stat', '-c', '%U %a %s', '/etc/condor/passwords.d/CI')).trim(), 'root 600 64');
      const { sub, kid, iss, scope, exp, iat } = claimsOf(bootstrap);
      assert.deepEqual([sub, kid, iss], [CI, 'CI', 'example.org']);
      assert.equal(scope, 'condor:/READ condor:/WRITE');
      assert.equal(Number(exp) - Number(iat), 90 * DAY);
      assert.deepEqual(await levels(bootstrap), ['READ', 'WRITE']);
      assert.deepEqual(await levels(bootstrap, 'collector', ['READ']), ['READ']);
    });

    test('what is fetched is neither wider nor longer than the bootstrap token', async () => {
      await refusedWith(4, { authz: ['ADMINISTRATOR'] });
      const fetched = claimsOf(await fetch({ lifetime: 'unlimited' }));
      assert.ok(Math.abs(Number(fetched['exp']) - Number(claimsOf(bootstrap)['exp'])) <= 1);
      assert.equal(fetched['scope'], 'condor:/READ,condor:/WRITE'.replace(',', ' '));
    });

    describe('levels', () => {
      const CASES: readonly { limit?: string; ci: readonly string[]; condor: readonly string[] }[] = [
        { limit: 'READ', ci: ['READ'], condor: ['READ'] },
        { limit: 'WRITE', ci: ['READ', 'WRITE'], condor: ['READ', 'WRITE'] },
        { limit: 'DAEMON', ci: ['READ', 'WRITE'], condor: ['READ', 'WRITE', 'DAEMON'] },
        { limit: 'ADMINISTRATOR', ci: ['READ', 'WRITE'], condor: ['READ', 'WRITE', 'ADMINISTRATOR'] },
        { ci: ['READ', 'WRITE'], condor: ['READ', 'WRITE', 'DAEMON', 'ADMINISTRATOR'] },
      ];
      for (const { limit, ...expected } of CASES) {
        test(`of a token limited to ${limit ?? 'nothing'}`, async () => {
          for (const account of ['ci', 'condor'] as const) {
            const limits = limit === undefined ? [] : ['-authz', limit];
            const jwt = await create('-identity', `${account}@example.org`, ...limits, '-lifetime', '600');
            assert.deepEqual(await levels(jwt), expected[account], account);
          }
        });
      }

      test('READ does not submit, and WRITE does', async () => {
        await pool.write('/tmp/job.sub', 'executable = /bin/true\ntransfer_executable = false\nqueue\n', 0o644);
        const submit = async (authz: string[]) =>
          withToken(await fetch({ authz }), 'condor_submit', '-remote', pool.scheddName, '/tmp/job.sub');
        assert.notEqual((await submit(['READ'])).status, 0);
        const { status, stdout, stderr } = await submit(['WRITE']);
        assert.equal(status, 0, stdout + stderr);
        const owners = await pool.run('condor_q', '-allusers', '-af', 'User', 'OsUser', 'Owner');
        assert.match(owners, /^ci@example\.org .*\bci$/m);
      });
    });

    test('with a key of its own the schedd signs with that and no other', async () => {
      await configured(block('own-key'), async () => {
        assert.equal(claimsOf(await fetch())['kid'], 'CI');
        assert.equal(claimsOf(await fetch({ key: 'CI' }))['kid'], 'CI');
        await refusedWith(3, { key: 'POOL' });
      });
    });

    test('the list of keys alone does not bind a request that names none', async () => {
      await configured('SEC_TOKEN_FETCH_ALLOWED_SIGNING_KEYS = CI', async () => {
        assert.equal(claimsOf(await fetch())['kid'], 'POOL');
        await refusedWith(3, { key: 'POOL' });
      });
    });

    test('with a key beside the pool’s, key chooses', async () => {
      await configured(block('own-key-beside'), async () => {
        assert.equal(claimsOf(await fetch())['kid'], 'POOL');
        assert.equal(claimsOf(await fetch({ key: 'CI' }))['kid'], 'CI');
        await refusedWith(3, { key: 'CI-2' });
      });
    });

    test('lifetimes are cut where one is asked for, and old tokens refused by the schedd alone', async () => {
      await configured(block('lifetimes'), async () => {
        const lifetime = (jwt: string) => Number(claimsOf(jwt)['exp']) - Number(claimsOf(jwt)['iat']);
        assert.equal(lifetime(await fetch({ lifetime: DAY })), 3600);
        assert.equal(lifetime(await fetch({ lifetime: 600 })), 600);
        const endless = await create('-identity', CI);
        assert.equal(claimsOf(await fetch({ idtoken: endless, lifetime: 'unlimited' }))['exp'], undefined);
        const theirs = await withToken(endless, 'condor_token_fetch');
        assert.equal(claimsOf(theirs.stdout)['exp'], undefined, theirs.stderr);

        const issuedAt = Math.floor(Date.now() / 1000) - 91 * DAY;
        const old = (await signingKey('CI')).issue({ subject: CI, issuer: 'example.org', issuedAt });
        await assertRefused(old);
        await assertTaken(old, 'collector');
      });
      const expired = (await signingKey('CI')).issue({
        ...{ subject: CI, issuer: 'example.org', lifetime: 600 },
        issuedAt: Math.floor(Date.now() / 1000) - DAY,
      });
      await assertRefused(expired);
    });

    describe('a token', () => {
      const revoking = (name: string, jwt: string) => {
        const { jti, iat } = claimsOf(jwt);
        return block(name).replace(EXAMPLE_JTI, String(jti)).replace('1700000000', String(iat));
      };

      test('is revoked by its id after condor_reconfig, alone, and its fetched ones stay', async () => {
        const [victim, other] = [await create('-identity', CI), await create('-identity', CI)];
        const descendant = await fetch({ idtoken: victim });
        const file = '/etc/condor/config.d/99-revoked';
        await pool.write(file, revoking('revoke-token', victim), 0o644);
        await pool.run('sh', '-ec', block('reconfig'));
        try {
          for (const type of ['schedd', 'collector']) {
            await until(`the ${type} refuses it`, 60, async () => ((await takes(victim, type)) ? 'taken' : undefined));
            await assertTaken(other, type);
            await assertTaken(descendant, type);
          }
          const [line = ''] = logLines('log-revoked');
          assert.match(await pool.run('cat', '/var/log/condor/SchedLog'), new RegExp(line));
        } finally {
          await pool.run('rm', file);
          await secure.configure();
        }
        await assertTaken(victim);
      });

      test('is revoked with all that its account had until then, and no others', async () => {
        const victim = await create('-identity', CI);
        const alice = await create('-identity', 'alice@example.org');
        const { iat } = claimsOf(victim);
        const later = (await signingKey('CI')).issue({
          ...{ subject: CI, issuer: 'example.org' },
          issuedAt: Number(iat) + 1,
        });
        await configured(revoking('revoke-account', victim), async () => {
          await assertRefused(victim);
          await assertRefused(bootstrap);
          await assertTaken(alice);
          await assertTaken(later);
        });
      });

      test('is revoked with every other by an expression that is neither true nor false', async () => {
        const alice = await create('-identity', 'alice@example.org');
        await configured('SEC_TOKEN_REVOCATION_EXPR = kid == "CI"', () => assertRefused(alice));
        await configured('SEC_TOKEN_REVOCATION_EXPR = kid =?= "CI"', () => assertTaken(bootstrap));
      });

      test('is not revoked by an expression that cannot be parsed', async () => {
        const settings = revoking('revoke-token', bootstrap).trim();
        await configured(`${settings} ||`, () => assertTaken(bootstrap));
        await configured(settings, () => assertRefused(bootstrap));
      });
    });

    test('the audit log has each fetch', async () => {
      await configured(block('audit'), async () => {
        const { jti } = claimsOf(await fetch({ authz: ['READ'] }));
        await refusedWith(4, { authz: ['ADMINISTRATOR'] });
        const lines = (await pool.run('cat', '/var/log/condor/SchedAuditLog')).trim().split('\n');
        const issued = lines.find((line) => line.includes('Token Issued') && line.includes(String(jti))) ?? '';
        const [connection = 'none'] = /\(cid:\d+\)/.exec(issued) ?? [];
        const ours = lines.filter((line) => line.includes(connection)).join('\n');
        const [first, ...rest] = logLines('log-fetch').map((line) => line.replace('\\(cid:.*\\)', ''));
        assert.match(ours, new RegExp([first, ...rest].join('\\n.*')));
        const last = lines.at(-1) ?? '';
        assert.match(last, /CondorId=ci@example\.org/, 'a refused one ends without a token');
      });
    });

    test('certificates and SciTokens are whom the map file says, and nobody like them', async () => {
      const map = block('map').replace('https://issuer[.]example[.]org', secure.issuer.url);
      await pool.write('/etc/condor/condor_mapfile', map, 0o644);
      await configured(block('methods'), async () => {
        const way = { caCertificate: secure.authority.certificate, serverName: 'ap.pool.test' };
        const audience = { aud: 'https://ap40.example.org' };
        const bySsl = (identity: Identity) =>
          fetch({ ...way, clientCertificate: identity.certificate, clientKey: identity.key });
        assert.equal(claimsOf(await bySsl(ci))['sub'], CI);
        assert.equal(claimsOf(await bySsl(ci))['scope'], undefined, 'a certificate limits nothing');
        assert.equal(claimsOf(await fetch({ ...way, scitoken: secure.issuer.issue('ci', audience) }))['sub'], CI);
        const short = secure.issuer.issue('ci', { ...audience, exp: Math.floor(Date.now() / 1000) + 300 });
        const { exp, iat } = claimsOf(await fetch({ ...way, scitoken: short, lifetime: 3600 }));
        assert.equal(Number(exp) - Number(iat), 3600, 'longer than the SciToken');
        for (const name of ['O=Example, CN=ci-of-somebody-else', 'C=XX, O=Example, CN=ci']) {
          const like = await secure.authority.issue({ subject: name });
          await assert.rejects(bySsl(like), { code: 'ERR_DENIED' }, name);
        }
        const like = secure.issuer.issue('ci-of-somebody-else', audience);
        await assert.rejects(fetch({ ...way, scitoken: like }), { code: 'ERR_METHODS_EXHAUSTED' });
        await assert.rejects(fetch({ ...way, scitoken: secure.issuer.issue('ci') }), { code: 'ERR_METHODS_EXHAUSTED' });
      });
    });

    test('a request is limited, listed and approved', async () => {
      await configured(block('request-limits'), async () => {
        const { token } = await requested({ authz: 'READ DAEMON' }, async (id) => {
          const [list = '', approve = ''] = block('approve')
            .trim()
            .split('\n')
            .map((line) => line.replace(/^# /, '').replace('1234567', id));
          assert.match(await pool.run('sh', '-c', list), /PeerLocation/);
          assert.match(approve, new RegExp(`^condor_token_request_approve -reqid ${id}$`));
          await pool.run('sh', '-c', `echo yes | ${approve}`);
        });
        assert.deepEqual([token.subject, claimsOf(token.jwt.reveal())['scope']], [CI, 'condor:/READ']);
      });
    });

    test('a daemon that demands encryption by AES takes no client without', async () => {
      await configured(block('encryption'), async () => {
        await assertTaken(await fetch());
        const ping = (env: Record<string, string>) =>
          pool.exec(['condor_ping', '-type', 'schedd', '-table', 'READ'], { env });
        assert.match((await ping({})).stdout, /READ .*AES +AES +ALLOW/);
        for (const env of [
          { _CONDOR_SEC_CLIENT_ENCRYPTION: 'NEVER' },
          { _CONDOR_SEC_CLIENT_CRYPTO_METHODS: 'BLOWFISH' },
        ]) {
          assert.doesNotMatch((await ping(env)).stdout, /ALLOW/, JSON.stringify(env));
        }
      });
    });

    test('what is switched off is code 44', async () => {
      const scitoken = secure.issuer.issue('ci');
      await configured(block('switch-off'), async () => {
        await refusedWith(44, {});
        await assert.rejects(
          requested({}, async () => {}),
          { code: 'ERR_DAEMON', errorCode: 44 },
        );
        await assert.rejects(asked({ mode: 'exchange', address, idtoken: bootstrap, scitoken }), {
          ...{ code: 'ERR_DAEMON', errorCode: 44 },
        });
      });
    });

    test('a second key takes over, and the first is the end of its tokens when it is removed', async () => {
      await pool.run('sh', '-ec', block('make-second-key'));
      await configured(block('second-key'), async () => {
        await assertTaken(bootstrap);
        const fetched = await fetch();
        assert.equal(claimsOf(fetched)['kid'], 'CI-2');
        await pool.run('sh', '-ec', block('remove-key'));
        await assertRefused(bootstrap);
        await assertRefused(bootstrap, 'collector');
        await assert.rejects(fetch(), { code: 'ERR_METHODS_EXHAUSTED' });
        await assertTaken(fetched);
        await assertTaken(fetched, 'collector');
      });
      const log = await pool.run('cat', '/var/log/condor/SchedLog');
      for (const line of logLines('log-refused')) assert.ok(new RegExp(line).test(log), line);
    });

    /** As the Action, from words. */
    function asked(words: Record<string, string>, onNotice: (line: string) => void = () => {}) {
      const log: Host['log'] = { ...{ debug: () => {}, info: () => {}, warn: () => {} }, notice: onNotice };
      const host = processHost(20_000, new AbortController().signal, { mask: () => {}, log });
      const all: Record<string, string> = {
        'ca-certificate': secure.authority.certificate,
        'server-name': 'ap.pool.test',
        'on-reduced': 'ignore',
        ...words,
      };
      const request = readRequest((input) => all[input] || undefined, surroundings());
      return fetchRequested({ ...request, pollIntervalMs: 50 }, host);
    }
    function requested(words: Record<string, string>, approve: (id: string) => Promise<void>) {
      let approval = Promise.resolve();
      const fetched = asked({ mode: 'request', address: pool.collector, identity: CI, ...words }, (line) => {
        approval = approve(/-reqid (\d+)/.exec(line)?.[1] ?? '');
      });
      return fetched.then(async (result) => {
        await approval;
        return result;
      });
    }
  });
}

test(`${DOCUMENT} has no block that nobody tries`, { skip: poolUnavailable() ?? false }, () => {
  const names = blocks.map(({ name, line }) => name ?? `(without a name, line ${line})`);
  assert.deepEqual([...used].sort(), [...names].sort());
});
