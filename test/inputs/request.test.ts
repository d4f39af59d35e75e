/** Tests how a request's inputs are parsed: the daemon, the token, its path, and names. */
import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '../../src/errors.ts';
import { readBoolean, readTimeout } from '../../src/inputs/request.ts';
import { INPUTS, type InputName, type Surroundings } from '../../src/inputs/table.ts';
import type { TokenRequest } from '../../src/pipeline/request.ts';
import { AUTHORIZATION_LEVELS } from '../../src/token/levels.ts';
import { parseAddress, type Sinful } from '../../src/transport/sinful.ts';
import type { Words } from '../support/clients/method-clients.ts';
import { inputError } from '../support/errors/input-error.ts';
import { HOME, request, withPool } from '../support/said.ts';

describe('The input timeout', () => {
  const good: readonly [string | undefined, number][] = [
    [undefined, 60_000],
    ['1', 1000],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1d', 86_400_000],
  ];
  for (const [text, milliseconds] of good) {
    test(`parses ${JSON.stringify(text)} as ${milliseconds} ms`, () =>
      assert.equal(
        readTimeout(() => text),
        milliseconds,
      ));
  }
  for (const text of ['0', '25h', '-1', 'soon', 'unlimited', '']) {
    test(`rejects ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => readTimeout(() => text),
        inputError('timeout', /^timeout: ".*" is not a duration from 1s to 1d/),
      );
    });
  }
});

describe('A boolean input', () => {
  test('is true or false in any case', () => {
    assert.deepEqual(
      ['true', 'TRUE', 'False'].map((text) => readBoolean('summary', text)),
      [true, true, false],
    );
  });
  test('rejects other values', () => {
    assert.throws(() => readBoolean('summary', 'yes'), inputError('summary', /use one of true false$/));
  });
});

test('any inputs result in a request or in an error about one of them', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('cm:9618', 'READ', '1h', 'schedd', 'fail', '..', '<h:1?sock=x>'),
  );
  const words = fc.dictionary(fc.constantFrom(...Object.keys(INPUTS)), text, { noNullPrototype: true });
  fc.assert(
    fc.property(words, (said: Words) => {
      try {
        request(said);
      } catch (error) {
        assert.ok(error instanceof InputError, String(error));
        assert.ok(error.input in INPUTS);
        assert.ok(error.message.startsWith(error.input), error.message);
        assert.ok(error.message.length < 600);
      }
    }),
    { numRuns: 1000 },
  );
});

/** A daemon that is neither on this host nor behind a tunnel. */
const ELSEWHERE = { local: undefined, through: undefined };

const at = (text: string): Sinful => parseAddress(text, 9618) ?? assert.fail(text);

describe('The daemon of a request', () => {
  const found: readonly [string, Words, TokenRequest['daemon'], Surroundings['env']?][] = [
    [
      'is the only schedd of the pool',
      { pool: 'cm' },
      { kind: 'pool', collectors: [at('cm:9618')], type: 'schedd', name: undefined, ...ELSEWHERE },
    ],
    [
      'has a name and a type, in any case and with blanks before and after them',
      { pool: ' cm:9000\n', name: ' ap40 ', type: ' StartD ' },
      { kind: 'pool', collectors: [at('cm:9000')], type: 'startd', name: 'ap40', ...ELSEWHERE },
    ],
    [
      'is searched for in each of several pools, separated by comma, blank or newline',
      { pool: 'cm1,cm2:9000 [::1]:1\n<192.0.2.1:5?sock=c>,' },
      {
        kind: 'pool',
        collectors: [at('cm1:9618'), at('cm2:9000'), at('[::1]:1'), at('<192.0.2.1:5?sock=c>')],
        ...{ type: 'schedd', name: undefined, ...ELSEWHERE },
      },
    ],
    [
      'is searched for in the pool in the environment',
      {},
      { kind: 'pool', collectors: [at('cm.env:9618')], type: 'schedd', name: undefined, ...ELSEWHERE },
      { _CONDOR_COLLECTOR_HOST: 'cm.env' },
    ],
    [
      'is searched for in the pool in the input rather than in the environment',
      { pool: 'cm' },
      { kind: 'pool', collectors: [at('cm:9618')], type: 'schedd', name: undefined, ...ELSEWHERE },
      { _CONDOR_COLLECTOR_HOST: 'cm.env' },
    ],
    [
      'has the specified address',
      { address: '192.0.2.7:4000' },
      { kind: 'address', addresses: [at('192.0.2.7:4000')] },
    ],
    [
      'has the specified sinful string, regardless of the pool',
      { address: '<192.0.2.7:1?sock=s>', pool: 'cm', name: 'ap40' },
      { kind: 'address', addresses: [at('<192.0.2.7:1?sock=s>')] },
    ],
    [
      'is behind a tunnel, and has the specified name',
      { address: '127.0.0.1:4000', pool: 'cm', name: 'ap40' },
      {
        kind: 'pool',
        ...{ collectors: [at('cm:9618')], type: 'schedd', name: 'ap40', local: undefined },
        through: { host: '127.0.0.1', port: 4000 },
      },
    ],
    ['has the default port', { address: 'ap40' }, { kind: 'address', addresses: [at('ap40:9618')] }],
    [
      'has the specified sinful string',
      { address: '<192.0.2.7:1?sock=s>\n' },
      { kind: 'address', addresses: [at('<192.0.2.7:1?sock=s>')] },
    ],
    [
      'has its name as its address if the name is an address',
      { name: 'ap40:4000' },
      { kind: 'address', addresses: [at('ap40:4000')] },
    ],
    [
      'has its name as its address if the name is a sinful string',
      { name: '<192.0.2.7:1>' },
      { kind: 'address', addresses: [at('<192.0.2.7:1>')] },
    ],
    [
      'is the collector of the pool if the type is collector',
      { pool: 'cm1 cm2', type: 'COLLECTOR' },
      { kind: 'address', addresses: [at('cm1'), at('cm2')] },
    ],
    [
      'is at its name if the type is collector and there is no pool',
      { name: 'cm', type: 'collector' },
      { kind: 'address', addresses: [at('cm')] },
    ],
  ];
  for (const [what, words, daemon, env = {}] of found) {
    test(what, () => assert.deepEqual(request(words, { env }).daemon, daemon));
  }

  const refused: readonly [string, Words, InputName, RegExp][] = [
    ['without pool, name and address', {}, 'pool', /^pool: the collector is unknown.* or set address/],
    ['with a name but no pool', { name: 'ap40' }, 'pool', /^pool: the collector is unknown/],
    [
      'of an unknown type',
      { pool: 'cm', type: 'shedd' },
      'type',
      /^type: "shedd" is not valid; use one of schedd .*collector/,
    ],
    ['of the type “constructor”', { pool: 'cm', type: 'constructor' }, 'type', /is not valid/],
    ['with a blank name', { pool: 'cm', name: ' \t' }, 'name', /^name: the value is empty/],
    [
      'with a quote in the name',
      { pool: 'cm', name: 'a" || true || "' },
      'name',
      /characters that are not allowed in name/,
    ],
    ['with a backslash in the name', { pool: 'cm', name: 'a\\' }, 'name', /characters that are not allowed in name/],
    ['with a newline in the name', { pool: 'cm', name: 'a\nb' }, 'name', /characters that are not allowed in name/],
    [
      'with a name that is too long',
      { pool: 'cm', name: 'a'.repeat(1025) },
      'name',
      /characters that are not allowed in name/,
    ],
    ['with a blank pool', { pool: ' , \n' }, 'pool', /^pool: the value is empty/],
    ['with an invalid port', { pool: 'cm:70000' }, 'pool', /^pool: "cm:70000" is not a host, host:port or sinful/],
    ['with a URL as the pool', { pool: 'https://cm.example.org/' }, 'pool', /is not a host/],
    ['with one invalid pool among valid ones', { pool: 'cm1, c m!' }, 'pool', /"m!" is not a host/],
    ['with a blank address', { address: ' ' }, 'address', /^address: " " is neither a sinful string nor host:port/],
    ['with a truncated address', { address: '<192.0.2.1:9618' }, 'address', /neither/],
    ['with a sock that is a path', { address: '<192.0.2.1:9618?sock=../x>' }, 'address', /neither/],
    [
      'of the type collector with a pool and a name',
      { pool: 'cm', name: 'x', type: 'collector' },
      'name',
      /because pool identifies the daemon/,
    ],
  ];
  for (const [what, words, input, message] of refused) {
    test(`is rejected if it is ${what}`, () => assert.throws(() => request(words), inputError(input, message)));
  }

  test('is not searched for if the pool in the environment is empty, and a warning is logged', () => {
    assert.throws(() => request({}, { env: { _CONDOR_COLLECTOR_HOST: '' } }), inputError('pool', /./));
  });
});

describe('The input remote', () => {
  test('is false by default', () => assert.equal(withPool({}).remote, false));
  for (const [word, remote] of [
    ['false', false],
    ['true', true],
    [' TRUE\n', true],
  ] as const) {
    test(`accepts ${JSON.stringify(word)}`, () => assert.equal(withPool({ remote: word }).remote, remote));
  }
  test('treats an address in name as a name', () => {
    const { daemon } = withPool({ remote: 'true', name: 'ap40:9618', type: 'Schedd' });
    assert.deepEqual(daemon, {
      kind: 'pool',
      collectors: [at('cm.example.org')],
      type: 'schedd',
      name: 'ap40:9618',
      ...ELSEWHERE,
    });
  });
  const refused: readonly [string, Words, InputName, RegExp][] = [
    ['a word', { remote: 'yes' }, 'remote', /use one of true false$/],
    ['another type', { remote: 'true', type: 'master' }, 'remote', /tokens from schedds only$/],
    ['an unknown type', { remote: 'true', type: 'shedd' }, 'type', /is not valid/],
    ['another mode', { remote: 'true', mode: 'exchange' }, 'remote', /supported with mode fetch only/],
    ['an address', { remote: 'true', address: 'ap40' }, 'address', /which queries the collector/],
    ['a key', { remote: 'true', key: 'CI' }, 'key', /its own key/],
    ['no pool', { remote: 'true', pool: ' ' }, 'pool', /empty/],
  ];
  for (const [what, words, input, message] of refused) {
    test(`is rejected with ${what}`, () => assert.throws(() => withPool(words), inputError(input, message)));
  }
  test('is compatible with all of these inputs if it is false', () => {
    assert.equal(withPool({ remote: 'false', type: 'master', key: 'CI', address: 'ap40' }).remote, false);
  });
});

describe('The input authz', () => {
  const lists: readonly [string | undefined, readonly string[]][] = [
    [undefined, []],
    ['READ', ['READ']],
    ['read, Write', ['READ', 'WRITE']],
    ['READ\n  ADVERTISE_STARTD\n', ['READ', 'ADVERTISE_STARTD']],
    ['READ READ,read', ['READ']],
    [AUTHORIZATION_LEVELS.join(' '), AUTHORIZATION_LEVELS],
  ];
  for (const [text, levels] of lists) {
    test(`parses ${JSON.stringify(text)} as ${levels.join(' ') || 'no restriction'}`, () => {
      assert.deepEqual(withPool(text === undefined ? {} : { authz: text }).authz, levels);
    });
  }

  test('rejects an unknown level, and lists the known levels', () => {
    const all = /^authz: "SUBMIT" is not an authorization level; the levels are ALLOW READ WRITE .*ADVERTISE_MASTER$/;
    assert.throws(() => withPool({ authz: 'READ SUBMIT' }), inputError('authz', all));
  });

  test('rejects a token’s scope', () => {
    assert.throws(() => withPool({ authz: 'condor:/READ' }), inputError('authz', /"CONDOR:\/READ" is not/));
  });

  test('rejects an empty list', () => {
    assert.throws(() => withPool({ authz: ' ,\n' }), inputError('authz', /the list is empty/));
  });

  test('rejects __proto__', () => {
    assert.throws(() => withPool({ authz: '__proto__' }), inputError('authz', /not an authorization level/));
  });
});

describe('The input lifetime', () => {
  const good: readonly [string | undefined, TokenRequest['lifetimeSeconds']][] = [
    [undefined, undefined],
    ['1', 1],
    ['600', 600],
    [' 90s ', 90],
    ['30m', 1800],
    ['1h', 3600],
    ['2d', 172_800],
    ['2147483647', 2 ** 31 - 1],
    ['unlimited', 'unlimited'],
  ];
  for (const [text, lifetime] of good) {
    test(`parses ${JSON.stringify(text)} as ${String(lifetime)}`, () => {
      assert.equal(withPool(text === undefined ? {} : { lifetime: text }).lifetimeSeconds, lifetime);
    });
  }
  const bad = [
    '0',
    '-1',
    '0s',
    '1.5h',
    '1e3',
    'an hour',
    '1w',
    '2147483648',
    '24856d',
    '99999999999999',
    '٣',
    '0x10',
    ' ',
  ];
  for (const text of bad) {
    test(`rejects ${JSON.stringify(text)}, and lists the valid values`, () => {
      const message = /^lifetime: ".*" is not a lifetime; use seconds .* to 2147483647 s\), or unlimited$/;
      assert.throws(() => withPool({ lifetime: text }), inputError('lifetime', message));
    });
  }
});

describe('The input key', () => {
  test('is passed to the daemon', () => assert.equal(withPool({ key: ' CI ' }).key, 'CI'));
  test('is undefined by default', () => assert.equal(withPool({}).key, undefined));
  test('rejects blanks', () => assert.throws(() => withPool({ key: ' ' }), inputError('key', /the value is empty/)));
  test('rejects a quote', () => assert.throws(() => withPool({ key: '"' }), inputError('key', /characters/)));
});

describe('The input on-reduced', () => {
  for (const word of ['warn', 'fail', 'ignore'] as const) {
    test(`accepts ${word}`, () => assert.equal(withPool({ 'on-reduced': word }).onReduced, word));
  }
  test('is warn by default', () => assert.equal(withPool({}).onReduced, 'warn'));
  test('rejects other values', () => {
    assert.throws(() => withPool({ 'on-reduced': 'no' }), inputError('on-reduced', /use one of warn fail ignore$/));
  });
});

describe('The credentials of a request', () => {
  test('contain the text of the input as a secret', () => {
    const { credentials } = withPool({ idtoken: 'a.b.c' }, { env: { _CONDOR_SEC_TOKEN_DIRECTORY: '/d' } });
    assert.ok('text' in credentials.idtoken);
    assert.equal(credentials.idtoken.text.reveal(), 'a.b.c');
    assert.ok(!JSON.stringify(credentials).includes('a.b.c'));
  });

  const bindings: readonly [string, Words, Record<string, string>, boolean][] = [
    ['must be bound', {}, {}, false],
    ['may be unbound if FS is selected', { 'authentication-methods': 'FS' }, {}, true],
    ['must be bound if another method is selected', { 'authentication-methods': 'IDTOKENS' }, {}, false],
    ['may be unbound if the configuration allows it', {}, { _CONDOR_SEC_FS_ENFORCE_CHANNEL_BINDING: 'False' }, true],
    ['may be unbound if this host’s HTCondor has no such setting', {}, { _CONDOR_FULL_HOSTNAME: 'ap.pool.test' }, true],
    [
      'must be bound if this host’s HTCondor has such a setting',
      {},
      { _CONDOR_FULL_HOSTNAME: 'ap.pool.test', _CONDOR_SEC_FS_ENFORCE_CHANNEL_BINDING: 'True' },
      false,
    ],
  ];
  for (const [what, words, env, mayBeUnbound] of bindings) {
    test(`include an FS directory that ${what}`, () =>
      assert.equal(withPool(words, { env }).credentials.fs.mayBeUnbound, mayBeUnbound));
  }

  const directories: readonly [string, Partial<Surroundings>, string, boolean][] = [
    ['the directory that the environment names', { env: { _CONDOR_SEC_TOKEN_DIRECTORY: '/d' } }, '/d', true],
    [
      'the default directory if the environment names an empty one',
      { env: { _CONDOR_SEC_TOKEN_DIRECTORY: '' } },
      join(HOME, '.condor', 'tokens.d'),
      false,
    ],
    ['the home directory by default', {}, join(HOME, '.condor', 'tokens.d'), false],
    ['the system directory by default for root', { uid: 0 }, '/etc/condor/tokens.d', false],
    [
      'the system directory that the environment names for root',
      { uid: 0, env: { _CONDOR_SEC_TOKEN_SYSTEM_DIRECTORY: '/s' } },
      '/s',
      false,
    ],
    [
      'the home directory for other accounts, even if the environment names a system directory',
      { env: { _CONDOR_SEC_TOKEN_SYSTEM_DIRECTORY: '/s' } },
      join(HOME, '.condor', 'tokens.d'),
      false,
    ],
  ];
  for (const [what, surroundings, directory, named] of directories) {
    test(`read tokens from ${what}`, () => {
      const { idtoken } = withPool({}, surroundings).credentials;
      assert.ok('directory' in idtoken);
      assert.deepEqual([idtoken.directory, idtoken.named], [directory, named]);
    });
  }
});

describe('The output path', () => {
  const absolute = resolve('/tmp/t');
  const places: readonly [string, Words, Partial<Surroundings>, string | undefined][] = [
    ['no path', {}, {}, undefined],
    ['an absolute path', { file: absolute }, {}, absolute],
    ['a path relative to the working directory', { file: 'a/t' }, {}, resolve('a/t')],
    [
      'a name in the token directory in the home directory',
      { token: 'ci' },
      {},
      join(HOME, '.condor', 'tokens.d', 'ci'),
    ],
    [
      'a name in the system’s token directory for root',
      { token: 'ci' },
      { uid: 0 },
      resolve('/etc/condor/tokens.d', 'ci'),
    ],
    [
      'a name in the token directory that the environment names',
      { token: 'ci' },
      { env: { _CONDOR_SEC_TOKEN_DIRECTORY: absolute } },
      join(absolute, 'ci'),
    ],
    [
      'a name in the token directory in the input, which takes precedence',
      { token: 'ci', 'token-directory': 'd' },
      { env: { _CONDOR_SEC_TOKEN_DIRECTORY: absolute } },
      join(resolve('d'), 'ci'),
    ],
    [
      'a name in the home directory if the environment names an empty token directory',
      { token: 'ci' },
      { env: { _CONDOR_SEC_TOKEN_DIRECTORY: '' } },
      join(HOME, '.condor', 'tokens.d', 'ci'),
    ],
  ];
  for (const [what, words, surroundings, path] of places) {
    test(`is ${what}`, () => assert.equal(withPool(words, surroundings).path, path));
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
