/**
 * Tests well-formed messages of each method that have invalid content. test/daemon/faults.test.ts damages the frames
 * instead.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { HTCondorError } from '../../../src/errors.ts';
import { ABSENT, MethodClients, type MethodName } from '../../support/clients/method-clients.ts';
import type { Fault } from '../../support/embedded-pool/server-channel.ts';
import type { EmbeddedPoolOptions, Step } from '../../support/embedded-pool/settings.ts';
import { withPool } from '../../support/embedded-pool/with-pool.ts';
import { assertHidden, instead } from '../../support/faults/broken-messages.ts';

let clients: MethodClients;
before(async () => {
  clients = await MethodClients.create();
});
after(() => clients?.close());

interface BadContent {
  readonly what: string;
  readonly fault: Fault;
  readonly code: string;
  /** Error codes for the steps at which the daemon closes the connection, because it has nothing to send. */
  readonly at?: Readonly<Record<string, string>>;
}

const message = (
  what: string,
  write: Parameters<typeof instead>[0],
  code: string,
  at?: BadContent['at'],
): BadContent => ({
  ...{ what, fault: instead(write), code },
  ...(at === undefined ? {} : { at }),
});

const KEY: BadContent['at'] = {
  'SSL, tls key': 'ERR_CLOSED',
  'SSL in TLSv1.2, tls key': 'ERR_CLOSED',
  'SCITOKENS, tls key': 'ERR_CLOSED',
};

/** Invalid TLS messages from a server. */
const BROKEN_TLS: readonly BadContent[] = [
  message('gives up', (m) => m.int(3).int(0), 'ERR_METHODS_EXHAUSTED'),
  message('reports an error', (m) => m.int(-1).int(0), 'ERR_METHODS_EXHAUSTED'),
  message('sends an unknown status', (m) => m.int(99).int(0), 'ERR_METHODS_EXHAUSTED'),
  message('announces a negative length', (m) => m.int(2).int(-1), 'ERR_MESSAGE'),
  message('announces more than 1 MiB', (m) => m.int(2).int(1024 * 1024 + 1), 'ERR_MESSAGE'),
  message('announces more than it sends', (m) => m.int(2).int(10).bytes(new Uint8Array(9)), 'ERR_MESSAGE'),
  message('sends no records', (m) => m.int(2).int(0), 'ERR_METHODS_EXHAUSTED', KEY),
  message('sends HOLDING without any records', (m) => m.int(4).int(0), 'ERR_METHODS_EXHAUSTED'),
  message(
    'sends bytes that are not TLS records',
    (m) => m.int(2).int(20).bytes(new Uint8Array(20).fill(0x41)),
    'ERR_METHODS_EXHAUSTED',
  ),
  message(
    'sends half a record',
    (m) =>
      m
        .int(2)
        .int(20)
        .bytes(Uint8Array.of(0x16, 3, 3, 0, 200, ...new Uint8Array(15))),
    'ERR_METHODS_EXHAUSTED',
    { 'SSL in TLSv1.2, tls key': 'ERR_CLOSED' },
  ),
  message(
    'sends an alert',
    (m) =>
      m
        .int(2)
        .int(7)
        .bytes(Uint8Array.of(0x15, 3, 3, 0, 2, 2, 40)),
    'ERR_METHODS_EXHAUSTED',
  ),
  message(
    'closes TLS',
    (m) =>
      m
        .int(2)
        .int(7)
        .bytes(Uint8Array.of(0x15, 3, 3, 0, 2, 1, 0)),
    'ERR_METHODS_EXHAUSTED',
  ),
];

interface Place {
  readonly method: MethodName;
  readonly step: Step | `${Step} ${number}`;
  readonly tls?: 'TLSv1.2';
  readonly contents: readonly BadContent[];
}

const int = (value: number, code: string) => message(`sends ${value}`, (m) => m.int(value), code);
const REFUSED = 'ERR_METHODS_EXHAUSTED';

