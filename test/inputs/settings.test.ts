/**
 * Tests HTCondor's configuration from condor_config_val, which is simulated here, or from environment variables alone.
 */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { ConnectError, InputError } from '../../src/errors.ts';
import { readRequest } from '../../src/inputs/request.ts';
import { environmentSettings, loadSettings } from '../../src/inputs/settings.ts';
import type { Words } from '../support/clients/method-clients.ts';
import { strangeJwt } from '../support/credentials/strange-jwt.ts';
import { inputError } from '../support/errors/input-error.ts';
import { surroundings } from '../support/surroundings.ts';

const jwt = strangeJwt();

import { Runner } from '../support/runner/runner.ts';
import { patience } from '../support/slowness.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settings-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const never = new AbortController().signal;

/**
 * Writes a condor_config_val that runs this JavaScript. Returns environment variables with which the client finds it.
 */
function fake(script: string): Record<string, string> {
  const path = join(folder, 'condor_config_val');
  writeFileSync(path, `#!${process.execPath}\nconst { appendFileSync, writeFileSync } = require('fs');\n${script}\n`);
  chmodSync(path, 0o755);
  return { PATH: folder };
}

/**
 * Writes a condor_config_val that has these values. Like the real one, it expands each argument as one macro and prints
 * a newline after each result.
 */
function valued(values: Record<string, string>): Record<string, string> {
  return fake(`
    const values = ${JSON.stringify(values)};
    const [, , flag, ...macros] = process.argv;
    if (flag !== '-macro') process.exit(64);
    appendFileSync(${JSON.stringify(join(folder, 'calls'))}, 'x');
    for (const each of macros) console.log(each.replace(/\\$\\((\\w+)\\)/g, (_, name) => values[name] ?? ''));
  `);
}

test('condor_config_val does not receive the step’s secrets', {
  skip: process.platform === 'win32' && 'Windows runs no scripts',
}, async () => {
  const said = join(folder, 'environment');
  const env = {
    ...fake(`writeFileSync(${JSON.stringify(said)}, JSON.stringify(process.env))`),
    ...{ INPUT_IDTOKEN: 's', 'INPUT_CLIENT-KEY': 's', STATE_own: 's', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 's' },
    ...{ BEARER_TOKEN: 's', GITHUB_TOKEN: 's', _CONDOR_X: 'x', HOME: '/h' },
  };
  await loadSettings(env, never);
  const { PATH, ...rest } = JSON.parse(readFileSync(said, 'utf8')) as Record<string, string>;
  assert.deepEqual([PATH, rest['_CONDOR_X'], rest['HOME']], [folder, 'x', '/h']);
  assert.deepEqual(
    Object.entries(rest).filter(([, value]) => value === 's'),
    [],
  );
});

