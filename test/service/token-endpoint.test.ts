/** Tests the token service as a separate process, with a simulated issuer and the embedded pool. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Authority } from '../support/credentials/certificates.ts';
import { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import { claimsOf } from '../support/pool/real-fetch.ts';
import { GITHUB_CLAIMS, type IssuerClaims, JobIssuer, OTHER_CLAIMS } from '../support/service/job-issuer.ts';
import { AUDIENCE_OF_SERVICE, type Reply, ServiceProcess } from '../support/service/service-process.ts';

const CI = 'ci@pool.test';
const OTHER = 'nightly@pool.test';
let pool: EmbeddedPool;
let issuer: JobIssuer;
let service: ServiceProcess;

const configOf = () =>
  `daemon: [{ address: "${pool.schedd()}" }]
grants:
  - identity: ${CI}
    authz: [READ, WRITE]
    max-lifetime: 1h
    jobs:
      - issuer: ${issuer.url}
        repository_id: "74"
        ref: [refs/heads/main, { glob: "x" }]
`.replace('[refs/heads/main, { glob: "x" }]', 'refs/heads/main');

const token = (claims: IssuerClaims = {}, header: IssuerClaims = {}) =>
  issuer.issue({ ...GITHUB_CLAIMS, aud: AUDIENCE_OF_SERVICE, ...claims }, header);
const seed = (user = 'ci', authz: readonly string[] = ['READ', 'WRITE'], lifetime = 90 * 86_400) =>
  pool.idToken(user, { authz, lifetime });

before(async () => {
  const authority = await Authority.create();
  [pool, issuer] = await Promise.all([EmbeddedPool.start(), JobIssuer.start(authority)]);
  service = await ServiceProcess.start({ authority, config: configOf(), seeds: { [CI]: seed() } });
});
after(async () => {
  await service?.stop();
  issuer?.stop();
  await pool?.stop();
});

function assertRefused({ status, body }: Reply, error: string, reason: RegExp): void {
  assert.equal(status, 400, JSON.stringify(body));
  assert.equal(body['error'], error);
  assert.match(String(body['error_description']), reason);
  assert.equal(body['access_token'], undefined);
}

/** Asserts that the service cannot decide yet, and that its reply says when to retry. */
function assertLater({ status, headers, body }: Reply): void {
  assert.deepEqual([status, body['error']], [503, 'temporarily_unavailable']);
  const seconds = Number(headers['retry-after']);
  assert.ok(seconds > 0 && seconds <= 30, `Retry-After: ${seconds}`);
}

