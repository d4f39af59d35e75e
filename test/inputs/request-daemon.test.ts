/** The selected daemon from pool, name, type, address and remote, or an error that names the missing input. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { InputName, Surroundings } from '../../src/inputs/table.ts';
import type { TokenRequest } from '../../src/pipeline/request.ts';
import { parseAddress, type Sinful } from '../../src/transport/sinful.ts';
import { inputError } from '../support/input-error.ts';
import { request, withPool } from '../support/said.ts';
import type { Words } from '../support/ways.ts';

/** Neither on this host nor through a tunnel. */
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
      'has a name and a type, in any case and with blanks around',
      { pool: ' cm:9000\n', name: ' ap40 ', type: ' StartD ' },
      { kind: 'pool', collectors: [at('cm:9000')], type: 'startd', name: 'ap40', ...ELSEWHERE },
    ],
    [
      'is looked for in each of several pools, separated by comma, blank or newline',
      { pool: 'cm1,cm2:9000 [::1]:1\n<192.0.2.1:5?sock=c>,' },
      {
        kind: 'pool',
        collectors: [at('cm1:9618'), at('cm2:9000'), at('[::1]:1'), at('<192.0.2.1:5?sock=c>')],
        ...{ type: 'schedd', name: undefined, ...ELSEWHERE },
      },
    ],
    [
      'is looked for in the pool of the environment',
      {},
      { kind: 'pool', collectors: [at('cm.env:9618')], type: 'schedd', name: undefined, ...ELSEWHERE },
      { _CONDOR_COLLECTOR_HOST: 'cm.env' },
    ],
    [
      'is looked for in the pool of the input rather than of the environment',
      { pool: 'cm' },
      { kind: 'pool', collectors: [at('cm:9618')], type: 'schedd', name: undefined, ...ELSEWHERE },
      { _CONDOR_COLLECTOR_HOST: 'cm.env' },
    ],
    ['is at its address', { address: '192.0.2.7:4000' }, { kind: 'address', addresses: [at('192.0.2.7:4000')] }],
    [
      'is at its sinful string, whatever the pool',
      { address: '<192.0.2.7:1?sock=s>', pool: 'cm', name: 'ap40' },
      { kind: 'address', addresses: [at('<192.0.2.7:1?sock=s>')] },
    ],
    [
      'is behind the end of a tunnel, by its name',
      { address: '127.0.0.1:4000', pool: 'cm', name: 'ap40' },
      {
        kind: 'pool',
        ...{ collectors: [at('cm:9618')], type: 'schedd', name: 'ap40', local: undefined },
        through: { host: '127.0.0.1', port: 4000 },
      },
    ],
    ['has the default port', { address: 'ap40' }, { kind: 'address', addresses: [at('ap40:9618')] }],
    [
      'is at its sinful string',
      { address: '<192.0.2.7:1?sock=s>\n' },
      { kind: 'address', addresses: [at('<192.0.2.7:1?sock=s>')] },
    ],
    ['is at its name, if that is an address', { name: 'ap40:4000' }, { kind: 'address', addresses: [at('ap40:4000')] }],
    [
      'is at its name, if that is sinful',
      { name: '<192.0.2.7:1>' },
      { kind: 'address', addresses: [at('<192.0.2.7:1>')] },
    ],
    [
      'is the pool itself, for a collector',
      { pool: 'cm1 cm2', type: 'COLLECTOR' },
      { kind: 'address', addresses: [at('cm1'), at('cm2')] },
    ],
    [
      'is the name itself, for a collector without pool',
      { name: 'cm', type: 'collector' },
      { kind: 'address', addresses: [at('cm')] },
    ],
  ];
  for (const [what, words, daemon, env = {}] of found) {
    test(`is selected by ${what}`, () => assert.deepEqual(request(words, { env }).daemon, daemon));
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
    ['of the type constructor', { pool: 'cm', type: 'constructor' }, 'type', /is not valid/],
    ['with a blank name', { pool: 'cm', name: ' \t' }, 'name', /^name: the value is empty/],
    [
      'with a quote in the name',
      { pool: 'cm', name: 'a" || true || "' },
      'name',
      /characters that are not allowed in name/,
    ],
    ['with a backslash in the name', { pool: 'cm', name: 'a\\' }, 'name', /characters that are not allowed in name/],
    ['with a newline in the name', { pool: 'cm', name: 'a\nb' }, 'name', /characters that are not allowed in name/],
    ['with an endless name', { pool: 'cm', name: 'a'.repeat(1025) }, 'name', /characters that are not allowed in name/],
    ['with a blank pool', { pool: ' , \n' }, 'pool', /^pool: the value is empty/],
    ['with a port that is none', { pool: 'cm:70000' }, 'pool', /^pool: "cm:70000" is not a host, host:port or sinful/],
    ['with a URL for a pool', { pool: 'https://cm.example.org/' }, 'pool', /is not a host/],
    ['with one bad pool among good ones', { pool: 'cm1, c m!' }, 'pool', /"m!" is not a host/],
    ['with a blank address', { address: ' ' }, 'address', /^address: " " is neither a sinful string nor host:port/],
    ['with an address cut in two', { address: '<192.0.2.1:9618' }, 'address', /neither/],
    ['with a sock that is a path', { address: '<192.0.2.1:9618?sock=../x>' }, 'address', /neither/],
    [
      'that is a collector with pool and name',
      { pool: 'cm', name: 'x', type: 'collector' },
      'name',
      /which pool alone identifies/,
    ],
  ];
  for (const [what, words, input, message] of refused) {
    test(`is rejected if it is ${what}`, () => assert.throws(() => request(words), inputError(input, message)));
  }

  test('is not searched for in an empty pool of the environment, with a warning', () => {
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
  test('is compatible with all of them if it is false', () => {
    assert.equal(withPool({ remote: 'false', type: 'master', key: 'CI', address: 'ap40' }).remote, false);
  });
});
