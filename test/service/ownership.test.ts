/**
 * Tests files of the token service that another account could replace: seeds, configuration, and the record of used
 * tokens.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import { GITHUB_CLAIMS, JobIssuer } from '../support/service/job-issuer.ts';
import { AUDIENCE_OF_SERVICE, ServiceProcess } from '../support/service/service-process.ts';

const CI = 'ci@pool.test';
const NOBODY = 65_534;
let pool: EmbeddedPool;
let issuer: JobIssuer;

before(async () => {
  [pool, issuer] = await Promise.all([EmbeddedPool.start(), JobIssuer.start()]);
});
after(async () => {
  issuer?.stop();
  await pool?.stop();
});

async function withService(work: (service: ServiceProcess) => Promise<void>): Promise<void> {
  const service = await ServiceProcess.prepare({
    authority: issuer.authority,
    config: `daemon: [{ address: "${pool.schedd()}" }]
grants:
  - { identity: ${CI}, authz: [READ], max-lifetime: 1h, jobs: [{ issuer: "${issuer.url}", repository_id: 74 }] }
`,
    seeds: { [CI]: pool.idToken('ci', { authz: ['READ'], lifetime: 90 * 86_400 }) },
  });
  try {
    await work(service);
  } finally {
    await service.stop();
  }
}

const ask = (service: ServiceProcess) => service.ask(issuer.issue({ ...GITHUB_CLAIMS, aud: AUDIENCE_OF_SERVICE }));
const asRoot = { skip: process.getuid?.() === 0 ? false : 'only root can transfer a directory to another account' };

describe('seeds.d', () => {
  const assertDisabled = async (service: ServiceProcess, reason: RegExp) => {
    await service.start();
    assert.match(service.log.join('\n'), reason);
    assert.equal((await ask(service)).status, 503);
  };
  for (const mode of [0o777, 0o775, 0o1777]) {
    test(`with mode ${mode.toString(8)} disables the grants`, () =>
      withService(async (service) => {
        chmodSync(join(service.directory, 'seeds.d'), mode);
        await assertDisabled(
          service,
          /seed unusable: .*other accounts can write to the directory .*seeds\.d \(mode 77[57]\)/,
        );
      }));
  }

  test('owned by another account disables the grants', asRoot, () =>
    withService(async (service) => {
      chownSync(join(service.directory, 'seeds.d'), NOBODY, NOBODY);
      await assertDisabled(service, /seed unusable: .*the directory .*seeds\.d is owned by user 65534/);
    }),
  );

  test('with a link into a directory that other accounts can write to disables the grant', () =>
    withService(async (service) => {
      const open = join(service.directory, 'open');
      mkdirSync(open);
      chmodSync(open, 0o777);
      const seed = join(service.directory, 'seeds.d', CI);
      renameSync(seed, join(open, 'seed'));
      symlinkSync(join(open, 'seed'), seed);
      await assertDisabled(service, /seed unusable: .*other accounts can write to the directory .*open/);
    }));

  test('with a link into a directory of the service works', () =>
    withService(async (service) => {
      const own = join(service.directory, 'own');
      mkdirSync(own, { mode: 0o700 });
      const seed = join(service.directory, 'seeds.d', CI);
      renameSync(seed, join(own, 'seed'));
      symlinkSync(join(own, 'seed'), seed);
      await service.start();
      assert.equal((await ask(service)).status, 200);
    }));
});

describe('the configuration', () => {
  test('in a directory below one that other accounts can write to is refused with status 2', () =>
    withService(async (service) => {
      chmodSync(service.directory, 0o777);
      const { status, stderr } = await service.run('check', '-offline');
      assert.equal(status, 2);
      assert.match(stderr, /config\.yaml: other accounts can write to the directory .* \(mode 777\); chmod go-w/);
    }));

  test('that is a link into a directory that other accounts can write to is refused with status 2', () =>
    withService(async (service) => {
      const open = join(service.directory, 'open');
      mkdirSync(open);
      chmodSync(open, 0o777);
      renameSync(service.configPath, join(open, 'config.yaml'));
      symlinkSync(join(open, 'config.yaml'), service.configPath);
      assert.equal((await service.run('check', '-offline')).status, 2);
    }));
});

describe('the record of used tokens', () => {
  const assertDoesNotStart = async (service: ServiceProcess, reason: RegExp) =>
    await assert.rejects(service.start(), (error: Error) => {
      assert.match(error.message, /^the service ended with status 1: /);
      assert.match(error.message, reason);
      return true;
    });

  test('in a directory that other accounts can write to makes the service exit at its start', () =>
    withService(async (service) => {
      chmodSync(join(service.directory, 'state'), 0o777);
      await assertDoesNotStart(service, /other accounts can write to the directory .*state/);
    }));

  test('in a directory that another account owns makes the service exit at its start', asRoot, () =>
    withService(async (service) => {
      chownSync(join(service.directory, 'state'), NOBODY, NOBODY);
      await assertDoesNotStart(service, /state is owned by user 65534/);
    }),
  );

  test('is not written through a link at the path of its next version', () =>
    withService(async (service) => {
      const target = join(service.directory, 'target');
      writeFileSync(target, 'untouched');
      symlinkSync(target, `${service.storePath}.new`);
      await service.start();
      assert.equal((await ask(service)).status, 200);
      assert.equal(readFileSync(target, 'utf8'), 'untouched');
    }));

  for (const [what, make] of [
    ['a link', (path: string) => symlinkSync('target', path)],
    ['a FIFO', (path: string) => void execFileSync('mkfifo', ['-m', '600', path])],
  ] as const)
    test(`that is ${what} is set aside as unreadable`, () =>
      withService(async (service) => {
        writeFileSync(join(service.directory, 'state/target'), '');
        rmSync(service.storePath);
        make(service.storePath);
        await service.start();
        assert.match(service.log.join('\n'), /used-tokens: it cannot be read; tokens issued before now are refused/);
        assert.equal((await ask(service)).status, 503);
      }));
});
