/** The selected daemon if HTCondor is configured: this host's own, the pool's, or the one at the end of a tunnel. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '../../src/errors.ts';
import { readDaemon } from '../../src/inputs/daemon.ts';
import { parseAddress, type Sinful } from '../../src/transport/sinful.ts';
import type { Words } from '../support/clients/ways.ts';
import { surroundings } from '../support/surroundings.ts';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'daemon-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const read = (words: Words, env: Record<string, string> = {}, localFirst = false) =>
  readDaemon((name) => words[name], surroundings(env), { localFirst, remote: false });

const at = (text: string): Sinful => parseAddress(text, 9618) ?? assert.fail(text);

/** The address file and the name of a schedd on this host. */
const HERE = {
  _CONDOR_SCHEDD_ADDRESS_FILE: '/log/.schedd_address',
  _CONDOR_SCHEDD_DAEMON_AD_FILE: '/spool/.schedd_classad',
  _CONDOR_FULL_HOSTNAME: 'ap.example.org',
};
const LOCAL = { name: 'ap.example.org', adFile: '/spool/.schedd_classad', addressFile: '/log/.schedd_address' };

describe('The daemon of this host', () => {
  const cases: readonly [string, Words, Record<string, string>, boolean, string | undefined][] = [
    ['is meant where nothing is said', {}, {}, false, 'ap.example.org'],
    ['is meant by the name of its host', { name: 'ap.example.org' }, {}, false, 'ap.example.org'],
    ['is not meant by another name', { name: 'other.example.org', pool: 'cm' }, {}, false, undefined],
    ['is not meant where a pool is named', { pool: 'cm' }, {}, false, undefined],
    ['is meant where a pool is named, by the command', { pool: 'cm' }, {}, true, 'ap.example.org'],
    [
      'is not meant where pool and name are, by the command',
      { pool: 'cm', name: 'ap.example.org' },
      {},
      true,
      undefined,
    ],
    ['has a name of its own, with its host', {}, { _CONDOR_SCHEDD_NAME: 'ci' }, false, 'ci@ap.example.org'],
    ['has a name of its own, which is whole', {}, { _CONDOR_SCHEDD_NAME: 'ci@pool' }, false, 'ci@pool'],
    ['has the name of its host', {}, { _CONDOR_SCHEDD_NAME: 'ap.example.org' }, false, 'ap.example.org'],
    ['is meant by SCHEDD_HOST', {}, { _CONDOR_SCHEDD_HOST: 'ap.example.org' }, false, 'ap.example.org'],
    [
      'is not meant by another SCHEDD_HOST',
      {},
      { _CONDOR_SCHEDD_HOST: 'x', _CONDOR_COLLECTOR_HOST: 'cm' },
      false,
      undefined,
    ],
    ['is none of another type', { type: 'credd' }, { _CONDOR_COLLECTOR_HOST: 'cm' }, false, undefined],
    [
      'is not the negotiator',
      { type: 'negotiator' },
      { _CONDOR_COLLECTOR_HOST: 'cm', _CONDOR_NEGOTIATOR_ADDRESS_FILE: '/x' },
      false,
      undefined,
    ],
  ];
  for (const [what, words, env, localFirst, name] of cases) {
    test(`is read from the configuration: ${what}`, () => {
      const found = read(words, { ...HERE, ...env }, localFirst);
      assert.ok('type' in found);
      assert.deepEqual(found.local, name === undefined ? undefined : { ...LOCAL, name });
    });
  }

  test('is found with one of the two files', () => {
    const found = read({}, { _CONDOR_SCHEDD_ADDRESS_FILE: '/a' });
    assert.ok('type' in found);
    assert.deepEqual(found.local, { name: '', adFile: undefined, addressFile: '/a' });
  });

  test('comes before the pool', () => {
    const found = read({}, { ...HERE, _CONDOR_COLLECTOR_HOST: 'cm1, cm2:9000' });
    assert.ok('type' in found);
    assert.deepEqual(found.collectors, [at('cm1'), at('cm2:9000')]);
  });
});

