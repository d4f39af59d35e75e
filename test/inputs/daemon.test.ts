/**
 * Tests which daemon is selected if HTCondor is configured: this host's daemon, the pool's, or the one at the end of a
 * tunnel.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '../../src/errors.ts';
import { readDaemon } from '../../src/inputs/daemon.ts';
import { parseAddress, type Sinful } from '../../src/transport/sinful.ts';
import type { Words } from '../support/clients/method-clients.ts';
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
    ['is used if nothing is specified', {}, {}, false, 'ap.example.org'],
    ['is used if the name is that of its host', { name: 'ap.example.org' }, {}, false, 'ap.example.org'],
    ['is not used if another name is specified', { name: 'other.example.org', pool: 'cm' }, {}, false, undefined],
    ['is not used if a pool is specified', { pool: 'cm' }, {}, false, undefined],
    ['is used by the command if a pool is specified', { pool: 'cm' }, {}, true, 'ap.example.org'],
    [
      'is not used by the command if a pool and a name are specified',
      { pool: 'cm', name: 'ap.example.org' },
      {},
      true,
      undefined,
    ],
    [
      'has a configured name, to which its host is appended',
      {},
      { _CONDOR_SCHEDD_NAME: 'ci' },
      false,
      'ci@ap.example.org',
    ],
    ['has a configured name that is already complete', {}, { _CONDOR_SCHEDD_NAME: 'ci@pool' }, false, 'ci@pool'],
    ['has the name of its host', {}, { _CONDOR_SCHEDD_NAME: 'ap.example.org' }, false, 'ap.example.org'],
    ['is used if SCHEDD_HOST names it', {}, { _CONDOR_SCHEDD_HOST: 'ap.example.org' }, false, 'ap.example.org'],
    [
      'is not used if SCHEDD_HOST names another one',
      {},
      { _CONDOR_SCHEDD_HOST: 'x', _CONDOR_COLLECTOR_HOST: 'cm' },
      false,
      undefined,
    ],
    ['is not used for another type', { type: 'credd' }, { _CONDOR_COLLECTOR_HOST: 'cm' }, false, undefined],
    [
      'is not the negotiator',
      { type: 'negotiator' },
      { _CONDOR_COLLECTOR_HOST: 'cm', _CONDOR_NEGOTIATOR_ADDRESS_FILE: '/x' },
      false,
      undefined,
    ],
  ];
  for (const [what, words, env, localFirst, name] of cases) {
    test(what, () => {
      const found = read(words, { ...HERE, ...env }, localFirst);
      assert.ok('type' in found);
      assert.deepEqual(found.local, name === undefined ? undefined : { ...LOCAL, name });
    });
  }

  test('is found through either of its two files', () => {
    const found = read({}, { _CONDOR_SCHEDD_ADDRESS_FILE: '/a' });
    assert.ok('type' in found);
    assert.deepEqual(found.local, { name: '', adFile: undefined, addressFile: '/a' });
  });

  test('takes precedence over the pool', () => {
    const found = read({}, { ...HERE, _CONDOR_COLLECTOR_HOST: 'cm1, cm2:9000' });
    assert.ok('type' in found);
    assert.deepEqual(found.collectors, [at('cm1'), at('cm2:9000')]);
  });
});

describe('The pool in the configuration', () => {
  test('has COLLECTOR_PORT as the default port', () => {
    const found = read({}, { _CONDOR_COLLECTOR_HOST: 'cm', _CONDOR_COLLECTOR_PORT: '9000' });
    assert.ok('type' in found);
    assert.deepEqual(found.collectors, [at('cm:9000')]);
    const odd = read({ pool: 'cm' }, { _CONDOR_COLLECTOR_PORT: 'x' });
    assert.ok('type' in odd);
    assert.deepEqual(odd.collectors, [at('cm:9618')]);
  });

  test('with port 0 has the address in the collector’s address file', () => {
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

  test('with port 0 causes an error if there is no collector', () => {
    for (const file of [{ _CONDOR_COLLECTOR_ADDRESS_FILE: join(folder, 'missing') }, {}])
      assert.throws(
        () => read({}, { _CONDOR_COLLECTOR_HOST: 'cm:0', ...file }),
        (error: unknown) =>
          error instanceof InputError &&
          /^pool: COLLECTOR_HOST is cm:0, but no collector was found/.test(error.message),
      );
  });

  test('is queried for the daemon name in the configuration', () => {
    const found = read({}, { _CONDOR_COLLECTOR_HOST: 'cm', _CONDOR_SCHEDD_HOST: 'ap40' });
    assert.ok('type' in found);
    assert.equal(found.name, 'ap40');
    const named = read({ pool: 'cm' }, { _CONDOR_SCHEDD_HOST: 'ap40' });
    assert.ok('type' in named);
    assert.equal(named.name, undefined, 'the configured name does not apply to a pool that the user named');
  });

  test('is not queried if the configuration contains the daemon’s address', () => {
    assert.deepEqual(read({}, { _CONDOR_SCHEDD_HOST: 'ap40:4000' }), { kind: 'address', addresses: [at('ap40:4000')] });
    assert.deepEqual(read({}, { _CONDOR_SCHEDD_HOST: '<192.0.2.1:1?sock=s>' }), {
      kind: 'address',
      addresses: [at('<192.0.2.1:1?sock=s>')],
    });
  });
});

test('any inputs and configuration result in a daemon or a typed error', () => {
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
