/**
 * Tests every invalid state of files that belong to the runner or to other programs. Each state has one expected
 * result, and no file is lost or left behind.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { strangeJwt } from '../support/credentials/strange-jwt.ts';
import { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import { projectRoot } from '../support/project.ts';
import { Runner, type StepResult } from '../support/runner/runner.ts';

const noUnix =
  process.platform === 'win32' ? 'Windows has neither FIFOs nor links that every account can create' : false;

let pool: EmbeddedPool;
let runner: Runner;
let file: string;
let count = 0;
before(async () => {
  pool = await EmbeddedPool.start({});
  runner = new Runner();
});
after(async () => {
  runner.close();
  await pool.stop();
});
beforeEach(() => {
  count += 1;
  file = join(runner.workspace, `made-${count}`, 'deep', 'token');
});

const inputs = (more: Record<string, string> = {}) => ({
  ...{ address: pool.schedd(), idtoken: pool.idToken(), authz: 'READ', lifetime: '600' },
  ...more,
});
const messages = (step: StepResult | undefined) => (step?.annotations ?? []).map(({ message }) => message);
const privates = () => readdirSync(runner.temp).filter((name) => name.startsWith('condor-token-'));
const stateOf = ({ state }: StepResult) =>
  Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]));
const make = (text = '') => {
  const path = join(runner.directory, `file-${count}-${Math.abs(Number(process.hrtime.bigint() % 1_000_000_000n))}`);
  if (text !== 'absent') writeFileSync(path, text === 'absent' ? '' : text);
  return path;
};

describe('A file of the runner', { skip: noUnix }, () => {
  const conditions: readonly [string, () => string, RegExp][] = [
    ['that is missing', () => make('absent'), /it does not exist/],
    ['that cannot be written to', () => '/proc/version', /GITHUB_\w+: /],
    ['that is a device', () => '/dev/full', /it is not a regular file/],
    ['that is a directory', () => runner.directory, /it is not a regular file/],
    [
      'that is a FIFO',
      () => {
        const path = make('absent');
        assert.equal(spawnSync('mkfifo', [path]).status, 0);
        return path;
      },
      /it is not a regular file/,
    ],
    [
      'that is a symbolic link',
      () => {
        const path = make('absent');
        symlinkSync(make(), path);
        return path;
      },
      /it is a symbolic link/,
    ],
  ];
  for (const variable of ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV']) {
    for (const [what, path, reason] of conditions) {
      test(`${variable} that ${what} causes ERR_OUTPUT, and no file is left behind`, async () => {
        const where: Record<string, string> = variable === 'GITHUB_ENV' ? { 'export-environment': 'true' } : { file };
        const step = await runner.runAction(inputs(where), { env: { [variable]: path() } });
        assert.equal(step.status, 8, step.raw);
        const [error = '', ...others] = messages(step);
        assert.deepEqual(others, [], step.raw);
        assert.match(error, /\(ERR_OUTPUT/);
        assert.match(error, new RegExp(`${variable}: `));
        assert.match(error, reason);
        assert.deepEqual(Object.keys(step.outputs), variable === 'GITHUB_OUTPUT' ? [] : ['error-code']);
        assert.deepEqual([existsSync(join(runner.workspace, `made-${count}`)), privates(), step.env], [false, [], {}]);
      });
    }
  }

  test('is readable only by its owner before the token is written to it', async () => {
    const output = make();
    chmodSync(output, 0o644);
    const step = await runner.runAction(inputs(), { env: { GITHUB_OUTPUT: output } });
    assert.deepEqual([step.status, statSync(output).mode & 0o777], [0, 0o600]);
    assert.match(readFileSync(output, 'utf8'), /^token<</);
  });

  test('contains no token if export-token-output is false', async () => {
    const step = await runner.runAction(inputs({ 'export-environment': 'true', 'export-token-output': 'false' }));
    assert.equal(step.outputs['token'], undefined);
    assert.equal(existsSync(step.outputs['token-file'] ?? ''), true);
    rmSync(step.outputs['token-directory'] ?? '', { recursive: true });
  });
});

describe('An existing file at the path', () => {
  const put = (text: string) => {
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
  };
  const older = (claims: Record<string, unknown> = {}) =>
    strangeJwt({ iss: 'pool.test', sub: 'alice@pool.test', exp: 1_800_000_000 - 1_000_000_000, ...claims });

  const foreign: readonly [string, () => string, RegExp][] = [
    ['other text', () => 'precious\n', /does not contain exactly one IDTOKEN/],
    ['nothing', () => '', /does not contain exactly one IDTOKEN/],
    ['two tokens', () => `${older()}\n${older()}\n`, /does not contain exactly one IDTOKEN/],
    ['more bytes than a token can have', () => 'x'.repeat(1_000_000), /it is too large/],
    ['a token that never expires', () => older({ exp: undefined }), /expires later than the new one/],
    ['a token that expires later', () => older({ exp: 4_000_000_000 }), /expires later than the new one/],
  ];
  for (const [what, content, reason] of foreign) {
    test(`with ${what} is not replaced, and no connection is made`, async () => {
      const text = content();
      put(text);
      const before = pool.log.length;
      const step = await runner.runAction(inputs({ file }), { beforePost: () => {} });
      assert.deepEqual([step.status, step.outputs], [8, { 'error-code': 'ERR_OUTPUT' }], step.raw);
      assert.match(messages(step).at(-1) ?? '', reason);
      assert.equal(pool.log.length, before, 'no connection');
      assert.equal(readFileSync(file, 'utf8'), text, 'unchanged after post as well');
    });
  }

  test('with a token for another identity is not replaced', async () => {
    const text = older({ sub: 'bob@pool.test' });
    put(text);
    const step = await runner.runAction(inputs({ file }), { beforePost: () => {} });
    assert.equal(step.status, 8, step.raw);
    assert.match(messages(step).at(-1) ?? '', /it contains a token for bob@pool\.test/);
    assert.equal(readFileSync(file, 'utf8'), text);
    assert.deepEqual(readdirSync(join(file, '..')), ['token']);
  });

  test('with an older token for the same identity is replaced, and removed by post', async () => {
    put(`${older()}\n`);
    const step = await runner.runAction(inputs({ file }), {
      beforePost: ({ outputs }) => assert.equal(readFileSync(file, 'utf8'), `${outputs['token']}\n`),
    });
    assert.deepEqual([step.status, step.post?.annotations, existsSync(file)], [0, [], false], step.raw);
  });

  test('is restored by post with its mode if overwrite is true', { skip: noUnix }, async () => {
    put('precious\n');
    chmodSync(file, 0o640);
    const step = await runner.runAction(inputs({ file, overwrite: 'true' }), {
      beforePost: ({ outputs }) => assert.equal(readFileSync(file, 'utf8'), `${outputs['token']}\n`),
    });
    assert.deepEqual([step.status, step.post?.annotations], [0, []], step.raw);
    assert.deepEqual([readFileSync(file, 'utf8'), statSync(file).mode & 0o777], ['precious\n', 0o640]);
    assert.deepEqual(readdirSync(join(file, '..')), ['token']);
  });

  test('is unchanged if overwrite is true and the outputs cannot be set', { skip: noUnix }, async () => {
    put('precious\n');
    const env = { GITHUB_OUTPUT: '/dev/full' };
    const step = await runner.runAction(inputs({ file, overwrite: 'true' }), { env });
    assert.equal(step.status, 8);
    assert.equal(readFileSync(file, 'utf8'), 'precious\n');
    assert.deepEqual(readdirSync(join(file, '..')), ['token']);
  });

  test('remains if another process has changed it', async () => {
    const step = await runner.runAction(inputs({ file }), { beforePost: () => writeFileSync(file, 'theirs\n') });
    assert.equal(readFileSync(file, 'utf8'), 'theirs\n');
    assert.match(step.post?.log.join('\n') ?? '', /^Left .*token: another process has changed it$/m);
  });
});

describe('Two steps with the same path', () => {
  for (const overwrite of ['false', 'true']) {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      test(`with overwrite ${overwrite} keep the later file, and their post steps in the order ${order} restore the original state`, async () => {
        mkdirSync(join(file, '..'), { recursive: true });
        if (overwrite === 'true') writeFileSync(file, 'precious\n');
        const one = await runner.runAction(inputs({ file, overwrite }));
        const two = await runner.runAction(inputs({ file, overwrite, lifetime: '1200' }));
        assert.deepEqual([one.status, two.status], [0, 0], two.raw);
        const steps = [one, two];
        for (const index of order) {
          if (existsSync(file) && index === 0 && order[0] === 0)
            assert.equal(readFileSync(file, 'utf8'), `${two.outputs['token']}\n`);
          const step = steps[index];
          assert.ok(step !== undefined);
          const post = await runner.runStep('dist/action/post.js', { env: stateOf(step) });
          assert.equal(post.status, 0, post.raw);
        }
        assert.deepEqual(readdirSync(join(file, '..')), overwrite === 'true' ? ['token'] : []);
        if (overwrite === 'true') assert.equal(readFileSync(file, 'utf8'), 'precious\n');
      });
    }
  }

  test('both succeed in parallel, and their post steps leave no files', async () => {
    const run = () => runner.runAction(inputs({ file }));
    const steps = await Promise.all([run(), run()]);
    for (const step of steps) {
      assert.equal(step.status, 0, step.raw);
      await runner.runStep('dist/action/post.js', { env: stateOf(step) });
    }
    assert.equal(existsSync(file), false);
  });
});

describe('post', { skip: noUnix }, () => {
  test('stops the renewal if the working directory has been deleted', async () => {
    const step = await runner.runAction(inputs({ file, renew: 'true', lifetime: '2h' }));
    assert.equal(step.status, 0, step.raw);
    const gone = join(runner.directory, 'gone');
    const script = 'mkdir "$1" && cd "$1" && rmdir "$1" && exec "$2" "$3"';
    const post = spawnSync(
      'sh',
      ['-c', script, 'sh', gone, process.execPath, join(projectRoot, 'dist/action/post.js')],
      {
        env: { PATH: process.env['PATH'], RUNNER_TEMP: runner.temp, ...stateOf(step) },
        encoding: 'utf8',
      },
    );
    assert.equal(post.status, 0, post.stdout + post.stderr);
    assert.doesNotMatch(post.stdout, /::warning/);
    assert.match(post.stdout, /Token renewals: none was due/);
    assert.deepEqual([existsSync(file), privates()], [false, []]);
  });

  for (const [what, move] of [
    ['is another directory now', () => join(runner.directory, 'elsewhere')],
    [
      'has been moved',
      () => {
        const moved = join(runner.directory, `moved-${count}`);
        mkdirSync(moved);
        for (const name of privates()) renameSync(join(runner.temp, name), join(moved, name));
        return moved;
      },
    ],
  ] as const) {
    test(`removes its private directory if RUNNER_TEMP ${what}`, async () => {
      const step = await runner.runAction(inputs({ 'export-environment': 'true' }));
      const temp = move();
      const post = await runner.runStep('dist/action/post.js', { env: { ...stateOf(step), RUNNER_TEMP: temp } });
      assert.deepEqual([post.status, post.annotations, privates()], [0, [], []]);
      if (existsSync(temp)) assert.deepEqual(readdirSync(temp), []);
    });
  }

  for (const [what, replace, reason] of [
    ['a FIFO', () => spawnSync('mkfifo', [file]), /it is no longer a regular file/],
    ['a symbolic link', () => symlinkSync('/etc/passwd', file), /it is no longer a regular file/],
    ['a directory', () => mkdirSync(file), /it is now a directory/],
  ] as const) {
    test(`leaves ${what} at the path, logs the reason, and does not block`, async () => {
      const step = await runner.runAction(inputs({ file }), {
        beforePost: () => {
          rmSync(file);
          replace();
        },
      });
      assert.equal(step.post?.status, 0);
      assert.match(messages(step.post).join('\n'), reason);
    });
  }

  test('does not block on FIFOs in the directory of the renewal, and ends the renewal process', async () => {
    const step = await runner.runAction(inputs({ file, renew: 'true', lifetime: '2h' }));
    const directory = step.state['renewal'] ?? '';
    for (const name of ['renew.log', 'written.sha256']) spawnSync('mkfifo', [join(directory, name)]);
    const post = await runner.runStep('dist/action/post.js', { env: stateOf(step) });
    assert.deepEqual([post.status, post.annotations, privates()], [0, [], []]);
  });
});
