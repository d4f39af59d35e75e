/** Tests how valid and malformed IDTOKENs are parsed. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TokenError } from '../../src/errors.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { parseIdToken, revealSignature, signaturePart } from '../../src/token/jwt.ts';
import { hex, vectors } from '../support/vectors.ts';

const CLAIMS = { iss: 'pool.test', sub: 'alice@pool.test', iat: 1_700_000_000, jti: 'a1' };

function jwt(claims: object = CLAIMS, header: object = { alg: 'HS256', kid: 'POOL' }, signature = 'c2ln'): Secret {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return new Secret(`${encode(header)}.${encode(claims)}.${signature}`);
}

const malformed = (error: unknown) => error instanceof TokenError && error.code === 'ERR_TOKEN_MALFORMED';

describe('An IDTOKEN', () => {
  test('from HTCondor is parsed', () => {
    const token = parseIdToken(new Secret(vectors.jwt.token));
    assert.deepEqual([token.subject, token.issuer, token.keyId, token.algorithm], ['alice@vm', 'vm', 'POOL', 'HS256']);
    assert.equal(token.signedText, vectors.jwt.signedText);
    assert.equal(hex(revealSignature(token)), vectors.jwt.signature);
    assert.equal(signaturePart(token.jwt).reveal(), vectors.jwt.token.split('.')[2]);
  });

  const scopes: readonly [unknown, readonly string[] | undefined][] = [
    [undefined, undefined],
    ['condor:/READ', ['READ']],
    ['condor:/READ condor:/WRITE', ['READ', 'WRITE']],
    ['condor:/READ,condor:/WRITE\tcondor:/DAEMON\r\ncondor:/CONFIG', ['READ', 'WRITE', 'DAEMON', 'CONFIG']],
    ['openid,condor:/READ', ['READ']],
    ['condor:/', ['']],
    ['openid profile', undefined],
    ['xcondor:/READ', undefined],
    ['', undefined],
  ];
  for (const [scope, authz] of scopes) {
    test(`with scope ${JSON.stringify(scope)} is restricted to ${authz?.join() ?? 'nothing'}`, () => {
      assert.deepEqual(parseIdToken(jwt({ ...CLAIMS, scope })).authz, authz);
    });
  }

  // At each of these characters, HTCondor's parser either stops or does not split the scope.
  for (const separator of [
    '\v',
    '\f',
    '\u00a0',
    '\u0085',
    '\u2003',
    '\u2028',
    '\ufeff',
    '\u3000',
    '\0',
    '\u007f',
    'é',
    '\ud800',
  ])
    test(`is rejected if its scope contains the character ${JSON.stringify(separator)}`, () =>
      assert.throws(() => parseIdToken(jwt({ ...CLAIMS, scope: `condor:/READ${separator}condor:/ADMINISTRATOR` })), {
        code: 'ERR_TOKEN_MALFORMED',
        claim: 'scope',
      }));

  // JSON can contain values for which String() throws.
  for (const scope of [7, null, true, ['condor:/READ'], [{ toString: 1 }, 'condor:/READ'], { a: 1 }])
    test(`is rejected if its scope is ${JSON.stringify(scope)}`, () =>
      assert.throws(() => parseIdToken(jwt({ ...CLAIMS, scope })), { code: 'ERR_TOKEN_MALFORMED', claim: 'scope' }));

  test('has times that are rounded as HTCondor rounds them', () => {
    const { issuedAt, expiresAt } = parseIdToken(jwt({ ...CLAIMS, iat: 1000.4, exp: 1600.5 }));
    assert.deepEqual([issuedAt, expiresAt], [1000, 1601]);
  });

  for (const time of ['1000', null, -1, [1], 1e20])
    test(`is rejected if its iat is ${JSON.stringify(time)}`, () =>
      assert.throws(() => parseIdToken(jwt({ ...CLAIMS, iat: time })), { code: 'ERR_TOKEN_MALFORMED', claim: 'iat' }));

  test('with a scope of ten thousand nested lists is rejected', () => {
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    const claims = JSON.stringify({ ...CLAIMS, scope: 'here' }).replace('"here"', deep);
    const [header, , signature] = jwt(CLAIMS).reveal().split('.');
    const token = new Secret(`${header}.${Buffer.from(claims).toString('base64url')}.${signature}`);
    assert.throws(() => parseIdToken(token), { code: 'ERR_TOKEN_MALFORMED', claim: 'scope' });
  });

  test('is accepted without jti or times', () => {
    const token = parseIdToken(jwt({ iss: 'a', sub: 'b' }));
    assert.deepEqual([token.tokenId, token.issuedAt, token.expiresAt], [undefined, undefined, undefined]);
  });

  test('prints without its secret', () => {
    const token = parseIdToken(jwt(CLAIMS, undefined, 'SECRETSECRET'));
    assert.ok(!JSON.stringify(token).includes('SECRETSECRET'));
    assert.ok(!String(token.jwt).includes('SECRETSECRET'));
  });

  const none: readonly [string, Secret][] = [
    ['nothing', new Secret('')],
    ['two parts', new Secret('a.b')],
    ['four parts', new Secret('a.b.c.d')],
    ['an empty signature', jwt(CLAIMS, undefined, '')],
    ['padding', jwt(CLAIMS, undefined, 'c2ln==')],
    ['no JSON', new Secret('YQ.YQ.YQ')],
    ['a list', new Secret(`${Buffer.from('[]').toString('base64url')}.${Buffer.from('[]').toString('base64url')}.YQ`)],
    ['alg none', jwt(CLAIMS, { alg: 'none', kid: 'POOL' })],
    ['no alg', jwt(CLAIMS, { kid: 'POOL' })],
    ['no kid', jwt(CLAIMS, { alg: 'HS256' })],
    ['a kid that is not a string', jwt(CLAIMS, { alg: 'HS256', kid: 1 })],
    ['no iss', jwt({ ...CLAIMS, iss: undefined })],
    ['no sub', jwt({ ...CLAIMS, sub: '' })],
    ['a sub with a line break', jwt({ ...CLAIMS, sub: 'a\n::error::b' })],
    ['an iss with an escape', jwt({ ...CLAIMS, iss: '\u001b[2J' })],
    ['a jti that is not a string', jwt({ ...CLAIMS, jti: {} })],
    ['an exp in words', jwt({ ...CLAIMS, exp: 'tomorrow' })],
    ['a negative exp', jwt({ ...CLAIMS, exp: -1 })],
    ['an exp after the latest valid date', jwt({ ...CLAIMS, exp: 1e13 })],
    ['100,000 characters', jwt({ ...CLAIMS, x: 'x'.repeat(100_000) })],
  ];
  for (const [what, text] of none) {
    test(`is rejected with ${what}`, () => assert.throws(() => parseIdToken(text), malformed));
  }

  test('is parsed or causes ERR_TOKEN_MALFORMED without being quoted, for any text', () => {
    const part = fc.oneof(
      fc.base64String(),
      fc.json().map((each) => Buffer.from(each).toString('base64url')),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
        try {
          parseIdToken(new Secret(parts.join('.')));
        } catch (error) {
          assert.ok(malformed(error), String(error));
          const long = parts.find((each) => each.length > 12);
          if (long !== undefined) assert.ok(!String(error).includes(long));
        }
      }),
    );
  });
});
