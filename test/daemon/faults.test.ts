/**
 * Injects each fault into each message from a daemon. In each case, the fetch fails with one expected error, writes no
 * token, and prints no secret.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type AnyHTCondorError, HTCondorError } from '../../src/errors.ts';
import { ABSENT, MethodClients, type MethodName } from '../support/clients/method-clients.ts';
import { SigningKey } from '../support/credentials/signing-key.ts';
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import { fetchFrom, withPool } from '../support/embedded-pool/with-pool.ts';
import { assertHidden, MESSAGE_FAULTS, type MessageFault } from '../support/faults/broken-messages.ts';
import { deadlineFor, patience } from '../support/slowness.ts';

/** The error code for each fault, or the name of the fault's column in `CODES`. */
const OUTCOMES: Readonly<Record<MessageFault, string>> = {
  'closes the connection': 'CLOSED',
  'resets the connection': 'CLOSED',
  'sends nothing': 'TIMEOUT',
  'sends all but the last byte': 'TIMEOUT',
  'sends an empty frame': 'FRAME',
  'announces 4 GiB': 'FRAME',
  'sends an HTTP response': 'FRAME',
  'never ends the message': 'endless',
  'sends a body one byte too short': 'misfit',
  'sends a body one byte too long': 'misfit',
  'sends half of the body': 'misfit',
  'sends a body of one byte': 'misfit',
  'sends a body of ones': 'ones',
  'sends a body of zeros': 'zeros',
};

/**
 * Error codes that depend on the message, without the prefix ERR_. Faulty encrypted messages fail to decrypt. The
 * client compares a predictable message frame by frame. `valid` marks messages that consist of zeros even without a
 * fault.
 */
const CODES = `
message                    | misfit            ones              zeros             endless
IDTOKENS ads               | MESSAGE           MESSAGE           MESSAGE           TIMEOUT
IDTOKENS policy            | MESSAGE           CLASSAD           MESSAGE           TIMEOUT
IDTOKENS method            | MESSAGE           MESSAGE           METHODS_EXHAUSTED TIMEOUT
IDTOKENS challenge         | MESSAGE           MESSAGE           MESSAGE           TIMEOUT
IDTOKENS key exchange      | MESSAGE           MESSAGE           valid             MESSAGE
IDTOKENS post-auth         | DECRYPT           DECRYPT           DECRYPT           DECRYPT
IDTOKENS reply             | DECRYPT           DECRYPT           DECRYPT           DECRYPT
PASSWORD challenge         | MESSAGE           MESSAGE           MESSAGE           TIMEOUT
FS directory               | MESSAGE           MESSAGE           MESSAGE           TIMEOUT
FS directory verdict       | MESSAGE           METHODS_EXHAUSTED valid             TIMEOUT
MUNGE munge verdict        | METHODS_EXHAUSTED METHODS_EXHAUSTED valid             METHODS_EXHAUSTED
SSL method                 | MESSAGE           MESSAGE           METHODS_EXHAUSTED TIMEOUT
SSL hello                  | MESSAGE           METHODS_EXHAUSTED valid             TIMEOUT
SSL tls 1                  | MESSAGE           MESSAGE           MESSAGE           TIMEOUT
SSL tls 2                  | MESSAGE           MESSAGE           MESSAGE           TIMEOUT
SSL tls key                | MESSAGE           MESSAGE           MESSAGE           TIMEOUT
KERBEROS kerberos mutual   | MESSAGE           METHODS_EXHAUSTED METHODS_EXHAUSTED TIMEOUT
KERBEROS kerberos reply    | MESSAGE           MESSAGE           MESSAGE           TIMEOUT
KERBEROS kerberos verdict  | METHODS_EXHAUSTED METHODS_EXHAUSTED METHODS_EXHAUSTED METHODS_EXHAUSTED
SCITOKENS scitoken verdict | METHODS_EXHAUSTED METHODS_EXHAUSTED METHODS_EXHAUSTED METHODS_EXHAUSTED
`;

const rows = CODES.trim()
  .split('\n')
  .map((line) => line.split('|').map((part) => part.trim()));
const columns = rows[0]?.[1]?.split(/ +/) ?? [];

let clients: MethodClients;
before(async () => {
  clients = await MethodClients.create();
});
after(() => clients?.close());

