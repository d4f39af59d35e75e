/**
 * One command line after the other through HTCondor's condor_token_fetch and ours, in the same pool, account and
 * environment: the same success or failure, claims, files and standard output. What differs on purpose is marked with
 * the heading under which docs/PARITY.md says why.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Outcome, type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool.ts';
import type { Suite } from '../support/pool-tree.ts';
import { projectRoot } from '../support/project.ts';
import { claimsOf } from '../support/real-fetch.ts';

interface Case {
  /** Words may stand for the pool's facts: POOL, NAME, SCHEDD, COLLECTOR, MASTER. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Undefined: alice. */
  readonly user?: 'root';
  /** Shell commands in the home directory, before each of the two. */
  readonly setup?: string;
  /** Heading in docs/PARITY.md, where the two differ on purpose; what ours does; and in which release, if not in all. */
  readonly differs?: readonly [heading: string, ours: 'succeeds' | 'fails', only?: Suite];
}

const IDTOKENS = { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'IDTOKENS' };
const TOKENS = { ...IDTOKENS, _CONDOR_SEC_TOKEN_DIRECTORY: '/home/alice/tokens' };
const NO_LOCAL = { _CONDOR_SCHEDD_ADDRESS_FILE: '/nowhere', _CONDOR_SCHEDD_DAEMON_AD_FILE: '/nowhere' };

const NARROWER = 'A token is never wider than asked';
const LIFETIME = 'Lifetimes';
const FILES = 'Token files';
const FINDS = 'More daemons are found';
const CREDENTIALS = 'More credentials are tried';

