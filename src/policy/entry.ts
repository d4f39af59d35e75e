/**
 * Parses an entry of `jobs`. Unless an entry sets `any-repository-of-owner`, it must be specific enough to admit only
 * the jobs of one repository.
 */
import type { Expectation } from './claims.ts';
import { type ConfigContext, type Entry, type Raw, secondsOf } from './model.ts';
import { EXACT_CLAIMS, type Platform, platformOf } from './platforms.ts';

const SETTINGS = ['issuer', 'untrusted-code', 'any-repository-of-owner', 'max-token-age', 'reuse'];
/** Claims that an entry cannot specify, because the service checks them itself. */
const OWN_CLAIMS = ['iss', 'aud', 'exp', 'nbf', 'iat', 'jti'];
const DEFAULT_TOKEN_AGE_SECONDS = 15 * 60;
const MAX_TOKEN_AGE_SECONDS = 6 * 60 * 60;

/** Parses an entry and reports its mistakes. */
export function readEntry(
  raw: Raw,
  path: string,
  context: ConfigContext,
  report: (path: string, what: string) => void,
): Entry {
  const issuer = String(raw['issuer']);
  const isTrue = (name: string) => String(raw[name] ?? false) === 'true';
  const claims = new Map(
    Object.entries(raw)
      .filter(([name]) => !SETTINGS.includes(name))
      .map(([name, value]): [string, Expectation] => [name, expectationOf(value)]),
  );
  for (const [name, expected] of claims) {
    const problem = claimMistake(name, expected);
    if (problem !== undefined) report(`${path}.${name}`, problem);
  }
  const platform = platformOf(issuer, [...claims.keys()]);
  const issuerProblem = issuerMistake(issuer, context.insecureTestIssuer);
  if (issuerProblem !== undefined) report(`${path}.issuer`, issuerProblem);
  const ownerProblem = ownerMistake(claims, platform, isTrue('any-repository-of-owner'));
  if (ownerProblem !== undefined) report(path, ownerProblem);
  const eventProblem = eventMistake(claims, platform, isTrue('untrusted-code'));
  if (eventProblem !== undefined) report(path, eventProblem);
  const age = raw['max-token-age'] === undefined ? DEFAULT_TOKEN_AGE_SECONDS : secondsOf(raw['max-token-age']);
  if (age < 1 || age > MAX_TOKEN_AGE_SECONDS) report(`${path}.max-token-age`, 'it must be between 1 s and 6 h');
  return {
    ...{ path, issuer, claims, untrustedCode: isTrue('untrusted-code'), maxTokenAgeSeconds: age },
    reuse: raw['reuse'] === 'job' ? 'job' : 'never',
  };
}

function expectationOf(value: unknown): Expectation {
  if (Array.isArray(value)) return { values: value.map(String) };
  if (typeof value === 'object' && value !== null) return { glob: String((value as Raw)['glob']) };
  return { values: [String(value)] };
}

function claimMistake(name: string, expected: Expectation): string | undefined {
  if (name === 'iss') return 'use the key issuer instead';
  if (OWN_CLAIMS.includes(name)) return 'the service checks this claim itself';
  if (!/^[A-Za-z_]\w*$/.test(name) && !/[./]/.test(name)) return 'unknown key, and not the name of a claim';
  if ('glob' in expected) return EXACT_CLAIMS.includes(name) ? 'a glob is not supported here' : undefined;
  return expected.values.includes('') ? 'it is empty' : undefined;
}

/**
 * Describes what is wrong with an issuer URL; returns undefined if it is valid. A trailing slash is part of the
 * issuer's name and is kept.
 */
function issuerMistake(issuer: string, insecureTestIssuer: boolean): string | undefined {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (url === undefined || /[\s?#@]/.test(issuer)) return `"${issuer}" is not the URL of an issuer`;
  if (url.protocol === 'https:')
    return issuer.startsWith(url.origin)
      ? undefined
      : `"${issuer}" must begin with ${url.origin}, like iss in the tokens`;
  const isLoopback = url.protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (isLoopback && insecureTestIssuer) return undefined;
  return isLoopback ? 'it is not HTTPS (for a test, start with -insecure-test-issuer)' : 'it is not HTTPS';
}

function ownerMistake(
  claims: Entry['claims'],
  platform: Platform | undefined,
  anyRepository: boolean,
): string | undefined {
  const has = (name: string) => claims.has(name);
  if (platform === undefined)
    return has('sub') ? undefined : 'no owner: set an exact sub, or an id that the issuer never reassigns';
  if (platform.owners.some(has)) return undefined;
  const wanted = platform.owners.join(' or ');
  if (!platform.groups.some(has)) return `no owner: set ${wanted}, which ${platform.name} never reassigns`;
  return anyRepository
    ? undefined
    : `anyone with write access to any repository of this owner would match: set ${wanted}, or any-repository-of-owner: true`;
}

function eventMistake(
  claims: Entry['claims'],
  platform: Platform | undefined,
  untrustedCode: boolean,
): string | undefined {
  const event = platform?.event;
  if (event === undefined)
    return untrustedCode
      ? 'untrusted-code: tokens of this issuer do not identify the event that started the job; remove it'
      : undefined;
  const expected = claims.get(event.claim);
  if (untrustedCode)
    return expected !== undefined && 'values' in expected
      ? undefined
      : `untrusted-code: list the events exactly, as ${event.claim}: [pull_request]`;
  const untrusted =
    expected !== undefined && 'values' in expected
      ? expected.values.filter((each) => !event.trusted.includes(each))
      : [];
  return untrusted.length === 0
    ? undefined
    : `${event.claim}: ${untrusted.join(', ')} runs code from contributors without write access to the repository; if this is intended, add untrusted-code: true`;
}
