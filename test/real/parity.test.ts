/**
 * Runs command lines with HTCondor's condor_token_fetch and with this command, in the same pool, account and
 * environment. Compares success or failure, claims, files and standard output. Each intended difference names the
 * heading of docs/PARITY.md that explains it.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CASES, type Case } from '../support/pool/parity-cases.ts';
import { type Outcome, type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { claimsOf } from '../support/pool/real-fetch.ts';
import { projectRoot } from '../support/project.ts';

const KEYS = 'SEC_TOKEN_FETCH_ALLOWED_SIGNING_KEYS = POOL, CI, GONE\n';
const SHORT_SECONDS = 90_000;
/** Removes everything that either tool might leave behind. */
const CLEAN = 'rm -rf mine yours other missing tokens elsewhere .condor/tokens.d/mine /etc/condor/tokens.d/mine';
/** Finds new files, except HTCondor's file of known hosts. */
const FIND =
  'find . /etc/condor/tokens.d -newer .start -type f -printf "%p %m\\n" 2>/dev/null | grep -v -e "[.]start" -e /known_hosts | sort';

/** Headings of docs/PARITY.md whose differences can be tested only with another pool or another tool. */
const TESTED_ELSEWHERE = [
  'Collectors',
  'Releases and ciphers',
  'remote',
  'condor_token_request',
  'Messages, exit status and encryption',
];

test('the parity table is complete, and docs/PARITY.md contains every difference', () => {
  assert.ok(CASES.length >= 60);
  const text = readFileSync(join(projectRoot, 'docs/PARITY.md'), 'utf8');
  const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  const differing = new Set(CASES.flatMap(({ differs }) => (differs === undefined ? [] : [differs[0]])));
  assert.deepEqual(
    headings.filter((heading) => !TESTED_ELSEWHERE.includes(heading ?? '')).sort(),
    [...differing].sort(),
  );
});

