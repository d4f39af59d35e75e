import type { Surroundings } from './table.ts';

/**
 * Environment variables that contain the ID and the attempt of a CI run, by CI system. Forgejo and Gitea use the same
 * variables as GitHub.
 */
const RUNS: readonly (readonly [string, string, string?])[] = [
  ['actions', 'GITHUB_RUN_ID', 'GITHUB_RUN_ATTEMPT'],
  ['gitlab', 'CI_JOB_ID'],
  ['buildkite', 'BUILDKITE_JOB_ID'],
  ['circleci', 'CIRCLE_WORKFLOW_JOB_ID'],
  ['jenkins', 'BUILD_TAG'],
];
const MAX_LENGTH = 64;

/**
 * Returns the name of the current CI run, such as `actions-1234.1`, for the logs of daemons and services; undefined
 * outside CI. The environment variables are not trusted, so characters other than letters, digits, dots, dashes and
 * underscores are replaced.
 */
export function ciRun(env: Surroundings['env']): string | undefined {
  for (const [system, id, attempt] of RUNS) {
    const parts = [env[id], attempt === undefined ? undefined : env[attempt]].map((each) => each?.trim() ?? '');
    if (parts[0] === '') continue;
    const name = `${system}-${parts.filter((each) => each !== '').join('.')}`;
    return name.replace(/[^\w.-]/g, '_').slice(0, MAX_LENGTH);
  }
  return undefined;
}
