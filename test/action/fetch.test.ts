/**
 * Runs the built Action against the embedded pool as a runner does. Checks outputs, files, summary, masks and the post
 * step.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { assertAdvised } from '../support/errors/advice.ts';
import { filesIn } from '../support/files-in.ts';
import { Runner } from '../support/runner/runner.ts';
import { assertFailed, assertMasked, assertNoLeak } from '../support/runner/step-assertions.ts';

let runner: Runner;
before(() => {
  runner = new Runner();
});
after(() => runner.close());

for (const debug of [false, true]) {
  describe(`The Action${debug ? ' in debug mode' : ''}`, () => {
    test('sets every output, writes the file, and removes it at the end', () =>
      withPool({}, async (pool) => {
        const idtoken = pool.idToken();
        const inputs = { pool: pool.collector, name: 'ci@pool', idtoken, authz: 'read, WRITE', lifetime: '10m' };
        const where = { token: 'ci', 'token-directory': 'tokens.d' };
        const file = join(runner.workspace, 'tokens.d', 'ci');
        let written = '';
        const beforePost = () => {
          written = readFileSync(file, 'utf8');
          if (process.platform === 'win32') return;
          assert.deepEqual([statSync(file).mode & 0o777, statSync(join(file, '..')).mode & 0o777], [0o600, 0o700]);
        };
        const step = await runner.runAction({ ...inputs, ...where }, { debug, beforePost });
        assert.equal(step.status, 0, step.raw);
        const { token = '', 'token-id': id, 'issued-at': from, 'expires-at': to, ...outputs } = step.outputs;
        assert.deepEqual(outputs, {
          'token-file': file,
          'token-directory': join(runner.workspace, 'tokens.d'),
          identity: 'alice@pool.test',
          'trust-domain': 'pool.test',
          key: 'POOL',
          authz: 'READ WRITE',
          lifetime: '600',
          'daemon-name': 'ci@pool',
          'daemon-address': pool.schedd(),
          'daemon-version': '25.14.1',
          'authentication-method': 'IDTOKENS',
          'credential-source': 'idtoken',
        });
        assert.match(id ?? '', /^[0-9a-f]{32}$/);
        assert.equal(Date.parse(to ?? '') - Date.parse(from ?? ''), 600_000);
        assert.equal(written, `${token}\n`);

        assertMasked(step, [idtoken, token]);
        assertNoLeak(step, [idtoken, token]);
        const maskedAt = step.commands.findIndex(({ name, data }) => name === 'add-mask' && data === idtoken);
        assert.equal(maskedAt, 0, 'the credential is masked before anything else is printed');
        assert.match(
          step.log.join('\n'),
          /Token for alice@pool\.test, restricted to READ WRITE, valid for 10 min; written to /,
        );
        assert.match(step.log.join('\n'), /Authenticated with IDTOKENS; credential: idtoken$/m);
        assert.match(step.summary, /<td>Credential<\/td><td><code>idtoken<\/code><\/td>/);
        assert.match(step.summary, /<td>Identity<\/td><td><code>alice@pool\.test<\/code><\/td>/);
        assert.equal(/^##\[debug\]session: authenticated as alice/m.test(step.log.join('\n')), debug);
        assert.deepEqual(
          [step.annotations.filter(({ level }) => level !== 'debug'), step.env, step.path],
          [[], {}, ''],
        );

        assert.deepEqual([step.post?.status, step.post?.annotations], [0, []]);
        assert.match(step.post?.log.join('\n') ?? '', /^Removed .*ci$/m);
        assert.ok(!existsSync(file));
      }));

    test('fails with one annotation that quotes the daemon if the daemon rejects the request', () =>
      withPool({ fetchDisabled: true }, async (pool) => {
        const idtoken = pool.idToken();
        const step = await runner.runAction(
          { address: pool.schedd(), idtoken, file: 'ci' },
          { debug, beforePost: () => {} },
        );
        assertFailed(step, { code: 'ERR_DAEMON', status: 6, text: /Token fetch disabled\./ });
        assertNoLeak(step, [idtoken]);
        assert.deepEqual(filesIn(runner.workspace), [], 'the directory that the step created no longer exists');
        assert.deepEqual([step.post?.status, step.post?.raw], [0, '']);
      }));
  });
}

describe('The Action', () => {
  test('sanitizes hostile text from a daemon', () =>
    withPool(
      {
        edit: { reply: () => ({ ErrorString: '::add-mask::x\n::set-output name=token::y ##[error]z', ErrorCode: 9 }) },
      },
      async (pool) => {
        const step = await runner.runAction({ address: pool.schedd(), idtoken: pool.idToken() }, { debug: true });
        assertFailed(step, { code: 'ERR_DAEMON', status: 6, text: /::add-mask::x/ });
        assert.ok(!step.masks.includes('x'));
      },
    ));

  for (const name of ['x\n::error::y<script>', 'ci@$ENV(HOME)', '$(FULL_HOSTNAME)', 'other@pool'])
    test(`rejects a daemon whose ad contains the name ${JSON.stringify(name)}`, () =>
      withPool({ edit: { daemon: (ad) => ({ ...ad, Name: name }) } }, async (pool) => {
        const inputs = { pool: pool.collector, idtoken: pool.idToken(), 'export-environment': 'true', name: 'ci@pool' };
        const step = await runner.runAction(inputs, { debug: true });
        assertFailed(step, { code: 'ERR_CLASSAD', status: 4, text: /the collector returned a different daemon/ });
      }));

  test('warns, fails or continues, according to on-reduced, if the daemon grants less than requested', () =>
    withPool({ maxLifetime: 60 }, async (pool) => {
      const run = (how: string) =>
        runner.runAction(
          { address: pool.schedd(), idtoken: pool.idToken(), authz: 'READ', 'on-reduced': how, file: 'less' },
          { beforePost: () => {} },
        );
      const warned = await run('warn');
      assert.deepEqual(
        warned.annotations.map(({ level, message }) => [level, message]),
        [
          [
            'warning',
            'The daemon granted less than requested: lifetime: requested 1 h, granted 1 min. Request less, or use a credential with more permissions',
          ],
        ],
      );
      assert.match(warned.summary, /Less than requested: lifetime/);
      assertFailed(await run('fail'), { code: 'ERR_TOKEN_REDUCED', status: 7, text: /granted 1 min/ });
      assert.deepEqual((await run('ignore')).annotations, []);
    }));

  test('warns if the summary cannot be written, but delivers the token', () =>
    withPool({ requests: { whenFiled: (id, all) => all.decide(id, 'approved') }, methods: ['TOKEN'] }, async (pool) => {
      const inputs = { address: pool.schedd(), idtoken: pool.idToken(), mode: 'request', identity: 'carol@pool.test' };
      const env = { GITHUB_STEP_SUMMARY: '/nonexistent/summary' };
      const step = await runner.runAction({ ...inputs, file: 'without-summary' }, { env, beforePost: () => {} });
      assert.equal(step.status, 0, step.raw);
      assert.match(step.raw, /::warning::The job summary could not be written, which does not affect the token: /);
      assert.equal(existsSync(step.outputs['token-file'] ?? ''), false, 'post has removed the file');
    }));

  test('warns about a token that never expires', () =>
    withPool({}, async (pool) => {
      const step = await runner.runAction({ address: pool.schedd(), idtoken: pool.idToken(), lifetime: 'unlimited' });
      assert.match(step.annotations.map(({ message }) => message).join(), /never expires/);
      assert.deepEqual([step.outputs['expires-at'], step.outputs['lifetime']], ['', '']);
    }));

  test('writes no summary if summary is false', () =>
    withPool({}, async (pool) => {
      const step = await runner.runAction({ address: pool.schedd(), idtoken: pool.idToken(), summary: 'false' });
      assert.deepEqual([step.status, step.summary, step.outputs['token-file']], [0, '', '']);
    }));

  test('succeeds in post if the token file no longer exists', () =>
    withPool({}, async (pool) => {
      const { rmSync } = await import('node:fs');
      const file = join(runner.workspace, 'gone');
      const step = await runner.runAction(
        { address: pool.schedd(), idtoken: pool.idToken(), file },
        { beforePost: () => rmSync(file) },
      );
      assert.deepEqual([step.status, step.post?.status, step.post?.annotations], [0, 0, []]);
    }));

  test('requests the default lifetime if lifetime is empty', () =>
    withPool({}, async (pool) => {
      const step = await runner.runAction({ address: pool.schedd(), idtoken: pool.idToken(), lifetime: '' });
      assert.deepEqual([step.status, step.outputs['lifetime']], [0, '3600']);
    }));

  test('removes only files that it wrote, and warns about files that it cannot remove', () =>
    withPool({}, async (pool) => {
      const { mkdirSync, rmSync, writeFileSync } = await import('node:fs');
      const file = join(runner.workspace, 'taken');
      const step = await runner.runAction(
        { address: pool.schedd(), idtoken: pool.idToken(), file },
        {
          beforePost() {
            rmSync(file);
            mkdirSync(file);
            writeFileSync(join(file, 'precious'), '');
          },
        },
      );
      assert.deepEqual([step.status, step.post?.status], [0, 0]);
      assert.match(step.post?.annotations[0]?.message ?? '', /^Left .*taken: it is now a directory/);
      assert.ok(existsSync(join(file, 'precious')));
      rmSync(file, { recursive: true });
    }));

  test('warns in post about a path that it cannot examine', async () => {
    const placement = { path: join(process.execPath, 'ci'), directories: [], hash: '' };
    const env = { STATE_placement: JSON.stringify(placement) };
    const { status, annotations } = await runner.runStep('dist/action/post.js', { env });
    assert.equal(status, 0);
    if (process.platform !== 'win32')
      assert.deepEqual(
        annotations.map(({ level }) => level),
        ['warning'],
      );
  });

  test('fails with ERR_OUTPUT if the runner does not accept the outputs', () =>
    withPool({}, async (pool) => {
      const inputs = { address: pool.schedd(), idtoken: pool.idToken(), authz: 'READ' };
      const env = { GITHUB_OUTPUT: join(runner.workspace, 'missing', 'file') };
      const step = await runner.runAction(inputs, { env });
      assert.equal(step.status, 8, step.raw);
      const [error, ...others] = step.annotations.map(({ message }) => message);
      assert.deepEqual(others, []);
      assertAdvised(error ?? '', 'the runner did not accept the outputs');
    }));

  test('delivers the token if the summary file does not exist', () =>
    withPool({}, async (pool) => {
      const inputs = { address: pool.schedd(), idtoken: pool.idToken(), authz: 'READ' };
      const env = { GITHUB_STEP_SUMMARY: join(runner.workspace, 'missing', 'file') };
      const step = await runner.runAction(inputs, { env });
      assert.deepEqual([step.status, step.outputs['identity']], [0, 'alice@pool.test']);
      assert.match(
        step.annotations.map(({ level, message }) => `${level} ${message}`).join(),
        /^warning The job summary could not be written, which does not affect the token: /,
      );
    }));

  test('masks every line of several credentials', () =>
    withPool({}, async (pool) => {
      const [one, two] = [pool.idToken('alice'), pool.idToken('bob')];
      const step = await runner.runAction(
        { address: pool.schedd(), idtoken: `# ours\n${one}\n\n${two}\n` },
        { debug: true },
      );
      assert.equal(step.status, 0, step.raw);
      assertMasked(step, [one, two]);
      assertNoLeak(step, [one, two, step.outputs['token'] ?? '']);
    }));
});