describe('The pool of the configuration', () => {
  test('has COLLECTOR_PORT as the default port', () => {
    const found = read({}, { _CONDOR_COLLECTOR_HOST: 'cm', _CONDOR_COLLECTOR_PORT: '9000' });
    assert.ok('type' in found);
    assert.deepEqual(found.collectors, [at('cm:9000')]);
    const odd = read({ pool: 'cm' }, { _CONDOR_COLLECTOR_PORT: 'x' });
    assert.ok('type' in odd);
    assert.deepEqual(odd.collectors, [at('cm:9618')]);
  });

  test('with port 0 has the address in the address file of the collector', () => {
    const file = join(folder, 'collector');
    writeFileSync(file, '<127.0.0.1:4711?sock=collector>\n$CondorVersion: 25.14.1 $\n');
    const env = { _CONDOR_COLLECTOR_HOST: '127.0.0.1:0', _CONDOR_COLLECTOR_ADDRESS_FILE: file };
    const found = read({}, env);
    assert.ok('type' in found);
    assert.deepEqual(found.collectors, [at('<127.0.0.1:4711?sock=collector>')]);
    assert.deepEqual(read({ type: 'collector' }, env), {
      kind: 'address',
      addresses: [at('<127.0.0.1:4711?sock=collector>')],
    });
  });

  test('with port 0 is an error without a collector', () => {
    for (const file of [{ _CONDOR_COLLECTOR_ADDRESS_FILE: join(folder, 'missing') }, {}])
      assert.throws(
        () => read({}, { _CONDOR_COLLECTOR_HOST: 'cm:0', ...file }),
        (error: unknown) =>
          error instanceof InputError &&
          /^pool: COLLECTOR_HOST is cm:0, but no collector was found/.test(error.message),
      );
  });

  test('is queried for the daemon name of the configuration', () => {
    const found = read({}, { _CONDOR_COLLECTOR_HOST: 'cm', _CONDOR_SCHEDD_HOST: 'ap40' });
    assert.ok('type' in found);
    assert.equal(found.name, 'ap40');
    const named = read({ pool: 'cm' }, { _CONDOR_SCHEDD_HOST: 'ap40' });
    assert.ok('type' in named);
    assert.equal(named.name, undefined, 'in a pool that was named, the configured one need not be');
  });

  test('is not queried if the configuration has the address of the daemon', () => {
    assert.deepEqual(read({}, { _CONDOR_SCHEDD_HOST: 'ap40:4000' }), { kind: 'address', addresses: [at('ap40:4000')] });
    assert.deepEqual(read({}, { _CONDOR_SCHEDD_HOST: '<192.0.2.1:1?sock=s>' }), {
      kind: 'address',
      addresses: [at('<192.0.2.1:1?sock=s>')],
    });
  });
});

test('any inputs and configuration yield a daemon or a typed error', () => {
  const text = fc.oneof(
    fc.constantFrom('cm', 'cm:9000', '<192.0.2.1:1?sock=s>', 'ci@pool', 'schedd', 'collector', '127.0.0.1:0', '', ' '),
    fc.string({ unit: 'binary' }),
  );
  const words = fc.dictionary(fc.constantFrom('pool', 'name', 'type', 'address'), text);
  const env = fc.dictionary(
    fc.constantFrom('_CONDOR_COLLECTOR_HOST', '_CONDOR_SCHEDD_HOST', '_CONDOR_SCHEDD_NAME', '_CONDOR_COLLECTOR_PORT'),
    text,
  );
  fc.assert(
    fc.property(words, env, fc.boolean(), (said, configured, localFirst) => {
      try {
        const found = read(said, configured, localFirst);
        if (found.kind === 'address') assert.ok(found.addresses.length > 0);
        else assert.ok(found.collectors.length > 0 || found.local !== undefined);
      } catch (error) {
        assert.ok(error instanceof InputError, String(error));
      }
    }),
  );
});
