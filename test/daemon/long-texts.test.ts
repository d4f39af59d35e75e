/**
 * Tests that strings from a peer are rejected if they are longer than any string that a real daemon sends. They must be
 * rejected before a regular expression processes them.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HTCondorError } from '../../src/errors.ts';
import { parseVersion } from '../../src/security/version.ts';
import type { Ad, EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import { fetchFrom, withPool } from '../support/embedded-pool/with-pool.ts';

const LONG = '1'.repeat(160_000);
const MANY = 'K,'.repeat(5000);

const CASES: readonly [ad: keyof NonNullable<EmbeddedPoolOptions['edit']>, attribute: string, text: string][] = [
  ['policy', 'RemoteVersion', LONG],
  ['policy', 'RemoteVersion', `$CondorVersion: ${'1.'.repeat(80_000)} $`],
  ['policy', 'IssuerKeys', 'K,'.repeat(250_000)],
  ['policy', 'IssuerKeys', MANY],
  ['policy', 'AuthMethodsList', LONG],
  ['policy', 'AuthMethodsList', MANY],
  ['policy', 'CryptoMethods', `AES,${LONG}`],
  ['policy', 'TrustDomain', LONG],
  ['policy', 'ECDHPublicKey', LONG],
  ['post-auth', 'User', LONG],
  ['post-auth', 'Sid', LONG],
  ['post-auth', 'ReturnCode', LONG],
  ['reply', 'Token', LONG],
  ['daemon', 'MyAddress', LONG],
  ['daemon', 'Name', LONG],
];

describe('A string that is longer than any that a daemon sends', () => {
  for (const [ad, attribute, text] of CASES) {
    test(`is rejected in ${attribute} of ${ad === 'daemon' ? 'a daemon ad' : ad} (${text.length} characters)`, async () => {
      const edit = { [ad]: (own: Ad) => ({ ...own, [attribute]: text }) };
      await withPool({ edit }, (pool) =>
        assert.rejects(fetchFrom(pool, ad === 'daemon' ? { pool: pool.collector } : {}), (error: HTCondorError) => {
          assert.equal(error.code, 'ERR_CLASSAD');
          assert.match(
            error.message,
            new RegExp(`^the attribute ${attribute} has \\d+ (characters|names), more than `),
          );
          return true;
        }),
      );
    });
  }
});

describe('A version string', () => {
  for (const [text, expected] of [
    ['$CondorVersion: 25.14.1 2026-07-30 BuildID: 1 $', '25.14.1'],
    ['$CondorVersion: 8.9.13 Jan 1 2021 $', '8.9.13'],
    ['$CondorVersion: 10.0.9$', '10.0.9'],
    ['25.14.1', undefined],
    ['', undefined],
    ['$CondorVersion: 25.14 $', undefined],
    ['$CondorVersion: 25.14.12345 $', undefined],
    ['x $CondorVersion: 25.14.1 $', undefined],
    [`$CondorVersion: 25.14.1 ${'x'.repeat(300)} $`, undefined],
  ] as const)
    test(`${JSON.stringify(text.slice(0, 40))} is parsed as ${expected}`, () =>
      assert.equal(parseVersion(text)?.text, expected));
});
