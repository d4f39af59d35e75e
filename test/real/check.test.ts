/** Tests checks on real daemons: the report, and whether the verdict is the same as for the fetch. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { assertAdvised } from '../support/errors/advice.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { Runner } from '../support/runner/runner.ts';
import { assertFailed, assertNoLeak } from '../support/runner/step-assertions.ts';

interface Situation {
  readonly what: string;
  /** Authorization levels of the credential. */
  readonly scope?: readonly string[];
  readonly lifetime?: number;
  readonly inputs: Readonly<Record<string, string>>;
  /** The error code of the failure; undefined if both the check and the fetch succeed. */
  readonly code?: string;
}

const fail = { 'on-reduced': 'fail' };
const SITUATIONS: readonly Situation[] = [
  { what: 'no restrictions', inputs: {} },
  { what: 'one level', inputs: { authz: 'READ' } },
  { what: 'several levels', inputs: { authz: 'READ WRITE' } },
  { what: 'a level that the identity is denied', inputs: { authz: 'ADMINISTRATOR' } },
  { what: 'one denied level among several', inputs: { authz: 'READ ADMINISTRATOR' } },
  { what: 'a denied level, verified', inputs: { authz: 'ADMINISTRATOR', verify: 'true' }, code: 'ERR_TOKEN_REFUSED' },
  {
    what: 'one denied level among several, verified',
    inputs: { authz: 'READ DAEMON', verify: 'true' },
    code: 'ERR_TOKEN_REFUSED',
  },
  { what: 'allowed levels, verified', inputs: { authz: 'READ WRITE', verify: 'true' } },
  { what: 'no levels, verified', inputs: { verify: 'true' } },
  { what: 'a level that no command requires, verified', inputs: { authz: 'SOAP', verify: 'true' } },
  { what: 'the scope of the credential', scope: ['READ'], inputs: { authz: 'READ', ...fail } },
  { what: 'no levels with a restricted credential', scope: ['READ'], inputs: fail },
  { what: 'more levels than its scope', scope: ['READ'], inputs: { authz: 'READ WRITE' } },
  {
    what: 'more levels than its scope, ignored',
    scope: ['READ'],
    inputs: { authz: 'READ WRITE', 'on-reduced': 'ignore' },
  },
  {
    what: 'more levels than its scope, strict',
    scope: ['READ'],
    inputs: { authz: 'READ WRITE', ...fail },
    code: 'ERR_TOKEN_REDUCED',
  },
  { what: 'only levels outside its scope', scope: ['READ'], inputs: { authz: 'WRITE' }, code: 'ERR_DAEMON' },
  {
    what: 'more levels than its scope, verified',
    scope: ['READ'],
    inputs: { authz: 'READ WRITE', verify: 'true' },
    code: 'ERR_TOKEN_REFUSED',
  },
  {
    what: 'two of three levels',
    scope: ['READ', 'WRITE'],
    inputs: { authz: 'READ,WRITE,DAEMON', ...fail },
    code: 'ERR_TOKEN_REDUCED',
  },
  { what: 'a lifetime within that of the credential', lifetime: 7200, inputs: { lifetime: '1h', ...fail } },
  { what: 'a longer lifetime', lifetime: 600, inputs: { lifetime: '1h' } },
  { what: 'a longer lifetime, strict', lifetime: 600, inputs: { lifetime: '1h', ...fail }, code: 'ERR_TOKEN_REDUCED' },
  {
    what: 'no expiry with a credential that expires',
    lifetime: 600,
    inputs: { lifetime: 'unlimited', ...fail },
    code: 'ERR_TOKEN_REDUCED',
  },
  { what: 'no expiry with a credential that never expires', inputs: { lifetime: 'unlimited', ...fail } },
  { what: 'the expected identity', inputs: { 'expected-identity': 'alice@pool.test' } },
  { what: 'another identity', inputs: { 'expected-identity': 'bob@pool.test' }, code: 'ERR_TOKEN_CLAIM' },
  { what: 'another trust domain', inputs: { 'expected-trust-domain': 'other.test' }, code: 'ERR_TOKEN_CLAIM' },
  { what: 'a daemon that does not exist', inputs: { name: 'nobody@pool' }, code: 'ERR_NOT_FOUND' },
  { what: 'a type without a daemon', inputs: { name: '', type: 'credd' }, code: 'ERR_NOT_FOUND' },
  { what: 'an empty credential', inputs: { idtoken: '' }, code: 'ERR_NO_CREDENTIAL' },
  { what: 'a malformed credential', inputs: { idtoken: 'hunter2' }, code: 'ERR_CREDENTIAL_UNREADABLE' },
  { what: 'a level that does not exist', inputs: { authz: 'EVERYTHING' }, code: 'ERR_INPUT' },
  { what: 'a file that does not contain a token', inputs: { file: 'precious' }, code: 'ERR_OUTPUT' },
  {
    what: 'a method that the daemon does not offer',
    inputs: { 'authentication-methods': 'MUNGE' },
    code: 'ERR_NO_CREDENTIAL',
  },
];

/** Returns the heading of the summary. It names the requested levels that the log reports as denied. */
function heading(authz: string | undefined, log: readonly string[]): string {
  const denied = log.flatMap((line) => /^levels: (\w+) is denied$/.exec(line)?.[1] ?? []);
  const isRequested = authz !== undefined && denied.length > 0;
  return `a fetch would succeed${isRequested ? `, but ${denied.join(' ')} is denied` : ''}</h3>`;
}

