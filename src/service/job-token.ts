/**
 * Verifies the OIDC token of a job: its signature, issuer, audience and times. The policy determines what the job is
 * allowed to do.
 */
import { compactVerify } from 'jose/jws/compact/verify';
import type { Claims } from '../policy/claims.ts';
import { hasUniqueKeys } from '../policy/unique-keys.ts';
import { crypto } from '../runtime/crypto.ts';
import { MAX_TIME } from '../token/jwt.ts';
import type { IssuerKeys } from './issuer-keys.ts';

export interface JobToken {
  readonly claims: Claims;
  readonly expiresAt: number;
  readonly issuedAt: number;
  /**
   * Key under which the uses of the token are counted. The key is a digest of the `iss` and `jti` claims or, if there
   * is no `jti`, of the signed part of the token. The signature is not included, because a different signature could be
   * valid for the same token.
   */
  readonly useKey: string;
}

/** Thrown if a job token is rejected. The error message can be sent to the job. */
export class TokenRejected extends Error {}

export interface Expected {
  readonly issuers: ReadonlySet<string>;
  readonly audience: string;
  readonly keys: IssuerKeys;
  /** Current time, in seconds since 1970. */
  readonly now: number;
}

const MAX_TOKEN_LENGTH = 16 * 1024;
const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];
/** Maximum tolerated difference between this host's clock and an issuer's clock, in seconds. */
export const MAX_SKEW_SECONDS = 60;

/**
 * Verifies a job token.
 *
 * @throws TokenRejected with a reason. The reason contains no claim except the audience.
 * @throws IssuerUnavailable if the keys of the issuer cannot be fetched.
 */
export async function verifyJobToken(text: string, expected: Expected): Promise<JobToken> {
  if (text.length > MAX_TOKEN_LENGTH) throw new TokenRejected(`the job token has more than ${MAX_TOKEN_LENGTH} bytes`);
  const [, header = '', payload = ''] = /^([\w-]+)\.([\w-]+)\.[\w-]+$/.exec(text) ?? [];
  if (header === '') throw new TokenRejected('the job token is not three parts of base64url with dots between them');
  const { alg, crit } = decodePart(header, 'header');
  // With `b64: false` (RFC 7797), the signature would cover a payload different from the one that is decoded here.
  if (crit !== undefined) throw new TokenRejected('the job token has a critical header (crit), which is not supported');
  if (typeof alg !== 'string' || !ALGORITHMS.includes(alg))
    throw new TokenRejected(`the job token is not signed with ${ALGORITHMS.join(', ')}`);
  const claims = decodePart(payload, 'payload');
  const { iss } = claims;
  if (typeof iss !== 'string' || !expected.issuers.has(iss))
    throw new TokenRejected('this service does not accept the issuer of the job token (iss)');
  await verifySignature(text, iss, expected.keys);
  checkAudience(claims['aud'], expected.audience);
  const { expiresAt, issuedAt } = checkTimes(claims, expected.now);
  const { jti } = claims;
  const identity = typeof jti === 'string' && jti !== '' ? `jti\0${iss}\0${jti}` : `token\0${header}.${payload}`;
  return { claims, expiresAt, issuedAt, useKey: sha256(identity) };
}

export function sha256(text: string): string {
  return crypto().createHash('sha256').update(text).digest('hex');
}

/**
 * Returns the claims of a job token without verifying it, for `explain`.
 *
 * @throws TokenRejected if the claims cannot be decoded.
 */
export function unverifiedClaimsOf(text: string): Claims {
  return decodePart(text.trim().split('.')[1] ?? '', 'payload');
}

function decodePart(part: string, what: string): Claims {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url'));
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && hasUniqueKeys(text))
      return value as Claims;
  } catch {
    // The parser's error is omitted from the message, because it might quote the token.
  }
  throw new TokenRejected(`the ${what} of the job token is not a JSON object with unique keys`);
}

async function verifySignature(text: string, issuer: string, keys: IssuerKeys): Promise<void> {
  for (const isUnknown of [false, true]) {
    const set = await keys.keysOf(issuer, isUnknown);
    try {
      await compactVerify(text, set, { algorithms: ALGORITHMS });
      return;
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (code === 'ERR_JWKS_NO_MATCHING_KEY' && !isUnknown) continue;
      const unknown = code === 'ERR_JWKS_NO_MATCHING_KEY' || code === 'ERR_JWKS_MULTIPLE_MATCHING_KEYS';
      throw new TokenRejected(
        unknown
          ? 'the job token is signed with a key that its issuer does not publish'
          : 'the signature of the job token is invalid',
      );
    }
  }
}

/**
 * Checks that this service is the only audience of the token. Otherwise, another service in the audience could replay
 * the token here.
 */
function checkAudience(aud: unknown, expected: string): void {
  const [only, ...others] = Array.isArray(aud) ? (aud as readonly unknown[]) : [aud];
  if (only === expected && others.length === 0) return;
  const got = typeof only === 'string' && others.length === 0 ? only : 'none or several';
  throw new TokenRejected(`aud: expected ${expected}, got ${got}`);
}

function checkTimes({ exp, nbf, iat }: Claims, now: number): { expiresAt: number; issuedAt: number } {
  if (!isTime(exp) || !isTime(iat) || (nbf !== undefined && !isTime(nbf)))
    throw new TokenRejected('the job token has no valid exp, iat or nbf');
  if (exp + MAX_SKEW_SECONDS <= now) throw new TokenRejected('the job token has expired (exp)');
  if ((nbf ?? iat) - MAX_SKEW_SECONDS > now || iat - MAX_SKEW_SECONDS > now)
    throw new TokenRejected('the job token is not valid yet (nbf, iat); compare the clocks');
  return { expiresAt: exp, issuedAt: iat };
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_TIME;
}
