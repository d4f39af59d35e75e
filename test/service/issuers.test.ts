/** Tests two issuers that could be confused with each other, and key sets that an issuer should not publish. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import { GITHUB_CLAIMS, type IssuerClaims, JobIssuer } from '../support/service/job-issuer.ts';
import { AUDIENCE_OF_SERVICE, type Reply, ServiceProcess } from '../support/service/service-process.ts';

const [ONE, TWO] = ['one@pool.test', 'two@pool.test'];
let pool: EmbeddedPool;
let issuer: JobIssuer;
let other: JobIssuer;

before(async () => {
  pool = await EmbeddedPool.start();
  issuer = await JobIssuer.start();
  other = await JobIssuer.start(issuer.authority);
});
after(async () => {
  issuer?.stop();
  other?.stop();
  await pool?.stop();
});

/** Calls `work` with a service that has one grant for each issuer, both for the same repository. */
async function withService(work: (service: ServiceProcess) => Promise<void>, second = other.url): Promise<void> {
  const grant = (identity: string, url: string) =>
    `  - { identity: ${identity}, authz: [READ], max-lifetime: 1h, jobs: [{ issuer: "${url}", repository_id: 74 }] }\n`;
  const seed = (user: string) => pool.idToken(user, { authz: ['READ'], lifetime: 90 * 86_400 });
  const service = await ServiceProcess.start({
    authority: issuer.authority,
    config: `daemon: [{ address: "${pool.schedd()}" }]\ngrants:\n${grant(ONE, issuer.url)}${grant(TWO, second)}`,
    seeds: { [ONE]: seed('one'), [TWO]: seed('two') },
  });
  try {
    await work(service);
  } finally {
    issuer.fault = undefined;
    await service.stop();
  }
}

const claims = (more: IssuerClaims = {}) => ({ ...GITHUB_CLAIMS, aud: AUDIENCE_OF_SERVICE, ...more });
const outcome = ({ status, body }: Reply) => [status, body['identity'] ?? body['error_description']];

describe('two issuers whose keys have the same kid', () => {
  test('each provide the identity of their own grant, and never that of the other issuer', () =>
    withService(async (service) => {
      assert.deepEqual(outcome(await service.ask(issuer.issue(claims()))), [200, ONE]);
      assert.deepEqual(outcome(await service.ask(other.issue(claims()))), [200, TWO]);
      const wrong = [400, 'the signature of the job token is invalid'];
      assert.deepEqual(outcome(await service.ask(issuer.issue(claims({ iss: other.url })))), wrong);
      assert.deepEqual(outcome(await service.ask(other.issue(claims({ iss: issuer.url })))), wrong);
    }));

  test('have separate counts for the uses of a jti', () =>
    withService(async (service) => {
      assert.equal((await service.ask(issuer.issue(claims({ jti: 'same' })))).status, 200);
      assert.equal((await service.ask(other.issue(claims({ jti: 'same' })))).status, 200);
      assert.equal((await service.ask(other.issue(claims({ jti: 'same' })))).status, 400);
    }));
});

test('an issuer whose URL has an extra slash is a different issuer, which its discovery document must confirm', () =>
  withService(async (service) => {
    assert.deepEqual(outcome(await service.ask(issuer.issue(claims({ iss: `${issuer.url}/` })))), [
      503,
      'the keys of the issuer cannot be fetched now',
    ]);
    assert.match(service.log.join('\n'), /its discovery document is for the issuer https:\/\/localhost:\d+$/m);
    assert.deepEqual(outcome(await service.ask(issuer.issue(claims()))), [200, ONE]);
  }, `${issuer.url}/`));

describe('a key set', () => {
  const rsa = (bits: number) =>
    generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' }) as object;
  const refusals: readonly (readonly [string, () => readonly unknown[], number, RegExp])[] = [
    ['with the kid of a token twice', () => [issuer.publicJwk, issuer.publicJwk], 400, /does not publish/],
    ['with a symmetric key of that kid', () => [{ kty: 'oct', k: 'c2VjcmV0', kid: 'key-1' }], 400, /does not publish/],
    ['with null, a string and a list', () => [null, 'x', []], 400, /does not publish/],
    ['with a key for encryption', () => [{ ...issuer.publicJwk, use: 'enc' }], 400, /does not publish/],
    ['with another key of that kid', () => [{ ...rsa(2048), kid: 'key-1' }], 400, /signature .* is invalid/],
    ['with a 1024-bit key', () => [{ ...rsa(1024), kid: 'key-1' }], 400, /signature .* is invalid/],
    ['with a 32,000-bit modulus', () => [{ ...issuer.publicJwk, n: 'f'.repeat(5400) }], 400, /signature .* is invalid/],
    ['of 100 kB', () => [{ ...issuer.publicJwk, x5c: ['A'.repeat(100_000)] }], 503, /cannot be fetched now/],
  ];
  for (const [what, keys, status, reason] of refusals) {
    test(`${what} verifies no token`, () =>
      withService(async (service) => {
        issuer.fault = (path, response) =>
          path === '/jwks' ? response.end(JSON.stringify({ keys: keys() })) : issuer.answer(path, response);
        const reply = await service.ask(issuer.issue(claims()));
        assert.equal(reply.status, status, JSON.stringify(reply.body));
        assert.match(String(reply.body['error_description']), reason);
      }));
  }

  test('with invalid keys beside the right one verifies the issuer’s tokens', () =>
    withService(async (service) => {
      const damaged = [null, { kty: 'RSA', kid: 'x' }, { kty: 'EC', crv: 'P-999', kid: 'y' }];
      issuer.fault = (path, response) =>
        path === '/jwks'
          ? response.end(JSON.stringify({ keys: [...damaged, issuer.publicJwk] }))
          : issuer.answer(path, response);
      assert.deepEqual(outcome(await service.ask(issuer.issue(claims()))), [200, ONE]);
    }));
});
