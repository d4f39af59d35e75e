/** Fuzz targets for tokens that daemons issue, and for tokens that the client uses as credentials. */
import assert from 'node:assert/strict';
import { readResponse } from '../../src/credentials/token-service.ts';
import { HTCondorError } from '../../src/errors.ts';
import { Secret } from '../../src/runtime/secret.ts';
import type { Peer } from '../../src/security/method.ts';
import { idtokens } from '../../src/security/methods/idtokens.ts';
import { scitokens } from '../../src/security/methods/scitokens.ts';
import { parseBearerToken } from '../../src/token/bearer.ts';
import { checkToken } from '../../src/token/check.ts';
import { parseIdToken, revealSignature } from '../../src/token/jwt.ts';
import { vectors } from '../../test/support/vectors.ts';
import { fixedHost } from './fixed-host.ts';
import { textInput, textOf } from './inputs.ts';
import { assertHarmless, type Target } from './target.ts';

const host = fixedHost();
const peer: Peer = { address: '127.0.0.1', port: 9618, sharedPortId: undefined, serverName: 'vm' };
const server = { methods: ['TOKEN'], ecdhPublicKey: '', trustDomain: 'vm', issuerKeys: ['POOL'], remoteVersion: '' };

/** Encodes a line with a header and a line with claims as a well-formed JWT. Returns any other input unchanged. */
function tokenOf(input: Uint8Array): Secret {
  const text = textOf(input);
  const [header, claims] = text.split('\n');
  if (header === undefined || claims === undefined) return new Secret(text);
  const encode = (part: string) => Buffer.from(part).toString('base64url');
  return new Secret(`${encode(header)}.${encode(claims)}.${vectors.jwt.signature.slice(0, 43)}`);
}

const jsonInput = (header: object, claims: object) => textInput(`${JSON.stringify(header)}\n${JSON.stringify(claims)}`);
const HEADER = { alg: 'HS256', kid: 'POOL' };
const CLAIMS = { iss: 'vm', sub: 'alice@vm', iat: 1_795_427_180, exp: 1_795_430_780, jti: 'a1' };

const idtoken: Target = {
  ...{ name: 'idtoken', reaches: 'token/jwt, token/check, methods/idtokens', weight: 20 },
  seeds: [
    textInput(vectors.jwt.token),
    jsonInput(HEADER, CLAIMS),
    jsonInput(HEADER, { ...CLAIMS, scope: 'condor:/READ condor:/WRITE' }),
    jsonInput(HEADER, { ...CLAIMS, scope: ['condor:/READ', 'x'] }),
    jsonInput(HEADER, { ...CLAIMS, exp: undefined }),
  ],
  run(input) {
    const token = parseIdToken(tokenOf(input));
    for (const text of [token.issuer, token.subject, token.keyId]) assert.doesNotMatch(text, /[\p{Cc}\u2028\u2029]/u);
    assert.ok(revealSignature(token).length <= 64 * 1024);
    const credential = { token, source: 'idtoken', chosen: true };
    const { usable } = idtokens([credential], host).candidatesFor(server, peer);
    const expected = { issuer: 'vm', subject: 'alice@vm', key: 'POOL', authz: ['READ'], lifetimeSeconds: 3600 };
    const all = [expected, { ...expected, authz: [] }, { ...expected, lifetimeSeconds: 'unlimited' as const }];
    const wanted = all[(input[0] ?? 0) >> 6] ?? { ...expected, lifetimeSeconds: undefined, key: undefined };
    const reductions = checkToken(token, wanted);
    for (const each of token.authz ?? []) assert.equal(typeof each, 'string');
    return `${usable.length} fit, ${reductions.length} reductions`;
  },
};

const bearer: Target = {
  ...{ name: 'bearer', reaches: 'token/bearer, methods/scitokens', weight: 20 },
  seeds: [
    jsonInput(
      { alg: 'ES256' },
      { iss: 'https://i.test', sub: 'a', aud: ['x', 'y'], exp: 1_795_430_780, scope: 'condor:/READ' },
    ),
    jsonInput({ alg: 'ES256' }, { iss: 'https://i.test', sub: 'a', aud: 'x', nbf: 1, ver: 'scitoken:2.0' }),
    jsonInput({ alg: 'ES256' }, { iss: 'https://i.test', sub: 'a', 'wlcg.ver': '1.0' }),
  ],
  run(input) {
    const token = parseBearerToken(tokenOf(input), 'scitoken');
    for (const each of token.audience) assert.equal(typeof each, 'string');
    const method = scitokens(token, () => assert.fail('nothing is said yet'), host);
    const { usable, rejected } = method.candidatesFor(server, peer);
    for (const { reason } of rejected) assertHarmless(reason);
    return `${usable.length} fit, audience ${Math.min(token.audience.length, 3)}, ${token.scope === undefined}`;
  },
};

/** Returns the input that encodes a token service's response: a two-byte status, followed by the body. */
const answered = (status: number, text: string) =>
  Buffer.concat([Uint8Array.of(status >> 8, status & 255), textInput(text)]);
const JWT = vectors.jwt.token;
const answer: Target = {
  ...{ name: 'token-answer', reaches: 'keyless/answer', weight: 20 },
  seeds: [
    answered(200, JSON.stringify({ access_token: JWT, token_type: 'Bearer', expires_in: 600 })),
    answered(201, JSON.stringify({ token: JWT, identity: 'alice@vm', expires_at: '2030-01-01T00:00:00Z' })),
    answered(400, JSON.stringify({ error: 'invalid_request', error_description: `not ${JWT}` })),
    answered(503, '<html>'),
  ],
  run(input) {
    const status = ((input[0] ?? 0) << 8) | (input[1] ?? 0);
    const question = {
      who: 'it',
      members: ['access_token', 'token'],
      url: new URL('https://tokens.test/'),
    } as const;
    try {
      const said = textOf(input.subarray(2));
      const { token, text } = readResponse(question, { status, text: said, header: () => said }, new Date(0));
      assert.match(token.reveal(), /^[\w-]+\.[\w-]*\.[\w-]*$/);
      return `a token, and ${typeof text('identity')}`;
    } catch (error) {
      if (error instanceof HTCondorError) assert.doesNotMatch(error.message, /\S{40}/, 'it may be what was shown');
      throw error;
    }
  },
};

export const tokenTargets: readonly Target[] = [idtoken, bearer, answer];
