/** Tests which authentication methods are available with which credentials, and the reasons why the others are not. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type CredentialSources, loadCredentials, type MethodSource } from '../../src/credentials/load.ts';
import { CredentialError } from '../../src/errors.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { notingHost } from '../support/noting-host.ts';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sources-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** A host without any credentials. */
function sources(methods: readonly MethodSource[], facts: Partial<CredentialSources> = {}): CredentialSources {
  return {
    ...{ methods, preference: 'ours', idtoken: { directory: join(folder, 'tokens.d'), named: false } },
    scitoken: { text: undefined, file: undefined, env: {}, uid: undefined },
    ...{ certificate: { given: false, pairs: [] }, anonymousSsl: false },
    trust: {
      ...{ authorities: undefined, files: [], directory: undefined, system: false, certificateFile: undefined },
      knownHosts: join(folder, 'known_hosts'),
      platform: process.platform,
    },
    ...{ password: { text: undefined, file: undefined }, path: '' },
    kerberos: {
      ...{ chosen: true, cache: undefined, keytab: undefined, password: undefined, principal: undefined },
      ...{ service: 'host', env: {}, uid: undefined, platform: process.platform },
    },
    fs: { directory: undefined, uid: undefined, accountIds: undefined, mayBeUnbound: false },
    ...facts,
  };
}

const load = (methods: readonly MethodSource[], facts?: Partial<CredentialSources>) =>
  loadCredentials(sources(methods, facts), notingHost().host);

const ALL: readonly MethodSource[] = ['TOKEN', 'SCITOKENS', 'SSL', 'PASSWORD', 'FS', 'MUNGE', 'KERBEROS'];

describe('Credentials', () => {
  test('are reported by source if none is available', () => {
    assert.throws(
      () => load(ALL),
      (error: unknown) => {
        assert.ok(error instanceof CredentialError);
        assert.equal(error.code, 'ERR_NO_CREDENTIAL');
        assert.equal(
          error.message,
          `no credential was found; IDTOKENS: no IDTOKEN was found; ${join(folder, 'tokens.d')}: it does not exist. ` +
            'SCITOKENS: no SciToken was found: BEARER_TOKEN is not set, and no token was found in any file. ' +
            'SSL: no client certificate was provided, and SSL authenticates no identity without one. ' +
            'PASSWORD: no pool password was provided. FS: the method requires Unix accounts. ' +
            'MUNGE: the program munge was not found in PATH. ' +
            'KERBEROS: this system has no default credential cache',
        );
        return true;
      },
    );
  });

  test('keep their order, and the unavailable ones have reasons', () => {
    const { methods, unavailable, preference } = load(['KERBEROS', 'PASSWORD', 'SSL', 'FS'], {
      ...{ password: { text: new Secret('x'), file: undefined }, preference: 'daemon' },
      fs: { directory: undefined, uid: 1000, accountIds: undefined, mayBeUnbound: false },
    });
    assert.deepEqual(
      methods.map(({ name }) => name),
      ['PASSWORD', 'FS'],
    );
    assert.deepEqual(
      unavailable.map(({ method }) => method),
      ['KERBEROS', 'SSL'],
    );
    assert.equal(preference, 'daemon');
  });

  test('for methods that are not selected are not searched for', () => {
    const { methods } = load(['FS'], {
      fs: { directory: undefined, uid: 1000, accountIds: undefined, mayBeUnbound: false },
    });
    assert.deepEqual(
      methods.map(({ name }) => name),
      ['FS'],
    );
  });

  test('from an input end the run if they are unusable, regardless of what else is available', () => {
    const fs = { directory: undefined, uid: 1000, accountIds: undefined, mayBeUnbound: false };
    for (const facts of [
      { idtoken: { text: new Secret('hunter2') } },
      { password: { text: new Secret(''), file: undefined } },
      { scitoken: { text: new Secret('hunter2'), file: undefined, env: {}, uid: undefined } },
    ])
      assert.throws(
        () => load(['FS', 'TOKEN', 'SCITOKENS', 'PASSWORD'], { ...facts, fs }),
        (error: unknown) => error instanceof CredentialError && error.code === 'ERR_CREDENTIAL_UNREADABLE',
      );
  });

  test('are not required for SSL if only the daemon must authenticate itself', () => {
    const { methods } = load(['SSL'], { anonymousSsl: true });
    assert.deepEqual(
      methods.map(({ name, sources }) => [name, sources]),
      [['SSL', ['no certificate']]],
    );
  });

  for (const method of ['NTSSPI', 'FS_REMOTE', 'GSI'] as const) {
    test(`for ${method} are not supported`, () =>
      assert.throws(() => load([method]), new RegExp(`${method}: the method is not supported`)));
  }
});
