/**
 * Runs the command under Node's permission model, with the minimum permissions that docs/SUPPORTED_SYSTEMS.md lists.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { execute, ownEnvironment } from '../support/processes.ts';
import { projectRoot } from '../support/project.ts';

const [major = 0] = process.versions.node.split('.').map(Number);
const skip = major < 22 && 'the permission model of Node 20 is experimental';
/** Since Node 25, network connections also require a permission. */
const ALLOW_NET = major >= 25 ? ['--allow-net'] : [];
const COMMAND = join(projectRoot, 'dist/cli/index.js');

describe('The command with --permission', { skip }, () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'permission-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  async function run(pool: EmbeddedPool, permissions: readonly string[], ...args: string[]) {
    const tokens = mkdtempSync(join(directory, 'tokens-'));
    writeFileSync(join(tokens, 'token'), `${pool.idToken()}\n`, { mode: 0o600 });
    const own = ['--permission', `--allow-fs-read=${COMMAND}`, `--allow-fs-read=${tokens}`];
    const env = {
      ...ownEnvironment(),
      PATH: directory,
      Path: undefined,
      _CONDOR_SEC_TOKEN_DIRECTORY: tokens,
      _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'IDTOKENS',
    };
    const all = [...own, ...permissions, COMMAND, '-name', pool.schedd(), ...args];
    return await execute([process.execPath, ...all], { env });
  }

  test('reads only the bundle and the token directory', () =>
    withPool({}, async (pool) => {
      const { status, stdout, stderr } = await run(pool, ALLOW_NET);
      assert.equal(status, 0, stderr);
      assert.match(stdout, /^eyJ\S+\n$/);
    }));

  test('writes a token file to a directory for which it has read and write permission', () =>
    withPool({}, async (pool) => {
      const folder = join(directory, 'written');
      mkdirSync(folder);
      const allowed = [`--allow-fs-read=${folder}`, `--allow-fs-write=${folder}`];
      const file = join(folder, 'token');
      const { status, stderr } = await run(pool, [...ALLOW_NET, ...allowed], '-file', file);
      assert.equal(status, 0, stderr);
      assert.match(readFileSync(file, 'utf8'), /^eyJ\S+\n$/);
    }));

  test(
    'fails without a retry if the option --allow-net exists but is not set',
    { skip: major < 25 && 'this version of Node has no --allow-net' },
    () =>
      withPool({}, async (pool) => {
        const { status, stderr } = await run(pool, []);
        assert.equal(status, 3, stderr);
        assert.match(stderr, /Node's permission model denies connections \(--allow-net\)/);
        assert.doesNotMatch(stderr, /Try 1 of/);
      }),
  );
});
