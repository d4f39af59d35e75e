/**
 * Tests the environment of later steps: the private directory and the exported variables. Both are restored at the end
 * of the job.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import { versionString } from '../support/embedded-pool/settings.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { Runner } from '../support/runner/runner.ts';
import { assertFailed } from '../support/runner/step-assertions.ts';

const runner = new Runner();
after(() => runner.close());

const RECORD = '.exported';

/** Creates the private directory of an earlier step, with that step's record. */
function earlierStep(record: string): Record<string, string> {
  const directory = join(runner.temp, `condor-token-${randomUUID()}`);
  mkdirSync(directory, { mode: 0o700 });
  writeFileSync(join(directory, RECORD), record, { mode: 0o600 });
  return { _CONDOR_SEC_TOKEN_DIRECTORY: directory };
}
const inputs = (pool: EmbeddedPool, more: Record<string, string> = {}) => ({
  ...{ pool: pool.collector, name: 'ci@pool', idtoken: pool.idToken(), 'export-environment': 'true' },
  ...more,
});

describe('export-environment', () => {
  test('rejects a value that HTCondor would expand', () =>
    withPool({}, async (pool) => {
      const env = { RUNNER_TEMP: join(runner.temp, '$ENV(HOME)') };
      mkdirSync(env.RUNNER_TEMP);
      const step = await runner.runAction(inputs(pool), { env });
      assert.deepEqual([step.status, step.outputs['error-code']], [8, 'ERR_OUTPUT'], step.raw);
      assert.deepEqual(step.env, {});
    }));

  test('ignores a record about variables that the Action never exports', () =>
    withPool({}, async (pool) => {
      const env = earlierStep(JSON.stringify({ HOME: [process.env['HOME'] ?? '', '/somewhere/else'] }));
      let record = '';
      const step = await runner.runAction(inputs(pool), {
        env,
        beforePost: ({ outputs }) => {
          record = readFileSync(join(outputs['token-directory'] ?? '', RECORD), 'utf8');
        },
      });
      assert.equal(step.status, 0, step.raw);
      assert.deepEqual(Object.keys(JSON.parse(record) as object).includes('HOME'), false);
    }));

  test('writes to a private directory, exports it to later steps, and restores the variables at the end', () =>
    withPool({}, async (pool) => {
      let mode: readonly number[] = [];
      let content = '';
      const step = await runner.runAction(inputs(pool), {
        env: { _CONDOR_COLLECTOR_HOST: 'old.example.org' },
        beforePost: ({ outputs }) => {
          const file = outputs['token-file'] ?? '';
          content = readFileSync(file, 'utf8');
          mode = [file, dirname(file)].map((each) => statSync(each).mode & 0o777);
        },
      });
      const { token, 'token-file': file = '', 'token-directory': directory = '' } = step.outputs;
      assert.equal(content, `${token}\n`);
      if (process.platform !== 'win32') assert.deepEqual(mode, [0o600, 0o700]);
      assert.equal(dirname(directory), runner.temp);
      const { CONDOR_CONFIG: config, ...variables } = step.env;
      assert.deepEqual(variables, {
        _CONDOR_SEC_TOKEN_DIRECTORY: directory,
        _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'IDTOKENS',
        _CONDOR_COLLECTOR_HOST: pool.collector,
        _CONDOR_SCHEDD_HOST: 'ci@pool',
      });
      assert.ok(config === 'ONLY_ENV' || existsSync('/etc/condor/condor_config'), config);
      assert.match(
        step.log.join('\n'),
        /^_CONDOR_SEC_TOKEN_DIRECTORY=.*\n_CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS=IDTOKENS$/m,
      );
      assert.deepEqual(step.post?.env, {
        _CONDOR_SEC_TOKEN_DIRECTORY: '',
        _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: '',
        _CONDOR_COLLECTOR_HOST: 'old.example.org',
        _CONDOR_SCHEDD_HOST: '',
      });
      assert.deepEqual([existsSync(file), existsSync(directory)], [false, false]);
      assert.match(step.post?.log.join('\n') ?? '', /^Removed .*condor-token-/m);
    }));

  test('exports the address of a daemon that the collector does not list, and the address of the collector', () =>
    withPool({}, async (pool) => {
      const idtoken = pool.idToken();
      const schedd = await runner.runAction({ address: pool.schedd(), idtoken, 'export-environment': 'true' });
      assert.equal(schedd.env['_CONDOR_SCHEDD_HOST'], '');
      const file = schedd.env['_CONDOR_SCHEDD_ADDRESS_FILE'] ?? '';
      assert.equal(readFileSync(file, 'utf8'), `${pool.schedd()}\n${versionString('25.14.1')}\n`);
      assert.equal(schedd.env['_CONDOR_COLLECTOR_HOST'], undefined);
      const type = { type: 'Collector', idtoken, 'export-environment': 'true' };
      for (const where of [{ address: pool.collector }, { pool: pool.collector }]) {
        const { env } = await runner.runAction({ ...type, ...where });
        assert.equal(env['_CONDOR_COLLECTOR_HOST'], pool.collector);
        assert.equal(env['_CONDOR_SCHEDD_HOST'], undefined);
      }
    }));

  test('locates a daemon whose name contains spaces, and exports its address instead of its name', () =>
    withPool({ schedds: ['ci@pool', 'night runs@pool'] }, async (pool) => {
      let content = '';
      const step = await runner.runAction(inputs(pool, { name: 'night runs@pool' }), {
        beforePost: ({ env }) => {
          content = readFileSync(env['_CONDOR_SCHEDD_ADDRESS_FILE'] ?? '', 'utf8');
        },
      });
      assert.equal(step.status, 0, step.raw);
      assert.equal(step.outputs['daemon-name'], 'night runs@pool');
      assert.deepEqual([step.env['_CONDOR_SCHEDD_HOST'], step.env['_CONDOR_COLLECTOR_HOST']], ['', pool.collector]);
      assert.equal(content, `${pool.schedd(1)}\n${versionString('25.14.1')}\n`);
    }));

  test('in a second step for another pool ignores the variables that the first step exported', () =>
    withPool({}, (one) =>
      withPool({ trustDomain: 'other.test', schedds: ['ap@other'] }, async (two) => {
        const before = { _CONDOR_COLLECTOR_HOST: 'old.example.org', CONDOR_CONFIG: 'ONLY_ENV' };
        const first = await runner.runAction(inputs(one), { env: before });
        const env = { ...before, ...first.env };
        // If the pool input is not set, the step uses the pool in HTCondor's configuration, not the first step's pool.
        const lost = await runner.runAction({ idtoken: two.idToken() }, { env });
        assert.match(lost.annotations.at(-1)?.message ?? '', /old\.example\.org/);
        const where = { pool: two.collector, name: 'ap@other', idtoken: two.idToken() };
        const second = await runner.runAction(
          { ...where, 'export-environment': 'true' },
          {
            env,
            beforePost: async ({ env: more }) => {
              const third = await runner.runAction({ idtoken: two.idToken() }, { env: { ...env, ...more } });
              assert.match(
                third.annotations.at(-1)?.message ?? '',
                /old\.example\.org/,
                'restored to the state before the first step',
              );
            },
          },
        );
        assert.equal(second.status, 0, second.raw);
        assert.equal(second.env['_CONDOR_COLLECTOR_HOST'], two.collector);
        assert.notEqual(second.env['_CONDOR_SEC_TOKEN_DIRECTORY'], first.env['_CONDOR_SEC_TOKEN_DIRECTORY']);
        assert.equal(
          second.post?.env['_CONDOR_COLLECTOR_HOST'],
          one.collector,
          'restored to the state before this step',
        );
        assert.equal(second.post?.env['_CONDOR_SCHEDD_HOST'], 'ci@pool');
      }),
    ));

  test('ignores a damaged record', () =>
    withPool({}, async (pool) => {
      for (const record of ['x', 'null', '[1]', '{"_CONDOR_COLLECTOR_HOST":7}']) {
        const { status, raw } = await runner.runAction(inputs(pool), { env: earlierStep(record) });
        assert.equal(status, 0, raw);
      }
    }));

  for (const [other, text] of [
    ['token', /mutually exclusive with token/],
    ['file', /mutually exclusive with file/],
  ] as const) {
    test(`is mutually exclusive with ${other}`, async () => {
      const step = await runner.runAction({ pool: 'cm', [other]: 'ci', 'export-environment': 'true' });
      assertFailed(step, { code: 'ERR_INPUT', status: 2, text });
    });
  }

  test('requires RUNNER_TEMP', async () => {
    const env = { RUNNER_TEMP: undefined };
    const step = await runner.runAction({ pool: 'cm', 'export-environment': 'true' }, { env });
    assertFailed(step, { code: 'ERR_INPUT', status: 2, text: /RUNNER_TEMP/ });
  });

  test('leaves no files if the fetch fails', () =>
    withPool({ fetchDisabled: true }, async (pool) => {
      const step = await runner.runAction(inputs(pool));
      assertFailed(step, { code: 'ERR_DAEMON', status: 6, text: /Token fetch disabled/ });
    }));
});

