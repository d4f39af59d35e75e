/**
 * Tests how the daemon of this host is found through the files that it writes for HTCondor's tools. Covers files that
 * 23.9 and 25.14 write, and malformed files.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { findLocal as find } from '../../src/daemon/local.ts';
import { formatSinful, parseSinful } from '../../src/transport/sinful.ts';
import { MethodClients, type Words } from '../support/clients/method-clients.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { deadPort } from '../support/network/listen.ts';
import { orReason } from '../support/unavailable.ts';

const findLocal = (...asked: Parameters<typeof find>) => orReason(find(...asked));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'local-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const SINFUL = '<127.0.0.1:20848?addrs=127.0.0.1-20848&alias=ap.pool.test&noUDP&sock=schedd_84_320b>';

/** Address files that schedds of both releases write. Every file starts with the same three lines. */
const OLD_ADDRESS = `${SINFUL}
$CondorVersion: 23.9.6 2026-07-12 PackageID: 23.9.6+dfsg-2.1+b10 $
$CondorPlatform: X86_64-Debian_13 $
`;
const NEW_ADDRESS = `${SINFUL}
$CondorVersion: 25.14.1 2026-10-16 PackageID: 25.14.1+dfsg-1 $
$CondorPlatform: X86_64-Debian_ $
Machine = "vm"
Name = "ci@pool"
SubmitAlwaysCheckCreds = false
`;
const AD = `MyType = "Scheduler"
Name = "ci@pool"
MyAddress = "${SINFUL}"
ScheddIpAddr = "${SINFUL}"
NumUsers = 0
Requirements = Name == "x" && MyAddress != "y"
`;

/** Returns the address and name in a file, or the reason why the file is rejected. */
function found(content: string | Uint8Array | undefined, type = 'schedd'): string {
  const path = content === undefined ? join(folder, 'missing') : put('file', content);
  const results = [
    findLocal({ adFile: path, addressFile: undefined }, type),
    findLocal({ adFile: undefined, addressFile: path }, type),
  ].map((each) =>
    typeof each === 'string' ? each.replace(path, 'file') : `${formatSinful(each.address)} ${each.name}`,
  );
  assert.equal(results[0], results[1]);
  return results[0] ?? '';
}

describe('The ad file or address file of a daemon', () => {
  const files: readonly [string, string, string][] = [
    ['with an address, as 23.9 writes it', OLD_ADDRESS, `${SINFUL} `],
    ['with an address, as 25.14 writes it', NEW_ADDRESS, `${SINFUL} ci@pool`],
    ['that contains an ad', AD, `${SINFUL} ci@pool`],
    ['with Windows line endings', AD.replaceAll('\n', '\r\n'), `${SINFUL} ci@pool`],
    ['without a newline at its end', SINFUL, `${SINFUL} `],
    ['with comments and blank lines', `# mine\n\n${OLD_ADDRESS}`, `${SINFUL} `],
    [
      'with attribute names in another case',
      AD.replaceAll('MyAddress', 'myADDRESS').replace('Name =', 'NAME ='),
      `${SINFUL} ci@pool`,
    ],
    [
      'with an address in an older attribute, which takes precedence',
      AD.replace(`MyAddress = "${SINFUL}"`, 'MyAddress = "<192.0.2.1:1>"'),
      `${SINFUL} ci@pool`,
    ],
    ['with two names, of which the last is used', `${AD}Name = "other@pool"\n`, `${SINFUL} other@pool`],
    ['with an IPv6 address', '<[::1]:9618?sock=schedd>\n', '<[::1]:9618?sock=schedd> '],
  ];
  for (const [what, content, expected] of files) {
    test(`provides the address if it is a file ${what}`, () => assert.equal(found(content), expected));
  }

  test('contains the address in a different attribute for each daemon type', () => {
    assert.equal(found(AD.replaceAll('ScheddIpAddr', 'StartdIpAddr'), 'startd'), `${SINFUL} ci@pool`);
    assert.equal(found(AD, 'credd'), `${SINFUL} ci@pool`);
  });

  const NONE = 'file: it contains no address';
  const bad: readonly [string, string | Uint8Array | undefined, string][] = [
    ['that is missing', undefined, 'file: it does not exist'],
    ['that is empty', '', NONE],
    ['with only blank lines', '\n \n\r\n', NONE],
    ['with only comments', '# <127.0.0.1:1>\n', NONE],
    ['with a single word', 'hello\n', NONE],
    ['with an address without brackets', '127.0.0.1:9618\n', NONE],
    ['with a truncated address', SINFUL.slice(0, -1), NONE],
    ['with an address that has a hostile socket name', '<127.0.0.1:1?sock=../x>', NONE],
    ['with an ad without an address', 'Name = "ci@pool"\n', NONE],
    ['with an ad that has an expression as its address', 'MyAddress = strcat("<127.0.0.1:1>")\n', NONE],
    ['with an address that is not the first word', `x ${SINFUL}`, NONE],
    ['with arbitrary bytes', Uint8Array.from({ length: 256 }, (_, at) => at), NONE],
    ['with more than a mebibyte', `${SINFUL}\n${'x'.repeat(1024 * 1024)}`, 'file: it is too large'],
  ];
  for (const [what, content, reason] of bad) {
    test(`provides no address, but a reason, if it is a file ${what}`, () => assert.equal(found(content), reason));
  }

  test('is rejected with the reason if it is a directory', () => {
    mkdirSync(join(folder, 'd'));
    assert.match(
      String(findLocal({ adFile: join(folder, 'd'), addressFile: undefined }, 'schedd')),
      /d: it is not a regular file$/,
    );
  });

  test('is the ad file or, if it does not exist, the address file; if both are missing, both reasons are reported', () => {
    const adFile = put('ad', AD);
    const addressFile = put('address', '<192.0.2.1:1>');
    const both = findLocal({ adFile, addressFile }, 'schedd');
    assert.ok(typeof both === 'object' && both.name === 'ci@pool');
    const second = findLocal({ adFile: put('ad', ''), addressFile }, 'schedd');
    assert.ok(typeof second === 'object' && second.address.host === '192.0.2.1');
    const missing = join(folder, 'missing');
    assert.equal(
      findLocal({ adFile, addressFile: missing }, 'schedd'),
      `${adFile}: it contains no address; ${missing}: it does not exist`,
    );
  });

  test('never causes an exception, regardless of its content', () => {
    const line = fc.oneof(
      fc.constantFrom(SINFUL, 'MyAddress = ', 'Name = ', '"', '\n', '\r\n', '#', '<', '>', '=', 'ScheddIpAddr'),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 10 }), (lines) => {
        const result = findLocal({ adFile: put('any', lines.join('')), addressFile: undefined }, 'schedd');
        if (typeof result !== 'string') assert.ok(parseSinful(formatSinful(result.address)) !== undefined);
      }),
      { numRuns: 60 },
    );
  });
});

