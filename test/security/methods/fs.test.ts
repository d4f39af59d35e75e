/**
 * Tests FS: which directories the client creates or refuses to create, and that it removes the directories that it
 * created.
 */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MethodRefused, type Peer } from '../../../src/security/method.ts';
import { fs } from '../../../src/security/methods/fs.ts';
import type { ServerPolicy } from '../../../src/security/policy.ts';
import { parseVersion } from '../../../src/security/version.ts';
import { Reader } from '../../../src/wire/reader.ts';
import { assertRefused, by, clients, outside } from '../../support/clients/fs-client.ts';
import { ABSENT } from '../../support/clients/method-clients.ts';
import type { FsSettings } from '../../support/embedded-pool/fs.ts';
import type { Ad } from '../../support/embedded-pool/settings.ts';
import { withPool } from '../../support/embedded-pool/with-pool.ts';
import { advised } from '../../support/errors/advice.ts';
import { instead } from '../../support/faults/broken-messages.ts';
import { bytesOf, ScriptedChannel } from '../../support/scripted-channel.ts';

describe('FS', { skip: ABSENT.FS ?? false }, () => {
  for (const binding of ['none', 'ours', 'theirs'] as const) {
    test(`with a name that is bound to ${binding === 'none' ? 'nothing' : `${binding}, to the address`}`, async () => {
      let seen: { mode: number; entries: readonly string[] } | undefined;
      const whenMade = (path: string) => {
        seen = { mode: lstatSync(path).mode & 0o7777, entries: readdirSync(clients.tmp) };
      };
      const { fetched, error, log } = await by({ binding, whenMade }, binding === 'none' ? { version: '23.9.6' } : {});
      assert.equal(fetched?.token.subject, `${clients.account}@pool.test`, `${error}\n${log.join('\n')}`);
      assert.equal(seen?.mode, 0o700);
      const shape = {
        none: /^FS_[a-z]+$/,
        ours: /^FS_127\.0\.0\.1_\d+_[a-z]+$/,
        theirs: /_127\.0\.0\.1:\d+\?sock=schedd_0$/,
      };
      assert.match(seen?.entries.join() ?? '', shape[binding]);
    });
  }

  test('creates a private directory regardless of the umask', async () => {
    for (const mask of [0, 0o777]) {
      const old = process.umask(mask);
      try {
        assert.equal((await by({})).error, undefined);
      } finally {
        process.umask(old);
      }
    }
  });

  test('encloses an IPv6 address in brackets', async () => {
    for (const binding of ['ours', 'theirs'] as const) {
      const { fetched, error, log } = await by({ binding }, { host: '::1' });
      assert.equal(fetched?.token.subject, `${clients.account}@pool.test`, `${error}\n${log.join('\n')}`);
    }
  });

  test('works with releases before 24 and later ones', async () => {
    for (const version of ['23.9.6', '24.0.1', '25.14.1']) {
      assert.equal((await by({}, { version })).error, undefined, version);
    }
  });

  test('works with a collector, which has no socket name', () =>
    withPool(clients.pool(), async (pool) => {
      const words = { ...clients.inputsFor('FS', pool), pool: pool.collector, type: 'collector' };
      const { fetched, error } = await clients.try(pool, words);
      assert.equal(fetched?.token.subject, `${clients.account}@pool.test`, String(error));
    }));
});