for (const suite of poolSuites()) {
  describe(`condor_token_fetch from HTCondor ${suite} and this command have the same result for`, {
    skip: poolUnavailable() ?? false,
  }, () => {
    let pool: Pool;
    let words: Readonly<Record<string, string>>;
    before(async () => {
      pool = await startPool({ suite, negotiator: true, config: KEYS });
      await pool.write('/etc/condor/passwords.d/CI', randomBytes(64), 0o600);
      await pool.configure(KEYS);
      words = {
        ...{ POOL: pool.collector, NAME: pool.scheddName },
        SCHEDD: await pool.sinful('schedd', pool.scheddName),
        COLLECTOR: (await pool.run('condor_status', '-collector', '-af', 'MyAddress')).trim(),
        MASTER: (await pool.run('condor_status', '-master', '-af', 'Name')).trim(),
        MACHINE: (await pool.run('condor_status', '-master', '-af', 'Machine')).trim(),
      };
      const good = await pool.idToken({ user: 'alice' });
      const [header = '', payload = '', signature = ''] = good.split('.');
      const foreign = { ...claimsOf(good), iss: 'elsewhere.test' };
      const files: Record<string, string> = {
        ...{ good, readonly: await pool.idToken({ user: 'alice', authz: ['READ'] }), comment: '# mine' },
        daemon: await pool.idToken({ user: 'alice', authz: ['DAEMON'] }),
        short: await pool.idToken({ user: 'alice', lifetime: SHORT_SECONDS }),
        expired: await pool.idToken({ user: 'alice', lifetime: 1 }),
        foreign: `${header}.${Buffer.from(JSON.stringify(foreign)).toString('base64url')}.${signature}`,
      };
      assert.ok(payload !== '');
      for (const [name, text] of Object.entries(files)) await pool.write(`/home/alice/${name}`, `${text}\n`, 0o600);
      await pool.run('chown', '-R', 'alice', '/home/alice');
      const { exp } = claimsOf(files['expired'] ?? '');
      while (Date.now() < Number(exp) * 1000) await new Promise((resolve) => setTimeout(resolve, 50));
    });
    after(() => pool?.stop());

    const filled = (text: string) =>
      text.replaceAll(/\b(POOL|NAME|SCHEDD|COLLECTOR|MASTER|MACHINE)\b/g, (word) => words[word] ?? word);

    /** Runs one of the tools. Returns its outcome, and the files that it wrote, with mode and content. */
    async function run(tool: 'ours' | 'theirs', { args, env = {}, user, setup = ':' }: Case) {
      const account = user === undefined ? { user: 'alice' } : {};
      const cwd = user === undefined ? '/home/alice' : '/root';
      await pool.exec(['sh', '-c', `${setup}; touch -d "1 second ago" .start`], { ...account, cwd });
      // After -key and -type, words such as POOL are values, not placeholders.
      const given = args.map((arg, at) => (/^-{1,2}(k|t)/.test(args[at - 1] ?? '') ? arg : filled(arg)));
      const variables = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, filled(value)]));
      // HTCondor's tool does not wait for a daemon that may be restarting.
      const once = tool === 'ours' ? ['-retries', '0'] : [];
      const outcome = await pool[tool]([...once, ...given], { ...account, cwd, env: variables });
      const list = `${FIND} | while read path mode; do echo "$path $mode $(cat "$path")"; done; ${CLEAN}`;
      const { stdout } = await pool.exec(['sh', '-c', list], { cwd });
      // Matches files that existed before the run.
      const before = /^\.\/(tokens\/|(good|readonly|daemon|short|comment|expired|foreign) )/;
      const files = stdout.split('\n').filter((line) => line !== '' && !before.test(line));
      return { outcome, files };
    }

    for (const each of CASES) {
      const { args, env = {}, user = 'alice', setup, config } = each;
      const differs = (each.differs?.[2] ?? suite) === suite ? each.differs : undefined;
      const surroundings = Object.entries(env).map(([name, value]) => `${name.replace('_CONDOR_', '')}=${value}`);
      const name = [
        user,
        ...surroundings,
        ...(setup === undefined ? [] : [`(${setup})`]),
        ...(config === undefined ? [] : [`(${config})`]),
        ...args.map((arg) => arg || "''"),
      ];
      test(`${name.join(' ')}${differs === undefined ? '' : ' — differs'}`, async () => {
        if (config !== undefined) await pool.configure(`${KEYS}${config}`);
        const theirs = await run('theirs', each);
        const ours = await run('ours', each);
        if (config !== undefined) await pool.configure(KEYS);
        const said = `theirs: ${theirs.outcome.status} ${theirs.outcome.stderr}\nours: ${ours.outcome.status} ${ours.outcome.stderr}`;
        if (differs !== undefined) {
          assert.equal(ours.outcome.status === 0 ? 'succeeds' : 'fails', differs[1], said);
          assert.notDeepEqual(resultOf(ours), resultOf(theirs), `they agree\n${said}`);
          return;
        }
        assert.equal(ours.outcome.status === 0, theirs.outcome.status === 0, said);
        assert.deepEqual(resultOf(ours), resultOf(theirs), said);
      });
    }
  });
}

interface Ran {
  readonly outcome: Outcome;
  readonly files: readonly string[];
}

/**
 * Returns what must be equal: success, the format of standard output, and files with mode and content. Tokens are
 * replaced with their claims.
 */
function resultOf({ outcome: { status, stdout }, files }: Ran): unknown {
  if (status !== 0) return { succeeded: false, stdout, files: [] };
  return { succeeded: true, stdout: withoutTokens(stdout), files: files.map(withoutTokens) };
}

function withoutTokens(text: string): string {
  return text.replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, (jwt) => {
    const { jti, iat, exp, ...claims } = claimsOf(jwt);
    assert.ok(typeof jti === 'string' && typeof iat === 'number');
    const seconds = exp === undefined ? Number.POSITIVE_INFINITY : Number(exp) - iat;
    const isLeft = seconds <= SHORT_SECONDS && seconds > SHORT_SECONDS / 2;
    return JSON.stringify({ ...claims, lifetime: isLeft ? 'that of the credential' : String(seconds) });
  });
}
