/**
 * Runs HTCondor's own tests of its tool (src/condor_tests/test_condor_token_fetch_key.py and
 * test_auth_protocol_token.py) with this project's command in place of the tool.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { claimsOf } from '../support/pool/real-fetch.ts';

const KEYS = 'SEC_TOKEN_FETCH_ALLOWED_SIGNING_KEYS = POOL, test_key\n';

for (const suite of poolSuites()) {
  describe(`condor_token_fetch -key, HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    before(async () => {
      pool = await startPool({ suite, config: KEYS });
      await pool.write('/etc/condor/passwords.d/test_key', 'test_key_value', 0o600);
      await pool.configure(KEYS);
    });
    after(() => pool?.stop());

    /** Returns a token's header and claims as condor_token_list prints them, except those that always differ. */
    async function listed(...args: string[]): Promise<unknown> {
      const { status, stdout, stderr } = await pool.ours(args);
      assert.equal(status, 0, stderr);
      await pool.run('mkdir', '-p', '-m', '700', '/tmp/list');
      await pool.write('/tmp/list/token', stdout, 0o600);
      const [, header = '', payload = ''] =
        /^Header: (\{.*\}) Payload: (\{.*\}) File: /.exec(await pool.run('condor_token_list', '-dir', '/tmp/list')) ??
        [];
      const { iat, jti, ...claims } = JSON.parse(payload) as Record<string, unknown>;
      assert.ok(iat !== undefined && jti !== undefined);
      return { header: JSON.parse(header) as unknown, claims };
    }

    test('without a key returns the same token as with the key POOL', async () => {
      assert.deepEqual(await listed(), await listed('-key', 'POOL'));
    });
    test('with a key returns a different token than without one', async () => {
      assert.notDeepEqual(await listed('-key', 'test_key'), await listed());
    });
  });

  describe(`The method TOKEN, HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    // The tools use a separate signing key, which does not exist at first.
    const TOOL_KEY = '/etc/condor/tool-key';
    before(async () => {
      const all = 'condor@password, condor@pool.test, administrator@domain';
      const config = `
        SEC_DEFAULT_AUTHENTICATION = REQUIRED
        SEC_READ_AUTHENTICATION = REQUIRED
        SEC_CLIENT_AUTHENTICATION = REQUIRED
        SEC_TOKEN_DIRECTORY = /etc/condor/user-tokens.d
        SEC_TOKEN_POOL_SIGNING_KEY_FILE = /etc/condor/passwords.d/POOL
        ALLOW_ADMINISTRATOR = ${all}
        ALLOW_READ = ${all}
        ALLOW_WRITE = ${all}
        ALLOW_DAEMON = ${all}
        ALLOW_NEGOTIATOR = ${all}
        ALLOW_CONFIG = ${all}
      `.replaceAll(/^ +/gm, '');
      pool = await startPool({ suite, config });
      await pool.run('mkdir', '-m', '700', '/etc/condor/user-tokens.d');
      // This file denies the tools access to the daemons, but startPool() uses the tools to check the daemons.
      // Therefore, the file is written only after all daemons have started.
      const tool = `TOOL.SEC_TOKEN_POOL_SIGNING_KEY_FILE = ${TOOL_KEY}\nTOOL.SEC_DEFAULT_AUTHENTICATION_METHODS = TOKEN\n`;
      await pool.write('/etc/condor/config.d/99-tool', tool, 0o644);
    });
    after(() => pool?.stop());

    const fetch = (...args: string[]) => pool.ours(args);
    const ping = (type: string) => pool.exec(['condor_ping', '-type', type, '-table', 'ALL']);
    /** Asserts that both tools are authorized if `letIn` is true, and that neither is if it is false. */
    async function assertLetIn(type: string, letIn: boolean): Promise<void> {
      const [ours, theirs] = [await fetch('-type', type, '-authz', 'READ'), await ping(type)];
      assert.equal(theirs.status === 0, letIn, theirs.stdout + theirs.stderr);
      assert.equal(ours.status === 0, letIn, ours.stderr);
    }

    test('the pool has created its signing key', async () => {
      assert.equal((await pool.exec(['test', '-f', '/etc/condor/passwords.d/POOL'])).status, 0);
    });
    test('a tool with the signing key is accepted', async () => {
      await pool.run('cp', '-p', '/etc/condor/passwords.d/POOL', TOOL_KEY);
      await assertLetIn('collector', true);
    });
    test('a tool without the key is rejected', async () => {
      await pool.run('mv', TOOL_KEY, `${TOOL_KEY}.offline`);
      await assertLetIn('collector', false);
    });
    test('a tool with another key is rejected', async () => {
      await pool.write(TOOL_KEY, 'wrong password file\n', 0o600);
      await assertLetIn('collector', false);
    });
    test('a tool with the restored key is accepted', async () => {
      await pool.run('mv', TOOL_KEY, `${TOOL_KEY}.wrong`);
      await pool.run('mv', `${TOOL_KEY}.offline`, TOOL_KEY);
      await assertLetIn('collector', true);
    });
    test('a token of an authorized user is accepted without the key', async () => {
      await pool.run('condor_token_create', '-identity', 'administrator@domain', '-token', 'tokenfile');
      await pool.run('mv', TOOL_KEY, `${TOOL_KEY}.offline`);
      await pool.run('mv', `${TOOL_KEY}.wrong`, TOOL_KEY);
      await assertLetIn('master', true);
      const { stdout } = await fetch('-type', 'master');
      assert.equal(claimsOf(stdout)['sub'], 'administrator@domain');
      assert.match(await pool.run('condor_token_list'), /administrator@domain/);
    });
    test('a tool without that token is rejected', async () => {
      await pool.run('rm', '/etc/condor/user-tokens.d/tokenfile');
      await assertLetIn('master', false);
    });
    test('an unauthorized user’s token fetches a token that is also denied', async () => {
      await pool.run('mv', TOOL_KEY, `${TOOL_KEY}.wrong`);
      await pool.run('mv', `${TOOL_KEY}.offline`, TOOL_KEY);
      await pool.run('condor_token_create', '-identity', 'test@trust-domain', '-token', 'tokenfile');
      await pool.run('mv', TOOL_KEY, `${TOOL_KEY}.offline`);
      await pool.run('mv', `${TOOL_KEY}.wrong`, TOOL_KEY);
      assert.notEqual((await ping('master')).status, 0);
      const fetched = await fetch('-type', 'master', '-token', 'tokenfile');
      assert.deepEqual([fetched.status, fetched.stdout], [0, ''], fetched.stderr);
      assert.match(await pool.run('condor_token_list'), /test@trust-domain/);
      assert.notEqual((await ping('master')).status, 0);
    });
  });
}
