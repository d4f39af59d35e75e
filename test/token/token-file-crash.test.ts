/**
 * Kills a process while it writes a token. The file must contain either the complete old token or the complete new
 * token, and be readable only by its owner.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../support/project.ts';

/** Number of kills. `npm run faults` uses a larger number. */
const KILLS = Number(process.env['CONDOR_TEST_KILLS'] ?? 20);
const AT_ONCE = 4;
/** Tokens that are longer than a block of any disk, so that a partial write would be visible. */
const TOKENS = ['a', 'b'].map((letter) => letter.repeat(100_000));

/** A script that writes tokens to the same path in an endless loop and reports the first write. */
const SCRIPT = `
const { writeTokenFile } = await import(process.argv[1]);
const { Secret } = await import(process.argv[2]);
const secrets = JSON.parse(process.argv[4]).map((letter) => new Secret(letter.repeat(100_000)));
for (let n = 0; ; n++) {
  writeTokenFile(process.argv[3], secrets[n % 2]);
  if (n === 0) process.stdout.write('begun');
}`;

describe('A process that is killed while it writes a token', { concurrency: AT_ONCE }, () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'crash-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));
  const moduleOf = (path: string) => pathToFileURL(join(projectRoot, 'build/src', path)).href;

  async function killOnce(path: string, delayMs: number): Promise<void> {
    const modules = [moduleOf('token/token-file.js'), moduleOf('runtime/secret.js')];
    const args = ['--input-type=module', '-e', SCRIPT, ...modules, path, JSON.stringify(['a', 'b'])];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const until = performance.now() + delayMs;
    while (performance.now() < until); // a timer would be too coarse for a random delay
    child.kill('SIGKILL');
    await once(child, 'close');
  }

  for (let worker = 0; worker < AT_ONCE; worker++) {
    test(`at ${KILLS / AT_ONCE} random moments leaves a complete token (${worker + 1} of ${AT_ONCE})`, async () => {
      const own = join(directory, String(worker));
      const path = join(own, 'token');
      for (let kill = 0; kill < KILLS / AT_ONCE; kill++) {
        await killOnce(path, Math.random() * 3);
        assert.ok(TOKENS.includes(readFileSync(path, 'utf8').trimEnd()), 'a partial token');
        for (const name of process.platform === 'win32' ? [] : readdirSync(own))
          assert.equal(statSync(join(own, name)).mode & 0o777, 0o600, name);
      }
    });
  }
});
