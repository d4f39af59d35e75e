/** Tests the examples. Each is parsed as its CI system parses it, and its script runs with a pool. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { readRequest } from '../src/inputs/request.ts';
import { ABSENT, INPUTS } from '../src/inputs/table.ts';
import { parseConfig } from '../src/policy/config.ts';
import { strangeJwt } from './support/credentials/strange-jwt.ts';
import { EXAMPLES } from './support/documents/example-runs.ts';
import { exampleText, gitLabComponent, gitLabJob, readJenkinsfile } from './support/documents/examples.ts';
import { readWorkflow, stepsOf } from './support/documents/workflow.ts';
import { EmbeddedPool } from './support/embedded-pool/pool.ts';
import { filesBelow, projectRoot } from './support/project.ts';
import { CiMachine, SHA256 } from './support/runner/ci-machine.ts';
import { surroundings } from './support/surroundings.ts';

const WORKFLOWS = [
  'github/submit.yml',
  'github/two-pools.yml',
  'github/request.yml',
  'github/keyless.yml',
  'forgejo.yml',
  'forgejo-keyless.yml',
];
const OURS = /^(https:\/\/github\.com\/)?condor-token-fetch\/condor-token-fetch@v0\.1\.0$/;
const NOWHERE = { collector: 'cm.example.org', schedd: 'ap40.example.org' };

/** Extracts the scripts from the keyless examples for systems that use the command. */
const KEYLESS: Readonly<Record<string, () => string>> = {
  'Jenkinsfile.keyless': () => {
    const { stages } = readJenkinsfile(exampleText('Jenkinsfile.keyless'));
    return stages.flatMap(({ scripts }) => scripts).join('\n');
  },
  'buildkite.yml': () => {
    const { steps } = parse(exampleText('buildkite.yml')) as { steps: readonly { command: string }[] };
    return (steps[0]?.command ?? '').replaceAll('$$', '$'); // as `pipeline upload` does
  },
  'circleci.yml': () => {
    const { jobs } = parse(exampleText('circleci.yml')) as {
      jobs: { submit: { steps: readonly (string | { run: { command: string } })[] } };
    };
    return jobs.submit.steps.map((step) => (typeof step === 'string' ? '' : step.run.command)).join('\n');
  },
  'gitlab/templates/keyless.yml': () => {
    const inputs = {
      'token-service': SERVICE,
      audience: new URL(SERVICE).origin,
      pool: 'cm',
      name: 'ap',
      sha256: SHA256,
    };
    const jobs = gitLabComponent('gitlab/templates/keyless.yml', inputs);
    const job = jobs['.condor-keyless'] as unknown as GitLabKeyless;
    assert.deepEqual(job.id_tokens, { JOB_JWT: { aud: new URL(SERVICE).origin } });
    assert.equal(job.variables['CONDOR_TOKEN_SERVICE'], SERVICE);
    return job.before_script.join('\n');
  },
};
interface GitLabKeyless {
  readonly id_tokens: unknown;
  readonly variables: Readonly<Record<string, string>>;
  readonly before_script: readonly string[];
}
const SERVICE = 'https://ap40.example.org:8443/token';
const isCredential = (name: string) => ['idtoken', 'scitoken', 'oidc-audience'].includes(name);

for (const [file, scriptOf] of Object.entries(KEYLESS)) {
  describe(file, { skip: process.platform === 'win32' && 'the examples are for Unix shells' }, () => {
    test('is a script that the shell accepts, and that verifies what it downloads', () => {
      const script = scriptOf();
      execFileSync('sh', ['-n'], { input: script });
      assert.ok(script.indexOf('sha256sum -c') < script.indexOf('node "$program"'));
      assert.match(script, /-token-service (https:\/\/ap40\.example\.org:8443\/token|"\$CONDOR_TOKEN_SERVICE") /);
    });

    test('sets BEARER_TOKEN only for one command', () => {
      const lines = scriptOf()
        .split('\n')
        .filter((line) => line.includes('BEARER_TOKEN'));
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', /^ *BEARER_TOKEN=\$JOB_JWT node "\$program" /);
      assert.doesNotMatch(exampleText(file), /^ *BEARER_TOKEN:|export (BEARER_TOKEN|JOB_JWT)/m);
    });
  });
}

