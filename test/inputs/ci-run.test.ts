/** Tests the name of the CI run that daemons and services see. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ciRun } from '../../src/inputs/ci-run.ts';

const RUNS: readonly (readonly [string, Readonly<Record<string, string>>, string | undefined])[] = [
  ['GitHub and Forgejo', { GITHUB_RUN_ID: '1234', GITHUB_RUN_ATTEMPT: '2' }, 'actions-1234.2'],
  ['GitHub without an attempt', { GITHUB_RUN_ID: '1234' }, 'actions-1234'],
  ['GitLab', { CI_JOB_ID: '10' }, 'gitlab-10'],
  ['Buildkite', { BUILDKITE_JOB_ID: '0186-aa' }, 'buildkite-0186-aa'],
  ['CircleCI', { CIRCLE_WORKFLOW_JOB_ID: '2e' }, 'circleci-2e'],
  ['Jenkins', { BUILD_TAG: 'jenkins-nightly-12' }, 'jenkins-jenkins-nightly-12'],
  ['an empty variable', { GITHUB_RUN_ID: ' ', CI_JOB_ID: '10' }, 'gitlab-10'],
  ['no CI system', {}, undefined],
];

describe('The name of the CI run', () => {
  for (const [what, env, expected] of RUNS) test(`on ${what}`, () => assert.equal(ciRun(env), expected));

  test('has at most 64 characters, none of which ends a header or a log line', () => {
    assert.equal(ciRun({ GITHUB_RUN_ID: '1\r\nX-Evil: 1 (é)' }), 'actions-1__X-Evil__1____');
    assert.equal(ciRun({ BUILD_TAG: 'x'.repeat(1000) })?.length, 64);
  });
});