const PLACES: readonly Place[] = [
  { method: 'SSL', step: 'method', contents: [int(2048, 'ERR_MESSAGE'), int(0, REFUSED)] },
  ...(['FS', 'KERBEROS', 'PASSWORD', 'MUNGE', 'SCITOKENS', 'IDTOKENS'] as const).map(
    (method): Place => ({ method, step: 'method', contents: [int(256, 'ERR_MESSAGE'), int(0, REFUSED)] }),
  ),
  {
    ...{ method: 'FS', step: 'directory' },
    contents: [
      message('names no directory', (m) => m.string(''), REFUSED),
      message('names a directory that is not UTF-8', (m) => m.bytes(Uint8Array.of(0xff, 0xfe, 0)), 'ERR_MESSAGE'),
    ],
  },
  { method: 'FS', step: 'directory verdict', contents: [int(-1, REFUSED), int(1, REFUSED), int(2 ** 52, REFUSED)] },
  { method: 'MUNGE', step: 'munge verdict', contents: [int(-1, REFUSED), int(1, REFUSED)] },
  { method: 'SSL', step: 'hello', contents: [int(-1, REFUSED), int(3, REFUSED)] },
  {
    ...{ method: 'KERBEROS', step: 'kerberos mutual' },
    contents: [int(0, REFUSED), int(-1, REFUSED), int(1, REFUSED), int(4, REFUSED), int(2 ** 52, REFUSED)],
  },
  {
    ...{ method: 'KERBEROS', step: 'kerberos reply' },
    contents: [
      message('denies', (m) => m.int(0), 'ERR_MESSAGE'),
      message('announces a negative length', (m) => m.int(4).int(-1), 'ERR_MESSAGE'),
      message('announces more than it sends', (m) => m.int(4).int(100).bytes(new Uint8Array(99)), 'ERR_MESSAGE'),
      message('sends an empty reply', (m) => m.int(4).int(0), 'ERR_SERVER_UNPROVEN'),
      message(
        'sends a reply that is not an AP-REP',
        (m) => m.int(4).int(2).bytes(Uint8Array.of(0x6f, 0)),
        'ERR_SERVER_UNPROVEN',
      ),
    ],
  },
  { method: 'KERBEROS', step: 'kerberos verdict', contents: [int(0, REFUSED), int(-1, REFUSED), int(2, REFUSED)] },
  ...(['tls 1', 'tls 2', 'tls key'] as const).flatMap((step): readonly Place[] => [
    { method: 'SSL', step, contents: BROKEN_TLS },
    { method: 'SSL', step, contents: BROKEN_TLS, tls: 'TLSv1.2' },
    { method: 'SCITOKENS', step, contents: BROKEN_TLS },
  ]),
  {
    ...{ method: 'SCITOKENS', step: 'scitoken verdict' },
    contents: [
      message('gives up', (m) => m.int(3).int(0), REFUSED),
      message('announces more data', (m) => m.int(4).int(1).bytes(Uint8Array.of(0)), REFUSED),
      message('reports an unfinished exchange', (m) => m.int(2).int(0), REFUSED),
    ],
  },
];

for (const { method, step, tls, contents } of PLACES) {
  const place = `${method}${tls === undefined ? '' : ` in ${tls}`}, ${step}`;
  describe(`${place}: if the daemon`, { concurrency: 8, skip: ABSENT[method] ?? false }, () => {
    for (const { what, fault, code: usual, at } of contents) {
      const code = at?.[place] ?? usual;
      test(`${what}, the fetch fails with ${code}`, async () => {
        const options: EmbeddedPoolOptions = {
          ...clients.pool({ faults: { [step]: fault } }),
          tls: {
            certificate: clients.server,
            authority: clients.authority.certificate,
            ...(tls === undefined ? {} : { version: tls }),
          },
        };
        await withPool(options, async (pool) => {
          const words = { ...clients.inputsFor(method, pool), file: join(clients.folder, `token-${pool.port}`) };
          const { error, log } = await clients.try(pool, words);
          assert.ok(error instanceof HTCondorError, error instanceof Error ? error.stack : String(error));
          assert.equal(error.code, code, error.stack);
          assert.equal(error.phase, 'session');
          assert.ok(error.peer !== undefined);
          assert.ok(!existsSync(words.file), 'nothing is written');
          assertHidden(clients.secrets(words), error, ...log);
        });
      });
    }
  });
}

test('FS removes its directory after every fault', () => assert.deepEqual(readdirSync(clients.tmp), []));
