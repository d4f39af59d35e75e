/**
 * `npm run demo -- --keyless`: shows the administrator's commands and then a job that needs no stored secret, both on
 * the embedded pool.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedPool } from '../../test/support/embedded-pool/pool.ts';
import { Runner } from '../../test/support/runner/runner.ts';
import { JobIssuer } from '../../test/support/service/job-issuer.ts';
import { ServiceProcess } from '../../test/support/service/service-process.ts';

interface Printer {
  heading(text: string): void;
  indented(lines: readonly string[]): void;
}

const IDENTITY = 'ci-octo@pool.test';
const LIFETIME_SECONDS = 90 * 24 * 60 * 60;

/**
 * Demonstrates the keyless setup. Needs no root privileges, no HTCondor installation, and no network except the
 * loopback interface.
 */
export async function demoKeyless({ heading, indented }: Printer): Promise<void> {
  const runner = new Runner();
  const [pool, issuer] = await Promise.all([EmbeddedPool.start(), JobIssuer.start()]);
  const service = await ServiceProcess.prepare({
    ...{ authority: issuer.authority, audience: 'origin' },
    config: `daemon: [{ pool: "${pool.collector}", name: ci@pool }]
grants:
  - identity: ${IDENTITY}
    authz: [READ, WRITE]
    max-lifetime: 1h
    jobs:
      - issuer: ${issuer.url} # stands for https://token.actions.githubusercontent.com
        repository_id: 74
        ref: refs/heads/main
`,
    seeds: { [IDENTITY]: pool.idToken('ci-octo', { authz: ['READ', 'WRITE'], lifetime: LIFETIME_SECONDS }) },
  });
  try {
    heading('The administrator: config.yaml');
    indented(readFileSync(service.configPath, 'utf8').trimEnd().split('\n'));
    heading('The administrator: the seed (the embedded pool has created it already)');
    indented([`condor_token_create -identity ${IDENTITY} -authz READ -authz WRITE -lifetime ${LIFETIME_SECONDS}`]);
    heading('The administrator: condor_token_service check');
    const check = await service.run('check');
    indented(`${check.stdout}${check.stderr}`.trimEnd().split('\n'));
    if (check.status !== 0) throw new Error(`check ended with status ${check.status}`);
    heading('The administrator: condor_token_service serve');
    await service.start();
    indented(service.log.filter((line) => line !== ''));

    heading('The job: a step without a secret');
    const inputs = { 'token-service': service.url, authz: 'READ WRITE', lifetime: '10m', 'export-environment': 'true' };
    indented(['permissions:', '  id-token: write', 'steps:', '  - uses: condor-token-fetch/condor-token-fetch@v0']);
    indented(['    with:', ...Object.entries(inputs).map(([name, value]) => `      ${name}: ${value}`)]);
    const all = { ...inputs, pool: pool.collector, name: 'ci@pool', 'ca-certificate': issuer.authority.certificate };
    const env = { ...issuer.env, SSL_CERT_FILE: join(service.directory, 'ca.pem') };
    const step = await runner.runAction(all, { env });
    heading('The log of the step');
    indented(step.log);
    if (step.status !== 0) throw new Error('the step failed');
    heading('The audit line of the service');
    indented([JSON.stringify(await service.auditOf(issuer.given.at(-1) ?? ''))]);

    heading('The same step on another branch');
    issuer.job = { ...issuer.job, ref: 'refs/heads/feature' };
    const refused = await runner.runAction(all, { env });
    indented(refused.log);
    if (refused.status === 0) throw new Error('the step of another branch got a token');
  } finally {
    await service.stop();
    issuer.stop();
    runner.close();
    await pool.stop();
  }
}
