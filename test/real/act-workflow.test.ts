/** Runs this repository's CI jobs that use the Action, with act on this host. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse, stringify } from 'yaml';
import type { Step, Workflow } from '../support/documents/workflow.ts';
import { poolSuites, poolUnavailable } from '../support/pool/pool.ts';
import { versionOf } from '../support/pool/suites.ts';
import { projectRoot } from '../support/project.ts';
import { Act, type ActRun, errorsOf, findAct } from '../support/runner/act.ts';

const program = poolUnavailable() === undefined ? findAct() : undefined;
const why =
  poolUnavailable() ??
  (program === undefined ? 'act (github.com/nektos/act) is not installed, and neither is Go to build it' : false);
if (why !== false) console.error(`\n*** our workflow is not run by act: ${why}\n`);

describe('The workflow ci.yml', { skip: why }, () => {
  let act: Act;
  before(() => {
    act = new Act(program ?? '');
  });
  after(() => act?.close());

  function run(job: string, matrix: readonly string[] = [], more = {}): Promise<ActRun> {
    const args = ['--job', job, ...matrix.flatMap((each) => ['--matrix', each])];
    // The cache contains the file systems of the real pools.
    const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
    return act.run(builtHere(job), { args, env: { XDG_CACHE_HOME: cache, ...more } });
  }

  for (const suite of [undefined, ...poolSuites()]) {
    const pool = suite === undefined ? 'embedded' : 'real';
    test(`runs the Action with a pool that the job starts: ${suite ?? pool}`, async () => {
      const suites = suite === undefined ? {} : { CONDOR_POOL_SUITES: suite };
      const { status, text } = await run('action', ['os:ubuntu-latest', `pool:${pool}`], suites);
      assert.equal(status, 0, text);
      if (suite !== undefined) assert.ok(text.includes(`::set-output:: daemon-version=${versionOf(suite)}\n`), text);
      assert.match(text, /\| A fetch from ci@pool would succeed as alice@pool\.test; READ allowed/);
      assert.match(text, /\| Token renewals: none was due|::group::Token renewals: none was due/, text);
      assert.match(text, /\| Removed .*\/condor-token-[0-9a-f-]+$/m);
      assert.equal(/WRITE +IDTOKENS .* ALLOW +alice@pool\.test/.test(text), pool === 'real', text);
      assert.doesNotMatch(text.replaceAll(/^.*::add-mask::.*$/gm, ''), /eyJ[\w-]+\.eyJ/);
    });
  }

  test('has a job that fails as expected, with one annotation', async () => {
    const failed = await run('must-fail');
    assert.equal(failed.status, 0, failed.text);
    const errors = errorsOf(failed);
    assert.equal(errors.length, 1, failed.text);
    assert.match(errors[0] ?? '', /no schedd named nobody@nowhere; it lists ci@pool \(ERR_NOT_FOUND, .*%0AHint: ./);
    assert.match(failed.text, /Success - Main Check that the step failed as documented/);
  });
});

/**
 * Returns the workflow with only one job. Omits the steps that check out and build the sources, because the build
 * already exists.
 */
function builtHere(job: string): string {
  const workflow = parse(readFileSync(join(projectRoot, '.github/workflows/ci.yml'), 'utf8')) as Workflow;
  const { [job]: found } = workflow.jobs;
  assert.ok(found !== undefined);
  const isOurs = ({ uses, run = '' }: Step) => uses === './' || (uses === undefined && !run.startsWith('npm '));
  const steps = found.steps.filter(isOurs).map((step) => ({
    ...step,
    ...(step.uses === undefined ? {} : { uses: 'condor-token-fetch/condor-token-fetch@v0' }),
    ...(step.run === undefined ? {} : { run: step.run.replaceAll(/node (?=build|dist)/g, `node ${projectRoot}/`) }),
  }));
  return stringify({
    ...workflow,
    on: 'workflow_dispatch',
    concurrency: undefined,
    jobs: { [job]: { ...found, steps } },
  });
}
