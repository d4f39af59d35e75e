/** Tests the library before any daemon responds: options, errors, and the exports of the package. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  ConnectError,
  checkFetch,
  type FetchOptions,
  fetchToken,
  HTCondorError,
  hintsFor,
  InputError,
  isHTCondorError,
} from '../src/index.ts';
import { strangeJwt } from './support/credentials/strange-jwt.ts';
import { listen } from './support/network/listen.ts';
import { projectRoot } from './support/project.ts';
import { patience } from './support/slowness.ts';

const idtoken = strangeJwt();
let server: Server;
let address: string;
let directory: string;
let connections = 0;

/** Starts a server that accepts connections and sends nothing. */
before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'library-'));
  server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
  });
  address = `127.0.0.1:${await listen(server)}`;
});
after(() => {
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

describe('An invalid option', () => {
  const cases: readonly [string, FetchOptions, string][] = [
    ['pool', { pool: 'a b!' }, 'pool'],
    ['type', { pool: 'cm', type: 'shedd' }, 'type'],
    ['name', { pool: 'cm', name: '' }, 'name'],
    ['address', { address: 'http://x/' }, 'address'],
    ['authz', { pool: 'cm', authz: ['READ', 'SUBMIT'] }, 'authz'],
    ['authz without a level', { pool: 'cm', authz: [''] }, 'authz'],
    ['a lifetime of 0', { pool: 'cm', lifetime: 0 }, 'lifetime'],
    ['a lifetime of NaN', { pool: 'cm', lifetime: Number.NaN }, 'lifetime'],
    ['a lifetime of 1.5', { pool: 'cm', lifetime: 1.5 }, 'lifetime'],
    ['a lifetime over 2^31', { pool: 'cm', lifetime: 2 ** 31 }, 'lifetime'],
    ['key', { pool: 'cm', key: '"' }, 'key'],
    ['a mode that creates no token', { pool: 'cm', mode: 'check' } as never, 'mode'],
    ['remote with a type', { pool: 'cm', remote: true, type: 'credd' }, 'remote'],
    ['timeoutMs of 0', { pool: 'cm', timeoutMs: 0 }, 'timeoutMs'],
    ['an infinite timeoutMs', { pool: 'cm', timeoutMs: Number.POSITIVE_INFINITY }, 'timeoutMs'],
    ['serverName', { pool: 'cm', serverName: '"' }, 'serverName'],
    ['file', { pool: 'cm', file: ' ' }, 'file'],
    ['retries of 1.5', { pool: 'cm', retries: 1.5 }, 'retries'],
    ['two levels in one string of the list', { pool: 'cm', authz: ['READ,WRITE'] }, 'authz'],
    ['a pool that is a number', { pool: 5 } as never, 'pool'],
    ['a verify that is a number', { pool: 'cm', verify: 1 } as never, 'verify'],
    ['a lifetime that is a list', { pool: 'cm', lifetime: [600] } as never, 'lifetime'],
    [
      'authenticationMethods that is a list of numbers',
      { authenticationMethods: [1] } as never,
      'authenticationMethods',
    ],
  ];
  for (const [what, options, input] of cases) {
    test(`causes an InputError about ${input}: ${what}`, async () => {
      await assert.rejects(fetchToken({ idtoken, ...options }), (error: unknown) => {
        assert.ok(error instanceof InputError && error instanceof HTCondorError, String(error));
        assert.deepEqual([error.code, error.input], ['ERR_INPUT', input]);
        return true;
      });
    });
  }

  test('is rejected if it is an empty list of levels, which must not lift the restriction', async () => {
    await assert.rejects(fetchToken({ idtoken, address, authz: [] }), { code: 'ERR_INPUT', input: 'authz' });
    assert.equal(connections, 0);
  });
});

describe('The time limit of the library', () => {
  test('is timeoutMs, in milliseconds and not rounded to seconds', async (context) => {
    const timer = context.mock.method(globalThis, 'setTimeout');
    await assert.rejects(fetchToken({ idtoken, address, timeoutMs: 101 }), { code: 'ERR_TIMEOUT' });
    assert.ok(timer.mock.calls.some((call) => call.arguments[1] === 101));
  });

  test('ends when the caller aborts', async () => {
    const controller = new AbortController();
    server.once('connection', () => controller.abort(new Error('enough')));
    const fetched = fetchToken({ idtoken, address, signal: controller.signal });
    await assert.rejects(fetched, (error: unknown) => error instanceof ConnectError && error.message === 'cancelled');
  });

  test('ends before any connection if the signal is already aborted', async () => {
    const before = connections;
    await assert.rejects(fetchToken({ idtoken, address, signal: AbortSignal.abort() }), { code: 'ERR_TIMEOUT' });
    assert.equal(connections, before);
  });
});

describe('The callbacks of the library', () => {
  test('receive every secret before its use, and a log that contains no secrets', async () => {
    const told: string[] = [];
    const options: FetchOptions = {
      ...{ idtoken, address, timeoutMs: patience(300), file: join(directory, 'ci') },
      onSecret: (secret) => told.push(`secret ${secret.reveal()}`),
      onLog: (level, line) => told.push(`${level} ${line}`),
    };
    await assert.rejects(fetchToken(options), { code: 'ERR_TIMEOUT' });
    const signature = idtoken.split('.')[2] ?? '';
    assert.equal(told[0], `secret ${idtoken}`);
    assert.ok(told.includes(`secret ${signature}`));
    const log = told.filter((line) => !line.startsWith('secret ')).join('\n');
    assert.match(log, /^debug credentials: IDTOKENS from idtoken/);
    assert.ok(!log.includes(signature));
    assert.equal(existsSync(join(directory, 'ci')), false);
  });

  test('are optional', async () => {
    await assert.rejects(fetchToken({ idtoken, address, timeoutMs: 50 }), { code: 'ERR_TIMEOUT' });
  });
});

describe('The package', () => {
  test('exports four functions and the error classes', async () => {
    const manifest: unknown = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
    const { exports } = manifest as { exports: { '.': { types: string; default: string } } };
    for (const file of Object.values(exports['.'])) assert.ok(existsSync(join(projectRoot, file)), file);
    const library: Record<string, unknown> = await import(pathToFileURL(join(projectRoot, exports['.'].default)).href);
    const names = Object.keys(library).filter((name) => !/^[A-Z].*Error$/.test(name));
    assert.deepEqual(names.sort(), ['checkFetch', 'fetchToken', 'hintsFor', 'isHTCondorError']);
    assert.equal(Object.keys(library).length, 4 + 12, 'four functions, eleven error classes, and their base class');
  });
});

describe('checkFetch', () => {
  test('rejects invalid options as fetchToken does, by the name of the option', async () => {
    await assert.rejects(checkFetch({ idtoken, address, serverName: '"' }), { code: 'ERR_INPUT', input: 'serverName' });
  });

  test('times out as fetchToken does', async () => {
    await assert.rejects(checkFetch({ idtoken, address, timeoutMs: 50 }), { code: 'ERR_TIMEOUT' });
  });
});

describe('The functions hintsFor and isHTCondorError', () => {
  test('provide advice about errors of the library, and do not recognize other errors', async () => {
    const error: unknown = await fetchToken({ idtoken, address, type: 'shedd' }).catch((thrown: unknown) => thrown);
    assert.ok(isHTCondorError(error));
    assert.match(hintsFor(error)[0] ?? '', /^Workflow: correct type/);
    assert.equal(isHTCondorError(new Error('another')), false);
  });
});
