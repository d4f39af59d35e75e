/** Tests how the daemon's policy ad is parsed: names of methods and ciphers, and the text of a refusal. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { getClassAd, putClassAd } from '../../src/wire/classad.ts';
import { Reader } from '../../src/wire/reader.ts';
import { Writer } from '../../src/wire/writer.ts';
import { reconcile, reconcileMethods, sessionDurationOf } from '../support/embedded-pool/policy.ts';
import type { Ad } from '../support/embedded-pool/settings.ts';
import { fetchFrom, withPool } from '../support/embedded-pool/with-pool.ts';

const withPolicy = (changes: Ad, extra: Parameters<typeof fetchFrom>[1] = {}) =>
  withPool({ edit: { policy: (ad) => ({ ...ad, ...changes }) } }, (pool) => fetchFrom(pool, extra));

describe('The policy ad of a daemon', () => {
  for (const name of ['TOKEN', 'token', 'IDTOKENS', 'Idtoken', 'TOKENS']) {
    test(`may name IDTOKENS ${name}`, async () => {
      const { authenticationMethod } = await withPolicy({ AuthMethods: name, AuthMethodsList: `FS, ${name}` });
      assert.equal(authenticationMethod, 'IDTOKENS');
    });
  }

  const refusals: readonly [string, Ad, string, string][] = [
    [
      'that supports AES but does not encrypt causes an error with the attribute',
      { Encryption: 'NO' },
      'ERR_NO_ENCRYPTION',
      'the daemon, HTCondor 25.14.1, supports AES but does not agree to encrypt (Encryption is NO in its policy)',
    ],
    [
      'without the attribute Encryption causes an error that it is missing',
      { Encryption: undefined },
      'ERR_NO_ENCRYPTION',
      'the daemon, HTCondor 25.14.1, supports AES but does not agree to encrypt (Encryption is missing in its policy)',
    ],
    [
      'that prefers another cipher causes an error with that cipher',
      { CryptoMethods: 'BLOWFISH,AES' },
      'ERR_NO_ENCRYPTION',
      'the daemon, HTCondor 25.14.1, chooses BLOWFISH instead of AES encryption',
    ],
    [
      'without AES causes an error with the offered ciphers',
      { CryptoMethods: 'BLOWFISH,3DES' },
      'ERR_NO_ENCRYPTION',
      'the daemon, HTCondor 25.14.1, does not agree to AES encryption (it offers BLOWFISH, 3DES)',
    ],
    [
      'with ErrorString and ReturnCode causes an error with both',
      { CryptoMethods: undefined, ErrorString: 'no cipher\r\n::error::x', ReturnCode: 'DENIED' },
      'ERR_NO_ENCRYPTION',
      'the daemon, HTCondor 25.14.1, accepts none of the ciphers that the client offers (AES); the daemon reports: no cipher??::error::x (DENIED)',
    ],
    [
      'with only ReturnCode causes an error with ReturnCode',
      { Authentication: 'NO', ReturnCode: 'CMD_NOT_FOUND' },
      'ERR_NO_COMMON_METHOD',
      'the daemon does not agree to authenticate; the daemon reports CMD_NOT_FOUND',
    ],
  ];
  for (const [what, changes, code, message] of refusals)
    test(what, () => assert.rejects(withPolicy(changes), { code, message }));
});

describe('The embedded pool', () => {
  const policyAd = (attributes: Readonly<Record<string, string | number>>) => {
    const message = new Writer();
    putClassAd(message, attributes);
    return getClassAd(new Reader(message.finish(), false));
  };

  test('rejects a client that never encrypts if encryption is required, as C++ does', () => {
    const never = policyAd({ AuthenticationNew: 'REQUIRED', Encryption: 'NEVER', Integrity: 'OPTIONAL' });
    assert.equal(reconcile(never, 'REQUIRED'), undefined);
    assert.deepEqual(reconcile(never, 'PREFERRED'), { Authentication: 'YES', Encryption: 'YES', Integrity: 'YES' });
    assert.equal(reconcile(policyAd({ Authentication: 'REQUIRED', Encryption: 'x' }), 'OPTIONAL'), undefined);
    const absent = policyAd({ Authentication: 'OPTIONAL' });
    assert.deepEqual(reconcile(absent, 'OPTIONAL'), { Authentication: 'NO', Encryption: 'NO', Integrity: 'NO' });
  });

  test('compares method names case-insensitively and returns the client’s spelling', () => {
    const { names, methods } = reconcileMethods('Ssl, token,KERBEROS', ['TOKEN', 'FS', 'SSL']);
    assert.deepEqual(names, ['token', 'Ssl']);
    assert.deepEqual(methods, ['TOKEN', 'SSL']);
  });

  test('parses a SessionDuration that is not a string of digits as 0', () => {
    const ads = [60, '60', ' 7s', 'soon', ''].map((SessionDuration) => policyAd({ SessionDuration }));
    assert.deepEqual([...ads, policyAd({})].map(sessionDurationOf), [0, 60, 7, 0, 0, 0]);
  });
});

describe('The verdict of a daemon', () => {
  test('is reported with its ErrorString', () =>
    withPool(
      { edit: { 'post-auth': (ad) => ({ ...ad, ReturnCode: 'DENIED', ErrorString: 'not on the list\n' }) } },
      async (pool) => {
        await assert.rejects(fetchFrom(pool), {
          code: 'ERR_DENIED',
          message:
            'the daemon replied DENIED (not on the list?) to the command; it authenticated the client as alice@pool.test',
        });
      },
    ));
});
