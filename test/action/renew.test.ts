/** Tests token renewal by a separate process. It continues after failures and never outlives the job. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { requestStop } from '../../src/action/stop-socket.ts';
import { Authority } from '../support/credentials/certificates.ts';
import { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import type { Ad } from '../support/embedded-pool/settings.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { listen } from '../support/network/listen.ts';
import { projectRoot } from '../support/project.ts';
import { Runner } from '../support/runner/runner.ts';
import { assertFailed } from '../support/runner/step-assertions.ts';
import { until } from '../support/until.ts';

const runner = new Runner();
after(() => runner.close());

const GRANTED = /GRANTED to alice@pool\.test for command 60046/;
const fetches = (pool: EmbeddedPool) => pool.log.filter((line) => GRANTED.test(line)).length;
const inputs = (pool: EmbeddedPool, more: Record<string, string> = {}) => ({
  ...{ address: pool.schedd(), idtoken: pool.idToken(), lifetime: '3s', renew: 'true' },
  ...more,
});
/** Waits until a file has different content, and returns that content. */
const changed = (file: string, before: string) =>
  until('the token is renewed', 30, async () => {
    const now = existsSync(file) ? readFileSync(file, 'utf8') : '';
    return now !== '' && now !== before ? undefined : 'it is still the old token';
  });

/** Replaces a file with a directory. Another process may be appending to the file at the same time. */
const replaceByDirectory = (file: string) =>
  until('a directory replaces the file', 30, async () => {
    try {
      rmSync(file, { force: true });
      mkdirSync(file);
      return undefined;
    } catch (error) {
      return String(error);
    }
  });

/**
 * Under Wine, a process in these tests might wait forever for the Wine server. test/real/windows.test.ts tests renewal
 * on Windows.
 */
const skip =
  process.env['CONDOR_TEST_WINE'] === 'true' && 'Wine may not return from removing a file to which a process writes';

