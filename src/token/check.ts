import { TokenError } from '../errors.ts';
import type { TokenReason } from '../reasons.ts';
import { describeDuration } from '../runtime/duration.ts';
import type { IdToken } from './jwt.ts';
import { covers } from './levels.ts';

/** Values that the claims of an issued token are compared with. */
export interface Expected {
  /** Trust domain that the daemon or, with `remote`, the collector announced. */
  readonly issuer: string;
  /** Identity that the daemon or, with `remote`, the collector authenticated. */
  readonly subject: string;
  /** Issuer that the user expects. If undefined, any issuer is accepted. */
  readonly expectedTrustDomain?: string | undefined;
  /** Subject that the user expects. If undefined, any subject is accepted. */
  readonly expectedIdentity?: string | undefined;
  /** Name of the requested signing key. Undefined if the daemon was free to choose the key. */
  readonly key: string | undefined;
  /** Requested authorization levels. Empty if an unrestricted token was requested. */
  readonly authz: readonly string[];
  /** True if the daemon's own settings (SEC_TOKEN_REQUEST_LIMITS), rather than a credential, restrict the token. */
  readonly limitedByDaemon?: boolean;
  /**
   * Requested lifetime. `unlimited` means a token that never expires. Undefined if no particular lifetime was
   * requested.
   */
  readonly lifetimeSeconds: number | 'unlimited' | undefined;
}

/**
 * Checks that the daemon issued the requested token for the authenticated identity.
 *
 * The daemon might silently grant less than requested (handle_dc_session_token). Returns one line for each reduction.
 *
 * @throws TokenError ERR_TOKEN_CLAIM, which names the claim, if the token grants more than requested or differs from
 *   the request in any other way.
 */
export function checkToken(token: IdToken, expected: Expected): readonly string[] {
  claim(
    token.issuer === expected.issuer,
    'iss',
    `the token was issued by ${token.issuer}, but the daemon's trust domain is ${expected.issuer || 'unknown'}`,
    'other-issuer',
  );
  claim(
    token.subject === expected.subject,
    'sub',
    `the token is for ${token.subject}, but the daemon authenticated ${expected.subject}`,
  );
  checkExpected(token, expected);
  claim(
    expected.key === undefined || token.keyId === expected.key,
    'kid',
    `the token is signed with the key ${token.keyId}, not ${expected.key}`,
  );
  return [...checkLevels(token, expected), ...checkLifetime(token, expected.lifetimeSeconds)];
}

/**
 * Checks the issuer and the subject of a token against the values that the user expects.
 *
 * @throws TokenError ERR_TOKEN_CLAIM, which names the claim, if a claim differs from the expected value.
 */
export function checkExpected(
  { issuer, subject }: Pick<IdToken, 'issuer' | 'subject'>,
  {
    expectedTrustDomain = issuer,
    expectedIdentity = subject,
  }: Pick<Expected, 'expectedTrustDomain' | 'expectedIdentity'>,
): void {
  claim(
    issuer === expectedTrustDomain,
    'iss',
    `the token was issued by ${issuer}, but expected-trust-domain is ${expectedTrustDomain}`,
    'other-trust-domain',
  );
  claim(
    subject === expectedIdentity,
    'sub',
    `the token is for ${subject}, but expected-identity is ${expectedIdentity}`,
    'other-identity',
  );
}

function checkLevels(
  { authz }: IdToken,
  { authz: asked, limitedByDaemon = false }: Pick<Expected, 'authz' | 'limitedByDaemon'>,
): readonly string[] {
  if (asked.length === 0 && limitedByDaemon && authz !== undefined)
    return [`authorization: requested all levels, granted ${authz.join(' ')}`];
  if (asked.length === 0) return []; // any restriction comes from the credential or, with `remote`, from the schedd
  const granted = authz ?? [];
  claim(
    granted.length > 0,
    'scope',
    'the token is not restricted to authorization levels, although a restriction was requested',
  );
  const extra = granted.filter((level) => !covers(asked, level));
  claim(extra.length === 0, 'scope', `the token allows ${extra.join(', ')}, which was not requested`);
  const reduced = reducedLevels(asked, granted);
  return reduced === undefined ? [] : [reduced];
}

function checkLifetime({ issuedAt, expiresAt }: IdToken, asked: Expected['lifetimeSeconds']): readonly string[] {
  claim(issuedAt !== undefined, 'iat', 'the token has no issue time (iat)');
  if (expiresAt === undefined) {
    claim(typeof asked !== 'number', 'exp', 'the token never expires, although a lifetime was requested');
    return [];
  }
  const granted = expiresAt - issuedAt;
  claim(granted > 0, 'exp', 'the token expired before it was issued');
  if (asked === undefined) return [];
  claim(
    asked === 'unlimited' || granted <= asked,
    'exp',
    `the token is valid for ${describeDuration(granted)}, longer than the requested ${asked === 'unlimited' ? asked : describeDuration(asked)}`,
  );
  if (granted === asked) return [];
  return [reducedLifetime(asked, granted)];
}

/** Advice that is shown if a token grants less than requested. */
export const REDUCED_ADVICE = 'Request less, or use a credential with more permissions';

/** Describes a lifetime that the daemon reduced to `granted` seconds. */
export function reducedLifetime(asked: number | 'unlimited', granted: number): string {
  const wanted = asked === 'unlimited' ? asked : describeDuration(asked);
  return `lifetime: requested ${wanted}, granted ${describeDuration(granted)}`;
}

/**
 * Describes which levels were requested and which were granted. Returns undefined if all requested levels were granted.
 */
export function reducedLevels(asked: readonly string[], granted: readonly string[]): string | undefined {
  const missing = asked.filter((level) => !covers(granted, level));
  return missing.length === 0 ? undefined : `authorization: requested ${asked.join(' ')}, granted ${granted.join(' ')}`;
}

/** Maximum tolerated clock skew, in seconds. */
const MAX_SKEW_SECONDS = 600;

/**
 * Returns by how many seconds a token exceeds the requested lifetime, according to the clock of this host. Returns
 * undefined if there is no limit to exceed or if clock skew can explain the excess. The difference `exp - iat` alone
 * does not reveal the excess, because the issuer chooses `iat`.
 */
export function excessLifetime(
  { expiresAt }: Pick<IdToken, 'expiresAt'>,
  asked: Expected['lifetimeSeconds'],
  now: Date,
): number | undefined {
  if (expiresAt === undefined || typeof asked !== 'number') return undefined;
  const excess = Math.round(expiresAt - now.getTime() / 1000 - asked);
  return excess > MAX_SKEW_SECONDS ? excess : undefined;
}

function claim(holds: boolean, name: string, text: string, reason?: TokenReason): asserts holds {
  if (!holds) throw new TokenError('ERR_TOKEN_CLAIM', text, name, { reason });
}
