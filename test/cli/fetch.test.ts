/** Tests the built command with the embedded pool. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { runCommand } from '../support/runner/program.ts';

let directory: string;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'cli-fetch-'));
});
after(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the command with a token directory that contains this pool's token. */
function run(pool: EmbeddedPool, args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const tokens = mkdtempSync(join(directory, 'tokens-'));
  writeFileSync(join(tokens, 'mine'), `${pool.idToken()}\n`, { mode: 0o600 });
  const env = { _CONDOR_SEC_TOKEN_DIRECTORY: tokens, _CONDOR_COLLECTOR_HOST: pool.collector, ...more };
  return runCommand(args, { env, cwd: directory }).then((result) => ({ ...result, tokens }));
}

const claimsOf = (jwt: string) =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

describe('condor_token_fetch', () => {
  test('prints only the token and one newline', () =>
    withPool({}, async (pool) => {
      const { status, stdout, stderr } = await run(pool, [
        '-n',
        'ci@pool',
        '-a',
        'READ',
        '-authz',
        'WRITE',
        '-l',
        '600',
      ]);
      assert.deepEqual([status, stderr], [0, '']);
      assert.match(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
      const { scope, sub, iat, exp } = claimsOf(stdout);
      assert.deepEqual([scope, sub, Number(exp) - Number(iat)], ['condor:/READ condor:/WRITE', 'alice@pool.test', 600]);
    }));

  test('requests no lifetime without -lifetime, as HTCondor’s tool does', () =>
    withPool({}, async (pool) => {
      const { stdout } = await run(pool, ['-pool', pool.collector, '-type', 'Collector']);
      assert.equal(claimsOf(stdout)['exp'], undefined);
    }));

  test('writes a token file and prints nothing', () =>
    withPool({}, async (pool) => {
      const { status, stdout, tokens } = await run(pool, ['-token', 'fetched']);
      assert.deepEqual([status, stdout], [0, '']);
      const file = join(tokens, 'fetched');
      assert.match(readFileSync(file, 'utf8'), /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
      if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
    }));

  test('prints token details instead of the token with -json', () =>
    withPool({}, async (pool) => {
      const { status, stdout } = await run(pool, ['-json', '-l', '5m', '-file', 'here']);
      assert.equal(status, 0);
      const facts = JSON.parse(stdout) as Record<string, string>;
      assert.deepEqual(
        [facts['identity'], facts['lifetime'], facts['file']],
        ['alice@pool.test', '300', join(directory, 'here')],
      );
      const token = readFileSync(join(directory, 'here'), 'utf8').trim();
      assert.ok(!stdout.includes(token.split('.')[2] ?? token));
    }));

  test('requests the token from the collector with -remote and ignores -key, as HTCondor’s tool does', () =>
    withPool({ impersonation: {} }, async (pool) => {
      const { status, stdout, stderr } = await run(pool, ['-r', '-n', 'ci@pool', '-key', 'NONE']);
      assert.deepEqual([status, stderr], [0, 'Warning: -key is ignored with -remote; omit it\n']);
      assert.equal(claimsOf(stdout)['sub'], 'alice@pool.test');
      assert.ok(pool.log.includes('PERMISSION GRANTED to alice@pool.test for command 81 at collector'));
    }));

  test('requests the token of this host’s schedd with -remote and without -name', () =>
    withPool({ impersonation: {}, schedds: ['other@pool', 'ci@pool'] }, async (pool) => {
      const file = join(directory, 'address');
      writeFileSync(file, `${pool.schedd(1)}\n`);
      const here = { _CONDOR_SCHEDD_ADDRESS_FILE: file, _CONDOR_SCHEDD_NAME: 'ci@pool' };
      const { status, stdout, stderr } = await run(pool, ['-remote', '-json', '-pool', pool.collector], here);
      assert.deepEqual([status, stderr], [0, '']);
      assert.equal((JSON.parse(stdout) as Record<string, string>)['daemon-name'], 'ci@pool');
      assert.ok(pool.log.some((line) => line.startsWith('schedd_token_request of 1 attributes: ci@pool')));
    }));

  test('logs each step with -debug, but no secret', () =>
    withPool({}, async (pool) => {
      const { stdout, stderr, tokens } = await run(pool, ['-debug', '-n', 'ci@pool']);
      for (const line of [
        /^credentials: .*IDTOKENS from .*mine$/m,
        /^locate: ci@pool is at <.*>$/m,
        /^session: authenticated as alice@pool\.test with IDTOKENS/m,
      ])
        assert.match(stderr, line);
      const credential = readFileSync(join(tokens, 'mine'), 'utf8').trim();
      for (const jwt of [credential, stdout.trim()]) assert.ok(!stderr.includes(jwt.split('.')[2] ?? jwt));
    }));

  const checks: readonly [readonly string[], number, RegExp][] = [
    [['-expected-identity', 'alice@pool.test', '-expected-trust-domain', 'pool.test'], 0, /^$/],
    [['-expected-identity', 'bob@pool.test'], 7, /ERR_TOKEN_CLAIM/],
    [['-expected-trust-domain', 'other.test'], 7, /ERR_TOKEN_CLAIM/],
    [['-server-name', 'ap.pool.test:9618'], 2, /has a port.*ERR_INPUT/],
    [['-on-reduced', 'sometimes'], 2, /on-reduced: "sometimes" is not valid.*ERR_INPUT/],
  ];
  for (const [args, expected, text] of checks) {
    test(`exits with status ${expected} for ${args.join(' ')}`, () =>
      withPool({}, async (pool) => {
        const { status, stdout, stderr } = await run(pool, ['-n', 'ci@pool', ...args]);
        assert.deepEqual([status, stdout !== ''], [expected, expected === 0], stderr);
        assert.match(stderr, text);
      }));
  }

  const refused: readonly [string, object, number, RegExp][] = [
    ['token fetch is disabled', { fetchDisabled: true }, 6, /Token fetch disabled.*ERR_DAEMON/],
    ['the identity is denied', { denied: () => true }, 6, /ERR_DENIED/],
    ['the credential is revoked', { revoked: () => true }, 5, /ERR_METHODS_EXHAUSTED[\s\S]* {2}IDTOKENS: .*revoked/],
  ];
  for (const [what, options, expected, text] of refused) {
    test(`exits with status ${expected} and writes nothing if ${what}`, () =>
      withPool(options, async (pool) => {
        const { status, stdout, stderr } = await run(pool, ['-file', 'nothing']);
        assert.deepEqual([status, stdout], [expected, '']);
        assert.match(stderr, text);
        assert.match(stderr, /\nHint: /);
        assert.ok(!existsSync(join(directory, 'nothing')));
      }));
  }
});
