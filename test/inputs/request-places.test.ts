/** The places where credentials are read, and the destination of the token. */
import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import type { Surroundings } from '../../src/inputs/table.ts';
import { inputError } from '../support/input-error.ts';
import { HOME, withPool } from '../support/said.ts';
import type { Words } from '../support/ways.ts';

describe('Credentials of a request', () => {
  test('are the text of the input, as a secret', () => {
    const { credentials } = withPool({ idtoken: 'a.b.c' }, { env: { _CONDOR_SEC_TOKEN_DIRECTORY: '/d' } });
    assert.ok('text' in credentials.idtoken);
    assert.equal(credentials.idtoken.text.reveal(), 'a.b.c');
    assert.ok(!JSON.stringify(credentials).includes('a.b.c'));
  });

  const bindings: readonly [string, Words, Record<string, string>, boolean][] = [
    ['has to be bound', {}, {}, false],
    ['may be unbound if FS is named', { 'authentication-methods': 'FS' }, {}, true],
    ['has to be bound if another method is named', { 'authentication-methods': 'IDTOKENS' }, {}, false],
    ['may be unbound if that is configured', {}, { _CONDOR_SEC_FS_ENFORCE_CHANNEL_BINDING: 'False' }, true],
    ['may be unbound if the HTCondor here has no such setting', {}, { _CONDOR_FULL_HOSTNAME: 'ap.pool.test' }, true],
    [
      'has to be bound if the HTCondor here has such a setting',
      {},
      { _CONDOR_FULL_HOSTNAME: 'ap.pool.test', _CONDOR_SEC_FS_ENFORCE_CHANNEL_BINDING: 'True' },
      false,
    ],
  ];
  for (const [what, words, env, mayBeUnbound] of bindings) {
    test(`have an FS directory that ${what}`, () =>
      assert.equal(withPool(words, { env }).credentials.fs.mayBeUnbound, mayBeUnbound));
  }

  const directories: readonly [string, Partial<Surroundings>, string, boolean][] = [
    ['the directory of the environment', { env: { _CONDOR_SEC_TOKEN_DIRECTORY: '/d' } }, '/d', true],
    [
      'the default, if the environment has an empty one',
      { env: { _CONDOR_SEC_TOKEN_DIRECTORY: '' } },
      join(HOME, '.condor', 'tokens.d'),
      false,
    ],
    ['the home directory’s', {}, join(HOME, '.condor', 'tokens.d'), false],
    ['the system’s, for root', { uid: 0 }, '/etc/condor/tokens.d', false],
    [
      'the system’s of the environment, for root',
      { uid: 0, env: { _CONDOR_SEC_TOKEN_SYSTEM_DIRECTORY: '/s' } },
      '/s',
      false,
    ],
    [
      'not the system’s of the environment, for others',
      { env: { _CONDOR_SEC_TOKEN_SYSTEM_DIRECTORY: '/s' } },
      join(HOME, '.condor', 'tokens.d'),
      false,
    ],
  ];
  for (const [what, surroundings, directory, named] of directories) {
    test(`are ${what}`, () => {
      const { idtoken } = withPool({}, surroundings).credentials;
      assert.ok('directory' in idtoken);
      assert.deepEqual([idtoken.directory, idtoken.named], [directory, named]);
    });
  }
});

describe('The output path', () => {
  const absolute = resolve('/tmp/t');
  const places: readonly [string, Words, Partial<Surroundings>, string | undefined][] = [
    ['is none', {}, {}, undefined],
    ['is an absolute path', { file: absolute }, {}, absolute],
    ['is a path from here', { file: 'a/t' }, {}, resolve('a/t')],
    ['is a name in the home directory’s token directory', { token: 'ci' }, {}, join(HOME, '.condor', 'tokens.d', 'ci')],
    [
      'is a name in the system’s token directory, for root',
      { token: 'ci' },
      { uid: 0 },
      resolve('/etc/condor/tokens.d', 'ci'),
    ],
    [
      'is a name in the token directory of the environment',
      { token: 'ci' },
      { env: { _CONDOR_SEC_TOKEN_DIRECTORY: absolute } },
      join(absolute, 'ci'),
    ],
    [
      'is a name in the token directory of the input, first of all',
      { token: 'ci', 'token-directory': 'd' },
      { env: { _CONDOR_SEC_TOKEN_DIRECTORY: absolute } },
      join(resolve('d'), 'ci'),
    ],
    [
      'is in the home directory, if the environment has an empty token directory',
      { token: 'ci' },
      { env: { _CONDOR_SEC_TOKEN_DIRECTORY: '' } },
      join(HOME, '.condor', 'tokens.d', 'ci'),
    ],
  ];
  for (const [what, words, surroundings, path] of places) {
    test(`is built from ${what}`, () => assert.equal(withPool(words, surroundings).path, path));
  }

  for (const name of ['a/b', '../ci', '/etc/passwd', 'a\\b', '..', '.', ' ', 'a\nb', 'a\0b']) {
    test(`is rejected with the token name ${JSON.stringify(name)}`, () => {
      assert.throws(
        () => withPool({ token: name }),
        inputError('token', /is not a plain file name; use file for a path/),
      );
    });
  }
  test('is rejected if both token and file are set', () => {
    assert.throws(
      () => withPool({ token: 'a', file: 'b' }),
      inputError('token', /token and file are mutually exclusive/),
    );
  });
  test('requires token if token-directory is set', () => {
    assert.throws(() => withPool({ 'token-directory': 'd' }), inputError('token-directory', /token, .*, is not set/));
  });
  for (const file of [' ', 'a\0b']) {
    test(`is rejected if file is ${JSON.stringify(file)}`, () =>
      assert.throws(() => withPool({ file }), inputError('file', /is not a path/)));
  }
});
