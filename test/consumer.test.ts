/** Tests that a project that depends on the packed package compiles with commonly used compiler options. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { projectRoot } from './support/project.ts';

const CONSUMER = `
import { type CheckResult, checkFetch, type FetchedToken, fetchToken, hintsFor, isHTCondorError } from 'condor-token-fetch';

export async function main(signal: AbortSignal): Promise<string> {
  try {
    const checked: CheckResult = await checkFetch({ pool: 'cm.example.org', authz: ['READ'] });
    const fetched: FetchedToken = await fetchToken({ pool: 'cm.example.org', lifetime: 600, signal });
    const expires: number | undefined = fetched.token.expiresAt;
    return \`\${checked.identity} \${expires} \${fetched.token.jwt.reveal()}\`;
  } catch (error) {
    if (!isHTCondorError(error)) throw error;
    switch (error.code) {
      case 'ERR_INPUT':
        return error.input;
      case 'ERR_METHODS_EXHAUSTED':
        return error.attempts.map(({ method, reason }) => \`\${method}: \${reason}\`).join();
      case 'ERR_DAEMON':
        return \`\${error.errorCode} \${error.errorString}\`;
      default:
        return hintsFor(error).join();
    }
  }
}
`;
const MISTAKE = `
import { isHTCondorError } from 'condor-token-fetch';
export const inputOf = (error: unknown) => (isHTCondorError(error) && error.code === 'ERR_DAEMON' ? error.input : '');
`;

describe('A project that depends on the package', () => {
  const folder = join(projectRoot, 'build/consumer');
  const installed = join(folder, 'node_modules/condor-token-fetch');
  before(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(installed, { recursive: true });
    const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
    execFileSync('npm', pack, { cwd: projectRoot, shell: process.platform === 'win32', stdio: 'ignore' });
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
    execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', 'node_modules/condor-token-fetch'], {
      cwd: folder,
    });
    mkdirSync(join(folder, 'node_modules/@types'));
    symlinkSync(join(projectRoot, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'), 'junction');
    symlinkSync(join(projectRoot, 'node_modules/undici-types'), join(folder, 'node_modules/undici-types'), 'junction');
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function compile(source: string, compilerOptions: Readonly<Record<string, unknown>>) {
    writeFileSync(join(folder, 'consumer.ts'), source);
    const strict = { noEmit: true, strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false };
    const config = { compilerOptions: { target: 'es2022', ...strict, ...compilerOptions }, files: ['consumer.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(projectRoot, 'node_modules/typescript/bin/tsc');
    return spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
  }

  for (const [module, moduleResolution] of [
    ['node16', 'node16'],
    ['esnext', 'bundler'],
  ])
    for (const [surroundings, options] of [
      ['with the types of Node', { types: ['node'], lib: ['es2022'] }],
      ['without the types of Node', { types: [], lib: ['es2022'] }],
      ['with the types of browsers', { types: [], lib: ['es2022', 'dom'] }],
    ] as const)
      test(`compiles with moduleResolution ${moduleResolution}, ${surroundings}`, () => {
        const { status, stdout } = compile(CONSUMER, { module, moduleResolution, ...options });
        assert.equal(status, 0, stdout);
      });

  test('does not compile if it reads a property that errors with that code do not have', () => {
    const { stdout } = compile(MISTAKE, { module: 'node16', moduleResolution: 'node16', types: [], lib: ['es2022'] });
    assert.match(stdout, /Property 'input' does not exist on type 'DaemonError'/);
  });

  test('receives at most six declaration files, none of which imports a module of Node', () => {
    const found = readdirSync(join(installed, 'dist/lib'), { recursive: true, encoding: 'utf8' });
    const declarations = found.filter((name) => name.endsWith('.d.ts'));
    assert.ok(declarations.length <= 6, declarations.join(' '));
    const text = declarations.map((name) => readFileSync(join(installed, 'dist/lib', name), 'utf8'));
    assert.doesNotMatch(text.join('\n'), /node:|NodeJS\.|Buffer/);
  });

  test('finds a description and an example for every exported function', () => {
    const text = readFileSync(join(installed, 'dist/lib/index.d.ts'), 'utf8');
    for (const [, name] of text.matchAll(/^export declare function (\w+)/gm)) {
      const [, description = ''] =
        new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\nexport declare function ${name}\\(`).exec(text) ?? [];
      assert.match(description, /@example/, name);
    }
  });
});