describe('Settings from condor_config_val', {
  skip: process.platform === 'win32' && 'Windows runs no scripts',
}, () => {
  const VALUES: readonly [string, string, string | undefined][] = [
    ['a word', 'cm.example.org', 'cm.example.org'],
    ['blanks before and after it', '  cm  ', 'cm'],
    ['blanks in it', 'cm1, cm2', 'cm1, cm2'],
    ['several lines', 'one\ntwo\n\nthree', 'one\ntwo\n\nthree'],
    ['several lines, one of which looks like another setting', 'one\nUID_DOMAIN=evil\n', 'one\nUID_DOMAIN=evil'],
    ['an equals sign', 'a=b', 'a=b'],
    ['quotes and dollar signs', `"it's" $HOME \`id\` $(id)`, `"it's" $HOME \`id\` $(id)`],
    ['nothing', '', undefined],
    ['only blanks', ' \n\t', undefined],
    ['letters of another alphabet', 'пул', 'пул'],
  ];
  for (const [what, value, expected] of VALUES) {
    test(`are parsed with ${what}`, async () => {
      const setting = await loadSettings(valued({ COLLECTOR_HOST: value, TRUST_DOMAIN: 'pool.test' }), never);
      assert.equal(setting('COLLECTOR_HOST'), expected);
      assert.equal(setting('TRUST_DOMAIN'), 'pool.test');
      assert.equal(setting('UID_DOMAIN'), undefined);
    });
  }

  test('are requested in one call', async () => {
    const env = valued({ SCHEDD_HOST: 'ap', STARTD_NAME: 'slot', FS_LOCAL_DIR: '/var/tmp' });
    const setting = await loadSettings(env, never);
    assert.deepEqual(['SCHEDD_HOST', 'STARTD_NAME', 'FS_LOCAL_DIR'].map(setting), ['ap', 'slot', '/var/tmp']);
    assert.equal(readFileSync(join(folder, 'calls'), 'utf8'), 'x');
  });

  test('are limited to the listed names', async () => {
    const setting = await loadSettings(valued({}), never);
    assert.throws(() => setting('SEC_SOMETHING'), RangeError);
  });

  test('include those from the environment', async () => {
    const env = fake("console.log('=condor-token-fetch=COLLECTOR_HOST=' + process.env['_CONDOR_COLLECTOR_HOST']);");
    const setting = await loadSettings({ ...env, _CONDOR_COLLECTOR_HOST: 'cm.env' }, never);
    assert.equal(setting('COLLECTOR_HOST'), 'cm.env');
  });

  const failures: readonly [string, string, RegExp][] = [
    [
      'fails with a message',
      "console.error('no configuration'); process.exit(1);",
      /condor_config_val: no configuration$/,
    ],
    ['fails without a message', 'process.exit(1);', /condor_config_val: exit status 1$/],
    ['is killed', "process.kill(process.pid, 'SIGKILL');", /condor_config_val: the program was terminated by SIGKILL$/],
    [
      'fails before it has printed everything',
      "console.log('=condor-token-fetch=COLLECTOR_HOST=cm'); process.exit(3);",
      /exit status 3$/,
    ],
    ['prints too much', "process.stdout.write('x'.repeat(5 * 1024 * 1024));", /the output is too large$/],
  ];
  for (const [what, script, reason] of failures) {
    test(`cause an error if condor_config_val ${what} and a setting is required, and otherwise a warning`, async () => {
      const setting = await loadSettings(fake(script), never);
      const read = (words: Words) => readRequest((name) => words[name], surroundings({}, { setting }));
      const given = { pool: 'cm', idtoken: jwt, file: 'ci' };
      for (const [missing, words] of [
        ['COLLECTOR_HOST', { idtoken: jwt }],
        ['SEC_TOKEN_DIRECTORY', { pool: 'cm' }],
        ['SEC_TOKEN_DIRECTORY', { pool: 'cm', idtoken: jwt, token: 'ci' }],
      ] as const) {
        assert.throws(() => read(words), inputError(missing, /^HTCondor's configuration cannot be read: /));
        assert.throws(() => read(words), inputError(missing, reason));
      }
      const [warning = '', ...others] = read(given).warnings ?? [];
      assert.match(
        warning,
        /^HTCondor's configuration cannot be read: .*; no action is needed, because the inputs are sufficient$/s,
      );
      assert.deepEqual(others, []);
    });
  }

  const odd: readonly [string, string][] = [
    ['nothing', ''],
    ['unexpected text', "console.log('hello');"],
    ['only markers', "console.log('=condor-token-fetch=='.repeat(3));"],
    ['a malformed name', "console.log('=condor-token-fetch=collector_host=cm');"],
  ];
  for (const [what, script] of odd) {
    test(`are undefined if condor_config_val prints ${what}`, async () =>
      assert.equal((await loadSettings(fake(script), never))('COLLECTOR_HOST'), undefined));
  }

  test('do not prevent the run from ending if condor_config_val hangs', { timeout: patience(10_000) }, async () => {
    const started = join(folder, 'started');
    const env = fake(
      `writeFileSync(${JSON.stringify(started)}, ''); setInterval(() => {}, 1000); process.on('SIGTERM', () => {});`,
    );
    const controller = new AbortController();
    const watcher = watch(folder, () => existsSync(started) && controller.abort(new Error('enough')));
    await assert.rejects(loadSettings(env, controller.signal), (error: unknown) => {
      assert.ok(error instanceof ConnectError, String(error));
      assert.deepEqual([error.code, error.message, error.phase], ['ERR_TIMEOUT', 'cancelled', 'inputs']);
      return true;
    });
    watcher.close();
  });

  test('respect the time limit of the Action', async () => {
    const runner = new Runner();
    try {
      const PATH = fake('setInterval(() => {}, 1000);')['PATH'] ?? '';
      const step = await runner.runAction(
        { address: '127.0.0.1:1', idtoken: 'a.b.c', timeout: '1s' },
        { env: { PATH } },
      );
      assert.deepEqual([step.status, step.outputs['error-code']], [3, 'ERR_TIMEOUT'], step.raw);
    } finally {
      runner.close();
    }
  });

  test('come from the first executable program on PATH', async () => {
    const [empty, nonsense, locked] = ['empty', 'nonsense', 'locked'].map((name) => join(folder, name));
    for (const each of [empty, nonsense, locked]) mkdirSync(each ?? '');
    mkdirSync(join(nonsense ?? '', 'condor_config_val'));
    writeFileSync(join(locked ?? '', 'condor_config_val'), '', { mode: 0o644 });
    const { PATH = '' } = valued({ COLLECTOR_HOST: 'cm' });
    const path = ['', empty, nonsense, locked, PATH].join(delimiter);
    assert.equal((await loadSettings({ PATH: path }, never))('COLLECTOR_HOST'), 'cm');
  });

  test('do not come from a program in the working directory', async () => {
    valued({ COLLECTOR_HOST: 'evil' });
    const before = process.cwd();
    process.chdir(folder);
    try {
      assert.equal((await loadSettings({ PATH: `${delimiter}/nowhere` }, never))('COLLECTOR_HOST'), undefined);
      assert.equal((await loadSettings({}, never))('COLLECTOR_HOST'), undefined);
    } finally {
      process.chdir(before);
    }
  });
});

describe('Settings from environment variables alone', () => {
  const cases: readonly [string, Record<string, string | undefined>, string | undefined][] = [
    ['upper case', { _CONDOR_COLLECTOR_HOST: 'cm' }, 'cm'],
    ['lower case', { _condor_collector_host: 'cm' }, 'cm'],
    ['any case', { _Condor_Collector_Host: 'cm' }, 'cm'],
    ['blanks before and after its value', { _CONDOR_COLLECTOR_HOST: ' cm\n' }, 'cm'],
    [
      'the prefix TOOL., which takes precedence',
      { _CONDOR_COLLECTOR_HOST: 'cm', '_CONDOR_TOOL.COLLECTOR_HOST': 'tool' },
      'tool',
    ],
    ['only the prefix TOOL.', { '_condor_tool.collector_host': 'tool' }, 'tool'],
    ['an empty value', { _CONDOR_COLLECTOR_HOST: '' }, undefined],
    ['blanks in it', { _CONDOR_COLLECTOR_HOST: ' \t' }, undefined],
    ['an undefined value', { _CONDOR_COLLECTOR_HOST: undefined }, undefined],
    ['no leading underscore', { CONDOR_COLLECTOR_HOST: 'cm' }, undefined],
    ['another name', { _CONDOR_COLLECTOR_HOSTS: 'cm', _CONDOR_: 'x', X_CONDOR_COLLECTOR_HOST: 'cm' }, undefined],
    ['the prefix of another subsystem', { '_CONDOR_SCHEDD.COLLECTOR_HOST': 'cm' }, undefined],
  ];
  for (const [what, env, expected] of cases) {
    test(`are parsed with ${what}`, async () => {
      assert.equal(environmentSettings(env)('COLLECTOR_HOST'), expected);
      assert.equal((await loadSettings({ ...env, PATH: folder }, never))('COLLECTOR_HOST'), expected);
    });
  }

  for (const value of ['$(FULL_HOSTNAME)', 'cm.$(UID_DOMAIN)', '$(', 'x $(ENV.HOME) y']) {
    test(`cause an error for ${value}, which only HTCondor can expand, but other settings remain readable`, () => {
      const setting = environmentSettings({ _CONDOR_COLLECTOR_HOST: value, _CONDOR_UID_DOMAIN: 'pool.test' });
      assert.throws(
        () => setting('COLLECTOR_HOST'),
        inputError(
          'COLLECTOR_HOST',
          /^_CONDOR_COLLECTOR_HOST: .* refers to other settings, but HTCondor is not installed/,
        ),
      );
      assert.equal(setting('UID_DOMAIN'), 'pool.test');
    });
  }

  test('may contain a dollar sign that does not start a macro', () => {
    for (const value of ['$HOME', '$$(x', '$ (x)'].filter((each) => !each.includes('$(')))
      assert.equal(environmentSettings({ _CONDOR_COLLECTOR_HOST: value })('COLLECTOR_HOST'), value);
  });

  test('result in a value or a typed error for any environment', () => {
    const name = fc.oneof(
      fc.constantFrom('_CONDOR_', '_condor_', '_CONDOR_TOOL.', '_CONDOR_COLLECTOR_HOST', '__proto__', 'constructor'),
      fc.string(),
    );
    const names = fc.array(name, { maxLength: 3 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.dictionary(names, fc.string()), fc.oneof(name, fc.constant('COLLECTOR_HOST')), (env, asked) => {
        try {
          const value = environmentSettings(env)(asked);
          assert.ok(value === undefined || (typeof value === 'string' && value.trim() !== ''));
        } catch (error) {
          assert.ok(error instanceof InputError, String(error));
        }
      }),
    );
  });
});
