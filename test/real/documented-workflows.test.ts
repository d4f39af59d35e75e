/** Runs the README's workflows in act with real daemons. Each job completes, and its output appears in the log. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { Authority } from '../support/credentials/certificates.ts';
import { documentedWorkflow, keylessQuickStart } from '../support/documents/documented-workflows.ts';
import { runGitLab } from '../support/documents/example-runs.ts';
import { withPlaces } from '../support/documents/examples.ts';
import { freePort } from '../support/network/free-port.ts';
import { writeCondorTools } from '../support/pool/condor-tools.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { Act, type ActRun, findAct } from '../support/runner/act.ts';
import { CiMachine } from '../support/runner/ci-machine.ts';
import { GITHUB_CLAIMS, JobIssuer } from '../support/service/job-issuer.ts';
import { ServiceProcess } from '../support/service/service-process.ts';

const program = poolUnavailable() === undefined ? findAct() : undefined;
const why =
  poolUnavailable() ??
  (program === undefined ? 'act (github.com/nektos/act) is not installed, and neither is Go to build it' : false);
if (why !== false) console.error(`\n*** the workflows of the README are not run by act: ${why}\n`);

/** Forwards a port as `ssh -fN -L` does. Exits when the process whose ID is its first argument ends. */
const FORWARDER = `
  const net = require('node:net');
  const [parent, ...forwards] = process.argv.slice(2);
  let waiting = forwards.length;
  for (const forward of forwards) {
    const [, from, port, host, target] = /^(.*):(\\d+):(.*):(\\d+)$/.exec(forward);
    net.createServer((near) => {
      const far = net.connect(Number(target), host);
      near.pipe(far).pipe(near);
      for (const each of [near, far]) each.on('error', () => { near.destroy(); far.destroy(); });
    }).listen(Number(port), from, () => { waiting -= 1; if (waiting === 0) console.log('ready'); });
  }
  setInterval(() => { try { process.kill(Number(parent), 0); } catch { process.exit(); } }, 500);
`;

