/**
 * Tests the command and the Action on Windows with a real schedd. test/real/windows.test.ts starts the daemons on Linux
 * and runs this file with Node for Windows. Environment variables contain the daemons' addresses.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCommand } from '../support/runner/program.ts';
import { Runner } from '../support/runner/runner.ts';
import { until } from '../support/until.ts';

const variable = (name: string) => process.env[name] ?? assert.fail(`${name} is not set`);

describe('on Windows', () => {
  const at = { pool: variable('WINDOWS_COLLECTOR'), name: variable('WINDOWS_SCHEDD') };
  const idtoken = variable('WINDOWS_IDTOKEN');
  let runner: Runner;
  let home: string;
  before(() => {
    runner = new Runner();
    home = mkdtempSync(join(tmpdir(), 'home-'));
  });
  after(() => {
    runner?.close();
    rmSync(home, { recursive: true, force: true });
  });

  test('the system is Windows', () => assert.equal(process.platform, 'win32'));

  for (let attempt = 1; attempt <= 5; attempt++) {
    test(`the Action verifies each level at attempt ${attempt}`, async () => {
      const inputs = { ...at, idtoken, authz: 'READ WRITE', lifetime: '10m', verify: 'true', retries: '0' };
      const step = await runner.runAction(inputs);
      assert.equal(step.status, 0, step.raw);
      assert.equal(step.outputs['authz'], 'READ WRITE');
    });
  }

  test('the Action runs a check, and reports a level that is denied', async () => {
    const step = await runner.runAction({ ...at, idtoken, authz: 'READ ADMINISTRATOR', mode: 'check' });
    assert.equal(step.status, 0, step.raw);
    assert.equal(step.outputs['authz'], 'READ', step.raw);
  });

  test('the Action renews a token, and post removes everything that the step created', async () => {
    const directory = join(runner.workspace, 'new', 'tokens.d');
    const inputs = { ...at, idtoken, token: 'ci', 'token-directory': directory, lifetime: '3s', renew: 'true' };
    const step = await runner.runAction(inputs, {
      beforePost: async ({ outputs, raw }) => {
        const { token = '', 'token-file': file = '' } = outputs;
        assert.ok(token !== '', raw);
        await until('the token is renewed', 30, async () =>
          readFileSync(file, 'utf8') === `${token}\n` ? 'it is still the first token' : undefined,
        );
      },
    });
    assert.deepEqual([step.post?.status, step.post?.annotations], [0, []], step.post?.raw);
    assert.ok(!existsSync(join(runner.workspace, 'new')), step.post?.raw);
    assert.deepEqual(readdirSync(runner.temp), ['_runner_file_commands']);
  });

  test('the command finds its token in the user’s profile, and writes one there', async () => {
    const env = { USERPROFILE: home, _CONDOR_SEC_TOKEN_DIRECTORY: undefined };
    const first = await runCommand(['-pool', at.pool, '-name', at.name, '-authz', 'READ'], { env });
    assert.equal(first.status, 2, first.stderr);
    assert.ok(first.stderr.includes(join(home, '.condor', 'tokens.d')), first.stderr);
    const step = await runner.runAction({ ...at, idtoken, token: 'ci' }, { env });
    assert.equal(step.outputs['token-file'], join(home, '.condor', 'tokens.d', 'ci'), step.raw);
    const second = await runCommand(['-pool', at.pool, '-name', at.name, '-authz', 'READ', '-verify'], { env });
    assert.equal(second.status, 0, second.stderr);
  });
});
