/** Every message of the daemon, broken in every way: a typed error each time, soon, and nothing delivered. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type AnyHTCondorError, HTCondorError } from '../../src/errors.ts';
import { fetchFrom, withPool } from '../support/embedded-fetch.ts';
import type { EmbeddedPoolOptions, Step } from '../support/embedded-pool/settings.ts';
import type { Fault } from '../support/server-channel.ts';
import { SigningKey } from '../support/signing-key.ts';

const STEPS: readonly Step[] = ['ads', 'policy', 'method', 'challenge', 'key exchange', 'post-auth', 'reply'];

const FAULTS: readonly [string, Fault, RegExp][] = [
  ['hangs up', 'close', /^ERR_CLOSED$/],
  ['resets', 'reset', /^ERR_CLOSED$/],
  ['says nothing', 'silence', /^ERR_TIMEOUT$/],
  ['stops in the middle', (frame) => frame.subarray(0, -1), /^ERR_(TIMEOUT|CLOSED|FRAME|MESSAGE|DECRYPT)$/],
  ['adds a byte', (frame) => lengthened(frame), /^ERR_(FRAME|MESSAGE|DECRYPT|TIMEOUT)$/],
  [
    'sends a frame of zeros',
    (frame) => Uint8Array.of(...frame.subarray(0, 5), ...new Uint8Array(frame.length - 5)),
    /^ERR_(FRAME|MESSAGE|CLASSAD|DECRYPT|NO_ENCRYPTION|METHODS_EXHAUSTED|NOT_FOUND)$/,
  ],
  ['announces 4 GiB', () => Uint8Array.of(1, 255, 255, 255, 255), /^ERR_FRAME$/],
  ['speaks HTTP', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /^ERR_FRAME$/],
  [
    'never ends its message',
    (frame) => Uint8Array.of(0, ...frame.subarray(1)),
    /^ERR_(TIMEOUT|FRAME|MESSAGE|DECRYPT)$/,
  ],
];

function lengthened(frame: Uint8Array): Uint8Array {
  const longer = new Uint8Array(frame.length + 1);
  longer.set(frame);
  const view = new DataView(longer.buffer);
  view.setUint32(1, frame.length - 4);
  return longer;
}

let directory: string;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'faults-'));
});
after(() => rmSync(directory, { recursive: true, force: true }));

/** The error that a fetch has to end in: by address, or for `ads` by name. */
function errorOf(options: EmbeddedPoolOptions): Promise<AnyHTCondorError> {
  return withPool(options, async (pool) => {
    const file = join(directory, `token-${pool.port}`);
    const seen: string[] = [];
    const idtoken = pool.idToken();
    const where = options.faults?.ads === undefined ? {} : { pool: pool.collector, name: 'ci@pool' };
    const onLog = (_: string, line: string) => seen.push(line);
    const error: unknown = await fetchFrom(pool, { ...where, idtoken, file, timeoutMs: 400, onLog }).then(
      () => assert.fail('a token came'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof HTCondorError, `${error instanceof Error ? error.stack : String(error)}`);
    assert.ok(!existsSync(file), 'nothing is written');
    const signature = idtoken.split('.')[2] ?? '';
    assert.ok(![error.message, error.stack, ...seen].join().includes(signature), 'the credential is not shown');
    return error as AnyHTCondorError;
  });
}

for (const step of STEPS) {
  describe(`A daemon that at the step “${step}”`, () => {
    for (const [what, fault, code] of FAULTS) {
      if (step === 'key exchange' && what === 'sends a frame of zeros') continue; // that is what belongs there
      test(`${what} is left with ${code.source.replaceAll(/[\^$]/g, '')}`, async () => {
        const error = await errorOf({ faults: { [step]: fault } });
        assert.match(error.code, code, error.stack);
        assert.ok(error.phase !== undefined && error.peer !== undefined);
      });
    }
  });
}

describe('A daemon whose policy', () => {
  const cases: readonly [string, Record<string, string | undefined>, string][] = [
    ['has no ECDHPublicKey', { ECDHPublicKey: undefined }, 'ERR_NO_ENCRYPTION'],
    ['has no point of the curve', { ECDHPublicKey: 'AAAA' }, 'ERR_MESSAGE'],
    ['says no encryption', { Encryption: 'NO' }, 'ERR_NO_ENCRYPTION'],
    ['says nothing of encryption', { Encryption: undefined }, 'ERR_NO_ENCRYPTION'],
    ['has BLOWFISH', { CryptoMethods: 'BLOWFISH' }, 'ERR_NO_ENCRYPTION'],
    ['prefers BLOWFISH', { CryptoMethods: 'BLOWFISH,AES' }, 'ERR_NO_ENCRYPTION'],
    ['has no cipher', { CryptoMethods: '' }, 'ERR_NO_ENCRYPTION'],
    ['says no authentication', { Authentication: 'NO' }, 'ERR_NO_COMMON_METHOD'],
    ['has methods that we do not have', { AuthMethodsList: 'FS,KERBEROS' }, 'ERR_NO_COMMON_METHOD'],
    ['has no methods', { AuthMethodsList: '' }, 'ERR_NO_COMMON_METHOD'],
    ['is of another trust domain', { TrustDomain: 'other.test' }, 'ERR_METHODS_EXHAUSTED'],
    ['names no trust domain', { TrustDomain: undefined }, 'ERR_TOKEN_CLAIM'],
    ['has other keys', { IssuerKeys: 'OTHER' }, 'ERR_METHODS_EXHAUSTED'],
  ];
  for (const [what, changes, code] of cases) {
    test(`${what} is left with ${code}`, async () => {
      const error = await errorOf({ edit: { policy: (ad) => ({ ...ad, ...changes }) } });
      assert.equal(error.code, code, error.stack);
    });
  }
});

describe('A daemon whose post-auth ad', () => {
  const cases: readonly [string, Record<string, string | undefined>, string][] = [
    ['denies', { ReturnCode: 'DENIED' }, 'ERR_DENIED'],
    ['has no ReturnCode', { ReturnCode: undefined }, 'ERR_DENIED'],
    ['has another ReturnCode', { ReturnCode: 'authorized' }, 'ERR_DENIED'],
    ['does not know the command', { ReturnCode: 'CMD_NOT_FOUND' }, 'ERR_COMMAND_NOT_REGISTERED'],
    ['names nobody', { User: undefined }, 'ERR_DENIED'],
    ['names somebody else', { User: 'root@pool.test' }, 'ERR_TOKEN_CLAIM'],
  ];
  for (const [what, changes, code] of cases) {
    test(`${what} is left with ${code}`, async () => {
      const error = await errorOf({ edit: { 'post-auth': (ad) => ({ ...ad, ...changes }) } });
      assert.equal(error.code, code, error.stack);
    });
  }
});

describe('A daemon whose reply', () => {
  const key = new SigningKey();
  const grant = { subject: 'alice@pool.test', issuer: 'pool.test', lifetime: 3600 };
  const cases: readonly [string, Record<string, string | number | undefined>, string][] = [
    ['is empty', { Token: undefined }, 'ERR_TOKEN_MALFORMED'],
    ['has an empty token', { Token: '' }, 'ERR_TOKEN_MALFORMED'],
    ['has a number for a token', { Token: 7 }, 'ERR_CLASSAD'],
    ['has a token that is none', { Token: 'x' }, 'ERR_TOKEN_MALFORMED'],
    ['has an error and a token', { ErrorString: 'no' }, 'ERR_DAEMON'],
    ['has a code and a token', { ErrorCode: 5 }, 'ERR_DAEMON'],
    ['has a code in words', { ErrorCode: 'five' }, 'ERR_CLASSAD'],
    ['has a token of another issuer', { Token: key.issue({ ...grant, issuer: 'other.test' }) }, 'ERR_TOKEN_CLAIM'],
    ['has a token for root', { Token: key.issue({ ...grant, subject: 'root@pool.test' }) }, 'ERR_TOKEN_CLAIM'],
    ['has a token for ever', { Token: key.issue({ ...grant, lifetime: undefined }) }, 'ERR_TOKEN_CLAIM'],
    ['has a token that lasts longer', { Token: key.issue({ ...grant, lifetime: 3601 }) }, 'ERR_TOKEN_CLAIM'],
  ];
  for (const [what, changes, code] of cases) {
    test(`${what} is left with ${code}`, async () => {
      const error = await errorOf({ edit: { reply: (ad) => ({ ...ad, ...changes }) } });
      assert.equal(error.code, code, error.stack);
    });
  }
  test('has hostile text is quoted harmlessly', async () => {
    const text = 'x\n::error::y\u001b[2J ##[add-mask]z';
    const error = await errorOf({ edit: { reply: () => ({ ErrorString: text, ErrorCode: 1 }) } });
    assert.equal(error.code, 'ERR_DAEMON');
    assert.doesNotMatch(error.message, /[\p{Cc}]|##\[/u);
  });
});

describe('A daemon that does not know our key', () => {
  test('is not believed', () =>
    withPool({}, async (pool) => {
      const forged = new SigningKey('POOL').issue({ subject: 'alice@pool.test', issuer: 'pool.test' });
      await assert.rejects(fetchFrom(pool, { idtoken: forged }), { code: 'ERR_SERVER_UNPROVEN', phase: 'session' });
      assert.ok(!pool.log.some((line) => line.startsWith('PERMISSION GRANTED')));
    }));
});
