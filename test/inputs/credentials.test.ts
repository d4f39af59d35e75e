/** Tests credentials from inputs and from the files that HTCondor's configuration names. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Surroundings } from '../../src/inputs/table.ts';
import type { Words } from '../support/clients/method-clients.ts';
import { inputError } from '../support/errors/input-error.ts';
import { credentialsOf, HOME } from '../support/said.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

describe('The input client-certificate', () => {
  test('is PEM or a path, and may contain its key', () => {
    const { certificate } = credentialsOf({ 'client-certificate': PEM });
    assert.ok(certificate.given && certificate.certificate === certificate.key && 'text' in certificate.certificate);
    const two = credentialsOf({ 'client-certificate': ' cert.pem\n', 'client-key': 'key.pem' }).certificate;
    assert.ok(two.given && 'path' in two.certificate && 'path' in two.key);
    assert.deepEqual([two.certificate.name, two.key.name], ['client-certificate', 'client-key']);
    assert.ok(!JSON.stringify(two).includes('.pem'), 'a value in place of a path may be a key');
  });

  test('is required by client-key', () =>
    assert.throws(
      () => credentialsOf({ 'client-key': 'key.pem' }),
      inputError('client-key', /client-certificate is not set/),
    ));

  for (const name of ['client-certificate', 'client-key', 'ca-certificate'] as const) {
    for (const text of [' ', '\n', 'two\nlines', 'a\0b', `MII${'A'.repeat(5000)}`]) {
      test(`rejects ${JSON.stringify(text.slice(0, 12))} as ${name} without quoting it`, () =>
        assert.throws(
          () => credentialsOf({ 'client-certificate': PEM, [name]: text }),
          inputError(name, new RegExp(`^${name}: the value (looks like base64; it )?is neither PEM nor a path$`)),
        ));
    }
  }

  test('defaults to the certificate and key files of the configuration', () => {
    const env = {
      _CONDOR_AUTH_SSL_CLIENT_CERTFILE: '/a.pem, /b.pem, /c.pem',
      _CONDOR_AUTH_SSL_CLIENT_KEYFILE: '/a.key,/b.key',
    };
    assert.deepEqual(credentialsOf({}, env).certificate, {
      ...{
        given: false,
        pairs: [
          { certificate: '/a.pem', key: '/a.key' },
          { certificate: '/b.pem', key: '/b.key' },
        ],
      },
    });
    assert.deepEqual(credentialsOf({}).certificate, { given: false, pairs: [] });
  });

  test('defaults to an X.509 proxy if the configuration enables it', () => {
    const env = {
      X509_USER_PROXY: '/tmp/x509up',
      _CONDOR_AUTH_SSL_CLIENT_CERTFILE: '/a',
      _CONDOR_AUTH_SSL_CLIENT_KEYFILE: '/b',
    };
    const pairOf = (more: Record<string, string>) => {
      const { certificate } = credentialsOf({}, { ...env, ...more });
      return certificate.given ? undefined : certificate.pairs[0];
    };
    assert.deepEqual(pairOf({ _CONDOR_AUTH_SSL_USE_CLIENT_PROXY_ENV_VAR: 'True' }), {
      certificate: '/tmp/x509up',
      key: '/tmp/x509up',
    });
    for (const word of ['False', '']) {
      const more = { _CONDOR_AUTH_SSL_USE_CLIENT_PROXY_ENV_VAR: word };
      assert.deepEqual(pairOf(more), { certificate: '/a', key: '/b' });
    }
  });
});

describe('Trusted CA certificates', () => {
  const trustOf = (env: Record<string, string>, facts: Partial<Surroundings> = {}, words: Words = {}) =>
    credentialsOf(words, env, facts).trust;

  test('come from files, a directory and the system, unless the configuration disables those of the system', () => {
    const env = { _CONDOR_AUTH_SSL_CLIENT_CAFILE: '/a, /b', _CONDOR_AUTH_SSL_CLIENT_CADIR: '/d', SSL_CERT_FILE: '/s' };
    const { files, directory, system, certificateFile } = trustOf(env);
    assert.deepEqual([files, directory, system, certificateFile], [['/a', '/b'], '/d', true, '/s']);
    for (const [word, expected] of [
      ['False', false],
      ['false', false],
      ['True', true],
      ['', true],
    ] as const)
      assert.equal(trustOf({ _CONDOR_AUTH_SSL_CLIENT_USE_DEFAULT_CAS: word }).system, expected, word);
  });

  test('include this account’s known hosts', () => {
    assert.equal(trustOf({}).knownHosts, join(HOME, '.condor', 'known_hosts'));
    assert.equal(trustOf({}, { uid: 0 }).knownHosts, '/etc/condor/known_hosts');
    assert.equal(trustOf({ _CONDOR_SEC_SYSTEM_KNOWN_HOSTS: '/k' }, { uid: 0 }).knownHosts, '/k');
    assert.equal(trustOf({ _CONDOR_SEC_SYSTEM_KNOWN_HOSTS: '/k' }).knownHosts, join(HOME, '.condor', 'known_hosts'));
    assert.equal(trustOf({ _CONDOR_SEC_KNOWN_HOSTS: '/mine' }, { uid: 0 }).knownHosts, '/mine');
  });

  test('come from the input, as PEM or a path', () => {
    const { authorities } = trustOf({}, {}, { 'ca-certificate': ' /ca.pem ' });
    assert.deepEqual(authorities, { name: 'ca-certificate', path: '/ca.pem' });
  });
});

describe('HTCondor’s configuration', () => {
  test('provides the signing keys and their trust domain', () => {
    const env = {
      ...{ _CONDOR_UID_DOMAIN: 'uid.test', _CONDOR_SEC_TOKEN_POOL_SIGNING_KEY_FILE: '/POOL' },
      _CONDOR_SEC_PASSWORD_DIRECTORY: '/passwords.d',
    };
    const { idtoken } = credentialsOf({}, env);
    assert.ok('signing' in idtoken);
    assert.deepEqual(idtoken.signing, { trustDomain: 'uid.test', poolKeyFile: '/POOL', keyDirectory: '/passwords.d' });
    const domain = credentialsOf({}, { ...env, _CONDOR_TRUST_DOMAIN: 'trust.test' }).idtoken;
    assert.ok('signing' in domain && domain.signing?.trustDomain === 'trust.test');
  });

  test('provides the pattern for token files to exclude, and an invalid pattern is rejected', () => {
    const { idtoken } = credentialsOf({}, { _CONDOR_LOCAL_CONFIG_DIR_EXCLUDE_REGEXP: '\\.skip$' });
    assert.ok('excluded' in idtoken && idtoken.excluded?.test('a.skip') === true);
    for (const text of ['(', '(?i)~$', 'a++'])
      assert.throws(
        () => credentialsOf({}, { _CONDOR_LOCAL_CONFIG_DIR_EXCLUDE_REGEXP: text }),
        inputError('idtoken', /LOCAL_CONFIG_DIR_EXCLUDE_REGEXP: Invalid regular expression/),
      );
  });

  test('provides the pool password, the FS directory and the account of the daemons', () => {
    const env = {
      _CONDOR_SEC_PASSWORD_FILE: '/pw',
      _CONDOR_FS_LOCAL_DIR: '/fs',
      _CONDOR_CONDOR_IDS: '64.64',
      PATH: '/bin',
    };
    const { password, fs, path, scitoken } = credentialsOf({}, { ...env, _CONDOR_SCITOKENS_FILE: '/st' }, { uid: 7 });
    assert.deepEqual(
      [password, fs.directory, fs.accountIds, fs.uid, path, scitoken.file],
      [{ text: undefined, file: '/pw' }, '/fs', '64.64', 7, '/bin', '/st'],
    );
  });

  test('permits SSL without a client certificate in mode request', () => {
    for (const mode of ['fetch', 'exchange', 'request'] as const)
      assert.equal(credentialsOf({}, {}, {}, mode).anonymousSsl, mode === 'request');
  });

  test('does not make secrets printable', () => {
    const found = credentialsOf({
      idtoken: 'hunter2',
      scitoken: 'hunter2',
      password: 'hunter2',
      'client-certificate': `${PEM}hunter2`,
    });
    assert.ok(!JSON.stringify(found).includes('hunter2'));
  });
});
