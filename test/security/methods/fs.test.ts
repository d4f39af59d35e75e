/** FS: the directory that a daemon may have us make, all those that it may not, and that none is ever left behind. */
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
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { AuthenticationError } from '../../../src/errors.ts';
import { MethodRefused, type Peer } from '../../../src/security/method.ts';
import { fs } from '../../../src/security/methods/fs.ts';
import type { ServerPolicy } from '../../../src/security/policy.ts';
import { Reader } from '../../../src/wire/reader.ts';
import { instead } from '../../support/broken-messages.ts';
import { withPool } from '../../support/embedded-fetch.ts';
import type { FsSettings } from '../../support/embedded-pool/fs.ts';
import type { EmbeddedPoolOptions } from '../../support/embedded-pool/settings.ts';
import { bytesOf, ScriptedChannel } from '../../support/scripted-channel.ts';
import { ABSENT, type Tried, Ways } from '../../support/ways.ts';

let ways: Ways;
let outside: string;

before(async () => {
  ways = await Ways.create();
});
after(() => ways?.close());
beforeEach(() => {
  outside = join(ways.folder, 'outside');
  mkdirSync(outside);
});
afterEach(() => {
  rmdirSync(outside); // fails if anything was made there
  assert.deepEqual(readdirSync(ways.tmp), [], 'a directory is left');
});

/** Tries FS, and nothing else, at a daemon with these settings. */
function by(settings: Partial<FsSettings>, options: EmbeddedPoolOptions = {}): Promise<Tried & { log: string[] }> {
  return withPool(ways.pool({ fs: { directory: ways.tmp, ...settings }, ...options }), async (pool) => {
    const tried = await ways.try(pool, ways.words('FS', pool));
    return { ...tried, log: pool.log };
  });
}

function assertRefused({ error }: { error: unknown }, reason: RegExp): void {
  assert.ok(error instanceof AuthenticationError, error instanceof Error ? error.stack : String(error));
  assert.equal(error.code, 'ERR_METHODS_EXHAUSTED');
  assert.match(error.attempts.map((each) => `${each.method}: ${each.reason}`).join('\n'), reason);
}

