/** Tests how valid and malformed SciTokens are parsed. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CredentialError } from '../../src/errors.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { parseBearerToken } from '../../src/token/bearer.ts';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const SIGNATURE = 'c2VjcmV0LXNpZ25hdHVyZQ';
const CLAIMS = { iss: 'https://issuer.test', sub: 'alice' };

const jwt = (claims: unknown, header: unknown = { alg: 'ES256' }) => `${encode(header)}.${encode(claims)}.${SIGNATURE}`;
const parse = (text: string) => parseBearerToken(new Secret(text), 'scitoken');

function assertUnreadable(text: string, reason: RegExp): void {
  assert.throws(
    () => parse(text),
    (error: unknown) => {
      assert.ok(error instanceof CredentialError, String(error));
      assert.equal(error.code, 'ERR_CREDENTIAL_UNREADABLE');
      assert.match(error.message, /^scitoken: not a SciToken: /);
      assert.match(error.message, reason);
      assert.ok(!error.message.includes(SIGNATURE) && error.cause === undefined);
      return true;
    },
  );
}

describe('A SciToken', () => {
  test('provides the claims that explain a refusal', () => {
    const all = { ...CLAIMS, aud: 'condor://pool', scope: 'condor:/READ', ver: 'scitoken:2.0', exp: 20, nbf: 10 };
    const { jwt: secret, ...facts } = parse(jwt(all));
    assert.equal(secret.reveal(), jwt(all));
    assert.deepEqual(facts, {
      ...{ source: 'scitoken', issuer: 'https://issuer.test', subject: 'alice', audience: ['condor://pool'] },
      ...{ scope: 'condor:/READ', profile: 'scitoken:2.0', expiresAt: 20, notBefore: 10 },
    });
  });

  const parts: readonly [string, Record<string, unknown>, 'audience' | 'profile' | 'scope' | 'expiresAt', unknown][] = [
    ['several audiences', { aud: ['a', 'b'] }, 'audience', ['a', 'b']],
    ['no audience', {}, 'audience', []],
    ['audiences that are not strings', { aud: ['a', { toString: 1 }, [['b']]] }, 'audience', ['a']],
    ['an audience that is a number', { aud: 7 }, 'audience', []],
    ['the WLCG profile', { 'wlcg.ver': '1.0' }, 'profile', '1.0'],
    ['no profile', {}, 'profile', undefined],
    ['a scope that is a list', { scope: ['condor:/READ'] }, 'scope', undefined],
    ['an expiry in words', { exp: 'soon' }, 'expiresAt', undefined],
    ['the latest possible expiry', { exp: 8.64e12 }, 'expiresAt', 8.64e12],
    ['a fractional number of seconds', { exp: 1.5 }, 'expiresAt', 1.5],
  ];
  for (const [what, claims, name, value] of parts) {
    test(`may have ${what}`, () => assert.deepEqual(parse(jwt({ ...CLAIMS, ...claims }))[name], value));
  }

  test('is never printed', () => assert.ok(!JSON.stringify(parse(jwt(CLAIMS))).includes(SIGNATURE)));
});

describe('A malformed SciToken', () => {
  const THREE = /it is not three parts of base64url with dots between them/;
  const bad: readonly [string, string, RegExp][] = [
    ['is empty', '', THREE],
    ['is a single word', 'hunter2', THREE],
    ['has two parts', jwt(CLAIMS).split('.').slice(0, 2).join('.'), THREE],
    ['has four parts', `${jwt(CLAIMS)}.x`, THREE],
    ['has no signature', `${encode({})}.${encode(CLAIMS)}.`, THREE],
    ['ends in a newline', `${jwt(CLAIMS)}\n`, THREE],
    ['contains a blank', jwt(CLAIMS).replace('.', '. '), THREE],
    ['is standard base64 instead of base64url', `${jwt(CLAIMS)}+/=`, THREE],
    ['contains no JSON', `YWJj.YWJj.${SIGNATURE}`, /its payload is not a JSON object/],
    ['contains a list', jwt([]), /its payload is not a JSON object|no iss/],
    ['contains a string', jwt('x'), /its payload is not a JSON object/],
    ['contains null', jwt(null), /its payload is not a JSON object/],
    ['has no iss', jwt({ sub: 'alice' }), /it lacks iss or sub/],
    ['has no sub', jwt({ iss: 'x' }), /it lacks iss or sub/],
    ['has a number as its sub', jwt({ ...CLAIMS, sub: 7 }), /it lacks iss or sub/],
    ['expires before the earliest valid time', jwt({ ...CLAIMS, exp: -1 }), /its exp is not a valid timestamp/],
    ['expires after the latest valid time', jwt({ ...CLAIMS, exp: 8.64e12 + 1 }), /its exp is not a valid timestamp/],
    ['becomes valid after the latest valid time', jwt({ ...CLAIMS, nbf: 1e300 }), /its nbf is not a valid timestamp/],
  ];
  for (const [what, text, reason] of bad) test(what, () => assertUnreadable(text, reason));

  test('causes a typed error, for any text', () => {
    const claims = fc.dictionary(
      fc.constantFrom('iss', 'sub', 'aud', 'exp', 'nbf', 'scope', 'ver', 'wlcg.ver'),
      fc.oneof(fc.jsonValue(), fc.double(), fc.string()),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.base64String(), { maxLength: 4 }).map((parts) => parts.join('.')),
      claims.map((each) => jwt({ ...CLAIMS, ...each })),
      claims.map((each) => jwt(each)),
    );
    fc.assert(
      fc.property(text, (each) => {
        try {
          const { expiresAt, notBefore, audience } = parse(each);
          for (const time of [expiresAt, notBefore]) if (time !== undefined) new Date(time * 1000).toISOString();
          assert.ok(audience.every((one) => typeof one === 'string'));
        } catch (error) {
          assert.ok(error instanceof CredentialError, String(error));
        }
      }),
    );
  });
});
