/**
 * Selects the grant for a job, or gives the reason why no grant matches. The functions are pure: the same claims and
 * the same time produce the same result.
 */
import { type Claims, claimOf, describeExpectation, satisfies } from './claims.ts';
import type { Configuration, Entry, Grant } from './model.ts';
import { PLATFORMS, platformOf, platformOfToken } from './platforms.ts';

/** The first claim in a job's token that does not satisfy an entry. */
interface Mismatch {
  readonly claim: string;
  readonly expected: string;
  readonly got: string;
  /** True if the job belongs to the repository, project or pipeline that the entry specifies. */
  readonly ownerMatches: boolean;
}

interface EntryResult {
  readonly grant: Grant;
  readonly entry: Entry;
  /** Undefined if the entry admits the job. */
  readonly mismatch: Mismatch | undefined;
}

type Decision =
  | { readonly grant: Grant; readonly entry: Entry }
  /** It is safe to send `reason` to the job, because the reason reveals nothing about other owners' entries. */
  | { readonly reason: string };

/** Compares a job with every entry of every enabled grant. `now` is in seconds since 1970. */
export function compare({ grants }: Configuration, claims: Claims, now: number): readonly EntryResult[] {
  return grants
    .filter(({ enabled }) => enabled)
    .flatMap((grant) => grant.jobs.map((entry) => ({ grant, entry, mismatch: mismatchOf(entry, claims, now) })));
}

/**
 * Returns the grant for a job, or the reason why there is none. If several grants match, `identity` selects one of
 * them. `identity` never admits a job that would otherwise be refused.
 */
export function decide(config: Configuration, claims: Claims, now: number, identity?: string): Decision {
  const results = compare(config, claims, now);
  const matches = results.filter(({ mismatch }) => mismatch === undefined);
  const wanted = matches.filter(({ grant }) => identity === undefined || grant.identity === identity);
  const [first] = wanted;
  const names = [...new Set(wanted.map(({ grant }) => grant.identity))];
  if (first === undefined && matches.length > 0)
    return { reason: `no grant for this job has the identity ${identity}` };
  if (first === undefined) return { reason: refusalOf(results, claims) };
  if (names.length > 1)
    return { reason: `several grants match this job: ${names.join(', ')}; choose one with expected-identity` };
  return { grant: first.grant, entry: first.entry };
}

/**
 * Describes how the job differs from the entries for its repository, or states that there is no grant for its
 * repository.
 */
function refusalOf(results: readonly EntryResult[], claims: Claims): string {
  const near = results.flatMap(({ grant, mismatch }) =>
    mismatch?.ownerMatches === true ? [`${grant.identity}: ${describeMismatch(mismatch)}`] : [],
  );
  if (near.length > 0) return near.join('; ');
  const owners = [...PLATFORMS.flatMap((each) => each.owners), 'sub'];
  const owner = owners.find((name) => claimOf(claims, name) !== undefined);
  return owner === undefined ? 'no grant for this job' : `no grant for ${owner} ${claimOf(claims, owner)}`;
}

export function describeMismatch({ claim, expected, got }: Mismatch): string {
  return `${claim}: expected ${expected}, got ${got}`;
}

/**
 * Checks a job against one entry. Checks the issuer and the owner first, so that a mismatch reveals nothing else about
 * other owners' entries.
 */
function mismatchOf(entry: Entry, claims: Claims, now: number): Mismatch | undefined {
  const got = (name: string) =>
    claimOf(claims, name) ?? (Object.hasOwn(claims, name) ? 'a value of another type' : 'none');
  const differs = (claim: string, expected: string, ownerMatches: boolean): Mismatch => ({
    ...{ claim, expected, got: got(claim), ownerMatches },
  });
  if (claimOf(claims, 'iss') !== entry.issuer) return differs('iss', entry.issuer, false);
  const platform = platformOf(entry.issuer, [...entry.claims.keys()]);
  const ownerNames = platform === undefined ? ['sub'] : [...platform.owners, ...platform.groups];
  const [owners, others] = partition([...entry.claims], ([name]) => ownerNames.includes(name));
  for (const [name, expected] of owners)
    if (!satisfies(expected, claimOf(claims, name))) return differs(name, describeExpectation(expected), false);
  return (
    forkMismatch(entry, claims, differs) ??
    platformMismatch(entry, claims, differs) ??
    others
      .filter(([name, expected]) => !satisfies(expected, claimOf(claims, name)))
      .map(([name, expected]) => differs(name, describeExpectation(expected), true))[0] ??
    timeMismatch(entry, claims, now)
  );
}

type Differs = (claim: string, expected: string, ownerMatches: boolean) => Mismatch;

/**
 * Rejects a job that runs in a fork. In the token of a job in a fork, `project_id` is the ID of the parent project. The
 * ID of the fork is in `job_project_id`, if GitLab sends that claim.
 */
function forkMismatch({ claims: expected }: Entry, claims: Claims, differs: Differs): Mismatch | undefined {
  const [project, runsIn] = [claimOf(claims, 'project_id'), 'job_project_id'];
  if (!expected.has('project_id') || expected.has(runsIn) || !Object.hasOwn(claims, runsIn)) return undefined;
  return claimOf(claims, runsIn) === project ? undefined : differs(runsIn, String(project), true);
}

/**
 * Rejects a job that runs untrusted code. Also rejects a token with the claims of a known platform if the entry
 * specifies only `sub`.
 */
function platformMismatch(entry: Entry, claims: Claims, differs: Differs): Mismatch | undefined {
  const known = platformOf(entry.issuer, [...entry.claims.keys()]);
  const platform = known ?? platformOfToken(claims);
  if (platform === undefined) return undefined;
  if (known === undefined) {
    const [owner = ''] = platform.owners;
    return { ...differs(owner, `an entry with ${owner}`, false), got: 'an entry with sub only' };
  }
  const { event } = platform;
  if (event === undefined || entry.untrustedCode) return undefined;
  const actual = claimOf(claims, event.claim);
  return actual !== undefined && event.trusted.includes(actual)
    ? undefined
    : differs(event.claim, event.trusted.join(' or '), true);
}

function timeMismatch({ reuse, maxTokenAgeSeconds }: Entry, claims: Claims, now: number): Mismatch | undefined {
  const { iat, jti } = claims;
  if (reuse === 'never' && (typeof jti !== 'string' || jti === ''))
    return { claim: 'jti', expected: 'an id (or an entry with reuse: job)', got: 'none', ownerMatches: true };
  const age = typeof iat === 'number' ? Math.floor(now - iat) : Number.POSITIVE_INFINITY;
  if (age <= maxTokenAgeSeconds) return undefined;
  const expected = `an age of at most ${maxTokenAgeSeconds} s (max-token-age)`;
  return { claim: 'iat', expected, got: `an age of ${age} s`, ownerMatches: true };
}

function partition<T>(all: readonly T[], test: (each: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter(test), all.filter((each) => !test(each))];
}
