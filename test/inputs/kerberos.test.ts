/** Tests the conditions under which KERBEROS is selected, and how its inputs are parsed. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Surroundings } from '../../src/inputs/table.ts';
import type { Words } from '../support/clients/method-clients.ts';
import { inputError } from '../support/errors/input-error.ts';
import { credentialsOf, HOME } from '../support/said.ts';

const LISTED = { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'KERBEROS, FS' };

describe('KERBEROS is selected', () => {
  const cases: readonly [string, Words, Surroundings['env'], boolean, boolean][] = [
    ['by its name', { 'authentication-methods': 'KERBEROS' }, {}, false, true],
    ['by a keytab', { 'kerberos-keytab': 'client.keytab' }, {}, false, true],
    ['by a cache', { 'kerberos-cache': 'FILE:/tmp/cc' }, {}, false, true],
    ['by a password', { 'kerberos-password': 'x', 'kerberos-principal': 'a@R' }, {}, false, true],
    ['by a principal', { 'kerberos-principal': 'a@R' }, {}, false, true],
    ['by the host’s configuration, for the command', {}, LISTED, true, true],
    ['not by the host’s configuration, for the Action', {}, LISTED, false, false],
    [
      'not by Kerberos’s environment variables',
      {},
      { KRB5CCNAME: '/tmp/cc', KRB5_CLIENT_KTNAME: '/tmp/kt' },
      false,
      false,
    ],
    ['not by another credential', { idtoken: 'x' }, { KRB5CCNAME: '/tmp/cc' }, false, false],
  ];
  for (const [what, words, env, isTool, chosen] of cases)
    test(`as expected: ${what}`, () => {
      const { kerberos, methods } = credentialsOf(words, env, {}, 'fetch', isTool);
      assert.equal(kerberos.chosen, chosen);
      if (Object.keys(words).some((name) => name.startsWith('kerberos-'))) assert.deepEqual(methods, ['KERBEROS']);
    });
});

test('the Kerberos service is KERBEROS_SERVER_SERVICE, or host by default', () => {
  assert.equal(credentialsOf({}).kerberos.service, 'host');
  assert.equal(credentialsOf({}, { _CONDOR_KERBEROS_SERVER_SERVICE: 'condor' }).kerberos.service, 'condor');
});

test('paths of keytab and cache may start with ~/', () => {
  const { kerberos } = credentialsOf({ 'kerberos-keytab': '~/kt', 'kerberos-cache': '~/cc' });
  assert.deepEqual([kerberos.keytab?.reveal(), kerberos.cache], [join(HOME, 'kt'), join(HOME, 'cc')]);
  const named = credentialsOf({ 'kerberos-keytab': 'FILE:/kt', 'kerberos-cache': 'DIR:/cc' }).kerberos;
  assert.deepEqual([named.keytab?.reveal(), named.cache], ['FILE:/kt', 'DIR:/cc']);
});

test('a variable in a Kerberos path is rejected, because no shell expands it', () =>
  assert.throws(
    () => credentialsOf({ 'kerberos-keytab': '$HOME/kt' }),
    inputError('kerberos-keytab', /refers to a variable/),
  ));