for (const suite of poolSuites()) {
  describe(`A check with HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    let runner: Runner;
    before(async () => {
      pool = await startPool({ suite });
      runner = new Runner();
      writeFileSync(join(runner.workspace, 'precious'), 'precious');
    });
    after(async () => {
      runner?.close();
      await pool?.stop();
    });
    const inputs = async (authz: readonly string[] = []) => ({
      ...{ mode: 'check', pool: pool.collector, name: pool.scheddName },
      idtoken: await pool.idToken({ user: 'alice', authz }),
    });

    test('reports every step, the identity and each level', async () => {
      const given = await inputs();
      const step = await runner.runAction({ ...given, authz: 'READ WRITE ADMINISTRATOR' });
      const { token, ...outputs } = step.outputs;
      assert.equal(step.status, 0, step.raw);
      assert.equal(token, undefined, 'no token is issued');
      assert.deepEqual(
        [outputs['identity'], outputs['authz'], outputs['daemon-version']],
        [`alice@${pool.trustDomain}`, 'READ WRITE', pool.version],
      );
      const log = step.log.join('\n');
      for (const line of [
        /^credentials: IDTOKENS from idtoken/m,
        /^locate: querying the collector .* for the schedd ci@pool$/m,
        /^connect: TCP connection to [\d.:]+ in \d+ ms$/m,
        /^locate: ci@pool is at <.*sock=.*>$/m,
        /^connect: requesting schedd_\w+ through the shared port$/m,
        /^session: the daemon accepts .*IDTOKENS.*; trust domain pool\.test; signing keys POOL/m,
        /^session: authenticated as alice@pool\.test with IDTOKENS/m,
        /^token: the daemon issues tokens$/m,
        /^levels: WRITE is allowed$/m,
        /^levels: ADMINISTRATOR is denied$/m,
        /^A fetch from ci@pool would succeed as alice@pool\.test; READ allowed, WRITE allowed, ADMINISTRATOR denied$/m,
      ])
        assert.match(log, line);
      assertNoLeak(step, [given.idtoken]);
    });

    test('fails if the fetch fails', async () => {
      const narrow = await runner.runAction({ ...(await inputs(['READ'])), authz: 'WRITE' });
      assertFailed(narrow, { code: 'ERR_DAEMON', status: 6, text: /doesn't allow requested authorization levels/ });
      const verified = await runner.runAction({ ...(await inputs(['READ'])), authz: 'READ WRITE', verify: 'true' });
      assertFailed(verified, { code: 'ERR_TOKEN_REFUSED', status: 7, text: /restricted to READ/ });
      assertAdvised(
        verified.annotations.find(({ level }) => level === 'error')?.message ?? '',
        'restricted to READ, which does not include WRITE',
      );
      await pool.configure('SEC_ENABLE_TOKEN_FETCH = False');
      const off = await runner.runAction(await inputs());
      assertFailed(off, { code: 'ERR_DAEMON', status: 6, text: /Token fetch disabled/ });
      await pool.configure('SEC_TOKEN_FETCH_ALLOWED_SIGNING_KEYS = *');
      assert.equal((await runner.runAction(await inputs())).status, 0, 'any key would suffice, but there is none');
      await pool.configure('');
    });

    test('by the command writes to standard error, and nothing to standard output', async () => {
      const { idtoken } = await inputs();
      await pool.run('mkdir', '-p', '-m', '700', '/opt/check');
      await pool.write('/opt/check/token', `${idtoken}\n`, 0o600);
      const env = { _CONDOR_SEC_TOKEN_DIRECTORY: '/opt/check', _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'IDTOKENS' };
      const { status, stdout, stderr } = await pool.ours(['-check', '-name', pool.scheddName], { env });
      assert.deepEqual([status, stdout], [0, ''], stderr);
      assert.match(
        stderr,
        /would succeed as alice@pool\.test; READ allowed, WRITE allowed, DAEMON denied, ADMINISTRATOR denied\n$/,
      );
    });

    describe('agrees with the fetch', () => {
      /** Returns the outcomes of the check and of the fetch. */
      async function outcomes({ scope = [], lifetime, inputs }: Situation) {
        const life = lifetime === undefined ? {} : { lifetime };
        const idtoken = await pool.idToken({ user: 'alice', authz: scope, ...life });
        const given = { pool: pool.collector, name: pool.scheddName, idtoken, ...inputs };
        const of = ({ status, outputs }: { status: number | null; outputs: Readonly<Record<string, string>> }) => ({
          status,
          code: outputs['error-code'],
        });
        const check = await runner.runAction({ ...given, mode: 'check' });
        const fetch = await runner.runAction(given);
        return {
          check: of(check),
          fetch: of(fetch),
          raw: check.raw + fetch.raw,
          summary: check.summary,
          log: check.log,
        };
      }

      for (const situation of SITUATIONS) {
        test(`with ${situation.what}`, async () => {
          const { check, fetch, raw, summary, log } = await outcomes(situation);
          assert.deepEqual(check, fetch, raw);
          assert.equal(check.code, situation.code, raw);
          assert.ok(summary.includes(situation.code ?? heading(situation.inputs['authz'], log)), summary);
          if (situation.code === undefined) {
            assert.match(log.join('\n'), /^token: not checked: the signing key$/m);
            assert.match(log.join('\n'), /^token: not checked: SEC_ISSUED_TOKEN_EXPIRATION$/m);
          }
        });
      }

      test('if the daemon issues no tokens', async () => {
        await pool.configure('SEC_ENABLE_TOKEN_FETCH = False');
        const { check, fetch, raw } = await outcomes({ what: '', inputs: {} });
        assert.deepEqual([check, fetch.code], [fetch, 'ERR_DAEMON'], raw);
      });
    });
  });
}
