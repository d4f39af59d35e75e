/** Warnings and suggestions about a policy, for the commands `check` and `explain`. */
import { type Claims, claimOf, describeExpectation, type Expectation, satisfies } from './claims.ts';
import type { Configuration, Entry } from './model.ts';
import { platformOf, platformOfToken } from './platforms.ts';

/** Returns warnings about a valid configuration. */
export function warningsOf({ grants }: Configuration): readonly string[] {
  const enabled = grants.filter((grant) => grant.enabled);
  const entries = enabled.flatMap((grant) => grant.jobs.map((entry) => ({ identity: grant.identity, entry })));
  const overlaps = entries.flatMap((a, at) =>
    entries
      .slice(at + 1)
      .filter((b) => b.identity !== a.identity && canMatchTheSame(a.entry, b.entry))
      .map((b) => `${a.entry.path} and ${b.entry.path} can match the same job, which must then set expected-identity`),
  );
  const blind = entries
    .filter(({ entry }) => platformOf(entry.issuer, [...entry.claims.keys()])?.event === undefined)
    .map(
      ({ entry }) =>
        `${entry.path}: tokens of ${entry.issuer} do not identify the event that started the job, so builds of pull requests match too; disable such builds for forks`,
    );
  const off = grants
    .filter((grant) => !grant.enabled)
    .map(({ identity }) => `${identity} is disabled; no action is needed if this is intended`);
  return [...overlaps, ...blind, ...off];
}

/** True if the same job could match both entries. Two globs are assumed to overlap. */
function canMatchTheSame(a: Entry, b: Entry): boolean {
  if (a.issuer !== b.issuer) return false;
  return [...a.claims].every(([name, expected]) => {
    const other = b.claims.get(name);
    return other === undefined || intersect(expected, other);
  });
}

function intersect(a: Expectation, b: Expectation): boolean {
  if ('values' in a) return a.values.some((each) => satisfies(b, each));
  return 'values' in b ? intersect(b, a) : true;
}

/** Claims that an entry should specify in addition to the owner, if the token contains them. */
const NARROWING = ['ref', 'ref_protected', 'environment', 'job_workflow_ref'];

/** Returns an entry that admits a job, as lines to paste below `jobs:`. */
export function entryFor(claims: Claims): string {
  const issuer = claimOf(claims, 'iss') ?? '';
  const platform = platformOf(issuer, []) ?? platformOfToken(claims);
  const event = platform?.event;
  const eventName = event === undefined ? undefined : claimOf(claims, event.claim);
  const isUntrusted = event !== undefined && (eventName === undefined || !event.trusted.includes(eventName));
  const owner = platform?.owners.find((name) => claimOf(claims, name) !== undefined) ?? 'sub';
  const names = [owner, ...NARROWING, ...(isUntrusted && event !== undefined ? [event.claim] : [])];
  const lines = names.flatMap((name) => {
    const value = claimOf(claims, name);
    return value === undefined || value === '' ? [] : [`${name}: ${JSON.stringify(value)}`];
  });
  const unsafe = isUntrusted
    ? ['untrusted-code: true   # code from contributors without write access to the repository']
    : [];
  const reuse = typeof claims['jti'] === 'string' ? [] : ['reuse: job'];
  return `- issuer: ${issuer}\n${[...lines, ...unsafe, ...reuse].map((line) => `  ${line}\n`).join('')}`;
}

/** Formats an entry as one line. */
export function describeEntry({ issuer, claims }: Entry): string {
  const parts = [...claims].map(([name, expected]) => `${name} ${describeExpectation(expected)}`);
  return [`issuer ${issuer}`, ...parts].join(', ');
}
