/** FS: the directory that the client creates for a daemon: every form, every account, and only on this host. */
import assert from 'node:assert/strict';
import { chmodSync, lstatSync, readdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Peer } from '../../../src/security/method.ts';
import { fs } from '../../../src/security/methods/fs.ts';
import type { ServerPolicy } from '../../../src/security/policy.ts';
import { withPool } from '../../support/embedded-fetch.ts';
import { by, ways } from '../../support/fs-ways.ts';
import { ABSENT } from '../../support/ways.ts';

describe('FS', { skip: ABSENT.FS ?? false }, () => {
  for (const binding of ['none', 'ours', 'theirs'] as const) {
    test(`with a name that is bound to ${binding === 'none' ? 'nothing' : `${binding}, to the address`}`, async () => {
      let seen: { mode: number; entries: readonly string[] } | undefined;
      const whenMade = (path: string) => {
        seen = { mode: lstatSync(path).mode & 0o7777, entries: readdirSync(ways.tmp) };
      };
      const { fetched, error, log } = await by({ binding, whenMade }, binding === 'none' ? { version: '23.9.6' } : {});
      assert.equal(fetched?.token.subject, `${ways.account}@pool.test`, `${error}\n${log.join('\n')}`);
      assert.equal(seen?.mode, 0o700);
      const shape = {
        none: /^FS_[a-z]+$/,
        ours: /^FS_127\.0\.0\.1_\d+_[a-z]+$/,
        theirs: /_127\.0\.0\.1:\d+\?sock=schedd_0$/,
      };
      assert.match(seen?.entries.join() ?? '', shape[binding]);
    });
  }

  test('creates a private directory whatever the umask', async () => {
    for (const mask of [0, 0o777]) {
      const old = process.umask(mask);
      try {
        assert.equal((await by({})).error, undefined);
      } finally {
        process.umask(old);
      }
    }
  });

  test('puts an IPv6 address in brackets', async () => {
    for (const binding of ['ours', 'theirs'] as const) {
      const { fetched, error, log } = await by({ binding }, { host: '::1' });
      assert.equal(fetched?.token.subject, `${ways.account}@pool.test`, `${error}\n${log.join('\n')}`);
    }
  });

  test('works with releases before 24 and since', async () => {
    for (const version of ['23.9.6', '24.0.1', '25.14.1']) {
      assert.equal((await by({}, { version })).error, undefined, version);
    }
  });

  test('works with a collector, which has no socket name', () =>
    withPool(ways.pool(), async (pool) => {
      const words = { ...ways.words('FS', pool), pool: pool.collector, type: 'collector' };
      const { fetched, error } = await ways.try(pool, words);
      assert.equal(fetched?.token.subject, `${ways.account}@pool.test`, String(error));
    }));
});

describe('FS as root', {
  skip: ABSENT.FS ?? (process.getuid?.() === 0 ? false : 'giving a directory away needs root'),
}, () => {
  test('changes the owner of the directory to the account of HTCondor', () => {
    chmodSync(ways.tmp, 0o1777);
    const accounts = new Map([[65534, 'condor']]);
    return withPool(ways.pool({ fs: { directory: ways.tmp, accounts } }), async (pool) => {
      const options = { env: { _CONDOR_CONDOR_IDS: '65534.65534' }, facts: { uid: 0 } };
      const { fetched, error } = await ways.try(pool, ways.words('FS', pool), options);
      assert.equal(fetched?.token.subject, 'condor@pool.test', `${error}\n${pool.log.join('\n')}`);
    });
  });

  test('creates it behind a symbolic link of root, such as /tmp of macOS', () => {
    const link = join(ways.folder, 'system');
    symlinkSync(ways.tmp, link);
    return withPool(ways.pool({ fs: { directory: link } }), async (pool) => {
      const { fetched, error } = await ways.try(pool, ways.words('FS', pool), { env: { _CONDOR_FS_LOCAL_DIR: link } });
      assert.equal(fetched?.token.subject, `${ways.account}@pool.test`, `${error}\n${pool.log.join('\n')}`);
    }).finally(() => unlinkSync(link));
  });
});

describe('FS with a daemon on another host', () => {
  const peer = (address: string): Peer => ({ address, port: 9618, sharedPortId: undefined, serverName: undefined });
  const policy: ServerPolicy = {
    ...{ methods: ['FS'], ecdhPublicKey: '', trustDomain: '', issuerKeys: [], remoteVersion: '' },
  };
  const method = fs({ parents: ['/tmp'], owner: undefined, mayBeUnbound: true });

  for (const address of ['192.0.2.1', '2001:db8::1', '128.0.0.1', '::2', '']) {
    test(`is not tried at ${JSON.stringify(address)}`, () => {
      const { usable, rejected } = method.candidatesFor(policy, peer(address));
      assert.deepEqual(usable, []);
      assert.deepEqual(rejected, [{ label: 'this account', reason: `${address} is another host` }]);
      assert.equal(method.guessed(peer(address)), undefined);
    });
  }
  for (const address of ['127.0.0.1', '127.1.2.3', '::1']) {
    test(`is tried at the local address ${address}`, () => {
      assert.equal(method.candidatesFor(policy, peer(address)).usable.length, 1);
      assert.equal(method.guessed(peer(address))?.label, 'this account');
    });
  }
});