const CASES: readonly Case[] = [
  // Whom to ask.
  { args: [] },
  { args: ['-pool', 'POOL'] },
  { args: ['-name', 'NAME'] },
  { args: ['-pool', 'POOL', '-name', 'NAME'] },
  { args: ['-name', 'SCHEDD'] },
  { args: ['-name', 'COLLECTOR'] },
  { args: ['-name', 'POOL'] },
  { args: ['-type', 'SCHEDD'] },
  { args: ['-type', 'schedd', '-name', 'NAME'] },
  { args: ['-type', 'COLLECTOR'] },
  { args: ['-type', 'collector', '-pool', 'POOL'] },
  { args: ['-type', 'collector', '-name', 'POOL'] },
  { args: ['-type', 'COLLECTOR', '-pool', 'POOL', '-name', '127.0.0.9'] },
  { args: ['-type', 'VIEW_COLLECTOR', '-pool', 'POOL'] },
  { args: ['-type', 'MASTER'] },
  { args: ['-type', 'master', '-pool', 'POOL', '-name', 'MASTER'], differs: [FINDS, 'succeeds'] },
  { args: ['-type', 'NEGOTIATOR'] },
  { args: ['-type', 'negotiator', '-pool', 'POOL'] },
  { args: ['-type', 'STARTD'] },
  { args: ['-type', 'startd', '-pool', 'POOL', '-name', 'MACHINE'], differs: [FINDS, 'succeeds'] },
  { args: ['-type', 'startd', '-pool', 'POOL', '-name', 'slot1@MACHINE'], differs: [FINDS, 'succeeds', 'trixie'] },
  { args: ['-type', 'CREDD'] },
  { args: ['-type', 'HAD'] },
  { args: ['-type', 'KBDD'] },
  { args: ['-type', 'GENERIC'] },
  { args: ['-type', 'SHEDD'] },
  { args: ['-type', ''] },
  { args: ['-name', ''] },
  { args: ['-pool', ''] },
  { args: ['-pool', 'POOL', '-name', 'nobody@nowhere'] },
  { args: ['-pool', '127.0.0.1:1', '-name', 'NAME'] },
  { args: ['-pool', 'no.such.host.invalid', '-name', 'NAME'] },
  { args: ['-pool', '127.0.0.1:1,POOL', '-name', 'NAME'], differs: [FINDS, 'succeeds'] },
  { args: ['-name', 'NAME'], env: { ...NO_LOCAL, _CONDOR_COLLECTOR_HOST: '127.0.0.1:1, POOL' } },
  { args: [], env: { _CONDOR_SCHEDD_HOST: 'NAME' } },
  { args: [], env: { _CONDOR_SCHEDD_HOST: 'nobody@nowhere' } },
  { args: [], env: { _CONDOR_SCHEDD_HOST: 'SCHEDD' } },
  { args: [], env: NO_LOCAL },
  { args: ['-name', 'NAME'], env: NO_LOCAL },
  // What to ask for.
  { args: ['-authz', 'READ'] },
  { args: ['-authz', 'READ', '-authz', 'WRITE'] },
  { args: ['-a', 'READ', '--authz', 'ADVERTISE_STARTD', '-auth', 'DAEMON'] },
  { args: ['-authz', 'READ,WRITE'] },
  { args: ['-authz', 'READ WRITE'] },
  { args: ['-authz', 'read'], differs: [NARROWER, 'succeeds'] },
  { args: ['-authz', 'SUBMIT'], differs: [NARROWER, 'fails'] },
  { args: ['-authz', ''], differs: [NARROWER, 'fails'] },
  { args: ['-authz'] },
  { args: ['-lifetime', '60'] },
  { args: ['-l', ' 60'] },
  { args: ['--lifetime', '60', '-lifetime', '90'] },
  { args: ['-lifetime', '0'], differs: [LIFETIME, 'fails'] },
  { args: ['-lifetime', '-5'], differs: [LIFETIME, 'fails'] },
  { args: ['-lifetime', '12h'], differs: [LIFETIME, 'succeeds'] },
  { args: ['-lifetime', '1.5'], differs: [LIFETIME, 'fails'] },
  { args: ['-lifetime', '60 seconds'], differs: [LIFETIME, 'fails'] },
  { args: ['-lifetime', '9999999999'], differs: [LIFETIME, 'fails'] },
  { args: ['-lifetime', 'soon'] },
  { args: ['-lifetime', ''] },
  { args: ['-lifetime'] },
  { args: ['-key', 'POOL'] },
  { args: ['-k', 'CI', '-lifetime', '60'] },
  { args: ['-key', 'OTHER'] },
  { args: ['-key', 'GONE'] },
  { args: ['-key', ''] },
  // Where it goes.
  { args: ['-token', 'mine'] },
  { args: ['-to', 'mine', '-lifetime', '60'], env: { _CONDOR_SEC_TOKEN_DIRECTORY: '/home/alice/elsewhere' } },
  {
    args: ['-token', 'mine'],
    setup: 'mkdir -p -m 700 .condor/tokens.d; echo old > .condor/tokens.d/mine; chmod 600 .condor/tokens.d/mine',
  },
  { args: ['-token', '../mine'] },
  { args: ['-token', 'a/mine'] },
  { args: ['-token', '.'] },
  { args: ['-token', ''] },
  { args: ['-token'] },
  { args: ['-file', 'mine'] },
  { args: ['-f', '/home/alice/mine'] },
  { args: ['-file', ''] },
  { args: ['-file', '/home/alice'] },
  { args: ['-file', '/root/mine'] },
  {
    args: ['-file', 'mine'],
    setup: 'echo an older token that is longer than any other could ever be > mine; chmod 600 mine',
  },
  { args: ['-file', 'mine'], setup: 'echo old > mine; chmod 644 mine', differs: [FILES, 'succeeds'] },
  { args: ['-file', 'missing/mine'], differs: [FILES, 'succeeds'] },
  { args: ['-file', 'mine'], setup: 'ln -s other mine' },
  { args: ['-token', 'mine', '-file', 'yours'], differs: [FILES, 'fails'] },
  // As whom.
  { args: [], user: 'root' },
  { args: ['-lifetime', '30'], user: 'root', env: IDTOKENS },
  { args: ['-type', 'collector', '-authz', 'READ'], user: 'root' },
  { args: [], env: { HOME: '/nowhere' } },
  { args: [], env: IDTOKENS },
  { args: [], env: TOKENS, setup: 'umask 077; mkdir tokens; cp good tokens/a' },
  { args: ['-authz', 'WRITE'], env: TOKENS, setup: 'umask 077; mkdir tokens; cp readonly tokens/a' },
  { args: ['-authz', 'READ'], env: TOKENS, setup: 'umask 077; mkdir tokens; cp readonly tokens/a' },
  { args: [], env: TOKENS, setup: 'umask 077; mkdir tokens; cp good tokens/a; chmod 644 tokens/a' },
  { args: [], env: TOKENS, setup: 'umask 077; mkdir tokens; cp good tokens/a~' },
  {
    args: [],
    env: { ...TOKENS, _CONDOR_LOCAL_CONFIG_DIR_EXCLUDE_REGEXP: '^a' },
    setup: 'umask 077; mkdir tokens; cp good tokens/a',
  },
  { args: [], env: TOKENS, setup: 'umask 077; mkdir tokens; cat comment good > tokens/a' },
  { args: [], env: TOKENS, setup: 'umask 077; mkdir tokens; cp foreign tokens/a; cp good tokens/b' },
  { args: [], env: TOKENS, setup: 'umask 077; mkdir tokens; echo garbage > tokens/a; cp good tokens/b' },
  {
    args: [],
    env: TOKENS,
    setup: 'umask 077; mkdir tokens; cp expired tokens/a; cp good tokens/b',
    differs: [CREDENTIALS, 'succeeds'],
  },
  { args: [], env: { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'SSL' } },
  { args: [], env: { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'CLAIMTOBE' } },
  { args: [], env: { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'KERBEROS' } },
  { args: [], env: { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'NONSENSE, FS' } },
  { args: [], env: { _CONDOR_SEC_DEFAULT_AUTHENTICATION_METHODS: 'IDTOKENS' } },
  // Through the collector, which no release has known how to do since 9.9.
  { args: ['-remote'] },
  { args: ['-r', '-pool', 'POOL', '-name', 'NAME'] },
  { args: ['-remote', '-name', 'nobody@nowhere'] },
  { args: ['-remote', '-key', 'POOL'] },
  { args: ['-remote', '-type', 'COLLECTOR'] },
  // How it is said.
  { args: ['-help'] },
  { args: ['-h'] },
  { args: ['-debug'] },
  { args: ['-debug:D_SECURITY', '-lifetime', '60'] },
  { args: ['-d'] },
  { args: ['-dx'] },
  { args: ['-t', 'schedd'] },
  { args: ['-na', 'NAME', '-po', 'POOL', '-li', '60', '-ke', 'POOL', '-fi', 'mine', '-ty', 'SCHEDD'] },
  { args: ['--nam', 'NAME'] },
  { args: ['-NAME', 'NAME'] },
  { args: ['-identity', 'bob'] },
  { args: ['schedd'] },
  { args: ['-'] },
  { args: ['--'] },
  { args: [''] },
  { args: ['-pool'] },
  { args: ['-name'] },
  { args: ['-type'] },
  { args: ['-key'] },
  { args: ['-file'] },
  { args: ['-name', '-pool'] },
];

