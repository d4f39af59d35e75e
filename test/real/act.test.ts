/** Runs the workflows of the examples with act on this host, with real daemons and HTCondor's own tools. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseDocument, type YAMLSeq } from 'yaml';
import { exampleText, type Place } from '../support/documents/examples.ts';
import { writeCondorTools } from '../support/pool/condor-tools.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { HOST, type SecurePool, startSecurePool } from '../support/pool/secure-pool.ts';
import { Act, type ActRun, errorsOf, findAct, REMAINS } from '../support/runner/act.ts';
import { JobIssuer } from '../support/service/job-issuer.ts';
import { ServiceProcess } from '../support/service/service-process.ts';
import { TokenServices } from '../support/service/token-services.ts';

const program = poolUnavailable() === undefined ? findAct() : undefined;
const why =
  poolUnavailable() ??
  (program === undefined ? 'act (github.com/nektos/act) is not installed, and neither is Go to build it' : false);
if (why !== false) console.error(`\n*** the examples are not run by act: ${why}\n`);

const JOB = { 'job.sub': 'executable = /bin/true\ntransfer_executable = false\nqueue\n' };

for (const suite of poolSuites()) {
  describe(`The example workflows, on HTCondor of ${suite}:`, { skip: why }, () => {
    let secure: SecurePool;
    let pool: Pool;
    let other: Pool;
    let act: Act;
    let idtoken: string;
    let services: TokenServices;
    before(async () => {
      const trust = 'TRUST_DOMAIN = other.test\nUID_DOMAIN = other.test\n';
      [secure, other] = await Promise.all([startSecurePool({ suite }), startPool({ suite, config: trust })]);
      ({ pool } = secure);
      idtoken = await pool.idToken({ user: 'alice' });
      services = await TokenServices.start();
      act = new Act(program ?? '');
      writeCondorTools(act.bin, suite);
    });
    after(async () => {
      act?.close();
      services?.stop();
      await Promise.all([secure?.stop(), other?.stop()]);
    });
    const place = (): Place => ({ collector: pool.collector, schedd: pool.scheddName });

    for (const file of ['github/submit.yml', 'forgejo.yml']) {
      test(`${file} submits a job, hides the token, and removes it`, async () => {
        const kept = join(act.directory, 'kept');
        const look = 'cat "$_CONDOR_SEC_TOKEN_DIRECTORY/token" && cp "$_CONDOR_SEC_TOKEN_DIRECTORY/token" "$KEPT"';
        // Only Forgejo's and Gitea's versions of act accept URLs.
        const text = exampleText(file, place()).replace('https://github.com/', '');
        const workflow = withSteps(text, 'submit', { name: 'Look', run: look });
        const options = { secrets: { CONDOR_IDTOKEN: idtoken }, env: { KEPT: kept }, files: JOB };
        const run = await act.run(workflow, options);
        assert.equal(run.status, 0, run.text);
        assert.match(run.text, /WRITE +IDTOKENS .* ALLOW +alice@pool\.test/, run.text);
        assert.match(run.text, /\| 1 job\(s\) submitted to cluster \d+/);
        assert.match(run.text, /::set-output:: identity=alice@pool\.test$/m);
        assert.match(run.text, /::set-output:: lifetime=1800$/m);
        if (file.startsWith('github'))
          assert.match(run.text, /\| Submitted as alice@pool\.test with a token that expires at 2/);
        const token = readFileSync(kept, 'utf8').trim();
        assert.match(run.text, /\| \*\*\*$/m, 'the log contains the masked token');
        assertHidden(run, [idtoken, token]);
        const directory = /::set-output:: token-directory=(.*)$/m.exec(run.text)?.[1] ?? '';
        assert.ok(directory.startsWith(act.jobs), directory);
        assert.ok(run.text.includes(`| Removed ${directory}\n`), run.text);
        assert.match(run.text, /\| remains: \[\]$/m);
      });
    }

    test('github/two-pools.yml uses the token of each pool', async () => {
      const second = { collector: other.collector, schedd: other.scheddName };
      const workflow = withSteps(exampleText('github/two-pools.yml', place(), second), 'compare')
        .replace('expected-identity: ci@example.org', 'expected-identity: alice@pool.test')
        .replace('expected-trust-domain: example.org', 'expected-trust-domain: pool.test');
      const idtokenOfOther = (await other.run('condor_token_create', '-identity', 'bob@other.test')).trim();
      const secrets = { CONDOR_IDTOKEN: idtoken, CONDOR_IDTOKEN_OF_THE_TEST_POOL: idtokenOfOther };
      const run = await act.run(workflow, { secrets });
      assert.equal(run.status, 0, run.text);
      assert.match(run.text, /::set-output:: trust-domain=pool\.test$/m);
      assert.match(run.text, /::set-output:: trust-domain=other\.test$/m);
      assert.equal(run.text.match(/\| Total for all users: /g)?.length, 2, run.text);
      assert.match(run.text, /\| Removed .*\/tokens\.d\/testing$/m);
      assert.match(run.text, /\| remains: \[\]$/m);
      assertHidden(run, [idtoken, idtokenOfOther]);
      const wrong = await act.run(workflow.replace('alice@pool.test', 'ci@pool.test'), { secrets });
      assert.deepEqual([wrong.status, errorsOf(wrong).length], [1, 1]);
      assert.match(errorsOf(wrong)[0] ?? '', /\(ERR_TOKEN_CLAIM/);
    });

    test('github/request.yml waits until the administrator has approved', async () => {
      const workflow = parseDocument(exampleText('github/request.yml', place()));
      const inputs = ['jobs', 'request', 'steps', 0, 'with'];
      workflow.setIn([...inputs, 'ca-certificate'], secure.authority.certificate);
      workflow.setIn([...inputs, 'server-name'], HOST); // the certificate does not contain 127.0.0.1
      workflow.setIn([...inputs, 'identity'], 'carol@pool.test');
      let approved: Promise<string> | undefined;
      const run = await act.run(workflow.toString(), {
        onLine(line) {
          const id = /condor_token_request_approve .*-reqid (\d+)/.exec(line)?.[1];
          if (id !== undefined && approved === undefined) {
            approved = pool.run('sh', '-c', `echo yes | condor_token_request_approve -reqid ${id} -type collector`);
            approved.catch(() => {}); // the test checks the outcome below
          }
        },
      });
      await approved;
      assert.equal(run.status, 0, run.text);
      assert.match(run.text, /::set-output:: identity=carol@pool\.test$/m);
      assert.match(run.text, /WRITE +IDTOKENS .* ALLOW +carol@pool\.test/, run.text);
    });

    test('github/keyless.yml submits a job with a token from the token service', async () => {
      const issuer = await JobIssuer.start(services.authority);
      const service = await ServiceProcess.start({
        ...{ authority: services.authority, audience: 'origin' },
        seeds: { 'alice@pool.test': await pool.idToken({ user: 'alice', authz: ['READ', 'WRITE'], lifetime: 86_400 }) },
        config: `daemon: [{ pool: "${pool.collector}", name: ${pool.scheddName} }]
grants:
  - identity: alice@pool.test
    authz: [READ, WRITE]
    max-lifetime: 1h
    jobs: [{ issuer: "${issuer.url}", repository_id: 74, ref: refs/heads/main }]
`,
      });
      try {
        const text = exampleText('github/keyless.yml').replace('https://ap40.example.org:8443/token', service.url);
        const workflow = parseDocument(
          text.replaceAll('cm.example.org', pool.collector).replaceAll('ap40.example.org', pool.scheddName),
        );
        const steps = ['jobs', 'submit', 'steps'];
        workflow.setIn([...steps, 0, 'with', 'ca-certificate'], services.authority.certificate);
        const env = { ...issuer.env, SSL_CERT_FILE: join(service.directory, 'ca.pem') };
        const run = await act.run(workflow.toString(), { env });
        assert.equal(run.status, 0, run.text);
        assert.match(run.text, /::set-output:: identity=alice@pool\.test$/m);
        assert.match(run.text, /WRITE +IDTOKENS .* ALLOW +alice@pool\.test/, run.text);
        assert.match(run.text, /\| 1 job\(s\) submitted to cluster \d+/);
        assert.equal((await service.auditOf(issuer.given.at(-1) ?? ''))['decision'], 'issued');
        assertHidden(run, issuer.given);
      } finally {
        await service.stop();
        issuer.stop();
      }
    });

    test('a job whose secret is a token of another pool fails with one annotation, and submits nothing', async () => {
      const jobs = await pool.run('condor_q', '-allusers', '-af', 'ClusterId');
      const foreign = (await other.run('condor_token_create', '-identity', 'bob@other.test')).trim();
      const options = { secrets: { CONDOR_IDTOKEN: foreign }, files: JOB };
      const run = await act.run(withSteps(exampleText('github/submit.yml', place()), 'submit'), options);
      assert.equal(run.status, 1, run.text);
      const errors = errorsOf(run);
      assert.equal(errors.length, 1, run.text);
      assert.match(errors[0] ?? '', /\(ERR_METHODS_EXHAUSTED, .*%0AHint: ./);
      assert.match(errors[0] ?? '', /other\.test/);
      assert.match(run.text, /::set-output:: error-code=ERR_METHODS_EXHAUSTED$/m);
      assert.doesNotMatch(run.text, /::set-output:: token/);
      assert.doesNotMatch(run.text, /Main condor_(ping|submit)/);
      assert.match(run.text, /Success - Post condor-token-fetch/);
      assert.match(run.text, /\| remains: \[\]$/m);
      assertHidden(run, [foreign]);
      assert.equal(await pool.run('condor_q', '-allusers', '-af', 'ClusterId'), jobs);
    });
  });
}

/**
 * Adds two kinds of steps to a job: a first step whose post step reports which files are left, and further steps at the
 * end.
 */
function withSteps(text: string, job: string, ...more: object[]): string {
  const workflow = parseDocument(text);
  const steps = workflow.getIn(['jobs', job, 'steps']) as YAMLSeq;
  steps.items.unshift(workflow.createNode({ uses: REMAINS }));
  steps.items.push(...more.map((step) => workflow.createNode(step)));
  return workflow.toString();
}

function assertHidden({ text }: ActRun, jwts: readonly string[]): void {
  for (const jwt of jwts) {
    const [, payload = '', signature = ''] = jwt.split('.');
    assert.ok(signature.length > 10 && payload.length > 10);
    for (const each of [signature, payload]) assert.ok(!text.includes(each), `a token is in the log:\n${text}`);
  }
}
