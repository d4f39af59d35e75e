/**
 * Tests jobs without a stored secret, with condor_token_service, the Action, the command, and HTCondor's own daemons.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Authority } from '../support/credentials/certificates.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { claimsOf, onlyToken } from '../support/pool/real-fetch.ts';
import { execute } from '../support/processes.ts';
import { projectRoot } from '../support/project.ts';
import { Runner } from '../support/runner/runner.ts';
import { assertNoLeak } from '../support/runner/step-assertions.ts';
import { GITHUB_CLAIMS, type IssuerClaims, JobIssuer, OTHER_CLAIMS } from '../support/service/job-issuer.ts';
import { ServiceProcess } from '../support/service/service-process.ts';
import { until } from '../support/until.ts';

const COMMAND = join(projectRoot, 'dist/cli/index.js');
const ALICE = 'alice@pool.test';
const BOB = 'bob@pool.test';

for (const suite of poolSuites()) {
  describe(`The token service, with HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    let issuer: JobIssuer;
    let service: ServiceProcess;
    let runner: Runner;
    let inputs: Record<string, string>;
    const LIFETIME = 90 * 86_400;

    before(async () => {
      runner = new Runner();
      const authority = await Authority.create();
      [pool, issuer] = await Promise.all([startPool({ suite }), JobIssuer.start(authority)]);
      const [alice, bob] = await Promise.all(
        [
          { user: 'alice', authz: ['READ', 'WRITE'] },
          { user: 'bob', authz: ['READ'] },
        ].map((each) => pool.idToken({ ...each, lifetime: LIFETIME })),
      );
      service = await ServiceProcess.start({
        ...{ authority, audience: 'origin', seeds: { [ALICE]: alice ?? '', [BOB]: bob ?? '' } },
        config: `daemon: [{ pool: "${pool.collector}", name: ${pool.scheddName} }]
grants:
  - identity: ${ALICE}
    authz: [READ, WRITE]
    max-lifetime: 1h
    jobs:
      - { issuer: "${issuer.url}", repository_id: 74, ref: refs/heads/main }
  - identity: ${BOB}
    authz: [READ]
    max-lifetime: 10m
    jobs:
      - { issuer: "${issuer.url}", project_id: 12, ref: main, ref_protected: true, reuse: job }
      - { issuer: "${issuer.url}", sub: "${OTHER_CLAIMS.Jenkins.sub}" }
      - { issuer: "${issuer.url}", pipeline_id: ${OTHER_CLAIMS.Buildkite.pipeline_id} }
      - { issuer: "${issuer.url}", oidc.circleci.com/project-id: ${OTHER_CLAIMS.CircleCI['oidc.circleci.com/project-id']} }
      - { issuer: "${issuer.url}", repository_id: ${OTHER_CLAIMS.Forgejo.repository_id} }
`,
      });
      inputs = {
        ...{ 'token-service': service.url, pool: pool.collector, name: pool.scheddName, authz: 'READ WRITE' },
        ...{ lifetime: '10m', 'ca-certificate': authority.certificate },
      };
    });
    after(async () => {
      await service?.stop();
      issuer?.stop();
      runner?.close();
      await pool?.stop();
    });

    // The client verifies the runner's OIDC endpoint with the CA certificates of the system, not with the
    // ca-certificate input.
    const jobEnv = () => ({ ...issuer.env, SSL_CERT_FILE: join(service.directory, 'ca.pem') });
    const token = (claims: IssuerClaims = {}) => issuer.issue({ ...GITHUB_CLAIMS, aud: service.audience, ...claims });

    async function ping(jwt: string, ...levels: readonly string[]): Promise<string> {
      const directory = `/tmp/token-${claimsOf(jwt)['jti']}`;
      await pool.run('mkdir', '-m', '700', directory);
      await pool.write(`${directory}/token`, `${jwt}\n`, 0o600);
      await pool.run('chown', '-R', 'bob', directory);
      const argv = ['condor_ping', '-type', 'schedd', '-table', ...levels];
      return (await pool.exec(argv, { user: 'bob', env: onlyToken(directory) })).stdout;
    }

    test('a step with only token-service receives a token that the schedd accepts', async () => {
      const step = await runner.runAction(
        { ...inputs, verify: 'true', 'export-environment': 'true' },
        { env: jobEnv() },
      );
      assert.equal(step.status, 0, step.raw + service.log.join('\n'));
      const { identity, authz, lifetime, 'token-id': id } = step.outputs;
      assert.deepEqual([identity, authz, lifetime], [ALICE, 'READ WRITE', '600']);
      const line = await service.auditOf(issuer.given.at(-1) ?? '');
      assert.deepEqual([line['decision'], line['token_id'], line['event_name']], ['issued', id, 'push']);
      assertNoLeak(step, [...issuer.given, step.outputs['token'] ?? '']);
      assert.match(await ping(step.outputs['token'] ?? '', 'READ', 'WRITE'), /WRITE +\S+ +\S+ +ALLOW|ALLOW/);
    });

    test('a step on another branch fails with the reason, and no token is issued', async () => {
      issuer.job = { ...GITHUB_CLAIMS, ref: 'refs/heads/x' };
      const step = await runner.runAction(inputs, { env: jobEnv() });
      issuer.job = GITHUB_CLAIMS;
      assert.deepEqual([step.status, step.outputs['error-code']], [2, 'ERR_NO_CREDENTIAL'], step.raw);
      assert.match(step.raw, /ref: expected refs\/heads\/main, got refs\/heads\/x/);
      assert.match(step.raw, /Claims of the refused job token: iss .*ref "refs\/heads\/x", event_name "push"/);
      assert.match(step.raw, /condor_token_service explain/);
      const { decision, ref } = await service.auditOf(issuer.given.at(-1) ?? '');
      assert.deepEqual([decision, ref], ['refused', 'refs/heads/x']);
    });

    for (const [name, claims] of Object.entries(OTHER_CLAIMS)) {
      test(`the command receives a token for a job of ${name}`, async () => {
        const jobToken = issuer.issue({ ...claims, aud: service.audience });
        const daemon = ['-name', pool.scheddName, '-pool', pool.collector];
        const { status, stdout, stderr } = await execute(
          [process.execPath, COMMAND, '-token-service', service.url, ...daemon, '-authz', 'READ', '-lifetime', '300'],
          { env: { PATH: '/nowhere', BEARER_TOKEN: jobToken, SSL_CERT_FILE: join(service.directory, 'ca.pem') } },
        );
        assert.equal(status, 0, stderr);
        const { sub, scope } = claimsOf(stdout);
        assert.deepEqual([sub, scope], [BOB, 'condor:/READ']);
      });
    }

    test('check reports that the site is ready', async () => {
      const { status, stdout, stderr } = await service.run('check');
      assert.equal(status, 0, stdout + stderr);
      for (const identity of [ALICE, BOB])
        assert.match(stdout, new RegExp(`^ok +grant ${identity}: <.*> issued a token valid for 60 s`, 'm'));
      assert.match(stdout, /^ok +issuer: https:.* publishes 1 keys$/m);
      assert.equal((await service.post('', { path: '/readyz', method: 'GET' })).status, 200);
    });

    test('a job cannot use its token to approve a request for more levels', async () => {
      const { body } = await service.ask(token(), { scope: 'condor:/READ condor:/WRITE' });
      const home = '/home/bob/self-approval';
      await pool.exec(['mkdir', '-m', '700', home, `${home}/tokens`], { user: 'bob' });
      await pool.write(`${home}/tokens/token`, `${String(body['access_token'])}\n`, 0o600);
      await pool.run('chown', 'bob', `${home}/tokens/token`);
      const job = { user: 'bob', cwd: home, env: onlyToken(`${home}/tokens`) };
      const daemon = ['-type', 'SCHEDD', '-name', pool.scheddName];
      const read = async () => (await pool.exec(['cat', `${home}/out`, `${home}/err`])).stdout;
      const asking = pool.exec(
        [
          ...[
            'sh',
            '-c',
            'exec timeout 300 "$@" > out 2> err',
            'ask',
            'stdbuf',
            '-oL',
            'condor_token_request',
            ...daemon,
          ],
          ...['-identity', ALICE, '-authz', 'ADMINISTRATOR'],
        ],
        job,
      );
      await until('the request is pending', 60, async () =>
        /approve request \d+\./.test(await read()) ? undefined : await read(),
      );
      const id = /approve request (\d+)\./.exec(await read())?.[1] ?? '';
      const pending = async () => await pool.exec(['condor_token_request_list', '-json', ...daemon]);
      const isPending = async () =>
        (JSON.parse((await pending()).stdout) as { RequestId?: string }[]).some(({ RequestId }) => RequestId === id);
      assert.ok(await isPending());
      const approve = `echo yes | condor_token_request_approve -reqid ${id} ${daemon.join(' ')}`;
      const approved = await pool.exec(['sh', '-c', approve], job);
      assert.notEqual(approved.status, 0, approved.stdout + approved.stderr);
      assert.ok(await isPending(), 'the request is still not approved');
      // An administrator can approve the request with the same command. The refusal above is therefore due to the job's
      // token.
      await pool.run('sh', '-c', approve);
      await asking;
    });

    test('a revoked seed makes its grant return 503, and the same job token works after the revocation ends', async () => {
      const jobToken = token();
      await pool.configure(`SEC_TOKEN_REVOCATION_EXPR = sub =?= "${ALICE}"`);
      const { status, body } = await service.ask(jobToken);
      assert.deepEqual([status, body['error_description']], [503, 'seed unusable'], service.log.join());
      assert.match(String((await service.auditOf(jobToken))['reason']), /^seed unusable: /);
      assert.equal((await service.ask(issuer.issue({ ...OTHER_CLAIMS.Forgejo, aud: service.audience }))).status, 200);
      await pool.configure('');
      assert.equal((await service.ask(jobToken)).status, 200, service.log.join());
    });

    test('a seed for another identity disables only its own grant', async () => {
      const bad = await pool.idToken({ user: 'bob', authz: ['READ', 'WRITE'], lifetime: LIFETIME });
      const good = await pool.idToken({ user: 'alice', authz: ['READ', 'WRITE'], lifetime: LIFETIME });
      service.writeSeed(ALICE, bad);
      await service.reload();
      const jobToken = token();
      const { status, body } = await service.ask(jobToken);
      assert.deepEqual([status, body['error_description']], [503, 'seed unusable']);
      assert.match(String((await service.auditOf(jobToken))['reason']), /it is a token for bob@pool\.test/);
      service.writeSeed(ALICE, good);
      await service.reload();
      assert.equal((await service.ask(token())).status, 200);
    });
  });
}