for (const suite of poolSuites()) {
  describe(`The documented workflows, on HTCondor of ${suite}:`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    let secret: string;
    before(async () => {
      pool = await startPool({ suite, negotiator: true });
      // The token that step 1 of the quick start stores.
      const script = 'condor_token_fetch -authz READ -authz WRITE -lifetime 7776000';
      const { stdout, stderr } = await pool.exec(['sh', '-c', script], { user: 'alice' });
      assert.match(stdout, /^eyJ/, stderr);
      secret = stdout.trim();
    });
    after(() => pool?.stop());
    const place = () => ({ collector: pool.collector, schedd: pool.scheddName });

    async function assertRanToItsEnd(output: string): Promise<void> {
      assert.match(output, /^(\[.*\] +\| )?Submitted job \d+$/m, output);
      assert.match(output, /^(\[.*\] +\| )?Hello from [\w.-]+$/m, output);
      const [, payload = '', signature = ''] = secret.split('.');
      for (const part of [payload, signature]) assert.ok(!output.includes(part), output);
      assert.equal(await pool.run('condor_q', '-allusers', '-af', 'ClusterId'), '', 'the job is removed');
    }

    test('the commands of the quick start print the names that the workflow requires', async () => {
      const print = async (script: string) => (await pool.exec(['sh', '-c', script], { user: 'alice' })).stdout.trim();
      assert.equal(await print('condor_config_val COLLECTOR_HOST'), pool.collector);
      assert.equal(await print('condor_status -schedd -af Name'), pool.scheddName);
    });

    describe('a runner without HTCondor', { skip: why }, () => {
      let act: Act;
      before(() => {
        act = new Act(program ?? '');
      });
      after(() => act?.close());

      async function run(workflow: string, more: Readonly<Record<string, string>> = {}): Promise<ActRun> {
        // pip downloads the wheel only once.
        const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'condor-token-fetch', 'pip');
        const env = { PIP_CACHE_DIR: cache, PIP_DISABLE_PIP_VERSION_CHECK: '1', ...more };
        const secrets = { CONDOR_IDTOKEN: secret, BASTION_SSH_KEY: 'a key' };
        const result = await act.run(workflow, { secrets, env });
        assert.equal(result.status, 0, result.text);
        assert.match(result.text, /::set-output:: identity=alice@pool\.test$/m);
        await assertRanToItsEnd(result.text);
        return result;
      }

      test('submits a job with the quick start and prints its output', async () => {
        await run(withPlaces(documentedWorkflow('quick-start'), place()));
      });

      test('submits the same job without a stored secret, with the changes that the quick start describes', async () => {
        const authority = await Authority.create();
        const issuer = await JobIssuer.start(authority);
        issuer.job = GITHUB_CLAIMS;
        const service = await ServiceProcess.start({
          ...{ authority, audience: 'origin', seeds: { 'alice@pool.test': secret } },
          config: `daemon: [{ pool: "${pool.collector}", name: ${pool.scheddName} }]
grants:
  - identity: alice@pool.test
    authz: [READ, WRITE]
    max-lifetime: 1h
    jobs: [{ issuer: "${issuer.url}", repository_id: 74, ref: refs/heads/main }]
`,
        });
        try {
          const text = keylessQuickStart().replace('https://ap40.example.org:8443/token', service.url);
          const workflow = parseDocument(withPlaces(text, place()));
          const step = ['jobs', 'submit', 'steps', 0];
          workflow.setIn([...step, 'with', 'ca-certificate'], authority.certificate);
          // Only the Action uses this variable; pip ignores it.
          workflow.setIn([...step, 'env'], { SSL_CERT_FILE: join(service.directory, 'ca.pem') });
          await run(workflow.toString(), issuer.env);
          assert.equal((await service.auditOf(issuer.given.at(-1) ?? ''))['decision'], 'issued');
        } finally {
          await service.stop();
          issuer.stop();
        }
      });

      test('submits a job through a tunnel with the steps for a pool behind a firewall', async () => {
        const [collector, schedd] = [await freePort(), await freePort()];
        act.program(
          'ssh',
          `forwards=; while [ $# -gt 0 ]; do [ "$1" = -L ] && forwards="$forwards $2"; shift; done
           mkfifo "$RUNNER_TEMP/ready"
           setsid '${process.execPath}' '${join(act.directory, 'forwarder.cjs')}' ${process.pid} $forwards < /dev/null > "$RUNNER_TEMP/ready" 2>&1 &
           read -r line < "$RUNNER_TEMP/ready" && [ "$line" = ready ]`,
        );
        writeFileSync(join(act.directory, 'forwarder.cjs'), FORWARDER);
        const workflow = parseDocument(documentedWorkflow('quick-start'));
        const steps = workflow.getIn(['jobs', 'submit', 'steps']) as YAMLSeq;
        steps.items.splice(0, 1, ...(parseDocument(documentedWorkflow('tunnel')).contents as YAMLSeq).items);
        const text = workflow
          .toString()
          .replaceAll('127.0.0.1:9618', `127.0.0.1:${collector}`)
          .replaceAll('127.0.0.1:9619', `127.0.0.1:${schedd}`)
          .replaceAll(/(cm|ap40)\.example\.org:9618/g, `127.0.0.1:${pool.port}`);
        await run(withPlaces(text, place()));
      });
    });

    test('submits a job with HTCondor’s tools on the runner, without a configuration', { skip: why }, async () => {
      const act = new Act(program ?? '');
      try {
        writeCondorTools(act.bin, suite);
        act.program('sudo', 'case $1 in apt-get) exit 0 ;; esac; exec /usr/bin/sudo "$@"');
        const workflow = parseDocument(documentedWorkflow('quick-start'));
        const { contents } = parseDocument(documentedWorkflow('tools'));
        workflow.setIn(['jobs', 'submit', 'steps'], (contents as YAMLMap).get('steps'));
        const files = { 'job.sub': 'executable = /bin/true\ntransfer_executable = false\nqueue\n' };
        const { status, text } = await act.run(withPlaces(workflow.toString(), place()), {
          ...{ secrets: { CONDOR_IDTOKEN: secret }, files },
        });
        assert.equal(status, 0, text);
        assert.match(text, /\| 1 job\(s\) submitted to cluster \d+/);
        await pool.run('condor_rm', '-all');
      } finally {
        act.close();
      }
    });

    test('a GitLab job submits an HTCondor job with HTCondor’s tools and prints its output', async () => {
      const machine = new CiMachine();
      try {
        writeCondorTools(machine.bin, suite);
        machine.program('apt-get', 'exit 0');
        const options = { machine, pool: place(), idtoken: secret };
        const { status, output, remains } = await runGitLab(options, documentedWorkflow('gitlab'));
        assert.equal(status, 0, output);
        await assertRanToItsEnd(output);
        assert.deepEqual(remains, []);
        assert.match(machine.notes, /^apt-get install -y --no-install-recommends .*\bcondor\b/m);
      } finally {
        machine.close();
      }
    });
  });
}
