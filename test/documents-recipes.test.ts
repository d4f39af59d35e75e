/** Runs every example in the README that can be run. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ABSENT, MethodClients } from './support/clients/method-clients.ts';
import { type Block, blocksIn } from './support/documents/markdown.ts';
import { checkWorkflow, commandsOf, evaluated, isOurs, skipWindows } from './support/documents/snippets.ts';
import { EmbeddedPool } from './support/embedded-pool/pool.ts';
import type { RequestSettings } from './support/embedded-pool/token-requests.ts';
import { execute, ownEnvironment } from './support/processes.ts';
import { projectRoot } from './support/project.ts';
import { Runner, type StepResult } from './support/runner/runner.ts';
import { TokenServices } from './support/service/token-services.ts';

describe('The recipes of the README work:', () => {
  let clients: MethodClients;
  let pool: EmbeddedPool;
  let other: EmbeddedPool;
  let runner: Runner;
  let services: TokenServices;
  let folder: string;
  /** The environment of an access point. */
  let machine: Readonly<Record<string, string>>;
  before(async () => {
    clients = await MethodClients.create();
    const map = { [`SCITOKENS ${clients.issuer.url},ci`]: 'ci@example.org' };
    const requests: RequestSettings = { whenFiled: (id, all) => all.decide(id, 'approved') };
    pool = await EmbeddedPool.start({ ...clients.pool({ map, requests }), trustDomain: 'example.org' });
    other = await EmbeddedPool.start({ trustDomain: 'example.net' });
    runner = new Runner();
    services = await TokenServices.start();
    folder = mkdtempSync(join(tmpdir(), 'documents-'));
    const address = clients.file('address', `${pool.schedd()}\n$CondorVersion: 25.14.1 $\n$CondorPlatform: x $\n`);
    machine = {
      ...{ _CONDOR_SCHEDD_ADDRESS_FILE: address, _CONDOR_SCHEDD_NAME: 'ci@pool', _CONDOR_FULL_HOSTNAME: 'pool' },
      _CONDOR_FS_LOCAL_DIR: clients.tmp,
    };
  });
  after(async () => {
    runner?.close();
    services?.stop();
    await pool?.stop();
    await other?.stop();
    clients?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  /** Returns the code block in this language under a heading of the README. */
  function shown(heading: string, language: string): Block {
    const section = readFileSync(join(projectRoot, 'README.md'), 'utf8')
      .split(/^(?=##+ )/m)
      .find((each) => each.split('\n')[0]?.replace(/^#+ /, '') === heading);
    const [found, ...more] = blocksIn(section ?? '', heading).filter((each) => each.language === language);
    assert.ok(found !== undefined && (more.length === 0 || language === 'ts'), `one ${language} in ${heading}`);
    return found;
  }
  const here = (text: string) =>
    text
      .replaceAll('cm.example.org', pool.collector)
      .replaceAll('https://tokens.example.org', services.origin)
      .replaceAll('cm.example.net', other.collector)
      .replaceAll(/\bap\d+\.example\.\w+/g, 'ci@pool')
      .replaceAll(/127\.0\.0\.1:96\d\d/g, pool.collector);
  /** Runs the Action's steps in order, with their prerequisites. */
  async function act(heading: string, ...results: ((step: StepResult) => void)[]): Promise<void> {
    const steps = (await checkWorkflow(heading, shown(heading, 'yaml').text)).filter(isOurs);
    assert.equal(steps.length, results.length);
    for (const [index, { with: inputs = {}, env = {} }] of steps.entries()) {
      const at = inputs['pool'] === 'cm.example.net' ? other : pool;
      const values = { secrets: at.idToken('ci'), 'runner.temp': runner.temp };
      const said = Object.entries(evaluated(inputs, values)).map(([name, text]) => [name, here(text)]);
      const authorities = `${clients.authority.certificate}${services.authority.certificate}`;
      const trust = { 'ca-certificate': authorities, 'server-name': clients.hostName };
      const step = await runner.runAction(
        { ...trust, ...Object.fromEntries(said) },
        {
          env: { ...machine, ...services.env, ...evaluated(env, values) },
          beforePost: (main) => results[index]?.(main),
        },
      );
      assert.deepEqual([step.status, step.post?.status], [0, 0], step.raw);
      assert.deepEqual(
        step.annotations.filter(({ level }) => level !== 'notice'),
        [],
        step.raw,
      );
    }
  }
  const isFor = (identity: string, authz: string, lifetime: string) => (step: StepResult) => {
    assert.deepEqual(
      [step.outputs['identity'], step.outputs['authz'], step.outputs['lifetime']],
      [identity, authz, lifetime],
      step.raw,
    );
    assert.ok(existsSync(step.outputs['token-file'] ?? ''));
  };

  /** Returns the rows of the table with this heading in a document. */
  const rowsOf = (text: string, heading: string): readonly (readonly [string, string])[] =>
    [
      ...(text.split(`| ${heading} | |\n|---|---|\n`)[1]?.split('\n\n')[0] ?? '').matchAll(/^\| (.*?) \| `(.*)` \|$/gm),
    ].map(([, name = '', value = '']) => [name, value] as const);
  /** Replaces the IDs and numbers in a value, because they differ in each run. */
  const kindOf = (value: string) => value.replaceAll(/[0-9a-f]{32}/g, 'ID').replaceAll(/\d+/g, '0');
  test('Quick start', () =>
    act('Quick start', (step) => {
      isFor('ci@example.org', 'READ WRITE', '1800')(step);
      for (const line of shown('Quick start', 'text').text.trim().split('\n')) {
        const parts = here(line.replace('▸ ', '').trim()).replaceAll('alice@', 'ci@').split('…');
        const [first = '', second = ''] = parts.map((part) => part.replace('/runner/_temp', runner.temp));
        const raw = step.raw.replaceAll('::group::', '');
        assert.ok(
          raw.split('\n').some((each) => each.startsWith(first) && each.endsWith(second)),
          `${line} is printed:\n${step.raw}`,
        );
      }
      const sample = rowsOf(readFileSync(join(projectRoot, 'README.md'), 'utf8'), 'HTCondor token');
      const printed = [...step.summary.matchAll(/<tr><td>(.*?)<\/td><td><code>(.*?)<\/code><\/td><\/tr>/g)];
      assert.deepEqual(
        printed.map(([, name = '', value = '']) => [name, kindOf(value)]),
        sample.map(([name, value]) => [name, kindOf(here(value).replace('alice@', 'ci@'))]),
      );
    }));
  test('Two pools in one job', () =>
    act(
      'Two pools in one job',
      isFor('ci@example.org', 'READ WRITE', '3600'),
      isFor('ci@example.net', 'READ', '3600'),
    ));
  test('Require the exact token', () => act('Require the exact token', isFor('ci@example.org', 'READ WRITE', '3600')));
  test('Check before you fetch', () =>
    act('Check before you fetch', ({ outputs, log }) => {
      assert.deepEqual([outputs['identity'], outputs['token']], ['ci@example.org', undefined]);
      assert.match(
        log.join('\n'),
        /A fetch from ci@pool would succeed as ci@example\.org; READ allowed, WRITE allowed/,
      );
    }));
  test('Jobs that outlast a token', () =>
    act('Jobs that outlast a token', isFor('ci@example.org', 'READ WRITE', '1200')));
  test('Approval by an administrator', () =>
    act('Approval by an administrator', ({ outputs, log }) => {
      assert.deepEqual([outputs['identity'], outputs['authz']], ['ci@example.org', 'READ WRITE']);
      assert.match(log.join('\n'), /is waiting for approval: condor_token_request_approve -reqid \d+ -name/);
    }));
  test('A runner on the access point', { skip: ABSENT.FS ?? false }, () =>
    act('A runner on the access point', isFor(`${clients.account}@example.org`, 'READ WRITE', '3600')),
  );
  test("HTCondor's tools instead of Python", () =>
    act("HTCondor's tools instead of Python", isFor('ci@example.org', 'READ WRITE', '3600')));

  test('A job without a stored secret', async () => {
    services.made = () => clients.issuer.issue('ci', { exp: Math.floor(Date.now() / 1000) + 3600 });
    await act('A job without a stored secret', (step) => {
      isFor('ci@example.org', 'READ WRITE', '600')(step);
      assert.equal(step.outputs['authentication-method'], 'IDTOKENS');
      assert.deepEqual(services.asked, ['GET /oidc/token', 'POST /token']);
    });
  });

  test('A pool behind a firewall', () =>
    act('A pool behind a firewall', isFor('ci@example.org', 'READ WRITE', '1800')));

  test('The command', { skip: skipWindows }, async () => {
    const block = shown('The command', 'console');
    const { status, output } = await shell(here(commandsOf(block)));
    assert.equal(status, 0, output);
    assert.match(output, /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
    const [, printed = ''] = block.text.split('\n');
    assert.ok(printed.endsWith('…') && output.startsWith(printed.slice(0, -1)), `${printed} is printed: ${output}`);
  });

  test('The library', { skip: skipWindows }, async () => {
    const file = join(projectRoot, 'build', 'of-the-readme.mjs');
    writeFileSync(file, here(shown('The library', 'ts').text));
    try {
      const { status, output } = await shell(`node '${file}'`, { CONDOR_IDTOKEN: pool.idToken('ci') });
      assert.equal(status, 0, output);
      assert.match(output, /^ci@example\.org \d{10}$/);
    } finally {
      rmSync(file);
    }
  });

  /**
   * Runs a script on a host that cannot reach other hosts. The host has a token, and the command is installed under
   * both of its names.
   */
  async function shell(
    script: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ status: number | null; output: string }> {
    const [bin, tokens] = [join(folder, 'bin'), join(folder, 'tokens.d')];
    for (const each of [bin, tokens]) mkdirSync(each, { recursive: true, mode: 0o700 });
    const command = `exec '${process.execPath}' '${join(projectRoot, 'dist/cli/index.js')}' "$@"`;
    for (const [name, text] of Object.entries({
      node: `exec '${process.execPath}' "$@"`,
      condor_token_fetch: command,
      npx: `[ "$1" = condor-token-fetch@0.1.0 ] || exit 127; shift; ${command}`,
      ssh: 'exit 0',
    })) {
      writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    writeFileSync(join(tokens, 'ci'), `${pool.idToken('ci')}\n`, { mode: 0o600 });
    const path = `${bin}${delimiter}${process.env['PATH'] ?? ''}`;
    const all = { ...ownEnvironment(), PATH: path, _CONDOR_SEC_TOKEN_DIRECTORY: tokens, ...env };
    const options = { env: all, cwd: folder };
    const { status, stdout, stderr } = await execute(['bash', '-eo', 'pipefail', '-c', script], options);
    return { status, output: `${stdout}${stderr}`.trim() };
  }
});
