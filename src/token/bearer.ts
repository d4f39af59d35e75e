import { decodeJwt } from 'jose/jwt/decode';
import { CredentialError } from '../errors.ts';
import type { Secret } from '../runtime/secret.ts';
import { JWT } from './jwt.ts';

/** A SciToken or WLCG token taken apart, as far as it tells why a daemon may refuse it. Times are seconds since 1970. */
export interface BearerToken {
  readonly jwt: Secret;
  /** Where it came from. */
  readonly source: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audience: readonly string[];
  /** Undefined: it has none. */
  readonly scope: string | undefined;
  /** `ver` or `wlcg.ver`: the profile that it follows; undefined: SciTokens 1.0. */
  readonly profile: string | undefined;
  readonly expiresAt: number | undefined;
  readonly notBefore: number | undefined;
}

/** The last second that a Date can say. */
const MAX_TIME = 8.64e12;

/**
 * Takes a bearer token apart; nothing is verified, for that is the daemon's part.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE if it is no JWT with an issuer and a subject, or its times are none.
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

function decode(jwt: Secret, source: string): Readonly<Record<string, unknown>> {
  const text = jwt.reveal();
  if (!JWT.test(text)) throw unreadable(source, 'it is not three parts of base64url with dots between them');
  try {
    return decodeJwt(text);
  } catch {
    throw unreadable(source, 'its payload is not a JSON object'); // jose's message may quote what it could not read
  }
}

function unreadable(source: string, what: string): CredentialError {
  return new CredentialError('ERR_CREDENTIAL_UNREADABLE', `${source}: not a SciToken: ${what}`);
}