test('the token service accepts the example of a trust policy', () => {
  const context = { hostName: 'ap40.example.org', superUsers: [], insecureTestIssuer: false };
  const parsed = parseConfig(exampleText('token-service/config.yaml'), context);
  assert.ok('config' in parsed, JSON.stringify(parsed));
});

test('the list of examples contains every file, and this file tests each of them', () => {
  const files = filesBelow('examples', '').map((file) => file.slice('examples/'.length));
  const service = ['token-service/config.yaml', 'token-service/Containerfile'];
  const keycloak = ['keycloak/realm-client-credentials.json', 'keycloak/realm-jwt-bearer.json'];
  const known = [
    'README.md',
    ...service,
    ...keycloak,
    ...WORKFLOWS,
    ...Object.keys(EXAMPLES),
    'gitlab/templates/condor-token-fetch.yml',
    'gitlab/kerberos.yml',
    ...Object.keys(KEYLESS),
  ];
  assert.deepEqual(files, known.sort());
  const readme = readFileSync(join(projectRoot, 'examples', 'README.md'), 'utf8');
  for (const file of files.filter((each) => each !== 'README.md')) assert.ok(readme.includes(`(${file})`), file);
});

for (const file of WORKFLOWS) {
  describe(file, () => {
    test('is a valid workflow with inputs of this Action', async () => {
      // Forgejo and Gitea accept complete URLs in `uses`. Apart from that, their workflows have GitHub's syntax.
      const workflow = await readWorkflow(file, asGitHub(exampleText(file)));
      const steps = stepsOf(workflow).filter(({ uses = '' }) => OURS.test(uses));
      assert.ok(steps.length > 0);
      for (const { with: inputs = {} } of steps) {
        for (const name of Object.keys(inputs)) assert.ok(name in INPUTS, `there is no input ${name}`);
        const words = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, evaluated(value)]));
        if ('token-service' in inputs)
          assert.deepEqual(
            Object.keys(inputs).filter((name) => isCredential(name)),
            [],
          );
        readRequest(
          (name) => words[name] || (INPUTS[name] === ABSENT ? undefined : INPUTS[name]) || undefined,
          surroundings({ RUNNER_TEMP: '/tmp' }),
        );
      }
    });

    test('has only read permissions, pinned actions, and no expression in a script', async () => {
      const workflow = await readWorkflow(file, asGitHub(exampleText(file)));
      if (!file.startsWith('forgejo')) assert.deepEqual(workflow.permissions, {});
      for (const { permissions } of Object.values(workflow.jobs))
        assert.match(JSON.stringify(permissions ?? {}), /^\{("contents":"read"|"id-token":"write")?\}$/);
      for (const { uses, run } of stepsOf(workflow)) {
        assert.ok(run === undefined || !run.includes('${{'), run);
        if (uses !== undefined && !OURS.test(uses)) assert.match(uses, /@[0-9a-f]{40}$/);
      }
    });
  });
}

describe('The GitLab example', () => {
  test('uses all inputs of its component, and creates no artifact', () => {
    const job = gitLabJob(NOWHERE, {});
    assert.equal(job.artifacts, undefined);
    assert.equal(job.variables?.['_CONDOR_COLLECTOR_HOST'], NOWHERE.collector);
    assert.equal(job.variables?.['CONDOR_TOKEN_LIFETIME'], '1h', 'the default');
    assert.match(job.variables?.['CONDOR_TOKEN_FETCH_SHA256'] ?? '', /^[0-9a-f]{64}$/);
    const file = 'gitlab/templates/condor-token-fetch.yml';
    assert.throws(() => gitLabComponent(file, { pol: 'x' }), /has no input pol/);
    assert.throws(() => gitLabComponent(file, { pool: 'x' }), /input name has no value/);
  });
});

describe('The Jenkinsfile', () => {
  test('is a pipeline that fetches a token, submits a job, and removes the token', () => {
    const { environment, stages, always } = readJenkinsfile(exampleText('Jenkinsfile'));
    assert.deepEqual(
      stages.map(({ name, credentials, scripts }) => [name, credentials, scripts.length]),
      [
        ['Token', ['CONDOR_IDTOKEN'], 1],
        ['Submit', [], 2],
      ],
    );
    assert.equal(environment['_CONDOR_SCHEDD_HOST'], NOWHERE.schedd);
    assert.ok(stages[0]?.scripts[0]?.startsWith('#!/bin/sh\n'), 'otherwise, Jenkins logs every command');
    assert.equal(always.length, 1);
  });
});

