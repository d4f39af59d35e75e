/** Tests paths in inputs, which no shell expands. */
import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { expandPath } from '../../src/inputs/paths.ts';
import type { InputName } from '../../src/inputs/table.ts';
import type { Words } from '../support/clients/method-clients.ts';
import { inputError } from '../support/errors/input-error.ts';
import { withPool } from '../support/said.ts';

const PATH_INPUTS: readonly (readonly [
  InputName,
  (path: string) => Words,
  (request: ReturnType<typeof withPool>) => unknown,
])[] = [
  ['file', (path) => ({ file: path }), ({ path }) => path],
  ['token-directory', (path) => ({ token: 'ci', 'token-directory': path }), ({ path }) => path],
  ['client-certificate', (path) => ({ 'client-certificate': path }), certificateOf('certificate')],
  ['client-key', (path) => ({ 'client-certificate': '/c', 'client-key': path }), certificateOf('key')],
  [
    'ca-certificate',
    (path) => ({ 'ca-certificate': path }),
    ({ credentials }) => pathOf(credentials.trust.authorities),
  ],
];

function certificateOf(part: 'certificate' | 'key') {
  return ({ credentials: { certificate } }: ReturnType<typeof withPool>) =>
    certificate.given ? pathOf(certificate[part]) : assert.fail();
}

function pathOf(source: object | undefined): string {
  const { path } = source as { path: string | { reveal(): string } };
  return typeof path === 'string' ? path : path.reveal();
}

/**
 * Compares paths that are absolute on Unix. On Windows, they are on the current drive, with or without a drive letter.
 */
function assertPath(found: unknown, expected: string): void {
  assert.equal(resolve(String(found)), resolve(expected));
}

for (const [name, words, read] of PATH_INPUTS) {
  describe(`a path in ${name}`, () => {
    const suffix = name === 'token-directory' ? '/ci' : '';

    for (const [how, text] of [
      ['starts with ~/', '~/certs/file'],
      ['has blanks and line endings before and after it', ' \n~/certs/file \r\n'],
    ] as const)
      test(`is below the home directory if it ${how}`, () =>
        assertPath(read(withPool(words(text), { env: { HOME: '/home/ci' } })), join('/home/ci/certs/file', suffix)));

    test('is trimmed', () => assertPath(read(withPool(words(' /certs/file\n'))), join('/certs/file', suffix)));

    for (const text of [
      '$HOME/file',
      `/x/$${'{HOME}'}/file`,
      '%USERPROFILE%\\file',
      '$(pwd)/file',
      '/x/$RUNNER_TEMP',
      '~/$USER/x',
    ])
      test(`is rejected if it is ${text}`, () =>
        assert.throws(
          () => withPool(words(text)),
          inputError(name, /^[\w-]+: the value refers to a variable, .* use \$\{\{ env\.NAME \}\}/),
        ));

    for (const text of ['~root/file', '~other'])
      test(`is rejected if it is ${text}`, () =>
        assert.throws(
          () => withPool(words(text)),
          inputError(name, /~USER is not expanded; use ~\/ for the home directory/),
        ));

    test('is rejected if it contains a line ending', () =>
      assert.throws(() => withPool(words('/a\nb')), inputError(name, /is not a path|neither PEM nor a path/)));
  });
}

test('the token input rejects variables, and is trimmed', () => {
  assert.throws(() => withPool({ token: '$NAME' }), inputError('token', /^token: the value refers to a variable/));
  assert.match(String(withPool({ token: ' ci\n', 'token-directory': '/t' }).path), /[/\\]t[/\\]ci$/);
});

test('characters that only resemble variables are kept', () => {
  const surroundings = { env: {}, home: '/h' };
  for (const path of ['/a/100%', '/a/$', '/a$1', '/a/b~', '/a/~/b', '/a/%20b%20'])
    assert.equal(expandPath('file', path, surroundings), path);
  assert.equal(expandPath('file', '~', surroundings), '/h');
});
