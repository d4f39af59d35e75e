/**
 * Tests which methods are selected: those from the authentication-methods input, from the credential inputs, or from
 * HTCondor's configuration.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { CredentialSources } from '../../src/credentials/load.ts';
import { InputError } from '../../src/errors.ts';
import type { Surroundings } from '../../src/inputs/table.ts';
import type { Words } from '../support/clients/method-clients.ts';
import { inputError } from '../support/errors/input-error.ts';
import { credentialsOf } from '../support/said.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

describe('The authentication methods', () => {
  const configured = { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'SSL, FS' };
  const cases: readonly [string, Words, Surroundings['env'], readonly string[], CredentialSources['preference']][] = [
    ['HTCondor’s defaults if none are specified', {}, {}, ['FS', 'TOKEN', 'KERBEROS', 'SCITOKENS', 'SSL'], 'daemon'],
    ['those in the configuration', {}, configured, ['SSL', 'FS'], 'daemon'],
    [
      'those in the configuration’s default setting if it has none for clients',
      {},
      { _CONDOR_SEC_DEFAULT_AUTHENTICATION_METHODS: 'PASSWORD' },
      ['PASSWORD'],
      'daemon',
    ],
    [
      'those for clients in preference to the default setting',
      {},
      { ...configured, _CONDOR_SEC_DEFAULT_AUTHENTICATION_METHODS: 'PASSWORD' },
      ['SSL', 'FS'],
      'daemon',
    ],
    [
      'those that have a credential, in this project’s order',
      { password: 'x', scitoken: 'x', idtoken: 'x' },
      configured,
      ['TOKEN', 'SCITOKENS', 'PASSWORD'],
      'ours',
    ],
    ['SSL if a certificate is provided', { 'client-certificate': PEM }, configured, ['SSL'], 'ours'],
    ['only those in the input', { 'authentication-methods': 'MUNGE', idtoken: 'x' }, configured, ['MUNGE'], 'ours'],
    [
      'those in the input, in its order and without duplicates',
      { 'authentication-methods': ' ssl,\nFS  Ssl ' },
      {},
      ['SSL', 'FS'],
      'ours',
    ],
    [
      'those in the input, by any of their names',
      { 'authentication-methods': 'IDTOKENS IDTOKEN TOKENS TOKEN SCITOKENS SCITOKEN' },
      {},
      ['TOKEN', 'SCITOKENS'],
      'ours',
    ],
    [
      'also unsupported ones, so that the reason can be reported',
      { 'authentication-methods': 'KERBEROS NTSSPI FS_REMOTE GSI' },
      {},
      ['KERBEROS', 'NTSSPI', 'FS_REMOTE', 'GSI'],
      'ours',
    ],
    [
      'only the known ones in the configuration, and never those that prove no identity',
      {},
      { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'CLAIMTOBE, ANONYMOUS, SOMETHING, MUNGE' },
      ['MUNGE'],
      'daemon',
    ],
  ];
  for (const [what, words, env, methods, preference] of cases) {
    test(`are ${what}`, () => {
      const found = credentialsOf(words, env);
      assert.deepEqual([found.methods, found.preference], [methods, preference]);
    });
  }

  for (const name of ['CLAIMTOBE', 'ANONYMOUS', 'claimtobe', 'Anonymous']) {
    test(`cannot include ${name}`, () => {
      for (const text of [name, `SSL ${name}`, `${name},IDTOKENS`])
        assert.throws(
          () => credentialsOf({ 'authentication-methods': text }),
          inputError(
            'authentication-methods',
            /^authentication-methods: (CLAIMTOBE|ANONYMOUS) is not supported, because it proves no identity$/,
          ),
        );
    });
  }

  const refused: readonly [string, RegExp][] = [
    [' ,\n', /the list is empty/],
    ['SLL', /"SLL" is not valid; use one of IDTOKENS SCITOKENS SSL KERBEROS PASSWORD FS MUNGE/],
    ['__proto__', /"__proto__" is not valid/],
    ['constructor', /"constructor" is not valid/],
  ];
  for (const [text, message] of refused) {
    test(`cannot be ${JSON.stringify(text)}`, () =>
      assert.throws(
        () => credentialsOf({ 'authentication-methods': text }),
        inputError('authentication-methods', message),
      ));
  }

  test('are empty if the configuration contains only unknown methods', () => {
    const env = { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'CLAIMTOBE' };
    assert.throws(() => credentialsOf({}, env), inputError('authentication-methods', /the list is empty/));
  });

  test('are known methods, or cause an error, for any text', () => {
    const word = fc.oneof(fc.constantFrom('SSL', 'fs', ',', ' ', 'CLAIMTOBE'), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 4 }), (words) => {
        try {
          const { methods } = credentialsOf({ 'authentication-methods': words.join(' ') });
          assert.ok(
            methods.length > 0 && methods.every((each) => ['SSL', 'FS'].includes(each) || /^[A-Z_]+$/.test(each)),
          );
        } catch (error) {
          assert.ok(error instanceof InputError, String(error));
        }
      }),
    );
  });
});
