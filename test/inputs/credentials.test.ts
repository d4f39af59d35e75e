/** Who the user is: which methods are meant, and where HTCondor's configuration says that their credentials are. */
import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { CredentialSources } from '../../src/credentials/sources.ts';
import { InputError } from '../../src/errors.ts';
import { readCredentials } from '../../src/inputs/credentials.ts';
import type { Surroundings } from '../../src/inputs/table.ts';
import type { Mode } from '../../src/wanted.ts';
import { inputError } from '../support/input-error.ts';
import { surroundings } from '../support/surroundings.ts';
import type { Words } from '../support/ways.ts';

const HOME = resolve('/home/ci');
const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

function read(words: Words, env: Surroundings['env'] = {}, facts: Partial<Surroundings> = {}, mode: Mode = 'fetch') {
  return readCredentials((name) => words[name], surroundings(env, { home: HOME, ...facts }), mode);
}

describe('the methods', () => {
  const configured = { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'SSL, FS' };
  const cases: readonly [string, Words, Surroundings['env'], readonly string[], CredentialSources['preference']][] = [
    ['HTCondor’s own, where nothing is said', {}, {}, ['FS', 'TOKEN', 'KERBEROS', 'SCITOKENS', 'SSL'], 'daemon'],
    ['those of the configuration', {}, configured, ['SSL', 'FS'], 'daemon'],
    [
      'those of its default, where it has none for clients',
      {},
      { _CONDOR_SEC_DEFAULT_AUTHENTICATION_METHODS: 'PASSWORD' },
      ['PASSWORD'],
      'daemon',
    ],
    [
      'those for clients before its default',
      {},
      { ...configured, _CONDOR_SEC_DEFAULT_AUTHENTICATION_METHODS: 'PASSWORD' },
      ['SSL', 'FS'],
      'daemon',
    ],
    [
      'those that have a credential, in our order',
      { password: 'x', scitoken: 'x', idtoken: 'x' },
      configured,
      ['TOKEN', 'SCITOKENS', 'PASSWORD'],
      'ours',
    ],
    ['SSL, for a certificate', { 'client-certificate': PEM }, configured, ['SSL'], 'ours'],
    [
      'those named, and nothing else',
      { 'authentication-methods': 'MUNGE', idtoken: 'x' },
      configured,
      ['MUNGE'],
      'ours',
    ],
    [
      'those named, in their order and once',
      { 'authentication-methods': ' ssl,\nFS  Ssl ' },
      {},
      ['SSL', 'FS'],
      'ours',
    ],
    [
      'those named by all their names',
      { 'authentication-methods': 'IDTOKENS IDTOKEN TOKENS TOKEN SCITOKENS SCITOKEN' },
      {},
      ['TOKEN', 'SCITOKENS'],
      'ours',
    ],
    [
      'foreign ones too, for their reason',
      { 'authentication-methods': 'KERBEROS NTSSPI FS_REMOTE GSI' },
      {},
      ['KERBEROS', 'NTSSPI', 'FS_REMOTE', 'GSI'],
      'ours',
    ],
    [
      'of a configuration those that we know, and never those that prove nothing',
      {},
      { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'CLAIMTOBE, ANONYMOUS, SOMETHING, MUNGE' },
      ['MUNGE'],
      'daemon',
    ],
  ];
  for (const [what, words, env, methods, preference] of cases) {
    test(`are ${what}`, () => {
      const found = read(words, env);
      assert.deepEqual([found.methods, found.preference], [methods, preference]);
    });
  }

  for (const name of ['CLAIMTOBE', 'ANONYMOUS', 'claimtobe', 'Anonymous']) {
    test(`are never ${name}, whatever else is named`, () => {
      for (const text of [name, `SSL ${name}`, `${name},IDTOKENS`])
        assert.throws(
          () => read({ 'authentication-methods': text }),
          inputError(
            'authentication-methods',
            /^authentication-methods: (CLAIMTOBE|ANONYMOUS) proves nothing, and is never used$/,
          ),
        );
    });
  }

  const refused: readonly [string, RegExp][] = [
    [' ,\n', /it names none/],
    ['SLL', /"SLL" is unknown; possible are IDTOKENS SCITOKENS SSL PASSWORD FS MUNGE/],
    ['__proto__', /"__proto__" is unknown/],
    ['constructor', /"constructor" is unknown/],
  ];
  for (const [text, message] of refused) {
    test(`are not ${JSON.stringify(text)}`, () =>
      assert.throws(() => read({ 'authentication-methods': text }), inputError('authentication-methods', message)));
  }

  test('of a configuration that names none that we know are none', () => {
    const env = { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'CLAIMTOBE' };
    assert.throws(() => read({}, env), inputError('authentication-methods', /it names none/));
  });

  test('are a word in our list or an error, whatever is said', () => {
    const word = fc.oneof(fc.constantFrom('SSL', 'fs', ',', ' ', 'CLAIMTOBE'), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 4 }), (words) => {
        try {
          const { methods } = read({ 'authentication-methods': words.join(' ') });
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

describe('a client certificate', () => {
  test('is PEM or a path, and its key may stand in the same', () => {
    const { certificate } = read({ 'client-certificate': PEM });
    assert.ok(certificate.given && certificate.certificate === certificate.key && 'text' in certificate.certificate);
    const two = read({ 'client-certificate': ' cert.pem\n', 'client-key': 'key.pem' }).certificate;
    assert.ok(two.given && 'path' in two.certificate && 'path' in two.key);
    assert.deepEqual([two.certificate.name, two.key.name], ['client-certificate', 'client-key']);
    assert.ok(!JSON.stringify(two).includes('.pem'), 'what is given for a path may be a key');
  });

  test('is needed for a key', () =>
    assert.throws(() => read({ 'client-key': 'key.pem' }), inputError('client-key', /give client-certificate too/)));

  for (const name of ['client-certificate', 'client-key', 'ca-certificate'] as const) {
    for (const text of [' ', '\n', 'two\nlines', 'a\0b', `MII${'A'.repeat(5000)}`]) {
      test(`is not ${JSON.stringify(text.slice(0, 12))}, as ${name}, and it is not quoted`, () =>
        assert.throws(
          () => read({ 'client-certificate': PEM, [name]: text }),
          inputError(name, new RegExp(`^${name}: it is neither PEM nor a path$`)),
        ));
    }
  }

  test('is the pair of the configuration of each number', () => {
    const env = {
      _CONDOR_AUTH_SSL_CLIENT_CERTFILE: '/a.pem, /b.pem, /c.pem',
      _CONDOR_AUTH_SSL_CLIENT_KEYFILE: '/a.key,/b.key',
    };
    assert.deepEqual(read({}, env).certificate, {
      ...{
        given: false,
        pairs: [
          { certificate: '/a.pem', key: '/a.key' },
          { certificate: '/b.pem', key: '/b.key' },
        ],
      },
    });
    assert.deepEqual(read({}).certificate, { given: false, pairs: [] });
  });

  test('is an X.509 proxy where the configuration says so', () => {
    const env = {
      X509_USER_PROXY: '/tmp/x509up',
      _CONDOR_AUTH_SSL_CLIENT_CERTFILE: '/a',
      _CONDOR_AUTH_SSL_CLIENT_KEYFILE: '/b',
    };
    const pairOf = (more: Record<string, string>) => {
      const { certificate } = read({}, { ...env, ...more });
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

describe('trust', () => {
  const trustOf = (env: Record<string, string>, facts: Partial<Surroundings> = {}, words: Words = {}) =>
    read(words, env, facts).trust;

  test('is of files, a directory, and the system unless that is switched off', () => {
    const env = { _CONDOR_AUTH_SSL_CLIENT_CAFILE: '/a /b', _CONDOR_AUTH_SSL_CLIENT_CADIR: '/d', SSL_CERT_FILE: '/s' };
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

  test('is of hosts that are known to this account', () => {
    assert.equal(trustOf({}).knownHosts, join(HOME, '.condor', 'known_hosts'));
    assert.equal(trustOf({}, { uid: 0 }).knownHosts, '/etc/condor/known_hosts');
    assert.equal(trustOf({ _CONDOR_SEC_SYSTEM_KNOWN_HOSTS: '/k' }, { uid: 0 }).knownHosts, '/k');
    assert.equal(trustOf({ _CONDOR_SEC_SYSTEM_KNOWN_HOSTS: '/k' }).knownHosts, join(HOME, '.condor', 'known_hosts'));
    assert.equal(trustOf({ _CONDOR_SEC_KNOWN_HOSTS: '/mine' }, { uid: 0 }).knownHosts, '/mine');
  });

  test('is of the input, PEM or path', () => {
    const { authorities } = trustOf({}, {}, { 'ca-certificate': ' /ca.pem ' });
    assert.deepEqual(authorities, { name: 'ca-certificate', path: '/ca.pem' });
  });
});

describe('the rest of the configuration', () => {
  test('says where signing keys are, and for whom', () => {
    const env = {
      ...{ _CONDOR_UID_DOMAIN: 'uid.test', _CONDOR_SEC_TOKEN_POOL_SIGNING_KEY_FILE: '/POOL' },
      _CONDOR_SEC_PASSWORD_DIRECTORY: '/passwords.d',
    };
    const { idtoken } = read({}, env);
    assert.ok('signing' in idtoken);
    assert.deepEqual(idtoken.signing, { trustDomain: 'uid.test', poolKeyFile: '/POOL', keyDirectory: '/passwords.d' });
    const domain = read({}, { ...env, _CONDOR_TRUST_DOMAIN: 'trust.test' }).idtoken;
    assert.ok('signing' in domain && domain.signing?.trustDomain === 'trust.test');
  });

  test('says which names of tokens do not count, in words that can be understood', () => {
    const { idtoken } = read({}, { _CONDOR_LOCAL_CONFIG_DIR_EXCLUDE_REGEXP: '\\.skip$' });
    assert.ok('excluded' in idtoken && idtoken.excluded?.test('a.skip') === true);
    for (const text of ['(', '(?i)~$', 'a++'])
      assert.throws(
        () => read({}, { _CONDOR_LOCAL_CONFIG_DIR_EXCLUDE_REGEXP: text }),
        inputError('idtoken', /LOCAL_CONFIG_DIR_EXCLUDE_REGEXP: Invalid regular expression/),
      );
  });

  test('says where the pool password, the directory of FS and the account of the daemons are', () => {
    const env = {
      _CONDOR_SEC_PASSWORD_FILE: '/pw',
      _CONDOR_FS_LOCAL_DIR: '/fs',
      _CONDOR_CONDOR_IDS: '64.64',
      PATH: '/bin',
    };
    const { password, fs, path, scitoken } = read({}, { ...env, _CONDOR_SCITOKENS_FILE: '/st' }, { uid: 7 });
    assert.deepEqual(
      [password, fs.directory, fs.accountIds, fs.uid, path, scitoken.file],
      [{ text: undefined, file: '/pw' }, '/fs', '64.64', 7, '/bin', '/st'],
    );
  });

  test('is enough for SSL without a certificate of ours where a token is requested', () => {
    for (const mode of ['fetch', 'exchange', 'request'] as const)
      assert.equal(read({}, {}, {}, mode).anonymousSsl, mode === 'request');
  });

  test('has secrets that nobody can print', () => {
    const found = read({
      idtoken: 'hunter2',
      scitoken: 'hunter2',
      password: 'hunter2',
      'client-certificate': `${PEM}hunter2`,
    });
    assert.ok(!JSON.stringify(found).includes('hunter2'));
  });
});
