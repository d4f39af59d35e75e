/** Tests the command without a daemon. */
import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { FLAGS } from '../../src/cli/flags.ts';
import { strangeJwt } from '../support/credentials/strange-jwt.ts';
import { assertAdvised } from '../support/errors/advice.ts';
import { filesIn } from '../support/files-in.ts';
import { listen } from '../support/network/listen.ts';
import { projectRoot } from '../support/project.ts';
import { type ProgramOptions, runCommand } from '../support/runner/program.ts';

let directory: string;
let server: Server;
let address: string;
let connections = 0;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cli-'));
  server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
    socket.once('data', () => socket.end());
  });
  address = `127.0.0.1:${await listen(server)}`;
});
after(() => {
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

const version = (): unknown => {
  const manifest: unknown = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  return (manifest as { version: unknown }).version;
};

/** Runs the command with an empty token directory. */
const run = (args: readonly string[], options: ProgramOptions = {}) =>
  runCommand(args, { ...options, env: { _CONDOR_SEC_TOKEN_DIRECTORY: directory, ...options.env } });

describe('condor_token_fetch', () => {
  for (const flag of ['-version', '--version', '-v']) {
    test(`${flag} prints the version of package.json`, async () => {
      const { status, stdout, stderr } = await run([flag]);
      assert.deepEqual([status, stdout, stderr], [0, `condor_token_fetch ${version()}\n`, '']);
    });
  }

  test('starts with the interpreter line that npm requires for a program', () => {
    const [first] = readFileSync(join(projectRoot, 'dist/cli/index.js'), 'utf8').split('\n', 1);
    assert.equal(first, '#!/usr/bin/env node');
  });

  for (const flag of ['-help', '--help', '-h']) {
    test(`${flag} prints the usage on standard error and exits with status 1, as HTCondor’s tool does`, async () => {
      const { status, stdout, stderr } = await run([flag]);
      assert.deepEqual([status, stdout], [1, '']);
      for (const { name } of FLAGS) assert.ok(stderr.includes(`-${name}`), name);
    });
  }

  const failures: readonly [string, readonly string[], number, RegExp][] = [
    ['an unknown flag', ['-identity', 'x'], 2, /^Invalid command line argument: -identity \(ERR_INPUT\)\nHint: /],
    ['a flag without its value', ['-pool'], 2, /^-pool requires an argument: HOST \(ERR_INPUT\)/],
    ['an argument that is not a flag', ['READ'], 2, /^Invalid command line argument: READ/],
    ['an abbreviated flag with two dashes', ['--auth', 'READ'], 2, /^Invalid command line argument: --auth/],
    ['an unknown type', ['-ty', 'shedd', '-p', 'cm'], 2, /^type: "shedd" is not valid/],
    [
      'an unknown level',
      ['-a', 'READ', '-a', 'SUBMIT', '-p', 'cm'],
      2,
      /^authz: "SUBMIT" is not an authorization level/,
    ],
    ['a lifetime of 0', ['-l', '0', '-p', 'cm'], 2, /^lifetime: "0" is not a lifetime/],
    ['no pool', [], 2, /^pool: the collector is unknown/],
    ['a token with a path', ['-to', '../x', '-p', 'cm'], 2, /^token: "..\/x" is not a plain file name/],
    ['both token and file', ['-to', 'x', '-f', 'y', '-p', 'cm'], 2, /^token and file are mutually exclusive/],
    ['an invalid timeout', ['-tim', 'soon', '-p', 'cm'], 2, /^timeout: "soon"/],
  ];
  for (const [what, args, status, text] of failures) {
    test(`reports ${what} on standard error, with status ${status}`, async () => {
      const result = await run(args);
      assert.deepEqual([result.status, result.stdout], [status, '']);
      assert.match(result.stderr, text);
    });
  }

  test('makes no connection without a credential', async () => {
    const env = { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'IDTOKENS' };
    const { status, stdout, stderr } = await run(['-address', address], { env });
    assert.deepEqual([status, stdout, connections], [2, '', 0]);
    assert.match(
      stderr,
      /^no credential was found; IDTOKENS: no IDTOKEN was found; .*the directory is empty \(ERR_NO_CREDENTIAL, while: credentials\)\nHint: /,
    );
  });

  test('makes no connection if the file cannot be written', async () => {
    const { status, stderr } = await run(['-address', address, '-f', directory]);
    assert.deepEqual([status, connections], [8, 0], stderr);
    assert.match(stderr, /exists and is not a regular file \(ERR_OUTPUT, while: deliver\)/);
  });

  test('prints hostile arguments as one sanitized line', async () => {
    const { stderr } = await run(['-\u001b[2J\n::error::x##[add-mask]y']);
    assert.equal(stderr.split('\n')[0], 'Invalid command line argument: -?[2J?::error::x# #[add-mask]y (ERR_INPUT)');
  });

  test('fails if the reader of its output has closed the pipe', async () => {
    const { status, signal } = await run(['-version'], { stdoutClosed: true });
    assert.deepEqual([status, signal], [8, null]);
  });

  test('fails if the disk to which it writes its output is full', {
    skip: process.platform === 'linux' ? false : 'this system has no /dev/full',
  }, async () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = await run(['-version'], { stdoutTo: full });
    closeSync(full);
    assert.equal(status, 8, stderr);
    assert.match(stderr, /^standard output: no space is left on the device \(ERR_OUTPUT/);
    assertAdvised(stderr, 'standard output');
  });
});

describe('The environment of condor_token_fetch', () => {
  test('can select the pool', async () => {
    const { status, stderr } = await run([], { env: { _CONDOR_COLLECTOR_HOST: 'c m!' } });
    assert.equal(status, 2);
    assert.match(stderr, /^pool: "m!" is not a host/);
  });

  test('cannot set inputs of the Action', async () => {
    const { stderr } = await run([], { env: { INPUT_POOL: 'cm', GITHUB_ACTIONS: 'true' } });
    assert.match(stderr, /^pool: the collector is unknown/);
  });

  test('is required for credentials, because there is no flag idtoken', async () => {
    const { status, stderr } = await run(['-idtoken', strangeJwt()]);
    assert.equal(status, 2);
    assert.match(stderr, /^Invalid command line argument: -idtoken/);
    assert.deepEqual(filesIn(directory), []);
  });
});
