/** Runs the command under a user ID that has no account, as is common in containers. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { execute, ownEnvironment } from '../support/processes.ts';
import { projectRoot } from '../support/project.ts';

const STRANGE_UID = 4_000_000;

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'strange-'));
  chmodSync(folder, 0o755);
  // This user ID can read the copy, but not the project directory.
  cpSync(join(projectRoot, 'dist/cli'), join(folder, 'cli'), { recursive: true });
});
after(() => rmSync(folder, { recursive: true, force: true }));

function run(args: readonly string[], env: Record<string, string | undefined>) {
  return execute([process.execPath, join(folder, 'cli/index.js'), ...args], {
    ...{ cwd: folder, uid: STRANGE_UID, gid: STRANGE_UID },
    env: { ...ownEnvironment(), ...env },
  });
}

describe('A user ID without an account', {
  skip: process.getuid?.() === 0 ? false : 'changing the account requires root',
}, () => {
  test('uses the token directory in $HOME', () =>
    withPool({}, async (pool) => {
      const directory = join(folder, 'home/.condor/tokens.d');
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, 'mine'), `${pool.idToken()}\n`, { mode: 0o600 });
      chownSync(join(directory, 'mine'), STRANGE_UID, STRANGE_UID);
      const { status, stdout, stderr } = await run(['-address', pool.schedd()], { HOME: join(folder, 'home') });
      assert.equal(status, 0, stderr);
      assert.match(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    }));

  test('causes an error that names the searched directory if $HOME is not set', async () => {
    const env = { HOME: undefined, _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'IDTOKENS' };
    const { status, stderr } = await run(['-address', '127.0.0.1:1'], env);
    assert.equal(status, 2, stderr);
    assert.match(stderr, /no IDTOKEN was found; \/\.condor\/tokens\.d: it does not exist/);
  });
});