for (const [file, runExample] of Object.entries(EXAMPLES)) {
  const skip = process.platform === 'win32' && 'the examples are for Unix shells';
  describe(`${file} with an embedded pool`, { skip }, () => {
    let pool: EmbeddedPool;
    let machine: CiMachine;
    before(async () => {
      pool = await EmbeddedPool.start();
      machine = new CiMachine();
      machine.pretendTools();
    });
    after(async () => {
      machine?.close();
      await pool?.stop();
    });
    const place = () => ({ collector: pool.collector, schedd: 'ci@pool' });

    test('provides its commands with a private token, and leaves no files', async () => {
      const idtoken = pool.idToken('alice');
      const { status, output, remains } = await runExample({ machine, pool: place(), idtoken });
      assert.equal(status, 0, output);
      assert.equal(output.match(/as alice@pool\.test; READ allowed/g)?.length, 2, `both tools are alice:\n${output}`);
      assert.match(output, /^drwx------/m);
      assert.match(output, /^-rw-------\W.*\/tokens\.d\/token$/m);
      assert.deepEqual(remains, []);
      assert.doesNotMatch(output, /eyJ[\w-]+\.eyJ/, 'neither the old nor the new token is printed');
    });

    test('passes the credential to no command line and no tool', async () => {
      const idtoken = pool.idToken('alice');
      const { output } = await runExample({ machine, pool: place(), idtoken });
      const lines = machine.notes.split('\n');
      const commands = lines.filter((line) => !/^\w+: /.test(line));
      for (const name of ['curl', 'node', 'condor_submit'])
        assert.ok(
          commands.some((line) => line.startsWith(`${name} `)),
          `${name} was not started: ${output}`,
        );
      assert.deepEqual(
        commands.filter((line) => line.includes(idtoken)),
        [],
      );
      assert.deepEqual(
        lines.filter((line) => line.startsWith('condor_') && line.includes(idtoken)),
        [],
      );
    });

    test('does not run a download whose checksum differs', async () => {
      const started = machine.notes.split('\n').filter((line) => line.startsWith('node ')).length;
      const idtoken = pool.idToken('alice');
      const { status, remains } = await runExample({ machine, pool: place(), idtoken, sha256: '0'.repeat(64) });
      assert.notEqual(status, 0);
      assert.equal(machine.notes.split('\n').filter((line) => line.startsWith('node ')).length, started);
      assert.deepEqual(remains, []);
    });

    test('fails before the command, with a code and a hint, if the credential is for another pool', async () => {
      const submitted = machine.notes.split('condor_submit ').length;
      const idtoken = strangeJwt();
      const { status, output, remains } = await runExample({ machine, pool: place(), idtoken });
      assert.equal(status, 5, output);
      assert.match(output, /\(ERR_METHODS_EXHAUSTED/);
      assert.match(output, /^Hint: /m);
      assert.equal(machine.notes.split('condor_submit ').length, submitted);
      assert.deepEqual(remains, []);
      assert.ok(!output.includes(idtoken.split('.')[2] ?? ''));
    });
  });
}

test('shell.sh removes the token when it is terminated', { skip: process.platform === 'win32' }, async () => {
  const pool = await EmbeddedPool.start();
  const machine = new CiMachine();
  try {
    const script = exampleText('shell.sh', { collector: pool.collector, schedd: 'ci@pool' });
    const env = { CONDOR_IDTOKEN: pool.idToken('alice'), CONDOR_TOKEN_FETCH_SHA256: SHA256 };
    const command = 'test -f "$_CONDOR_SEC_TOKEN_DIRECTORY/token" && kill -TERM "$PPID"';
    const { status, output } = await machine.run(script, { env, args: ['sh', '-c', command] });
    assert.equal(status, 143, output);
    assert.deepEqual(machine.remains, []);
  } finally {
    machine.close();
    await pool.stop();
  }
});

/** Removes the parts of a workflow that only Forgejo accepts. */
function asGitHub(text: string): string {
  return text.replaceAll('uses: https://github.com/', 'uses: ').replace('enable-openid-connect: true\n', '');
}

/** Evaluates the expressions in a value, as far as the test requires. */
function evaluated(value: unknown): string {
  return String(value)
    .replaceAll(/\$\{\{ secrets\.\w+ \}\}/g, strangeJwt())
    .replaceAll(/\$\{\{ runner\.temp \}\}/g, '/tmp/runner');
}
