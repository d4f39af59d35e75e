import { decodeJwt } from 'jose/jwt/decode';
import { CredentialError } from '../errors.ts';
import type { Secret } from '../runtime/secret.ts';
import { JWT, MAX_TIME } from './jwt.ts';

/**
 * A parsed SciToken or WLCG token, with those claims that can explain why the daemon refuses the token. Times are in
 * seconds since 1970.
 */
export interface BearerToken {
  readonly jwt: Secret;
  /** Credential source, as shown in messages. */
  readonly source: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audience: readonly string[];
  /** Value of the `scope` claim. Undefined if the claim is absent. */
  readonly scope: string | undefined;
  /** Token profile from the claim `ver` or `wlcg.ver`. If undefined, the profile is SciTokens 1.0. */
  readonly profile: string | undefined;
  readonly expiresAt: number | undefined;
  readonly notBefore: number | undefined;
}

/**
 * Parses a bearer token. Does not verify the signature, because the daemon verifies it. Error messages include
 * `source`.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE if the text is not a JWT, `iss` or `sub` is missing, or `exp` or
 *   `nbf` is out of range.
 */
export function parseBearerToken(jwt: Secret, source: string): BearerToken {
  const claims = decode(jwt, source);
  const text = (name: string) => (typeof claims[name] === 'string' ? claims[name] : undefined);
  const time = (name: string) => {
    const value = claims[name];
    if (typeof value !== 'number') return undefined;
    if (value < 0 || value > MAX_TIME) throw unreadable(source, `its ${name} is not a valid timestamp`);
    return value;
  };
  const { aud } = claims;
  const issuer = text('iss');
  const subject = text('sub');
  if (issuer === undefined || subject === undefined) throw unreadable(source, 'it lacks iss or sub');
  return {
    jwt,
    source,
    issuer,
    subject,
    scope: text('scope'),
    profile: text('ver') ?? text('wlcg.ver'),
    audience: (Array.isArray(aud) ? aud : [aud]).filter((each) => typeof each === 'string'),
    expiresAt: time('exp'),
    notBefore: time('nbf'),
  };
}

/**
 * Claims by which a trust policy accepts or rejects a job token. If the token is rejected, the error message shows
 * these claims.
 */
const POLICY_CLAIMS = [
  ...['iss', 'sub', 'aud', 'repository_id', 'repository_owner_id', 'project_id', 'namespace_id', 'pipeline_id'],
  ...['ref', 'environment', 'event_name', 'pipeline_source', 'job_workflow_ref', 'exp'],
];
const MAX_CLAIM_LENGTH = 200;

/**
 * Returns one line with those claims of a job token that trust policies evaluate. The claims are neither secret nor
 * verified.
 */
export function describeClaims(jwt: Secret): string {
  let claims: Readonly<Record<string, unknown>>;
  try {
    claims = decodeJwt(jwt.reveal());
  } catch {
    return 'its claims cannot be parsed';
  }
  const found = POLICY_CLAIMS.filter((name) => claims[name] !== undefined);
  return found.map((name) => `${name} ${JSON.stringify(claims[name]).slice(0, MAX_CLAIM_LENGTH)}`).join(', ');
}

function decode(jwt: Secret, source: string): Readonly<Record<string, unknown>> {
  const text = jwt.reveal();
  if (!JWT.test(text)) throw unreadable(source, 'it is not three parts of base64url with dots between them');
  try {
    return decodeJwt(text);
  } catch {
    // The cause is omitted, because jose's message could quote the token.
    throw unreadable(source, 'its payload is not a JSON object');
  }
}

function unreadable(source: string, what: string): CredentialError {
  return new CredentialError('ERR_CREDENTIAL_UNREADABLE', `${source}: not a SciToken: ${what}`, {
    reason: 'scitoken-malformed',
  });
}