const KEYS = 'SEC_TOKEN_FETCH_ALLOWED_SIGNING_KEYS = POOL, CI, GONE\n';
/** Everything that either may leave behind. */
const CLEAN = 'rm -rf mine yours other missing tokens elsewhere .condor/tokens.d/mine /etc/condor/tokens.d/mine';
/** What is new, but for the file in which HTCondor's tool notes whom it has met. */
const FIND =
  'find . /etc/condor/tokens.d -newer .start -type f -printf "%p %m\\n" 2>/dev/null | grep -v -e "[.]start" -e /known_hosts | sort';

test('the table has what it promises, and docs/PARITY.md has every difference', () => {
  assert.ok(CASES.length >= 60);
  const text = readFileSync(join(projectRoot, 'docs/PARITY.md'), 'utf8');
  const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  const differing = new Set(CASES.flatMap(({ differs }) => (differs === undefined ? [] : [differs[0]])));
  assert.deepEqual(headings.filter((heading) => heading !== 'What it says and returns').sort(), [...differing].sort());
});

for (const suite of poolSuites()) {
  describe(`condor_token_fetch of HTCondor ${suite} and ours`, { skip: poolUnavailable() ?? false }, () => {
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

    /** Runs one of the two, and tells which files are there then, with their modes and what is in them. */
    async function run(tool: 'ours' | 'theirs', { args, env = {}, user, setup = ':' }: Case) {
      const account = user === undefined ? { user: 'alice' } : {};
      const cwd = user === undefined ? '/home/alice' : '/root';
      const shell = (script: string) => pool.exec(['sh', '-c', script], { ...account, cwd });
      await pool.exec(['sh', '-c', CLEAN], { cwd });
      await shell(`${CLEAN}; ${setup}; touch -d "1 second ago" .start`);
      // -key POOL is no placeholder, and so is -type.
      const given = args.map((arg, at) => (/^-{1,2}(k|t)/.test(args[at - 1] ?? '') ? arg : filled(arg)));
      const variables = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, filled(value)]));
      const outcome = await pool[tool](given, { ...account, cwd, env: variables });
      const { stdout } = await shell(`${FIND} | while read path mode; do echo "$path $mode $(cat "$path")"; done`);
      const before = /^\.\/(tokens\/|(good|readonly|comment|expired|foreign) )/; // fixtures
      const files = stdout.split('\n').filter((line) => line !== '' && !before.test(line));
      return { outcome, files };
    }

    for (const each of CASES) {
      const { args, env = {}, user = 'alice', setup } = each;
      const differs = (each.differs?.[2] ?? suite) === suite ? each.differs : undefined;
      const surroundings = Object.entries(env).map(([name, value]) => `${name.replace('_CONDOR_', '')}=${value}`);
      const name = [
        user,
        ...surroundings,
        ...(setup === undefined ? [] : [`(${setup})`]),
        ...args.map((arg) => arg || "''"),
      ];
      test(`${name.join(' ')}${differs === undefined ? '' : ' — differs'}`, async () => {
        const theirs = await run('theirs', each);
        const ours = await run('ours', each);
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

/** What has to be the same: success, the shape of standard output, files with mode and content; tokens by their claims. */
function resultOf({ outcome: { status, stdout }, files }: Ran): unknown {
  if (status !== 0) return { succeeded: false, stdout, files: [] };
  return { succeeded: true, stdout: withoutTokens(stdout), files: files.map(withoutTokens) };
}

function withoutTokens(text: string): string {
  return text.replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, (jwt) => {
    const { jti, iat, exp, ...claims } = claimsOf(jwt);
    assert.ok(typeof jti === 'string' && typeof iat === 'number');
    return JSON.stringify({ ...claims, lifetime: exp === undefined ? 'unlimited' : Number(exp) - iat });
  });
}