describe('cleanup', () => {
  test('keeps the token file if it is false', () =>
    withPool({}, async (pool) => {
      const step = await runner.runAction(inputs(pool, { cleanup: 'false' }), { beforePost: () => {} });
      assert.ok(existsSync(step.outputs['token-file'] ?? ''));
      assert.doesNotMatch(step.post?.log.join('\n') ?? '', /Removed/);
    }));

  test('removes the directories that the step created, unless they contain other files', () =>
    withPool({}, async (pool) => {
      const { pool: where, name, idtoken } = inputs(pool);
      const file = join('made', 'deep', 'token');
      const made = join(runner.workspace, 'made');
      const step = await runner.runAction(
        { pool: where, name, idtoken, file },
        { beforePost: () => writeFileSync(join(made, 'result'), 'x') },
      );
      assert.deepEqual([step.post?.status, step.post?.annotations], [0, []]);
      assert.ok(existsSync(join(made, 'result')));
      assert.ok(!existsSync(join(made, 'deep')));
      assert.match(step.post?.log.join('\n') ?? '', /Left .*made: it is not empty/);
    }));
});

describe('the job summary', () => {
  test('shows the token details and how to revoke the token', () =>
    withPool({}, async (pool) => {
      const { summary, outputs } = await runner.runAction({ ...inputs(pool), authz: 'READ', lifetime: '30m' });
      const rows = [...summary.matchAll(/<td>([^<]+)<\/td><td><code>([^<]*)<\/code>/g)].map(([, a, b]) => [a, b]);
      assert.deepEqual(
        rows.map(([name]) => name),
        [
          ...['Identity', 'Trust domain', 'Pool', 'Daemon', 'Authenticated by', 'Credential'],
          ...['Levels', 'Expires', 'Token ID', 'Signing key', 'Took'],
        ],
      );
      const row = Object.fromEntries(rows) as Record<string, string>;
      assert.equal(row['Daemon'], 'ci@pool 25.14.1');
      assert.equal(row['Credential'], 'idtoken');
      assert.equal(row['Expires'], `${outputs['expires-at']} (in 30 min)`);
      assert.match(row['Took'] ?? '', /^\d round trips, \d+ ms$/);
      assert.ok(summary.includes(`SEC_TOKEN_REVOCATION_EXPR = jti =?= &quot;${outputs['token-id']}&quot;`), summary);
    }));
});