describe('FS as root', {
  skip: ABSENT.FS ?? (process.getuid?.() === 0 ? false : 'changing the owner of a directory requires root'),
}, () => {
  test('changes the owner of the directory to HTCondor’s account', () => {
    chmodSync(clients.tmp, 0o1777);
    const accounts = new Map([[65534, 'condor']]);
    return withPool(clients.pool({ fs: { directory: clients.tmp, accounts } }), async (pool) => {
      const options = { env: { _CONDOR_CONDOR_IDS: '65534.65534' }, facts: { uid: 0 } };
      const { fetched, error } = await clients.try(pool, clients.inputsFor('FS', pool), options);
      assert.equal(fetched?.token.subject, 'condor@pool.test', `${error}\n${pool.log.join('\n')}`);
    });
  });

  test('creates the directory behind a symbolic link that root owns, such as /tmp on macOS', () => {
    const link = join(clients.folder, 'system');
    symlinkSync(clients.tmp, link);
    return withPool(clients.pool({ fs: { directory: link } }), async (pool) => {
      const { fetched, error } = await clients.try(pool, clients.inputsFor('FS', pool), {
        env: { _CONDOR_FS_LOCAL_DIR: link },
      });
      assert.equal(fetched?.token.subject, `${clients.account}@pool.test`, `${error}\n${pool.log.join('\n')}`);
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
    test(`is not tried with the address ${JSON.stringify(address)}`, () => {
      const { usable, rejected } = method.candidatesFor(policy, peer(address));
      assert.deepEqual(usable, []);
      assert.deepEqual(rejected, [{ label: 'this account', reason: `${address} is another host` }]);
      assert.equal(method.guessed(peer(address)), undefined);
    });
  }
  for (const address of ['127.0.0.1', '127.1.2.3', '::1']) {
    test(`is tried with the local address ${address}`, () => {
      assert.equal(method.candidatesFor(policy, peer(address)).usable.length, 1);
      assert.equal(method.guessed(peer(address))?.label, 'this account');
    });
  }
});

describe('FS creates no directory', { skip: ABSENT.FS ?? false }, () => {
  const NONE = /FS: this account: the daemon requested the directory .*, which is not an FS directory/;
  const OTHER = /FS: this account: the daemon requested .*, which is bound to an address other than 127\.0\.0\.1:\d+/;

  const paths: readonly [string, (path: string) => string, RegExp][] = [
    ['in another place, by an absolute path', (path) => path.replace(clients.tmp, outside), NONE],
    ['in the home directory', (path) => path.replace(clients.tmp, clients.folder), NONE],
    ['in the root directory', (path) => `/${basename(path)}`, NONE],
    ['in the right place, by a relative path', (path) => basename(path), NONE],
    ['outside its parent, through ..', (path) => path.replace('/FS_', '/../outside/FS_'), NONE],
    ['outside its parent, through .. after its name', (path) => `${path.slice(0, -1)}/../../outside/FS_x`, NONE],
    ['inside its parent, through ..', (path) => path.replace('/tmp/', '/tmp/../tmp/'), NONE],
    ['through .', (path) => path.replace('/tmp/', '/tmp/./'), NONE],
    ['with two slashes in its path', (path) => path.replace('/FS_', '//FS_'), NONE],
    ['with a slash at the end', (path) => `${path.slice(0, -1)}/`, NONE],
    ['below a new directory', (path) => path.replace('/FS_', '/FS_x/FS_'), NONE],
    ['with another name', (path) => path.replace('/FS_', '/X_'), NONE],
    ['for FS_REMOTE, with a dot in its name', (path) => path.replace('/FS_', '/.FS_'), NONE],
    ['that is the parent', () => clients.tmp, NONE],
    ['that has no name', () => `${clients.tmp}/FS_`, NONE],
    ['with a newline in its name', (path) => path.replace('/FS_', '/FS_\n'), NONE],
    ['with a blank in its name', (path) => path.replace('/FS_', '/FS_ '), NONE],
    ['with shell code in its name', (path) => path.replace('/FS_', '/FS_$(id)'), NONE],
    ['with a letter that resembles another one', (path) => path.replace('/FS_', '/FS_ä'), NONE],
    ['without any path', () => '', /the daemon could not choose a directory/],
    ['with a name that is too long', (path) => `${path.slice(0, -1)}${'x'.repeat(300)}`, NONE],
    [
      'with a path that is too long',
      (path) => `${path.slice(0, -1)}${'x'.repeat(3000)}`,
      /requested a directory name of \d+ characters/,
    ],
    ['whose name hides the address of another daemon at its end', (path) => `${path}127.0.0.1:1`, NONE],
    ['whose name hides the address of another daemon before _', (path) => `${path}127.0.0.1:1_`, NONE],
    ['whose name hides a socket of the shared port', (path) => `${path}127.0.0.1:1?sock=schedd`, NONE],
    ['whose name hides an address after letters', (path) => path.replace(/_(\w+)_$/, '_$1_x'), NONE],
  ];
  for (const [what, ask, reason] of paths) {
    test(what, async () => {
      const tried = await by({ ask });
      assertRefused(tried, reason);
      assert.ok(
        tried.log.some((line) => line.startsWith('FS: the client says -1 of ')),
        tried.log.join('\n'),
      );
    });
  }

  const bound: readonly [string, (path: string) => string][] = [
    ['another address', (path) => path.replace('127.0.0.1', '127.0.0.2')],
    ['another port', (path) => path.replace(/_(\d+)_/, '_1_')],
    ['a prefix of the address', (path) => path.replace('127.0.0.1', '127.0.0')],
    ['an address that begins with the right one', (path) => path.replace('127.0.0.1', '127.0.0.11')],
    ['a port that begins with the right one', (path) => path.replace(/_(\d+)_/, '_$10_')],
    ['an IPv6 address', (path) => path.replace('127.0.0.1', '::1')],
  ];
  for (const [what, ask] of bound) {
    test(`bound to ${what}`, async () => assertRefused(await by({ binding: 'ours', ask }), OTHER));
  }

  test('not bound to any address, unless FS is selected or the configuration allows it', async () => {
    const settings: Partial<FsSettings> = { binding: 'none' };
    const configured = { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'FS' };
    await withPool(clients.pool({ version: '23.9.6', fs: { directory: clients.tmp, ...settings } }), async (pool) => {
      assertRefused(
        await clients.try(pool, {}, { env: configured }),
        /which is not bound to its address: FS before HTCondor 24\.0\.22, 25\.0\.12 and 25\.11\.1/,
      );
      const allowed = { ...configured, _CONDOR_SEC_FS_ENFORCE_CHANNEL_BINDING: 'False' };
      assert.equal((await clients.try(pool, {}, { env: allowed })).error, undefined);
      assert.equal((await clients.try(pool, clients.inputsFor('FS', pool))).error, undefined);
    });
    for (const binding of ['ours', 'theirs'] as const)
      await withPool(clients.pool({ fs: { directory: clients.tmp, binding } }), async (pool) =>
        assert.equal((await clients.try(pool, {}, { env: configured })).error, undefined),
      );
  });

  for (const version of ['24.0.22', '24.12.22', '25.0.12', '25.11.1', '25.14.1', '26.0.0', '27.3.1']) {
    test(`not bound to any address, for a daemon that runs HTCondor ${version}, although FS is selected`, async () => {
      const reason = new RegExp(
        `it announces HTCondor ${version.replaceAll('.', '\\.')}, which binds it: it may be a relay`,
      );
      const tried = await by({ binding: 'none' }, { version });
      assertRefused(tried, reason);
      if (version === '25.14.1') advised('which binds it: it may be a relay')(tried.error);
    });
  }

  test('not bound to any address, for a daemon that announces no version, although FS is selected', async () => {
    const edit = { policy: (ad: Ad) => ({ ...ad, RemoteVersion: undefined }) };
    assertRefused(await by({ binding: 'none' }, { edit }), /it announces no version: it may be a relay/);
  });

  for (const version of [
    '8.9.13',
    '10.0.9',
    '23.10.29',
    '24.0.21',
    '24.11.2',
    '24.12.21',
    '25.0.11',
    '25.10.1',
    '25.11.0',
  ]) {
    test(`without an address in its name, unless FS is selected and the daemon is HTCondor ${version}`, async () => {
      const { error, fetched } = await by({ binding: 'none' }, { version });
      assert.equal(fetched?.authenticationMethod, 'FS', String(error));
    });
  }

  test('whose name already exists', async () => {
    const made: string[] = [];
    const version = '23.9.6';
    const make = (path: string) => {
      mkdirSync(path, 0o700);
      made.push(path);
      return path;
    };
    assertRefused(await by({ binding: 'none', ask: make }, { version }), /could not be created: it already exists/);
    for (const path of made) rmdirSync(path); // the directory still exists, because the client did not create it
    assert.equal(made.length, 1);
  });

  test('whose name is a symbolic link, either dangling or to a directory', async () => {
    for (const target of [outside, join(outside, 'nothing')]) {
      const links: string[] = [];
      const link = (path: string) => {
        symlinkSync(target, path);
        links.push(path);
        return path;
      };
      assertRefused(
        await by({ binding: 'none', ask: link }, { version: '23.9.6' }),
        /could not be created: it already exists/,
      );
      for (const path of links) {
        assert.ok(lstatSync(path).isSymbolicLink());
        unlinkSync(path);
      }
    }
  });

  test('whose name is a file', async () => {
    const put = (path: string) => {
      writeFileSync(path, 'mine');
      return path;
    };
    const tried = await by({ binding: 'none', ask: put }, { version: '23.9.6' });
    assertRefused(tried, /could not be created: it already exists/);
    for (const name of readdirSync(clients.tmp)) unlinkSync(join(clients.tmp, name));
  });

  test('whose parent is a symbolic link that another account owns', async () => {
    const link = join(clients.folder, 'link');
    symlinkSync(outside, link);
    // The client would treat a link that root owns as part of the system.
    if (process.getuid?.() === 0) lchownSync(link, 65534, 65534);
    try {
      await withPool(clients.pool({ fs: { directory: link } }), async (pool) => {
        const env = { _CONDOR_FS_LOCAL_DIR: link };
        assertRefused(
          await clients.try(pool, clients.inputsFor('FS', pool), { env }),
          /link is a symbolic link that root does not own/,
        );
      });
    } finally {
      unlinkSync(link);
    }
  });

  test('whose parent is a file or does not exist', async () => {
    for (const directory of [clients.file('plain', ''), join(clients.folder, 'missing')]) {
      await withPool(clients.pool({ fs: { directory } }), async (pool) => {
        const env = { _CONDOR_FS_LOCAL_DIR: directory };
        assertRefused(
          await clients.try(pool, clients.inputsFor('FS', pool), { env }),
          /could not be created: (a part of the path is not a directory|it does not exist)/,
        );
      });
    }
  });

  test('in a daemon’s FS_LOCAL_DIR that differs from the client’s', () =>
    withPool(clients.pool(), async (pool) => {
      const env = { _CONDOR_FS_LOCAL_DIR: outside };
      assertRefused(await clients.try(pool, clients.inputsFor('FS', pool), { env }), NONE);
    }));
});

async function answerTo(
  wanted: string,
  parent: string,
): Promise<{ said: number; extension: string; refused: boolean }> {
  const peer: Peer = { address: '127.0.0.1', port: 9618, sharedPortId: 's', serverName: undefined };
  const candidate = fs({ parents: [parent], owner: undefined, mayBeUnbound: true }).guessed(peer);
  const channel = new ScriptedChannel([bytesOf((m) => m.string(wanted)), bytesOf((m) => m.int(-1))]);
  const refused = await candidate
    ?.finish(channel, { version: parseVersion('$CondorVersion: 23.9.6 $') } as ServerPolicy, true)
    .then(
      () => false,
      (error: unknown) => error instanceof MethodRefused,
    );
  const message = new Reader(channel.sent[0] ?? new Uint8Array());
  const said = message.int();
  return { said, extension: message.remaining > 0 ? message.string() : '', refused: refused === true };
}

describe('Whatever a daemon requests', { skip: ABSENT.FS ?? false }, () => {
  test('FS creates only a directory in its parent, and leaves none behind', async () => {
    const word = fc.oneof(
      fc.constantFrom('/FS_', '/', '..', '.', 'FS_', '_', '127.0.0.1', '_9618_', 'XXXabcdef', 'tmp', '\n', ' ', 'ä'),
      fc.string({ maxLength: 8 }).map((text) => text.replaceAll('\0', '')),
    );
    const path = fc.array(word, { maxLength: 8 }).map((words) => words.join(''));
    await fc.assert(
      fc.asyncProperty(fc.boolean(), path, async (below, text) => {
        const wanted = below ? `${clients.tmp}/${text}` : text;
        const { said, extension, refused } = await answerTo(wanted, clients.tmp);
        assert.ok(refused);
        if (said !== 0) return assert.equal(extension, '');
        assert.equal(extension, wanted.endsWith('_') ? '127.0.0.1:9618?sock=s' : '');
        assert.match(wanted.slice(clients.tmp.length), /^\/FS_([0-9A-Fa-f.:]+_\d+_)?[A-Za-z0-9]{6,16}_?$/);
        assert.deepEqual(readdirSync(clients.tmp), []);
      }),
      { numRuns: 300 },
    );
  });
});

describe('The directory of FS is removed', { skip: ABSENT.FS ?? false }, () => {
  test('if the daemon rejects it', async () => {
    const { error } = await by({}, { faults: { 'directory verdict': instead((m) => m.int(-1)) } });
    assertRefused({ error }, /the daemon could not verify the owner of .*: it sees a different file system/);
  });

  for (const fault of ['close', 'reset'] as const) {
    test(`if the daemon closes the connection (${fault})`, async () => {
      const { error } = await by({}, { faults: { 'directory verdict': fault } });
      assert.equal((error as { code?: string }).code, 'ERR_CLOSED');
    });
  }

  test('if the daemon sends another message', async () => {
    const { error } = await by({}, { faults: { 'directory verdict': instead((m) => m.string('yes')) } });
    assert.equal((error as { code?: string }).code, 'ERR_MESSAGE');
  });

  test('if the run is aborted', () =>
    withPool(clients.pool({ faults: { 'directory verdict': 'silence' } }), async (pool) => {
      const controller = new AbortController();
      const trying = clients.try(pool, clients.inputsFor('FS', pool), { signal: controller.signal });
      await pool.logged(/^FS: the client says 0 of /);
      assert.equal(readdirSync(clients.tmp).length, 1, 'the directory exists while the daemon checks it');
      controller.abort();
      const { error } = await trying;
      assert.equal((error as { code?: string }).code, 'ERR_TIMEOUT');
      assert.deepEqual(readdirSync(clients.tmp), []);
    }));

  test('without an error if another account has already removed it', async () => {
    const { error } = await by({ whenMade: (path) => rmdirSync(path) });
    assertRefused({ error }, /could not verify the owner of /);
  });

  test('or left in place, without an error, if another account has replaced it', async () => {
    const { error } = await by({
      whenMade: (path) => {
        rmdirSync(path);
        writeFileSync(path, '');
      },
    });
    assertRefused({ error }, /could not verify the owner of /);
    for (const name of readdirSync(clients.tmp)) unlinkSync(join(clients.tmp, name));
  });

  test('before the next message', async () => {
    let path = '';
    const faults = {
      'key exchange': (frame: Uint8Array) => {
        assert.ok(path !== '');
        return frame;
      },
    };
    const whenMade = (made: string) => {
      path = made;
    };
    assert.equal((await by({ whenMade }, { faults })).error, undefined);
    assert.ok(!existsSync(path));
  });
});
