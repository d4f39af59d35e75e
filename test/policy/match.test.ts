/** Tests how verified claims are matched: which grant is selected, and which reason a job receives. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { entryFor } from '../../src/policy/advice.ts';
import { matchesGlob } from '../../src/policy/claims.ts';
import { parseConfig } from '../../src/policy/config.ts';
import { decide } from '../../src/policy/match.ts';
import { hasUniqueKeys } from '../../src/policy/unique-keys.ts';
import { GITHUB_CLAIMS, type IssuerClaims, OTHER_CLAIMS } from '../support/service/job-issuer.ts';

const NOW = 1_800_000_000;
const GITHUB = 'https://token.actions.githubusercontent.com';
const CONTEXT = { hostName: 'ap.example.org', superUsers: [], insecureTestIssuer: false };

function configOf(issuer: string, ...lines: readonly string[]) {
  const entry = lines.map((line) => `        ${line}\n`).join('');
  const text = `grants:\n  - identity: ci@example.org\n    authz: [READ]\n    max-lifetime: 1h\n    jobs:\n      - issuer: ${issuer}\n${entry}`;
  const parsed = parseConfig(text, CONTEXT);
  assert.ok('config' in parsed, JSON.stringify(parsed));
  return parsed.config;
}

const jobOf = (iss: string, claims: IssuerClaims) => ({ iss, iat: NOW - 5, jti: 'id', ...claims });

function reasonOf(config: ReturnType<typeof configOf>, claims: IssuerClaims): string {
  const decision = decide(config, claims, NOW);
  return 'reason' in decision ? decision.reason : 'granted';
}

describe('A job', () => {
  const ISSUERS = {
    GitLab: ['https://gitlab.example.org', 'project_id: 12'],
    Forgejo: ['https://codeberg.example.org/api/actions', 'repository_id: 7'],
    Jenkins: ['https://jenkins.example.org/oidc', 'sub: https://jenkins.example.org/job/nightly/'],
    Buildkite: ['https://agent.buildkite.com', 'pipeline_id: 0186-aa'],
    CircleCI: ['https://oidc.circleci.com/org/1f', 'oidc.circleci.com/project-id: 2e'],
  } as const;
  for (const [name, claims] of Object.entries(OTHER_CLAIMS)) {
    test(`of ${name} matches by its owner, but not with another owner`, () => {
      const [issuer, owner] = ISSUERS[name as keyof typeof ISSUERS];
      assert.equal(reasonOf(configOf(issuer, owner), jobOf(issuer, claims)), 'granted');
      const other = configOf(issuer, `${owner.slice(0, owner.lastIndexOf(': '))}: other`);
      assert.match(reasonOf(other, jobOf(issuer, claims)), /^no grant for /);
    });
  }

  test('of GitHub matches regardless of the format of sub', () => {
    const config = configOf(GITHUB, 'repository_id: 74');
    for (const sub of [
      'repo:octo-org/octo-repo:ref:refs/heads/main',
      'repo:octo-org@65/octo-repo@74:ref:refs/heads/main',
      'x',
    ])
      assert.equal(reasonOf(config, jobOf(GITHUB, { ...GITHUB_CLAIMS, sub })), 'granted');
  });

  test('of GitLab that runs in a fork does not match the ID of the parent project', () => {
    const [issuer, owner] = ISSUERS.GitLab;
    const fork = jobOf(issuer, { ...OTHER_CLAIMS.GitLab, job_project_id: '99' });
    assert.match(reasonOf(configOf(issuer, owner), fork), /job_project_id: expected 12, got 99/);
    assert.equal(reasonOf(configOf(issuer, owner), { ...fork, job_project_id: '12' }), 'granted');
  });

  for (const source of ['merge_request_event', 'external_pull_request_event', 'parent_pipeline', undefined]) {
    test(`of GitLab from ${source ?? 'an unknown source'} is untrusted code`, () => {
      const [issuer, owner] = ISSUERS.GitLab;
      const job = jobOf(issuer, { ...OTHER_CLAIMS.GitLab, pipeline_source: source });
      assert.match(reasonOf(configOf(issuer, owner), job), /pipeline_source: expected push or schedule/);
    });
  }

  test('is admitted as untrusted code only by an entry that lists its event', () => {
    const config = configOf(GITHUB, 'repository_id: 74', 'untrusted-code: true', 'event_name: [pull_request]');
    assert.equal(reasonOf(config, jobOf(GITHUB, { ...GITHUB_CLAIMS, event_name: 'pull_request' })), 'granted');
    assert.match(
      reasonOf(config, jobOf(GITHUB, { ...GITHUB_CLAIMS, event_name: 'issue_comment' })),
      /expected pull_request/,
    );
  });

  test('with IDs does not match an entry that fixes only sub', () => {
    const config = configOf('https://ci.example.org', 'sub: a');
    assert.equal(reasonOf(config, jobOf('https://ci.example.org', { sub: 'a' })), 'granted');
    for (const claim of [{ repository_id: '74' }, { event_name: 'pull_request' }, { pipeline_source: 'push' }])
      assert.notEqual(reasonOf(config, jobOf('https://ci.example.org', { sub: 'a', ...claim })), 'granted');
  });

  test('of another owner learns nothing about the entries', () => {
    const config = configOf(GITHUB, 'repository_id: 74', 'environment: secret-name');
    assert.equal(
      reasonOf(config, jobOf(GITHUB, { ...GITHUB_CLAIMS, repository_id: '75' })),
      'no grant for repository_id 75',
    );
  });

  test('matches numbers and booleans as text, and ignores inherited properties', () => {
    const config = configOf(GITHUB, 'repository_id: 74', 'ref_protected: true');
    assert.equal(
      reasonOf(config, jobOf(GITHUB, { ...GITHUB_CLAIMS, repository_id: 74, ref_protected: true })),
      'granted',
    );
    const inherited = configOf(GITHUB, 'repository_id: 74', 'constructor: x');
    assert.match(reasonOf(inherited, jobOf(GITHUB, GITHUB_CLAIMS)), /constructor: expected x, got none/);
    for (const id of [2 ** 53, Number.NaN, 74.5, null, [74], { id: 74 }])
      assert.notEqual(reasonOf(config, jobOf(GITHUB, { ...GITHUB_CLAIMS, repository_id: id })), 'granted');
  });
});

test('a glob stays within one segment and has no other wildcard', () => {
  const matches = ['refs/heads/release-1', 'refs/heads/release-', 'refs/heads/release-a.b'];
  for (const text of matches) assert.ok(matchesGlob('refs/heads/release-*', text), text);
  for (const text of ['refs/heads/release-1/x', 'refs/heads/release', 'xrefs/heads/release-1', 'refs/heads/Release-1'])
    assert.ok(!matchesGlob('refs/heads/release-*', text), text);
  assert.ok(matchesGlob('a*b*c', 'aXbYbZc') && matchesGlob('*', '') && matchesGlob('a.c', 'a.c'));
  assert.ok(matchesGlob('a*bc*cd', 'abccd') && !matchesGlob('a*bc*cd', 'abcd')); // the matched parts must not overlap
  assert.ok(!matchesGlob('a*b', 'ab/b') && !matchesGlob('a.c', 'abc') && !matchesGlob('ab*ba', 'aba'));
});

test('the same key twice in one JSON object is detected at any depth', () => {
  for (const text of ['{"a":1,"a":2}', '{"a":{"b":1,"\\u0062":2}}', '[{"a":[],"a":{}}]'])
    assert.ok(!hasUniqueKeys(text), text);
  for (const text of [
    '{"a":{"a":1},"b":["a","a","a"]}',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '[]',
    '1',
    '{"a":"b","b":"a"}',
  ])
    assert.ok(hasUniqueKeys(text), text);
});

test('the entry that explain prints admits the job for which it was created', () => {
  for (const [issuer, claims] of [
    [GITHUB, { ...GITHUB_CLAIMS, environment: 'prod' }],
    [GITHUB, { ...GITHUB_CLAIMS, event_name: 'pull_request' }],
    ['https://gitlab.example.org', OTHER_CLAIMS.GitLab],
    ['https://jenkins.example.org/oidc', OTHER_CLAIMS.Jenkins],
  ] as const) {
    const job = jobOf(issuer, claims);
    const [first = '', ...lines] = entryFor(job).trimEnd().split('\n');
    const config = configOf(first.replace('- issuer: ', ''), ...lines.map((line) => line.trim()));
    assert.equal(reasonOf(config, job), 'granted', entryFor(job));
  }
});
