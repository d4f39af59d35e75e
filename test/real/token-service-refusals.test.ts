/**
 * Tests every refusal of the token service with real daemons: the reason that the job receives, and the line in the
 * audit log. The refusals are divided among the releases.
 */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Authority } from '../support/credentials/certificates.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { GITHUB_CLAIMS, type IssuerClaims, JobIssuer, OTHER_CLAIMS } from '../support/service/job-issuer.ts';
import { AUDIENCE_OF_SERVICE, ServiceProcess } from '../support/service/service-process.ts';
import { until } from '../support/until.ts';

const ALICE = 'alice@pool.test';
const BOB = 'bob@pool.test';
const LIFETIME = 90 * 86_400;

type Parameters = Readonly<Record<string, string | undefined>>;

interface Refusal {
  readonly title: string;
  readonly jobToken: () => string;
  readonly parameters?: Parameters;
  readonly error: string;
  readonly reason: RegExp;
  /**
   * True if the service rejects the job token or the form before it verifies the claims. The audit log then contains
   * only a count.
   */
  readonly unverified?: true;
}

for (const [release, suite] of poolSuites().entries()) {
  describe(`Refusals of the token service, with HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    const isShared = (_: unknown, at: number) => at % poolSuites().length === release;
    let pool: Pool;
    let issuer: JobIssuer;
    let service: ServiceProcess;

    const now = () => Math.floor(Date.now() / 1000);
    const token = (claims: IssuerClaims = {}, header: IssuerClaims = {}) =>
      issuer.issue({ ...GITHUB_CLAIMS, aud: AUDIENCE_OF_SERVICE, ...claims }, header);
    const config = () => `daemon: [{ pool: "${pool.collector}", name: ${pool.scheddName} }]
grants:
  - identity: ${ALICE}
    authz: [READ, WRITE]
    max-lifetime: 1h
    jobs:
      - { issuer: "${issuer.url}", repository_id: 74, ref: refs/heads/main }
      - { issuer: "${issuer.url}", repository_id: 76, ref: { glob: "refs/heads/release-*" } }
      - { issuer: "${issuer.url}", repository_id: 78 }
  - identity: ${BOB}
    authz: [READ]
    max-lifetime: 10m
    jobs:
      - { issuer: "${issuer.url}", project_id: 12, ref: main, reuse: job }
      - { issuer: "${issuer.url}", repository_id: 78 }
`;

    before(async () => {
      const authority = await Authority.create();
      [pool, issuer] = await Promise.all([startPool({ suite }), JobIssuer.start(authority)]);
      const [alice, bob] = await Promise.all([
        pool.idToken({ user: 'alice', authz: ['READ', 'WRITE'], lifetime: LIFETIME }),
        pool.idToken({ user: 'bob', authz: ['READ'], lifetime: LIFETIME }),
      ]);
      service = await ServiceProcess.start({ authority, config: config(), seeds: { [ALICE]: alice, [BOB]: bob } });
      assert.equal((await service.ask(token())).status, 200, service.log.join('\n'));
    });
    after(async () => {
      await service?.stop();
      issuer?.stop();
      await pool?.stop();
    });

    const policy: readonly Refusal[] = [
      ['another repository', { repository_id: '75' }, /^no grant for repository_id 75$/],
      ['another branch', { ref: 'refs/heads/x' }, /ref: expected refs\/heads\/main, got refs\/heads\/x/],
      [
        'a branch below a slash, which a glob does not match',
        { repository_id: '76', ref: 'refs/heads/release-1/x' },
        /^alice@pool\.test: ref: expected refs\/heads\/release-\*, got refs\/heads\/release-1\/x$/,
      ],
      ...[
        'pull_request',
        'pull_request_target',
        'workflow_run',
        'issue_comment',
        'merge_group',
        'repository_dispatch',
      ].map(
        (name) =>
          [
            `the event ${name}`,
            { event_name: name },
            new RegExp(`event_name: expected push or .*, got ${name}$`),
          ] as const,
      ),
      ['no event', { event_name: undefined }, /event_name: expected push or .*, got none/],
      ['an owner that is an array', { repository_id: ['74'] }, /^no grant for sub /],
      ['an owner that is an object', { repository_id: { id: '74' } }, /^no grant for sub /],
      [
        'a branch that is an array',
        { ref: ['refs/heads/main'] },
        /ref: expected refs\/heads\/main, got a value of another type/,
      ],
      ['no branch', { ref: undefined }, /ref: expected refs\/heads\/main, got none/],
      ['no id', { jti: undefined }, /jti: expected an id/],
      ['an age above max-token-age', { iat: -901 }, /iat: expected an age of at most 900 s/],
      ['two grants', { repository_id: '78' }, /^several grants match this job: alice@pool\.test, bob@pool\.test/],
    ].map(([title, claims, reason]) => ({
      title: title as string,
      jobToken: () => {
        const { iat, ...rest } = claims as IssuerClaims;
        return token(typeof iat === 'number' ? { ...rest, iat: now() + iat } : rest);
      },
      error: 'invalid_grant',
      reason: reason as RegExp,
    }));

    const requests: readonly Refusal[] = [
      ['ADMINISTRATOR', { scope: 'condor:/ADMINISTRATOR' }, 'invalid_scope', /^ADMINISTRATOR is outside the grant/],
      [
        'an identity in another grant',
        { identity: BOB },
        'invalid_grant',
        /^no grant for this job has the identity bob@pool/,
      ],
    ].map(([title, parameters, error, reason]) => ({
      title: title as string,
      jobToken: () => token(),
      parameters: parameters as Parameters,
      error: error as string,
      reason: reason as RegExp,
    }));

    const forms: readonly Refusal[] = [
      ['no levels', { scope: undefined }, 'invalid_scope', /^scope is missing/],
      ['a negative lifetime', { lifetime: '-1' }, 'invalid_request', /^lifetime must be/],
      ['a fractional lifetime', { lifetime: '0.5' }, 'invalid_request', /^lifetime must be/],
      ['a lifetime of 2^32 + 600', { lifetime: String(2 ** 32 + 600) }, 'invalid_request', /^lifetime must be/],
      ['another grant type', { grant_type: 'password' }, 'unsupported_grant_type', /^grant_type must be/],
    ].map(([title, parameters, error, reason]) => ({
      title: title as string,
      jobToken: () => token(),
      parameters: parameters as Parameters,
      error: error as string,
      reason: reason as RegExp,
      unverified: true,
    }));

    const tokens: readonly Refusal[] = [
      ['another audience', () => token({ aud: 'https://x.test' }), /^aud: expected .*, got https:\/\/x\.test$/],
      [
        'a list of two audiences',
        () => token({ aud: [AUDIENCE_OF_SERVICE, 'x'] }),
        /^aud: expected .*, got none or several$/,
      ],
      ['an expired token', () => token({ exp: now() - 61 }), /has expired/],
      ['a token that is not valid yet', () => token({ nbf: now() + 120 }), /not valid yet/],
      ['an unknown key', () => token({}, { kid: 'other' }), /a key that its issuer does not publish/],
      ['alg: none', () => `${encode({ alg: 'none' })}.${payloadOf(token())}.AA`, /is not signed with RS256/],
      ['HS256 with the public key', hmac, /is not signed with RS256/],
      ['another issuer', () => token({ iss: 'https://evil.test' }), /issuer of the job token/],
      ['the issuer with a trailing slash', () => token({ iss: `${issuer.url}/` }), /issuer of the job token/],
      ['a duplicate claim', () => issuer.sign(textOf(token()).replace('{', '{"repository_id":"74",')), /unique keys/],
    ].map(([title, jobToken, reason]) => ({
      title: title as string,
      jobToken: jobToken as () => string,
      error: 'invalid_grant',
      reason: reason as RegExp,
      unverified: true,
    }));

    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const payloadOf = (jwt: string) => jwt.split('.')[1] ?? '';
    const textOf = (jwt: string) => Buffer.from(payloadOf(jwt), 'base64url').toString();
    function hmac(): string {
      const signed = `${encode({ alg: 'HS256', kid: 'key-1' })}.${payloadOf(token())}`;
      const key = JSON.stringify(issuer.publicJwk);
      return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
    }

    const share = [...policy, ...requests, ...forms, ...tokens].filter(isShared);
    for (const { title, jobToken, parameters, error, reason, unverified } of share) {
      test(`refuses ${title}`, async () => {
        const shown = jobToken();
        const { status, body } = await service.ask(shown, parameters);
        assert.deepEqual([status, body['error']], [400, error], JSON.stringify(body));
        assert.match(String(body['error_description']), reason);
        assert.equal(body['access_token'], undefined);
        if (unverified) return;
        const line = await service.auditOf(shown);
        assert.deepEqual([line['decision'], line['reason']], ['refused', body['error_description']]);
      });
    }

    test('refuses a replay, and the eleventh use of a token with reuse: job', async () => {
      const once = token();
      assert.equal((await service.ask(once)).status, 200);
      const gitlab = issuer.issue({ ...OTHER_CLAIMS.GitLab, aud: AUDIENCE_OF_SERVICE });
      for (let use = 1; use <= 10; use++) assert.equal((await service.ask(gitlab)).status, 200, `use ${use}`);
      for (const [used, count] of [
        [once, 2],
        [gitlab, 11],
      ] as const) {
        const { status, body } = await service.ask(used);
        assert.deepEqual([status, body['error']], [400, 'invalid_grant']);
        const { decision, reason } = await service.auditOf(used, count);
        assert.deepEqual([decision, reason], ['refused', 'the job token has been used already (reuse)']);
      }
    });

    test('refuses a replay after SIGKILL and a restart, and counts the refusals of unverified tokens', async () => {
      const used = token();
      assert.equal((await service.ask(used)).status, 200);
      await service.end('SIGTERM');
      const counted = service.audit.filter(({ decision }) => decision === 'unverified').map((line) => line['counts']);
      const reasons = counted.flatMap((counts) => Object.keys(counts as object)).join('\n');
      for (const { reason } of share.filter(({ unverified }) => unverified))
        assert.match(reasons, new RegExp(reason.source, 'm'));
      await service.start();
      await service.end('SIGKILL');
      await service.start();
      const { status, body } = await service.ask(used);
      assert.deepEqual([status, body['error_description']], [400, 'the job token has been used already (reuse)']);
    });

    test('returns 503 while the schedd is down, and accepts the same job token later', async () => {
      await pool.run('condor_off', '-daemon', 'schedd', '-fast');
      let shown = '';
      await until('the schedd is down', 60, async () => {
        shown = token();
        const { status, body } = await service.ask(shown);
        return status === 503 && body['error'] === 'temporarily_unavailable' ? undefined : `status ${status}`;
      });
      assert.equal((await service.auditOf(shown))['decision'], 'failed');
      await pool.run('condor_on', '-daemon', 'schedd');
      await until('the schedd is up', 60, async () => {
        const { status, body } = await service.ask(shown);
        return status === 200 ? undefined : JSON.stringify(body);
      });
    });

    // The remaining refusals involve no daemon.
    if (release > 0) return;

    test('returns 503 while the issuer is down and no key is cached', async () => {
      await service.end('SIGTERM');
      await service.start();
      issuer.fault = (_, response) => response.destroy();
      const { status, body } = await service.ask(token());
      issuer.fault = undefined;
      assert.deepEqual([status, body['error_description']], [503, 'the keys of the issuer cannot be fetched now']);
    });

    test('does not start with an invalid configuration, and keeps the previous one after SIGHUP', async () => {
      await service.end('SIGTERM');
      await service.start();
      service.configure(config().replace('authz: [READ, WRITE]', 'authz: [ADMINISTRATOR]'));
      assert.match(await service.reload(), /^the configuration was not replaced: .*grants\[0\]\.authz/);
      assert.equal((await service.ask(token())).status, 200);
      const { status, stderr } = await service.run('serve');
      assert.equal(status, 2, stderr);
      service.configure(config());
    });

    test('serves a job while 600 slow clients are connected', async () => {
      const slow = Array.from({ length: 600 }, () => connect(service.port, '127.0.0.1').on('error', () => {}));
      assert.equal((await service.ask(token())).status, 200);
      for (const socket of slow) socket.destroy();
    });
  });
}
