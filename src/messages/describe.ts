import { type AnyHTCondorError, HTCondorError } from '../errors.ts';
import type { CheckResult, FetchedToken } from '../pipeline/library-types.ts';
import { describeDuration } from '../runtime/duration.ts';
import { printable } from '../runtime/printable.ts';
import { hintsFor } from './hints.ts';

/** Formats an error as lines: what failed and where, the reason for each method, and hints. */
export function describeError(error: unknown, inWords = (hint: string) => hint): readonly string[] {
  const { what, details, hints } = explainError(error);
  return [what, ...details, ...hints.map((hint) => `Hint: ${inWords(hint)}`)];
}

interface Explanation {
  /** Description of what failed and where. */
  readonly what: string;
  /** The reason why each authentication method failed or was not used. */
  readonly details: readonly string[];
  readonly hints: readonly string[];
}

/** Returns the information from which `describeError` builds its lines. */
export function explainError(error: unknown): Explanation {
  if (!(error instanceof HTCondorError)) {
    const what = printable(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    return { what, details: [], hints: ['Workflow: report this error, which is a bug in condor-token-fetch.'] };
  }
  const known = error as AnyHTCondorError;
  const where = [
    known.code,
    known.phase && `while: ${known.phase}`,
    known.peer && `at ${printable(known.peer)}`,
    known.tries !== undefined && known.tries > 1 && `after ${known.tries} attempts`,
  ];
  const details = 'attempts' in known ? known.attempts.map(({ method, reason }) => `  ${method}: ${reason}`) : [];
  return { what: `${known.message} (${where.filter(Boolean).join(', ')})`, details, hints: hintsFor(known) };
}

/** Returns facts about a fetched token by their public names. The token itself is not included. */
export function factsOf({ token, ...fetched }: FetchedToken): Readonly<Record<string, string>> {
  const { issuedAt, expiresAt } = token;
  return {
    identity: token.subject,
    'trust-domain': token.issuer,
    key: token.keyId,
    'token-id': printable(token.tokenId ?? ''),
    authz: printable((token.authz ?? []).join(' ')),
    'issued-at': iso(issuedAt),
    'expires-at': iso(expiresAt),
    lifetime: issuedAt === undefined || expiresAt === undefined ? '' : String(expiresAt - issuedAt),
    'daemon-name': fetched.daemonName,
    'daemon-address': fetched.daemonAddress,
    'daemon-version': fetched.daemonVersion,
    'authentication-method': fetched.authenticationMethod,
    'credential-source': fetched.credentialSource,
  };
}

/** Formats the result of a check as one line. */
export function describeDiagnosis({ identity, allowed, refused, daemonName, daemonAddress }: CheckResult): string {
  const levels = [...allowed.map((level) => `${level} allowed`), ...refused.map((level) => `${level} denied`)].join(
    ', ',
  );
  return printable(
    `A fetch from ${daemonName || daemonAddress} would succeed as ${identity}${levels === '' ? '' : `; ${levels}`}`,
  );
}

/** Formats a fetched token as one line for a log, without the token itself. */
export function describeToken(fetched: FetchedToken): string {
  const { identity, authz, lifetime } = factsOf(fetched);
  const until = lifetime === '' ? 'never expires' : `valid for ${describeDuration(Number(lifetime))}`;
  const where = fetched.path === undefined ? '' : `; written to ${fetched.path}`;
  return printable(
    `Token for ${identity}, ${authz === '' ? 'not restricted to authorization levels' : `restricted to ${authz}`}, ${until}${where}`,
  );
}

function iso(seconds: number | undefined): string {
  return seconds === undefined ? '' : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
