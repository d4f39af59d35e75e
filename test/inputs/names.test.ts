/** Names that HTCondor allows, and names that are rejected before any connection. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inputError } from '../support/input-error.ts';
import { withPool } from '../support/said.ts';

describe('The input name', () => {
  for (const name of ['night shift@ap.example.org', "o'brien@ap", 'ci $x@ap', 'größe@ap'])
    test(`accepts ${name}`, () => {
      const { daemon } = withPool({ name });
      assert.equal('name' in daemon && daemon.name, name);
    });

  for (const name of ['a"b@ap', 'a\\b@ap'])
    test(`rejects ${name}, which could end the quotes of an expression`, () =>
      assert.throws(() => withPool({ name }), inputError('name', /contains characters that are not allowed in name$/)));

  test('rejects a port', () =>
    assert.throws(() => withPool({ name: 'ci@ap.example.org:9618' }), inputError('name', /has a port; remove it/)));
});

test('the input server-name rejects a port', () =>
  assert.throws(() => withPool({ 'server-name': 'ap:9618' }), inputError('server-name', /has a port; certificates/)));
