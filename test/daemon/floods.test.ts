/**
 * Tests a daemon that sends more than the client can buffer. The fetch fails with a typed error and uses no more memory
 * than a normal run.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { putHeader } from '../../src/wire/frame.ts';
import { concat, Writer } from '../../src/wire/writer.ts';
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import { fetchFrom, withPool } from '../support/embedded-pool/with-pool.ts';
import { runCommand } from '../support/runner/program.ts';

const MB = 1000 * 1000;

/** Returns the frames of an endless message. */
function flood(megabytes: number): () => Uint8Array {
  const header = putHeader(MB);
  header[0] = 0;
  return () => concat(Array.from({ length: megabytes }, () => concat([header, new Uint8Array(MB).fill(0x41)])));
}

/** Returns a frame header with this length, followed by the beginning of the frame. */
function oneFrame(length: number): Uint8Array {
  const header = putHeader(1);
  new DataView(header.buffer, header.byteOffset).setUint32(1, length);
  return concat([header, new Uint8Array(MB)]);
}

/** Returns a frame whose ad has these lines, in place of the original frame. */
function adOf(count: number, lines: (message: Writer) => void): () => Uint8Array {
  const message = new Writer().int(count);
  lines(message);
  const body = message.string('').string('').finish();
  return () => concat([putHeader(body.length), body]);
}

const CASES: readonly [string, EmbeddedPoolOptions, RegExp][] = [
  ['100 MB for an ad', { faults: { policy: flood(100) } }, /ERR_FRAME/],
  ['100 MB of a collector’s answer', { faults: { ads: flood(100) } }, /ERR_FRAME/],
  ['a reply of 20 MB in one frame', { faults: { reply: () => oneFrame(20 * MB) } }, /ERR_FRAME/],
  ['an ad that announces a million attributes', { faults: { policy: adOf(1_000_000, () => {}) } }, /ERR_CLASSAD/],
  [
    'as many attributes as fit into a message',
    {
      faults: {
        policy: adOf(100_000, (message) => Array.from({ length: 100_000 }, (_, n) => message.string(`A${n}=1`))),
      },
    },
    /ERR_NO_ENCRYPTION/,
  ],
];

describe('A daemon that sends', () => {
  let directory: string;
  let env: Record<string, string>;
  let ordinary: number;

  /** Returns the exit status, the output, and the peak memory in MB. */
  async function run(options: EmbeddedPoolOptions) {
    return await withPool(options, async (pool) => {
      writeFileSync(join(directory, 'token'), `${pool.idToken()}\n`, { mode: 0o600 });
      const where =
        options.faults?.ads === undefined ? ['-address', pool.schedd()] : ['-pool', pool.collector, '-name', 'ci@pool'];
      const { status, stdout, stderr } = await runCommand([...where, '-timeout', '300', '-retries', '0'], { env });
      const [, kilobytes = 'NaN'] = /VmHWM:\s*(\d+)/.exec(stderr) ?? [];
      return { status, stdout, stderr, megabytes: Number(kilobytes) / 1000 };
    });
  }

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'floods-'));
    const probe = join(directory, '.rss.cjs');
    // resourceUsage() is unsuitable, because it includes the peak memory of the parent process.
    writeFileSync(
      probe,
      "process.on('exit', () => console.error(require('node:fs').readFileSync('/proc/self/status', 'utf8')));",
    );
    const preload = process.platform === 'linux' ? { NODE_OPTIONS: `--require ${probe}` } : {};
    env = { _CONDOR_SEC_TOKEN_DIRECTORY: directory, ...preload };
    const { status, megabytes, stderr } = await run({});
    assert.equal(status, 0, stderr);
    ordinary = megabytes;
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  for (const [what, options, code] of CASES) {
    test(`${what} causes ${code.source}, and the client does not buffer the data`, async () => {
      const { status, stdout, stderr, megabytes } = await run(options);
      assert.notEqual(status, 0);
      assert.equal(stdout, '');
      assert.match(stderr, code);
      if (process.platform === 'linux')
        assert.ok(megabytes < ordinary + 40, `${megabytes} MB, and ${ordinary} MB in an ordinary run`);
    });
  }

  const NAMES: readonly [string, () => Uint8Array, string][] = [
    [
      'nested lists',
      adOf(1, (message) => message.string(`AuthMethodsList = ${'{'.repeat(500_000)}`)),
      'ERR_NO_ENCRYPTION',
    ],
    ['nested ads', adOf(1, (message) => message.string(`Encryption = ${'[a='.repeat(300_000)}`)), 'ERR_CLASSAD'],
    ['a name with NUL', adOf(1, (message) => message.string('Encry').string('ption = "YES"')), 'ERR_CLASSAD'],
    ['no UTF-8', adOf(1, (message) => message.bytes(Uint8Array.of(0x41, 0x3d, 0xc3, 0x28, 0))), 'ERR_MESSAGE'],
  ];
  for (const [what, policy, code] of NAMES) {
    test(`${what} causes ${code}`, () =>
      withPool({ faults: { policy } }, (pool) => assert.rejects(fetchFrom(pool), { name: /./, code })));
  }
});
