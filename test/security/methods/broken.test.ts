/** Every message of every method, broken in every way: a typed error, soon; nothing delivered, shown or left behind. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { HTCondorError } from '../../../src/errors.ts';
import { assertHidden, type BrokenMessage, brokenMessages, instead } from '../../support/broken-messages.ts';
import { withPool } from '../../support/embedded-fetch.ts';
import type { EmbeddedPoolOptions, Step } from '../../support/embedded-pool/settings.ts';
import { ABSENT, type WayName, Ways } from '../../support/ways.ts';

let ways: Ways;
before(async () => {
  ways = await Ways.create();
});
after(() => ways?.close());

/** What the client may make of a message that can be read but makes no sense, in the middle of a method. */
const CONTENT = /^ERR_(MESSAGE|METHODS_EXHAUSTED|SERVER_UNPROVEN|FRAME|CLOSED)$/;

const message = (what: string, write: Parameters<typeof instead>[0], code: RegExp): BrokenMessage => ({
  ...{ what, fault: instead(write), code },
});

/** TLS as the server may break it. After half a record the rest might come, so that the server has to give up first. */
const BROKEN_TLS: readonly BrokenMessage[] = [
  message('gives up', (m) => m.int(3).int(0), /^ERR_METHODS_EXHAUSTED$/),
  message('has an error', (m) => m.int(-1).int(0), /^ERR_METHODS_EXHAUSTED$/),
  message('has an unknown status', (m) => m.int(99).int(0), /^ERR_METHODS_EXHAUSTED$/),
  message('says a negative length', (m) => m.int(2).int(-1), /^ERR_MESSAGE$/),
  message('says more than a mebibyte', (m) => m.int(2).int(1024 * 1024 + 1), /^ERR_MESSAGE$/),
  message('says more than it sends', (m) => m.int(2).int(10).bytes(new Uint8Array(9)), /^ERR_MESSAGE$/),
  message('sends no records', (m) => m.int(2).int(0), /^ERR_(METHODS_EXHAUSTED|MESSAGE|CLOSED)$/),
  message('holds and sends no records', (m) => m.int(4).int(0), /^ERR_(METHODS_EXHAUSTED|MESSAGE|CLOSED)$/),
  message(
    'sends records that are none',
    (m) => m.int(2).int(20).bytes(new Uint8Array(20).fill(0x41)),
    /^ERR_METHODS_EXHAUSTED$/,
  ),
  message(
    'sends half a record',
    (m) =>
      m
        .int(2)
        .int(20)
        .bytes(Uint8Array.of(0x16, 3, 3, 0, 200, ...new Uint8Array(15))),
    /^ERR_(METHODS_EXHAUSTED|CLOSED)$/,
  ),
  message(
    'sends an alert',
    (m) =>
      m
        .int(2)
        .int(7)
        .bytes(Uint8Array.of(0x15, 3, 3, 0, 2, 2, 40)),
    /^ERR_METHODS_EXHAUSTED$/,
  ),
  message(
    'closes TLS',
    (m) =>
      m
        .int(2)
        .int(7)
        .bytes(Uint8Array.of(0x15, 3, 3, 0, 2, 1, 0)),
    /^ERR_METHODS_EXHAUSTED$/,
  ),
];

interface Place {
  readonly way: WayName;
  readonly step: Step | `${Step} ${number}`;
  readonly tls?: 'TLSv1.2';
  /** Not what any message may be, but what one of this place may be. */
  readonly own?: readonly BrokenMessage[];
  /** That alone: all else was tried in another place like it. */
  readonly like?: true;
}

const int = (value: number, code: RegExp) => message(`says ${value}`, (m) => m.int(value), code);
const REFUSED = /^ERR_METHODS_EXHAUSTED$/;

