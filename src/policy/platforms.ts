/**
 * Facts about the platforms that issue job tokens: claims whose values are never reassigned, and events that run only
 * trusted code.
 */
import { type Claims, claimOf } from './claims.ts';

export interface Platform {
  readonly name: 'GitHub' | 'GitLab' | 'CircleCI' | 'Buildkite';
  /**
   * Claims that identify a repository, project or pipeline. An entry must specify at least one of these claims, or a
   * claim from `groups`.
   */
  readonly owners: readonly string[];
  /**
   * Claims that match every repository of an owner. An entry that relies on one of these claims must set
   * `any-repository-of-owner: true`.
   */
  readonly groups: readonly string[];
  /** Matches the URLs of issuers that are specific to this platform. */
  readonly issuer: RegExp;
  /**
   * The claim that identifies the event that started the job, and the values of this claim for trusted events. Only
   * accounts with write access can trigger a trusted event.
   */
  readonly event: { readonly claim: string; readonly trusted: readonly string[] } | undefined;
}

export const PLATFORMS: readonly Platform[] = [
  {
    name: 'GitHub', // includes Forgejo, whose tokens have the same claims
    owners: ['repository_id'],
    groups: ['repository_owner_id'],
    issuer:
      /^https:\/\/token\.actions\.(githubusercontent\.com|[a-z0-9-]+\.ghe\.com)(\/|$)|\/_services\/token$|\/api\/actions$/,
    event: { claim: 'event_name', trusted: ['push', 'schedule', 'workflow_dispatch', 'release'] },
  },
  {
    name: 'GitLab',
    owners: ['project_id', 'job_project_id'],
    groups: ['namespace_id'],
    issuer: /^https:\/\/gitlab\.com$/,
    event: { claim: 'pipeline_source', trusted: ['push', 'schedule', 'web', 'api', 'trigger'] },
  },
  {
    name: 'CircleCI',
    owners: ['oidc.circleci.com/project-id'],
    groups: [],
    issuer: /^https:\/\/oidc\.circleci\.com(\/|$)/,
    event: undefined,
  },
  {
    name: 'Buildkite',
    owners: ['pipeline_id'],
    groups: [],
    issuer: /^https:\/\/agent\.buildkite\.com$/,
    event: undefined,
  },
];

/** Claims that cannot be compared with a glob: `sub`, and IDs, for which a glob has no meaning. */
export const EXACT_CLAIMS: readonly string[] = [
  ...PLATFORMS.flatMap(({ owners, groups }) => [...owners, ...groups]),
  'sub',
];

/**
 * Returns the platform of an entry. The platform is identified by the issuer, or by the claims that the entry
 * specifies.
 */
export function platformOf(issuer: string, claims: readonly string[]): Platform | undefined {
  return (
    PLATFORMS.find((each) => each.issuer.test(issuer)) ??
    PLATFORMS.find(({ owners, groups }) => [...owners, ...groups].some((name) => claims.includes(name)))
  );
}

/**
 * Returns the platform of a token whose issuer is not recognized. The platform is identified by the IDs or the event in
 * the token.
 */
export function platformOfToken(claims: Claims): Platform | undefined {
  return PLATFORMS.find(({ owners, event }) =>
    [...owners, ...(event === undefined ? [] : [event.claim])].some((name) => claimOf(claims, name) !== undefined),
  );
}