describe('The token service', () => {
  test('issues the token that the job’s grant allows, and records it', async () => {
    const jobToken = token();
    const { status, body, headers } = await service.ask(jobToken, {
      scope: 'condor:/READ condor:/WRITE',
      lifetime: '600',
    });
    assert.equal(status, 200, JSON.stringify([body, service.log]));
    const jwt = String(body['access_token']);
    const claims = claimsOf(jwt);
    assert.deepEqual(
      [claims['sub'], claims['iss'], claims['scope'], Number(claims['exp']) - Number(claims['iat'])],
      [CI, 'pool.test', 'condor:/READ condor:/WRITE', 600],
    );
    const { issued_token_type: type, token_type: kind, scope, identity, token_id: id } = body;
    assert.deepEqual(
      [type, kind, scope, identity, id],
      ['urn:ietf:params:oauth:token-type:jwt', 'N_A', 'condor:/READ condor:/WRITE', CI, claims['jti']],
    );
    assert.ok(Math.abs(Number(body['expires_in']) - 600) <= 2);
    assert.equal(headers['cache-control'], 'no-store');
    const line = await service.auditOf(jobToken);
    assert.deepEqual(
      [
        line['decision'],
        line['identity'],
        line['repository_id'],
        line['event_name'],
        line['token_id'],
        line['address'],
      ],
      ['issued', CI, '74', 'push', claims['jti'], '127.0.0.1'],
    );
    for (const secret of [jwt, jobToken])
      assert.ok(!service.printed.includes(secret.split('.')[2] ?? ''), 'no token is printed');
  });

  test('limits the lifetime to that of the grant, and reports this', async () => {
    const { body } = await service.ask(token(), { lifetime: '86400' });
    const { expires_in: left } = body;
    assert.ok(Number(left) > 3590 && Number(left) <= 3600, JSON.stringify(body));
    const none = await service.ask(token());
    assert.ok(Number(none.body['expires_in']) > 3590);
  });

  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const) {
    test(`fetches the issuer’s keys again for a new ${algorithm} key`, async () => {
      const fresh = await restarted();
      try {
        assert.equal((await fresh.ask(token())).status, 200);
        issuer.rotate(algorithm);
        issuer.asked.length = 0;
        assert.equal((await fresh.ask(token())).status, 200);
        for (const kid of ['a', 'b']) assertLater(await fresh.ask(token({}, { kid })));
        assert.deepEqual(issuer.asked, ['/.well-known/openid-configuration', '/jwks']);
      } finally {
        await fresh.stop();
      }
    });
  }

  test('refuses a job token with an unknown key, and then requests no keys for a while', async () => {
    const fresh = await restarted();
    try {
      const unknown = await fresh.ask(token({}, { kid: 'other' }));
      assertRefused(unknown, 'invalid_grant', /a key that its issuer does not publish/);
      issuer.asked.length = 0;
      assertLater(await fresh.ask(token({}, { kid: 'another' })));
      issuer.rotate('RS256');
      // The key might be new. A flood of unknown keys must not cause a permanent refusal.
      assertLater(await fresh.ask(token()));
      assert.deepEqual(issuer.asked, []);
    } finally {
      await fresh.stop();
    }
  });

  const refusals: readonly (readonly [string, () => string, RegExp])[] = [
    ['for another repository', () => token({ repository_id: '75' }), /^no grant for repository_id 75$/],
    ['for another ref', () => token({ ref: 'refs/heads/x' }), /ref: expected refs\/heads\/main, got refs\/heads\/x$/],
    [
      'for a pull request',
      () => token({ event_name: 'pull_request' }),
      /event_name: expected push or .*, got pull_request$/,
    ],
    ['of pull_request_target', () => token({ event_name: 'pull_request_target' }), /got pull_request_target$/],
    ['of workflow_run', () => token({ event_name: 'workflow_run' }), /got workflow_run$/],
    ['of issue_comment', () => token({ event_name: 'issue_comment' }), /got issue_comment$/],
    ['without an event', () => token({ event_name: undefined }), /event_name: expected push or .*, got none$/],
    ['whose ID is an array', () => token({ repository_id: ['74'] }), /^no grant for sub /],
    ['whose ID is an object', () => token({ repository_id: { a: '74' } }), /^no grant for sub /],
    ['whose ID is a fraction', () => token({ repository_id: 74.5 }), /^no grant for sub /],
    ['whose ref is an array', () => token({ ref: ['refs/heads/main'] }), /got a value of another type$/],
    ['without the ref', () => token({ ref: undefined }), /ref: expected refs\/heads\/main, got none$/],
    ['without an ID', () => token({ jti: undefined }), /jti: expected an id/],
    [
      'for another audience',
      () => token({ aud: 'https://elsewhere.example.org' }),
      /^aud: expected .*, got https:\/\/elsewhere/,
    ],
    ['for two audiences', () => token({ aud: [AUDIENCE_OF_SERVICE, 'x'] }), /^aud: expected .*, got none or several$/],
    ['without an audience', () => token({ aud: undefined }), /^aud: /],
    ['that has expired', () => token({ exp: Math.floor(Date.now() / 1000) - 61 }), /has expired/],
    ['without an expiry', () => token({ exp: undefined }), /no valid exp/],
    ['that is not yet valid', () => token({ nbf: Math.floor(Date.now() / 1000) + 120 }), /not valid yet/],
    ['that was issued in the future', () => token({ iat: Math.floor(Date.now() / 1000) + 120 }), /not valid yet/],
    [
      'that is too old',
      () => token({ iat: Math.floor(Date.now() / 1000) - 901 }),
      /iat: expected an age of at most 900 s/,
    ],
    ['from an issuer with a trailing slash', () => token({ iss: `${issuer.url}/` }), /issuer of the job token/],
    ['from another issuer', () => token({ iss: 'https://evil.example.org' }), /issuer of the job token/],
    ['with a changed signature', () => `${token().slice(0, -8)}AAAAAAAA`, /signature of the job token is invalid/],
    ['that is not signed', () => unsigned('none'), /is not signed with RS256/],
    ['signed with HS256 and the public key', hmacWithPublicKey, /is not signed with RS256/],
    ['with a critical header', () => token({}, { crit: ['x'], x: 1 }), /critical header \(crit\)/],
    [
      'with an embedded key',
      () => token({}, { kid: undefined, jwk: issuer.publicJwk, alg: 'PS256' }),
      /is not signed with/,
    ],
    [
      'with a duplicate claim',
      () => {
        const payload = Buffer.from(token().split('.')[1] ?? '', 'base64url').toString();
        return issuer.sign(payload.replace(/^\{/, '{"repository_id":"75",'));
      },
      /JSON object with unique keys/,
    ],
    ['that is not a JWT', () => 'a.b', /three parts of base64url/],
    ['that is too long', () => token({ filler: 'x'.repeat(17_000) }), /more than 16384 bytes/],
  ];
  for (const [what, make, reason] of refusals) {
    test(`refuses a job token ${what}`, async () => {
      const before = pool.connections;
      assertRefused(await service.ask(make()), 'invalid_grant', reason);
      assert.equal(pool.connections, before, 'no daemon is contacted');
    });
  }

  const forms: readonly (readonly [string, Record<string, string | undefined>, string, RegExp])[] = [
    ['no levels', { scope: undefined }, 'invalid_scope', /scope is missing/],
    ['ADMINISTRATOR', { scope: 'condor:/ADMINISTRATOR' }, 'invalid_scope', /ADMINISTRATOR is outside the grant/],
    ['DAEMON beside READ', { scope: 'condor:/READ condor:/DAEMON' }, 'invalid_scope', /DAEMON is outside/],
    ['a scope that is not for HTCondor', { scope: 'compute.read' }, 'invalid_scope', /only words condor:\/LEVEL/],
    ['a negative lifetime', { lifetime: '-1' }, 'invalid_request', /lifetime/],
    ['a fractional lifetime', { lifetime: '1.5' }, 'invalid_request', /lifetime/],
    ['a lifetime of 2^32 + 600', { lifetime: '4294967896' }, 'invalid_request', /lifetime/],
    ['a lifetime of 0', { lifetime: '0' }, 'invalid_request', /lifetime/],
    [
      'an identity that no matching grant has',
      { identity: 'root@pool.test' },
      'invalid_grant',
      /has the identity root@pool/,
    ],
    ['another grant type', { grant_type: 'client_credentials' }, 'unsupported_grant_type', /token-exchange/],
    ['no grant type', { grant_type: undefined }, 'invalid_request', /grant_type is missing/],
    ['another token type', { subject_token_type: 'urn:x' }, 'invalid_request', /subject_token_type/],
    ['no token', { subject_token: undefined }, 'invalid_request', /subject_token is missing/],
    ['an actor', { actor_token: 'x' }, 'invalid_request', /actor_token/],
  ];
  for (const [what, parameters, error, reason] of forms) {
    test(`refuses a request with ${what}`, async () =>
      assertRefused(await service.ask(token(), parameters), error, reason));
  }

  test('refuses a parameter that occurs twice, before it verifies anything', async () => {
    const body = `grant_type=a&grant_type=urn:ietf:params:oauth:grant-type:token-exchange`;
    assertRefused(await service.post(body), 'invalid_request', /grant_type is specified more than once/);
  });

  test('accepts a job token only once, even after a restart and a SIGKILL', async () => {
    const once = await restarted();
    try {
      const [first, second] = [token(), token()];
      assert.equal((await once.ask(first)).status, 200);
      assertRefused(await once.ask(first), 'invalid_grant', /has been used already/);
      assert.equal((await once.ask(second)).status, 200);
      await once.end('SIGKILL');
      await once.start();
      for (const used of [first, second]) assertRefused(await once.ask(used), 'invalid_grant', /has been used already/);
      await once.end();
      await once.start();
      assertRefused(await once.ask(first), 'invalid_grant', /has been used already/);
    } finally {
      await once.stop();
    }
  });

  test('does not count a use for which the daemon could not be reached', async () => {
    const down = await ServiceProcess.start({
      authority: issuer.authority,
      config: configOf().replace(pool.schedd(), '<127.0.0.1:1?sock=schedd_0>'),
      seeds: { [CI]: seed() },
    });
    try {
      const jobToken = token();
      const { status, headers, body } = await down.ask(jobToken);
      assert.deepEqual([status, body['error']], [503, 'temporarily_unavailable']);
      assert.match(String(headers['retry-after']), /^\d+$/);
      down.configure(configOf());
      assert.match(await down.reload(), /^configuration loaded/);
      assert.equal((await down.ask(jobToken)).status, 200);
    } finally {
      await down.stop();
    }
  });

  test('counts a use for which the daemon’s reply was lost, because the daemon may have issued a token', async () => {
    const silent = await EmbeddedPool.start({ keys: pool.keys, faults: { reply: 'close' } });
    const lost = await ServiceProcess.start({
      authority: issuer.authority,
      config: configOf().replace(pool.schedd(), silent.schedd()),
      seeds: { [CI]: seed() },
    });
    try {
      const jobToken = token();
      assert.equal((await lost.ask(jobToken)).status, 503);
      assertRefused(await lost.ask(jobToken), 'invalid_grant', /has been used already/);
    } finally {
      await lost.stop();
      await silent.stop();
    }
  });

  test('accepts a job token ten times with reuse: job, and then refuses it', async () => {
    const gitlab = await ServiceProcess.start({
      authority: issuer.authority,
      config: configOf().replace(/repository_id[\s\S]*/, 'project_id: "12"\n        ref: main\n        reuse: job\n'),
      seeds: { [CI]: seed() },
    });
    try {
      const jobToken = issuer.issue({ ...OTHER_CLAIMS.GitLab, aud: AUDIENCE_OF_SERVICE, jti: undefined });
      for (let use = 1; use <= 10; use++) assert.equal((await gitlab.ask(jobToken)).status, 200, `use ${use}`);
      assertRefused(await gitlab.ask(jobToken), 'invalid_grant', /has been used already/);
      assert.equal(gitlab.audit.filter(({ decision }) => decision === 'issued').length, 10);
    } finally {
      await gitlab.stop();
    }
  });

  test('refuses a job that matches two grants, unless it names the identity', async () => {
    const two = await ServiceProcess.start({
      authority: issuer.authority,
      config: `${configOf()}  - identity: ${OTHER}
    authz: [READ]
    max-lifetime: 10m
    jobs: [{ issuer: "${issuer.url}", repository_id: 74 }]
`,
      seeds: { [CI]: seed(), [OTHER]: seed('nightly', ['READ']) },
    });
    try {
      assert.match(
        two.log.join('\n'),
        /warning: grants\[0\]\.jobs\[0\] and grants\[1\]\.jobs\[0\] can match the same job/,
      );
      assertRefused(
        await two.ask(token()),
        'invalid_grant',
        /several grants match this job: ci@pool.test, nightly@pool.test/,
      );
      const { body } = await two.ask(token(), { identity: OTHER });
      assert.equal(claimsOf(String(body['access_token']))['sub'], OTHER);
    } finally {
      await two.stop();
    }
  });

  test('counts failures by address, and then refuses to verify job tokens', async () => {
    const flooded = await restarted();
    try {
      const bad = token({ repository_id: '75' });
      assert.equal((await flooded.ask(token({}, { kid: 'other' }))).status, 400);
      assert.equal((await flooded.ask(token({}, { kid: 'another' }))).status, 503);
      for (let count = 2; count < 60; count++) assert.equal((await flooded.ask(bad)).status, 400);
      const { status, headers } = await flooded.ask(token());
      assert.deepEqual([status, Number(headers['retry-after']) > 0], [429, true]);
    } finally {
      await flooded.stop();
    }
  });
});

/** Starts a second service with the same configuration but without state. */
function restarted(): Promise<ServiceProcess> {
  return ServiceProcess.start({ authority: issuer.authority, config: configOf(), seeds: { [CI]: seed() } });
}

function unsigned(alg: string): string {
  const [, payload = ''] = token().split('.');
  return `${Buffer.from(JSON.stringify({ alg })).toString('base64url')}.${payload}.AAAA`;
}

/**
 * Returns a job token that is signed with HS256, with the issuer's public key (as a JWK) as the secret. A verifier that
 * lets the token choose the algorithm would accept this token.
 */
function hmacWithPublicKey(): string {
  const [, payload = ''] = token().split('.');
  const text = `${Buffer.from(JSON.stringify({ alg: 'HS256', kid: 'key-1' })).toString('base64url')}.${payload}`;
  return `${text}.${createHmac('sha256', JSON.stringify(issuer.publicJwk)).update(text).digest('base64url')}`;
}