const PLACES: readonly Place[] = [
  { way: 'SSL', step: 'method', own: [int(2048, /^ERR_MESSAGE$/), int(0, REFUSED)] },
  ...(['FS', 'KERBEROS', 'PASSWORD', 'MUNGE', 'SCITOKENS', 'IDTOKENS'] as const).map(
    (way): Place => ({ way, step: 'method', like: true, own: [int(256, /^ERR_MESSAGE$/), int(0, REFUSED)] }),
  ),
  { way: 'PASSWORD', step: 'challenge' },
  {
    ...{ way: 'FS', step: 'directory' },
    own: [
      message('names nothing', (m) => m.string(''), REFUSED),
      message('names something that is no text', (m) => m.bytes(Uint8Array.of(0xff, 0xfe, 0)), /^ERR_MESSAGE$/),
    ],
  },
  { way: 'FS', step: 'directory verdict', own: [int(-1, REFUSED), int(1, REFUSED), int(2 ** 52, REFUSED)] },
  { way: 'MUNGE', step: 'munge verdict', own: [int(-1, REFUSED), int(1, REFUSED)] },
  {
    ...{ way: 'KERBEROS', step: 'kerberos mutual' },
    own: [int(0, REFUSED), int(-1, REFUSED), int(1, REFUSED), int(4, REFUSED), int(2 ** 52, REFUSED)],
  },
  {
    ...{ way: 'KERBEROS', step: 'kerberos reply' },
    own: [
      message('denies', (m) => m.int(0), /^ERR_MESSAGE$/),
      message('says a negative length', (m) => m.int(4).int(-1), /^ERR_MESSAGE$/),
      message('says more than it sends', (m) => m.int(4).int(100).bytes(new Uint8Array(99)), /^ERR_MESSAGE$/),
      message('replies with nothing', (m) => m.int(4).int(0), /^ERR_SERVER_UNPROVEN$/),
      message(
        'replies with something else',
        (m) => m.int(4).int(2).bytes(Uint8Array.of(0x6f, 0)),
        /^ERR_SERVER_UNPROVEN$/,
      ),
    ],
  },
  { way: 'KERBEROS', step: 'kerberos verdict', own: [int(0, REFUSED), int(-1, REFUSED), int(2, REFUSED)] },
  { way: 'SSL', step: 'hello', own: [int(-1, REFUSED), int(3, REFUSED)] },
  ...(['tls 1', 'tls 2', 'tls key'] as const).flatMap((step): readonly Place[] => [
    { way: 'SSL', step, own: BROKEN_TLS },
    { way: 'SSL', step, own: BROKEN_TLS, tls: 'TLSv1.2', like: true },
    { way: 'SCITOKENS', step, own: BROKEN_TLS, like: true },
  ]),
  {
    ...{ way: 'SCITOKENS', step: 'scitoken verdict' },
    own: [
      message('gives up', (m) => m.int(3).int(0), REFUSED),
      message('says more', (m) => m.int(4).int(1).bytes(Uint8Array.of(0)), REFUSED),
      message('is not through', (m) => m.int(2).int(0), REFUSED),
    ],
  },
];

for (const { way, step, tls, own = [], like = false } of PLACES) {
  const what = `${way}${tls === undefined ? '' : ` in ${tls}`}, at the step “${step}”`;
  describe(`A daemon that by ${what},`, { concurrency: 8, skip: ABSENT[way] ?? false }, () => {
    for (const broken of [...(like ? [] : brokenMessages(CONTENT)), ...own]) {
      test(`${broken.what} is left with ${broken.code.source.replaceAll(/[\^$]/g, '')}`, async () => {
        const certificate = ways.server;
        const authority = ways.authority.certificate;
        const options: EmbeddedPoolOptions = {
          ...ways.pool({ faults: { [step]: broken.fault } }),
          tls: { certificate, authority, ...(tls === undefined ? {} : { version: tls }) },
        };
        await withPool(options, async (pool) => {
          const file = join(ways.folder, `token-${pool.port}`);
          const words = { ...ways.words(way, pool), file };
          // What is known beforehand is compared frame by frame.
          const early = step.endsWith(' verdict') && way !== 'FS' && broken.what === 'never ends its message';
          const timeoutMs = broken.waits === true && !early ? 300 : 10_000;
          const { error, log } = await ways.try(pool, words, { timeoutMs });
          assert.ok(error instanceof HTCondorError, error instanceof Error ? error.stack : String(error));
          assert.match(error.code, early ? REFUSED : broken.code, error.stack);
          assert.equal(error.phase, 'session');
          assert.ok(error.peer !== undefined);
          assert.ok(!existsSync(file), 'nothing is written');
          assertHidden(ways.secrets(words), error, ...log);
        });
      });
    }
  });
}

test('no directory is left behind', () => assert.deepEqual(readdirSync(ways.tmp), []));