describe('A fetch from the daemon of this host', () => {
  let clients: MethodClients;
  beforeEach(async () => {
    clients = await MethodClients.create();
  });
  afterEach(() => clients?.close());

  interface Here {
    readonly words?: Words;
    readonly env?: Record<string, string>;
    readonly file?: string;
  }
  /** Fetches from a schedd that is named ci@pool and has an address file on this host. */
  const fetchHere = ({ words = {}, env = {}, file }: Here) =>
    withPool({}, async (pool) => {
      const path = put('address', file ?? `${pool.schedd()}\n$CondorVersion: 25.14.1 $\n$CondorPlatform: x $\n`);
      const own = {
        ...{ _CONDOR_SCHEDD_ADDRESS_FILE: path, _CONDOR_SCHEDD_NAME: 'ci@pool', _CONDOR_FULL_HOSTNAME: 'pool' },
        ...env,
      };
      const all: Words = { address: '', idtoken: pool.idToken(), ...words };
      const tried = await clients.try(pool, all, { env: own });
      return { ...tried, said: pool.log, collector: pool.collector };
    });

  test('contacts no collector and requires none', async () => {
    const { fetched, error, said } = await fetchHere({});
    assert.equal(fetched?.daemonName, 'ci@pool', String(error));
    assert.equal(fetched.roundTrips, 3);
    assert.ok(!said.some((line) => line.startsWith('UNAUTHENTICATED')));
  });

  test('is also selected by the daemon’s name, but not by any other name', async () => {
    assert.equal((await fetchHere({ words: { name: 'ci@pool' } })).fetched?.roundTrips, 3);
    const { error } = await fetchHere({ words: { name: 'other@pool' } });
    assert.match(String(error), /pool: the collector is unknown/);
  });

  test('fails without a file and without a collector', async () => {
    const { error } = await fetchHere({ file: '' });
    assert.match(String(error), /LocateError: no schedd on this host: .*address: it contains no address/);
  });

  test('locates the daemon in the pool if there is no file', () =>
    withPool({}, async (pool) => {
      const env = { _CONDOR_SCHEDD_ADDRESS_FILE: join(folder, 'missing'), _CONDOR_COLLECTOR_HOST: pool.collector };
      const { fetched, error, log } = await clients.try(pool, { address: '', idtoken: pool.idToken() }, { env });
      assert.equal(fetched?.daemonName, 'ci@pool', String(error));
      assert.match(log.join('\n'), /locate: not on this host: .*missing: it does not exist/);
    }));

  test('fails if the daemon has ended but its file still exists', async () => {
    const { error } = await fetchHere({ file: `<127.0.0.1:${await deadPort()}?sock=schedd_0>\n` });
    assert.equal((error as { code?: string }).code, 'ERR_CONNECT');
  });

  test('is not tried if the user named a pool', () =>
    withPool({ schedds: ['far@pool'] }, async (pool) => {
      const env = { _CONDOR_SCHEDD_ADDRESS_FILE: put('address', '<192.0.2.1:1>\n') };
      const words = { address: '', pool: pool.collector, idtoken: pool.idToken() };
      assert.equal((await clients.try(pool, words, { env })).fetched?.daemonName, 'far@pool');
    }));
});