describe('FS', { skip: ABSENT.FS ?? false }, () => {
  for (const binding of ['none', 'ours', 'theirs'] as const) {
    test(`with a name that is bound to ${binding === 'none' ? 'nothing' : `${binding}, to the address`}`, async () => {
      let seen: { mode: number; entries: readonly string[] } | undefined;
      const whenMade = (path: string) => {
        seen = { mode: lstatSync(path).mode & 0o7777, entries: readdirSync(ways.tmp) };
      };
      const { fetched, error, log } = await by({ binding, whenMade });
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

  test('makes its directory private whatever the umask is', async () => {
    for (const mask of [0, 0o777]) {
      const old = process.umask(mask);
      try {
        assert.equal((await by({})).error, undefined);
      } finally {
        process.umask(old);
      }
    }
  });

  test('on IPv6, with our view of the address in brackets', async () => {
    for (const binding of ['ours', 'theirs'] as const) {
      const { fetched, error, log } = await by({ binding }, { host: '::1' });
      assert.equal(fetched?.token.subject, `${ways.account}@pool.test`, `${error}\n${log.join('\n')}`);
    }
  });

  test('of releases before 24 and since', async () => {
    for (const version of ['23.9.6', '24.0.1', '25.14.1']) {
      assert.equal((await by({}, { version })).error, undefined, version);
    }
  });

  test('at the collector, which has no socket name', () =>
    withPool(ways.pool(), async (pool) => {
      const words = { ...ways.words('FS', pool), pool: pool.collector, type: 'collector' };
      const { fetched, error } = await ways.try(pool, words);
      assert.equal(fetched?.token.subject, `${ways.account}@pool.test`, String(error));
    }));
});

describe('a directory that FS does not make', { skip: ABSENT.FS ?? false }, () => {
  const NONE = /FS: this account: the daemon asks for the directory .*, which is none of FS/;
  const OTHER = /FS: this account: the daemon asks for .*, which is bound to another address than 127\.0\.0\.1:\d+/;

  const paths: readonly [string, (path: string) => string, RegExp][] = [
    ['elsewhere, by an absolute path', (path) => path.replace(ways.tmp, outside), NONE],
    ['in the home directory', (path) => path.replace(ways.tmp, ways.folder), NONE],
    ['in the root', (path) => `/${basename(path)}`, NONE],
    ['here, by a path without its start', (path) => basename(path), NONE],
    ['outside by ..', (path) => path.replace('/FS_', '/../outside/FS_'), NONE],
    ['outside by .. behind its name', (path) => `${path.slice(0, -1)}/../../outside/FS_x`, NONE],
    ['inside by ..', (path) => path.replace('/tmp/', '/tmp/../tmp/'), NONE],
    ['by .', (path) => path.replace('/tmp/', '/tmp/./'), NONE],
    ['by two slashes', (path) => path.replace('/FS_', '//FS_'), NONE],
    ['with a slash at the end', (path) => `${path.slice(0, -1)}/`, NONE],
    ['below a directory of its own', (path) => path.replace('/FS_', '/FS_x/FS_'), NONE],
    ['of another name', (path) => path.replace('/FS_', '/X_'), NONE],
    ['of FS_REMOTE, with a dot in its name', (path) => path.replace('/FS_', '/.FS_'), NONE],
    ['that is the parent', () => ways.tmp, NONE],
    ['that has no name', () => `${ways.tmp}/FS_`, NONE],
    ['with a newline in its name', (path) => path.replace('/FS_', '/FS_\n'), NONE],
    ['with a blank in its name', (path) => path.replace('/FS_', '/FS_ '), NONE],
    ['with shell in its name', (path) => path.replace('/FS_', '/FS_$(id)'), NONE],
    ['with a letter that looks like another', (path) => path.replace('/FS_', '/FS_ä'), NONE],
    ['without any path', () => '', /the daemon could not choose a directory/],
    ['with a name too long', (path) => `${path.slice(0, -1)}${'x'.repeat(300)}`, /could not be made: ENAMETOOLONG/],
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
    ['an address that ours begins with', (path) => path.replace('127.0.0.1', '127.0.0')],
    ['an address that begins with ours', (path) => path.replace('127.0.0.1', '127.0.0.11')],
    ['a port that begins with ours', (path) => path.replace(/_(\d+)_/, '_$10_')],
    ['an IPv6 address', (path) => path.replace('127.0.0.1', '::1')],
  ];
  for (const [what, ask] of bound) {
    test(`bound to ${what}`, async () => assertRefused(await by({ binding: 'ours', ask }), OTHER));
  }

  test('not bound to any address, unless FS is named or the configuration allows it', async () => {
    const settings: Partial<FsSettings> = { binding: 'none' };
    const configured = { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'FS' };
    await withPool(ways.pool({ fs: { directory: ways.tmp, ...settings } }), async (pool) => {
      assertRefused(
        await ways.try(pool, {}, { env: configured }),
        /which is not bound to its address: FS before HTCondor 24/,
      );
      const allowed = { ...configured, _CONDOR_SEC_FS_ENFORCE_CHANNEL_BINDING: 'False' };
      assert.equal((await ways.try(pool, {}, { env: allowed })).error, undefined);
      assert.equal((await ways.try(pool, ways.words('FS', pool))).error, undefined);
    });
    for (const binding of ['ours', 'theirs'] as const)
      await withPool(ways.pool({ fs: { directory: ways.tmp, binding } }), async (pool) =>
        assert.equal((await ways.try(pool, {}, { env: configured })).error, undefined),
      );
  });

  test('whose name is there already', async () => {
    const made: string[] = [];
    const make = (path: string) => {
      mkdirSync(path, 0o700);
      made.push(path);
      return path;
    };
    assertRefused(await by({ binding: 'none', ask: make }), /could not be made: EEXIST/);
    for (const path of made) rmdirSync(path); // it is still there: it was not ours to remove
    assert.equal(made.length, 1);
  });

  test('whose name is a symbolic link, to a directory or to nothing', async () => {
    for (const target of [outside, join(outside, 'nothing')]) {
      const links: string[] = [];
      const link = (path: string) => {
        symlinkSync(target, path);
        links.push(path);
        return path;
      };
      assertRefused(await by({ binding: 'none', ask: link }), /could not be made: EEXIST/);
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
    const tried = await by({ binding: 'none', ask: put });
    assertRefused(tried, /could not be made: EEXIST/);
    for (const name of readdirSync(ways.tmp)) unlinkSync(join(ways.tmp, name));
  });

  test('whose parent is a symbolic link of somebody', async () => {
    const link = join(ways.folder, 'link');
    symlinkSync(outside, link);
    if (process.getuid?.() === 0) lchownSync(link, 65534, 65534); // one of root's is the system's own
    try {
      await withPool(ways.pool({ fs: { directory: link } }), async (pool) => {
        const env = { _CONDOR_FS_LOCAL_DIR: link };
        assertRefused(
          await ways.try(pool, ways.words('FS', pool), { env }),
          /link is a symbolic link, and not the system's own/,
        );
      });
    } finally {
      unlinkSync(link);
    }
  });

  test('whose parent is a file, or is not there', async () => {
    for (const directory of [ways.file('plain', ''), join(ways.folder, 'missing')]) {
      await withPool(ways.pool({ fs: { directory } }), async (pool) => {
        const env = { _CONDOR_FS_LOCAL_DIR: directory };
        assertRefused(await ways.try(pool, ways.words('FS', pool), { env }), /could not be made: (ENOTDIR|ENOENT)/);
      });
    }
  });

  test('in FS_LOCAL_DIR of the daemon, which is not ours', () =>
    withPool(ways.pool(), async (pool) => {
      const env = { _CONDOR_FS_LOCAL_DIR: outside };
      assertRefused(await ways.try(pool, ways.words('FS', pool), { env }), NONE);
    }));
});

describe('the directory of FS is gone', { skip: ABSENT.FS ?? false }, () => {
  test('when the daemon does not take it', async () => {
    const { error } = await by({}, { faults: { 'directory verdict': instead((m) => m.int(-1)) } });
    assertRefused({ error }, /the daemon does not see .* as ours: it has another file system/);
  });

  for (const fault of ['close', 'reset'] as const) {
    test(`when the daemon hangs up (${fault})`, async () => {
      const { error } = await by({}, { faults: { 'directory verdict': fault } });
      assert.equal((error as { code?: string }).code, 'ERR_CLOSED');
    });
  }

  test('when the daemon sends something else', async () => {
    const { error } = await by({}, { faults: { 'directory verdict': instead((m) => m.string('yes')) } });
    assert.equal((error as { code?: string }).code, 'ERR_MESSAGE');
  });

  test('when the run is given up in the middle', () =>
    withPool(ways.pool({ faults: { 'directory verdict': 'silence' } }), async (pool) => {
      const controller = new AbortController();
      const trying = ways.try(pool, ways.words('FS', pool), { signal: controller.signal });
      await pool.logged(/^FS: the client says 0 of /);
      assert.equal(readdirSync(ways.tmp).length, 1, 'it is there while the daemon looks');
      controller.abort();
      const { error } = await trying;
      assert.equal((error as { code?: string }).code, 'ERR_TIMEOUT');
      assert.deepEqual(readdirSync(ways.tmp), []);
    }));

  test('when somebody else has removed it', async () => {
    const { error } = await by({ whenMade: (path) => rmdirSync(path) });
    assertRefused({ error }, /does not see .* as ours/);
  });

  test('when somebody else has put another in its place that cannot be removed', async () => {
    const { error } = await by({
      whenMade: (path) => {
        rmdirSync(path);
        writeFileSync(path, '');
      },
    });
    assertRefused({ error }, /does not see .* as ours/);
    for (const name of readdirSync(ways.tmp)) unlinkSync(join(ways.tmp, name));
  });

  test('before anything else is said', async () => {
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

describe('FS as root', {
  skip: ABSENT.FS ?? (process.getuid?.() === 0 ? false : 'giving a directory away needs root'),
}, () => {
  test('gives the directory to HTCondor’s account', () => {
    chmodSync(ways.tmp, 0o1777);
    const accounts = new Map([[65534, 'condor']]);
    return withPool(ways.pool({ fs: { directory: ways.tmp, accounts } }), async (pool) => {
      const options = { env: { _CONDOR_CONDOR_IDS: '65534.65534' }, facts: { uid: 0 } };
      const { fetched, error } = await ways.try(pool, ways.words('FS', pool), options);
      assert.equal(fetched?.token.subject, 'condor@pool.test', `${error}\n${pool.log.join('\n')}`);
    });
  });

  test('makes it behind a symbolic link that is the system’s own, such as /tmp of macOS', () => {
    const link = join(ways.folder, 'system');
    symlinkSync(ways.tmp, link);
    return withPool(ways.pool({ fs: { directory: link } }), async (pool) => {
      const { fetched, error } = await ways.try(pool, ways.words('FS', pool), { env: { _CONDOR_FS_LOCAL_DIR: link } });
      assert.equal(fetched?.token.subject, `${ways.account}@pool.test`, `${error}\n${pool.log.join('\n')}`);
    }).finally(() => unlinkSync(link));
  });
});

describe('FS at another machine', () => {
  const peer = (address: string): Peer => ({ address, port: 9618, sharedPortId: undefined, serverName: undefined });
  const policy: ServerPolicy = {
    ...{ methods: ['FS'], ecdhPublicKey: '', trustDomain: '', issuerKeys: [], remoteVersion: '' },
  };
  const method = fs({ parents: ['/tmp'], owner: undefined, mayBeUnbound: true });

  for (const address of ['192.0.2.1', '2001:db8::1', '128.0.0.1', '::2', '']) {
    test(`${JSON.stringify(address)} is not tried`, () => {
      const { fit, unfit } = method.candidatesFor(policy, peer(address));
      assert.deepEqual(fit, []);
      assert.deepEqual(unfit, [{ label: 'this account', reason: `${address} is another machine` }]);
      assert.equal(method.presumed(peer(address)), undefined);
    });
  }
  for (const address of ['127.0.0.1', '127.1.2.3', '::1']) {
    test(`${address} is none`, () => {
      assert.equal(method.candidatesFor(policy, peer(address)).fit.length, 1);
      assert.equal(method.presumed(peer(address))?.label, 'this account');
    });
  }
});

/** The client's half against words of a daemon, without a daemon: what it answered. */
async function answerTo(
  wanted: string,
  parent: string,
): Promise<{ said: number; extension: string; refused: boolean }> {
  const peer: Peer = { address: '127.0.0.1', port: 9618, sharedPortId: 's', serverName: undefined };
  const candidate = fs({ parents: [parent], owner: undefined, mayBeUnbound: true }).presumed(peer);
  const channel = new ScriptedChannel([bytesOf((m) => m.string(wanted)), bytesOf((m) => m.int(-1))]);
  const refused = await candidate?.finish(channel, {} as ServerPolicy, true).then(
    () => false,
    (error: unknown) => error instanceof MethodRefused,
  );
  const message = new Reader(channel.sent[0] ?? new Uint8Array());
  const said = message.int();
  return { said, extension: message.remaining > 0 ? message.string() : '', refused: refused === true };
}

describe('whatever a daemon asks for', { skip: ABSENT.FS ?? false }, () => {
  test('nothing is made but a directory of FS in its parent, and nothing is left', async () => {
    const word = fc.oneof(
      fc.constantFrom('/', '..', '.', 'FS_', '_', '127.0.0.1', '9618', 'tmp', '\n', ' ', 'ä'),
      fc.string({ maxLength: 8 }).map((text) => text.replaceAll('\0', '')),
    );
    const path = fc.array(word, { maxLength: 8 }).map((words) => words.join(''));
    await fc.assert(
      fc.asyncProperty(fc.boolean(), path, async (below, text) => {
        const wanted = below ? `${ways.tmp}/${text}` : text;
        const { said, extension, refused } = await answerTo(wanted, ways.tmp);
        assert.ok(refused);
        assert.equal(extension, wanted.endsWith('_') ? '127.0.0.1:9618?sock=s' : '');
        if (said === 0) assert.match(wanted.slice(ways.tmp.length), /^\/FS_[\w.:-]+$/);
        assert.deepEqual(readdirSync(ways.tmp), []);
      }),
      { numRuns: 300 },
    );
  });
});