describe('renew', { skip }, () => {
  for (const [where, more] of [
    ['a private directory', { 'export-environment': 'true' }],
    ['a file', { file: 'kept-fresh' }],
  ] as const) {
    test(`replaces the token in ${where} until the job ends`, () =>
      withPool({}, async (pool) => {
        let directory = '';
        const step = await runner.runAction(inputs(pool, more), {
          beforePost: async ({ outputs, state }) => {
            const { token = '', 'token-file': file = '' } = outputs;
            directory = state['renewal'] ?? '';
            assert.equal(dirname(directory), runner.temp);
            await changed(file, `${token}\n`);
          },
        });
        assert.equal(step.status, 0, step.raw);
        const before = fetches(pool);
        assert.ok(before >= 2);
        assert.deepEqual([step.post?.status, step.post?.annotations], [0, []]);
        assert.match(step.post?.log.join('\n') ?? '', /Renewed\. Token for alice@pool\.test/);
        for (const secret of [step.outputs['token'] ?? 'none', pool.idToken()])
          assert.ok(!(step.post?.raw ?? '').includes(secret.split('.')[2] ?? ''), 'no token in the log');
        assert.deepEqual([existsSync(directory), existsSync(step.outputs['token-file'] ?? '')], [false, false]);
        assert.equal(pool.open, 0, 'the file no longer exists');
      }));
  }

  test('continues after the daemon was unreachable', async () => {
    let pool = await EmbeddedPool.start();
    const { port, keys } = pool;
    try {
      const step = await runner.runAction(inputs(pool, { file: 'survives' }), {
        beforePost: async ({ outputs, state }) => {
          await pool.stop();
          const log = `${state['renewal']}/renew.log`;
          await until('a renewal has failed', 30, async () =>
            existsSync(log) && /Renewal failed; retrying in/.test(readFileSync(log, 'utf8')) ? undefined : 'not yet',
          );
          pool = await EmbeddedPool.start({ keys, port });
          await changed(outputs['token-file'] ?? '', `${outputs['token']}\n`);
        },
      });
      assert.match(step.post?.log.join('\n') ?? '', /Renewal failed.*ERR_CONNECT.*\n(.*\n)*.*Renewed\./);
    } finally {
      await pool.stop();
    }
  });

  test('does not recreate a directory that is removed during a renewal', async () => {
    let directory = '';
    let replies = 0;
    let repliesAtRemoval = 0;
    const reply = (ad: Ad) => {
      replies += 1;
      if (directory !== '' && repliesAtRemoval === 0) {
        rmSync(directory, { recursive: true });
        repliesAtRemoval = replies;
      }
      return ad;
    };
    await withPool({ edit: { reply } }, async (pool) => {
      const step = await runner.runAction(inputs(pool, { 'export-environment': 'true' }), {
        beforePost: async ({ state }) => {
          directory = state['renewal'] ?? '';
          await until('a renewal fails', 30, async () =>
            repliesAtRemoval > 0 && pool.open === 0 ? undefined : 'not yet',
          );
        },
      });
      assert.equal(existsSync(directory), false);
      assert.equal(replies, repliesAtRemoval, 'the renewal is not tried again');
      assert.equal(step.post?.status, 0);
    });
  });

  test('continues if its log cannot be written', async () => {
    let pool = await EmbeddedPool.start();
    const { port, keys } = pool;
    try {
      const step = await runner.runAction(inputs(pool, { file: 'untold' }), {
        beforePost: async ({ outputs, state }) => {
          await replaceByDirectory(`${state['renewal']}/renew.log`);
          await pool.stop();
          const refusing = createServer((socket) => socket.destroy());
          const refused = once(refusing, 'connection');
          await listen(refusing, port);
          await refused;
          refusing.close();
          pool = await EmbeddedPool.start({ keys, port });
          await changed(outputs['token-file'] ?? '', `${outputs['token']}\n`);
        },
      });
      assert.equal(step.post?.status, 0);
    } finally {
      await pool.stop();
    }
  });

  test('resolves relative paths in inputs against the workspace', () =>
    withPool({}, async (pool) => {
      writeFileSync(join(runner.workspace, 'ca.pem'), (await Authority.create()).certificate);
      const step = await runner.runAction(
        inputs(pool, { file: 'by-place', 'ca-certificate': 'ca.pem', 'authentication-methods': 'SSL IDTOKENS' }),
        {
          beforePost: ({ outputs }) => changed(outputs['token-file'] ?? '', `${outputs['token']}\n`),
        },
      );
      assert.equal(step.status, 0, step.raw);
      assert.deepEqual(step.post?.annotations, []);
    }));

  test('warns in post if its process ended before the job', () =>
    withPool({}, async (pool) => {
      const step = await runner.runAction(inputs(pool, { file: 'ended' }), {
        beforePost: async ({ state }) => {
          await requestStop(state['renewal'] ?? '');
        },
      });
      assert.match(step.post?.annotations[0]?.message ?? '', /^The renewal process ended/);
    }));

  test('ends when its directory is removed', () =>
    withPool({}, async (pool) => {
      const step = await runner.runAction(inputs(pool, { 'export-environment': 'true' }));
      rmSync(step.state['renewal'] ?? '', { recursive: true });
      const post = await runner.runStep('dist/action/post.js', {
        env: Object.fromEntries(Object.entries(step.state).map(([name, value]) => [`STATE_${name}`, value])),
      });
      assert.equal(post.status, 0, post.raw);
      assert.ok(!existsSync(step.outputs['token-directory'] ?? ''));
    }));

  test('ends when the runner’s process ends, even if post does not run', { skip: process.platform === 'win32' }, () =>
    withPool({}, async (pool) => {
      const temp = join(runner.temp, 'of-its-own');
      mkdirSync(temp);
      const words = { ...inputs(pool, { 'export-environment': 'true', retries: '0' }) };
      const given = Object.entries(words).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
      const env = { PATH: process.env['PATH'] ?? '', RUNNER_TEMP: temp, ...Object.fromEntries(given) };
      const program = join(projectRoot, 'dist/action/index.js');
      // A parent process that outlives the step and exits when its standard input ends. It is not a shell, because a
      // shell drops variables whose names contain a hyphen.
      const start =
        "require('node:child_process').spawn(process.execPath, [process.argv[1]], { stdio: ['ignore', 1, 2] })";
      const script = `${start}; process.stdin.resume().on('end', () => process.exit())`;
      const parent = spawn(process.execPath, ['-e', script, program], { env });
      let said = '';
      parent.stdout.on('data', (chunk) => (said += String(chunk)));
      const socket = () => join(temp, readdirSync(temp)[0] ?? 'none', 'stop.sock');
      await until('the process is running', 30, async () => (existsSync(socket()) ? undefined : said));
      const ended = once(parent, 'close');
      parent.stdin.end();
      await ended;
      await until('the process has ended', 30, async () =>
        existsSync(socket()) ? 'its socket still exists' : undefined,
      );
    }),
  );

  for (const [what, words, text] of [
    ['without a file', {}, /no file to renew/],
    ['with mode request', { file: 'x', mode: 'request', identity: 'a@b' }, /mode request/],
    ['with a token that never expires', { file: 'x', lifetime: 'unlimited' }, /never expires/],
  ] as const) {
    test(`is rejected ${what}`, async () => {
      const step = await runner.runAction({ pool: 'cm', idtoken: 'not-there', renew: 'true', ...words });
      assertFailed(step, { code: 'ERR_INPUT', status: 2, text });
    });
  }
});