for (const [message = '', ownCodes = ''] of rows.slice(1)) {
  const codes = ownCodes.split(/ +/);
  const [, name = '', step = ''] = /^(\w+) (.*)$/.exec(message) ?? [];
  const method = name as MethodName;
  describe(`${method}: if the daemon, in place of the message “${step}”,`, {
    concurrency: 8,
    skip: ABSENT[method] ?? false,
  }, () => {
    for (const [what, outcome] of Object.entries(OUTCOMES)) {
      const code = codes[columns.indexOf(outcome)] ?? outcome;
      if (code === 'valid') continue;
      test(`${what}, the fetch fails with ERR_${code}`, async () => {
        const options: EmbeddedPoolOptions = {
          ...clients.pool({ faults: { [step]: MESSAGE_FAULTS[what as MessageFault] } }),
          tls: { certificate: clients.server, authority: clients.authority.certificate },
        };
        await withPool(options, async (pool) => {
          const daemon = step === 'ads' ? { pool: pool.collector, name: 'ci@pool' } : {};
          const words = {
            ...clients.inputsFor(method, pool),
            ...daemon,
            file: join(clients.folder, `token-${pool.port}`),
          };
          const { error, log } = await clients.try(pool, words, { timeoutMs: deadlineFor(code) });
          assert.ok(error instanceof HTCondorError, error instanceof Error ? error.stack : String(error));
          assert.equal(error.code, `ERR_${code}`, error.stack);
          assert.equal(error.phase, { ads: 'locate', reply: 'token' }[step] ?? 'session');
          assert.ok(error.peer !== undefined);
          assert.ok(!existsSync(words.file), 'nothing is written');
          assertHidden(clients.secrets(words), error, ...log);
        });
      });
    }
  });
}

test('FS removes its directory after every failure', () => assert.deepEqual(readdirSync(clients.tmp), []));

let directory: string;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'faults-'));
});
after(() => rmSync(directory, { recursive: true, force: true }));

