/** Tests which releases the client distinguishes, and its message about releases that are too old. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readServerPolicy } from '../../src/security/policy.ts';
import { parseVersion, restrictsLevels } from '../../src/security/version.ts';
import { ClassAd } from '../../src/wire/classad.ts';
import { fetchFrom, withPool } from '../support/embedded-pool/with-pool.ts';

const text = (version: string) => `$CondorVersion: ${version} 2025-01-01 BuildID: 1 $`;

const restricts = (version: string) => {
  const parsed = parseVersion(text(version));
  assert.ok(parsed);
  return restrictsLevels(parsed);
};

describe('A daemon restricts fetched tokens to the levels of the credential', () => {
  for (const [older, newer] of [
    ['23.0.21', '23.0.22'],
    ['23.9.5', '23.9.6'],
    ['23.10.21', '23.10.22'],
    ['24.0.5', '24.0.6'],
    ['24.5.9', '24.6.0'],
  ] as const)
    test(`since ${newer}, but not in ${older}`, () => {
      assert.equal(restricts(older), false);
      assert.equal(restricts(newer), true);
    });

  for (const version of ['9.9.0', '10.0.9', '10.9.0', '23.4.0', '23.6.2', '23.8.1', '24.1.1'])
    test(`not in ${version}`, () => assert.equal(restricts(version), false));
  for (const version of ['24.12.1', '25.0.14', '25.14.1', '26.0.0'])
    test(`in ${version}`, () => assert.equal(restricts(version), true));
});

test('a version is parsed only at the start of the text', () => {
  assert.deepEqual(parseVersion(text('25.14.1')), { text: '25.14.1', major: 25, minor: 14, patch: 1 });
  assert.equal(parseVersion(''), undefined);
  assert.equal(parseVersion(`${'x'.repeat(1_000_000)}25.14.1`), undefined);
});

describe('A daemon without an encrypted session', () => {
  const refused = (attributes: Record<string, string>) => () => {
    const values = Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), `"${value}"`] as const);
    readServerPolicy(new ClassAd(new Map(values)));
  };
  const old = { RemoteVersion: text('9.0.17'), Authentication: 'YES', Encryption: 'YES', CryptoMethods: 'AES' };
  const code = 'ERR_NO_ENCRYPTION';

  test('because it is older than 9.9 is reported with its release and the required release', () =>
    assert.throws(refused(old), {
      code,
      message:
        'the daemon, HTCondor 9.0.17, sends no ECDHPublicKey, so no secret key can be agreed on; HTCondor 9.9 or later is required',
    }));
  test('because it does not accept AES is reported with the ciphers that the client offers', () =>
    assert.throws(refused({ ...old, CryptoMethods: '' }), {
      code,
      message: 'the daemon, HTCondor 9.0.17, accepts none of the ciphers that the client offers (AES)',
    }));
  test('because it prefers another cipher is reported with its ciphers', () =>
    assert.throws(refused({ ...old, CryptoMethods: 'BLOWFISH,3DES' }), {
      code,
      message: 'the daemon, HTCondor 9.0.17, does not agree to AES encryption (it offers BLOWFISH, 3DES)',
    }));
  test('because it does not encrypt is not reported as one without AES', () =>
    assert.throws(refused({ ...old, Encryption: 'NO' }), {
      code,
      message:
        'the daemon, HTCondor 9.0.17, supports AES but does not agree to encrypt (Encryption is NO in its policy)',
    }));
});

for (const [version, warnings] of [
  ['23.4.0', 1],
  ['25.14.1', 0],
] as const)
  test(`a fetch from HTCondor ${version} ${warnings === 0 ? 'does not warn' : 'warns'} that levels are not restricted`, () =>
    withPool({ version }, async (pool) => {
      const lines: string[] = [];
      await fetchFrom(pool, { authz: ['READ'], onLog: (level, line) => void lines.push(`${level} ${line}`) });
      const found = lines.filter((line) => line.startsWith(`warn The daemon runs HTCondor ${version}, which does not`));
      assert.equal(found.length, warnings, lines.join('\n'));
    }));
