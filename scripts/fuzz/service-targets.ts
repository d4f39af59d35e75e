/** Fuzz targets for the inputs of the token service: configuration, claims, forms and job tokens. */
import assert from 'node:assert/strict';
import { entryFor, warningsOf } from '../../src/policy/advice.ts';
import { parseConfig } from '../../src/policy/config.ts';
import { decide } from '../../src/policy/match.ts';
import { hasUniqueKeys } from '../../src/policy/unique-keys.ts';
import { FormError, readForm } from '../../src/service/form.ts';
import { type IssuerKeys, IssuerUnavailable } from '../../src/service/issuer-keys.ts';
import { TokenRejected, verifyJobToken } from '../../src/service/job-token.ts';
import { GITHUB_CLAIMS } from '../../test/support/service/job-issuer.ts';
import { textInput, textOf } from './inputs.ts';
import type { Target } from './target.ts';

const NOW = 1_800_000_000;
const GITHUB = 'https://token.actions.githubusercontent.com';
const CONTEXT = { hostName: 'ap.example.org', superUsers: ['boss'], insecureTestIssuer: false };
const CONFIG = `listen: 0.0.0.0:8443
trusted-proxies: [10.0.0.1]
daemon: [{ pool: cm.example.org, name: ap40.example.org, key: CI }]
grants:
  - identity: ci@example.org
    authz: [READ, WRITE]
    max-lifetime: 1h
    jobs:
      - issuer: ${GITHUB}
        repository_id: "74"
        ref: { glob: "refs/heads/release-*" }
        max-token-age: 2h
        reuse: job
      - issuer: https://gitlab.example.org
        project_id: 12
        pipeline_source: [push, merge_request_event]
        untrusted-code: true
`;

const policy: Target = {
  ...{ name: 'trust-policy', reaches: 'policy/config, entry, json-schema, advice', weight: 0.5 },
  seeds: [textInput(CONFIG), textInput(CONFIG.replace('untrusted-code: true', 'ref_protected: true'))],
  run(input) {
    const parsed = parseConfig(textOf(input), CONTEXT);
    if ('mistakes' in parsed) {
      assert.ok(parsed.mistakes.length > 0);
      return `mistakes ${Math.min(parsed.mistakes.length, 3)}`;
    }
    const { grants } = parsed.config;
    for (const { identity, authz, maxLifetimeSeconds, jobs } of grants) {
      assert.match(identity, /^[a-z_][a-z0-9_.-]*@[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/);
      assert.doesNotMatch(identity, /^(root|condor|boss)@|\.\./);
      assert.ok(authz.length > 0 && authz.every((level) => ['READ', 'WRITE'].includes(level)));
      assert.ok(maxLifetimeSeconds >= 1 && maxLifetimeSeconds <= 86_400);
      for (const { issuer, claims, maxTokenAgeSeconds } of jobs) {
        assert.match(issuer, /^https:/);
        assert.ok(claims.size > 0 && maxTokenAgeSeconds >= 1 && maxTokenAgeSeconds <= 21_600);
      }
    }
    return warningsOf(parsed.config).length === 0 ? 'accepted' : 'accepted with warnings';
  },
};

const parsed = parseConfig(CONFIG.slice(0, CONFIG.indexOf('      - issuer: https://gitlab')), CONTEXT);
if (!('config' in parsed)) throw new Error(parsed.mistakes.join());
const { config } = parsed;

const job = { ...GITHUB_CLAIMS, iss: GITHUB, ref: 'refs/heads/release-1', iat: NOW, jti: 'a' };
const claims: Target = {
  ...{ name: 'claims', reaches: 'policy/match, claims, platforms, unique-keys, advice', weight: 8 },
  seeds: [job, { ...job, event_name: 'pull_request' }, { ...job, repository_id: 74 }].map((each) =>
    textInput(JSON.stringify(each)),
  ),
  run(input) {
    const text = textOf(input);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return 'no JSON';
    }
    if (!hasUniqueKeys(text)) return 'a key twice';
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'no object';
    const all = value as Record<string, unknown>;
    entryFor(all);
    const decision = decide(config, all, NOW);
    if ('reason' in decision) return decision.reason.slice(0, 12);
    assert.equal(String(all['repository_id']), '74');
    assert.equal(all['iss'], GITHUB);
    assert.match(String(all['ref']), /^refs\/heads\/release-[^/]*$/);
    assert.ok(['push', 'schedule', 'workflow_dispatch', 'release'].includes(String(all['event_name'])));
    return 'granted';
  },
};

const FORM = new URLSearchParams({
  ...{ grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', scope: 'condor:/READ condor:/WRITE' },
  ...{ subject_token: 'a.b.c', subject_token_type: 'urn:ietf:params:oauth:token-type:jwt', lifetime: '600' },
}).toString();
const form: Target = {
  ...{ name: 'token-form', reaches: 'service/form', weight: 8 },
  seeds: [textInput(FORM), textInput(`${FORM}&identity=ci%40example.org`)],
  allows: (error) => error instanceof FormError,
  run(input) {
    const { authz, lifetimeSeconds = 1, jobToken } = readForm(textOf(input));
    assert.ok(authz.length > 0 && jobToken !== '');
    assert.ok(Number.isInteger(lifetimeSeconds) && lifetimeSeconds >= 1 && lifetimeSeconds < 2 ** 31);
    return 'read';
  },
};

const keys = {
  keysOf: () => Promise.reject(new IssuerUnavailable('no keys')),
} as unknown as IssuerKeys;
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jobToken: Target = {
  ...{ name: 'job-token', reaches: 'service/job-token', weight: 4 },
  seeds: [textInput(`${encode({ alg: 'RS256', kid: 'a' })}.${encode(job)}.AAAA`)],
  allows: (error) => error instanceof TokenRejected || error instanceof IssuerUnavailable,
  async run(input) {
    const expected = { issuers: new Set([GITHUB]), audience: 'https://x', keys, now: NOW };
    await verifyJobToken(textOf(input), expected);
    return assert.fail('it was verified without keys');
  },
};

export const serviceTargets: readonly Target[] = [policy, claims, form, jobToken];