/** Fetches a token by address and expects an error. */
function errorOf(options: EmbeddedPoolOptions): Promise<AnyHTCondorError> {
  return withPool(options, async (pool) => {
    const file = join(directory, `token-${pool.port}`);
    const seen: string[] = [];
    const idtoken = pool.idToken();
    const onLog = (_: string, line: string) => seen.push(line);
    const error: unknown = await fetchFrom(pool, { idtoken, file, timeoutMs: patience(10_000), onLog }).then(
      () => assert.fail('a token was returned'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof HTCondorError, `${error instanceof Error ? error.stack : String(error)}`);
    assert.ok(!existsSync(file), 'nothing is written');
    const signature = idtoken.split('.')[2] ?? '';
    assert.ok(![error.message, error.stack, ...seen].join().includes(signature), 'the credential is not printed');
    return error as AnyHTCondorError;
  });
}

describe('A policy that', () => {
  const cases: readonly [string, Record<string, string | undefined>, string][] = [
    ['has no ECDHPublicKey', { ECDHPublicKey: undefined }, 'ERR_NO_ENCRYPTION'],
    ['has a key that is not a point on the curve', { ECDHPublicKey: 'AAAA' }, 'ERR_MESSAGE'],
    ['rejects encryption', { Encryption: 'NO' }, 'ERR_NO_ENCRYPTION'],
    ['does not mention encryption', { Encryption: undefined }, 'ERR_NO_ENCRYPTION'],
    ['offers only BLOWFISH', { CryptoMethods: 'BLOWFISH' }, 'ERR_NO_ENCRYPTION'],
    ['prefers BLOWFISH', { CryptoMethods: 'BLOWFISH,AES' }, 'ERR_NO_ENCRYPTION'],
    ['offers no cipher', { CryptoMethods: '' }, 'ERR_NO_ENCRYPTION'],
    ['rejects authentication', { Authentication: 'NO' }, 'ERR_NO_COMMON_METHOD'],
    [
      'offers only methods that the client does not support',
      { AuthMethodsList: 'FS,KERBEROS' },
      'ERR_NO_COMMON_METHOD',
    ],
    ['offers no methods', { AuthMethodsList: '' }, 'ERR_NO_COMMON_METHOD'],
    ['has another trust domain', { TrustDomain: 'other.test' }, 'ERR_METHODS_EXHAUSTED'],
    ['has no trust domain', { TrustDomain: undefined }, 'ERR_TOKEN_CLAIM'],
    ['has other signing keys', { IssuerKeys: 'OTHER' }, 'ERR_METHODS_EXHAUSTED'],
  ];
  for (const [what, changes, code] of cases) {
    test(`${what} causes ${code}`, async () => {
      const error = await errorOf({ edit: { policy: (ad) => ({ ...ad, ...changes }) } });
      assert.equal(error.code, code, error.stack);
    });
  }
});

describe('A post-auth ad that', () => {
  const cases: readonly [string, Record<string, string | undefined>, string][] = [
    ['denies the command', { ReturnCode: 'DENIED' }, 'ERR_DENIED'],
    ['has no ReturnCode', { ReturnCode: undefined }, 'ERR_DENIED'],
    ['has another ReturnCode', { ReturnCode: 'authorized' }, 'ERR_DENIED'],
    ['reports an unknown command', { ReturnCode: 'CMD_NOT_FOUND' }, 'ERR_COMMAND_NOT_REGISTERED'],
    ['has no User', { User: undefined }, 'ERR_DENIED'],
    ['has another User', { User: 'root@pool.test' }, 'ERR_TOKEN_CLAIM'],
  ];
  for (const [what, changes, code] of cases) {
    test(`${what} causes ${code}`, async () => {
      const error = await errorOf({ edit: { 'post-auth': (ad) => ({ ...ad, ...changes }) } });
      assert.equal(error.code, code, error.stack);
    });
  }
});

describe('A reply that', () => {
  const key = new SigningKey();
  const grant = { subject: 'alice@pool.test', issuer: 'pool.test', lifetime: 3600 };
  const cases: readonly [string, Record<string, string | number | undefined>, string][] = [
    ['is empty', { Token: undefined }, 'ERR_TOKEN_MALFORMED'],
    ['has an empty token', { Token: '' }, 'ERR_TOKEN_MALFORMED'],
    ['has a number in place of the token', { Token: 7 }, 'ERR_CLASSAD'],
    ['has a malformed token', { Token: 'x' }, 'ERR_TOKEN_MALFORMED'],
    ['has an error and a token', { ErrorString: 'no' }, 'ERR_DAEMON'],
    ['has an error code and a token', { ErrorCode: 5 }, 'ERR_DAEMON'],
    ['has a textual error code', { ErrorCode: 'five' }, 'ERR_CLASSAD'],
    ['has a token of another issuer', { Token: key.issue({ ...grant, issuer: 'other.test' }) }, 'ERR_TOKEN_CLAIM'],
    ['has a token for root', { Token: key.issue({ ...grant, subject: 'root@pool.test' }) }, 'ERR_TOKEN_CLAIM'],
    ['has a token that never expires', { Token: key.issue({ ...grant, lifetime: undefined }) }, 'ERR_TOKEN_CLAIM'],
    ['has a token with a longer lifetime', { Token: key.issue({ ...grant, lifetime: 3601 }) }, 'ERR_TOKEN_CLAIM'],
  ];
  for (const [what, changes, code] of cases) {
    test(`${what} causes ${code}`, async () => {
      const error = await errorOf({ edit: { reply: (ad) => ({ ...ad, ...changes }) } });
      assert.equal(error.code, code, error.stack);
    });
  }
  test('contains control characters and workflow commands causes a message that contains neither', async () => {
    const text = 'x\n::error::y\u001b[2J ##[add-mask]z';
    const error = await errorOf({ edit: { reply: () => ({ ErrorString: text, ErrorCode: 1 }) } });
    assert.equal(error.code, 'ERR_DAEMON');
    assert.doesNotMatch(error.message, /[\p{Cc}]|##\[/u);
  });
});

describe('A daemon without the signing key of the token', () => {
  test('fails to authenticate', () =>
    withPool({}, async (pool) => {
      const forged = new SigningKey('POOL').issue({ subject: 'alice@pool.test', issuer: 'pool.test' });
      await assert.rejects(fetchFrom(pool, { idtoken: forged }), { code: 'ERR_SERVER_UNPROVEN', phase: 'session' });
      assert.ok(!pool.log.some((line) => line.startsWith('PERMISSION GRANTED')));
    }));
});
