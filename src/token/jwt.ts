import { decodeProtectedHeader } from 'jose/decode/protected_header';
import { decodeJwt } from 'jose/jwt/decode';
import { TokenError } from '../errors.ts';
import { Secret } from '../runtime/secret.ts';

/** An IDTOKEN taken apart (RFC 7519; Condor_Auth_Passwd::generate_token). Times are seconds since 1970. */
export interface IdToken {
  readonly jwt: Secret;
  /** Header and payload as they are signed: the part of the token that is no secret. */
  readonly signedText: string;
  readonly algorithm: string;
  /** `kid`: the name of the signing key. */
  readonly keyId: string;
  /** `iss`: the trust domain. */
  readonly issuer: string;
  /** `sub`: the identity, `user@domain`. */
  readonly subject: string;
  readonly issuedAt: number | undefined;
  /** Undefined: it never expires. */
  readonly expiresAt: number | undefined;
  /** `jti` */
  readonly tokenId: string | undefined;
  /** Authorization levels that the token is limited to; undefined: it is not limited. */
  readonly authz: readonly string[] | undefined;
}

/**
 * An IDTOKEN that is used as a credential. A capability token of HTCondor 25 has no `sub`: the daemon looks the identity up
 * by `jti`.
 */
export interface CredentialToken extends Omit<IdToken, 'subject'> {
  readonly subject: string | undefined;
}

/** Longest token that is looked at, in characters. IDTOKENS have some 300. */
const MAX_LENGTH = 64 * 1024;

/** Characters of a signature that is worth hiding; HS256 has 43. A shorter one would be hidden wherever it stands. */
const MIN_SIGNATURE = 20;

/** Three parts of base64url. */
export const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

const LEVEL_PREFIX = 'condor:/';

/**
 * Takes an IDTOKEN apart; nothing is verified, for the signing key is the daemon's alone.
 *
 * @throws TokenError ERR_TOKEN_MALFORMED if it is not a signed JWT with the claims that every IDTOKEN has.
 */
export function parseIdToken(jwt: Secret): IdToken {
  const token = parseCredentialToken(jwt);
  return { ...token, subject: word(token.subject, 'sub') };
}

/**
 * Parses an IDTOKEN that authenticates the client. Unlike an issued token, it may lack `sub` if it has a `jti`.
 *
 * @throws TokenError ERR_TOKEN_MALFORMED.
 */
export function parseCredentialToken(jwt: Secret): CredentialToken {
  const text = jwt.reveal();
  if (text.length > MAX_LENGTH) throw malformed(`it has ${text.length} characters`);
  if (!JWT.test(text)) {
    throw malformed('it is not three parts of base64url with dots between them');
  }
  const { header, claims } = decode(text);
  const { alg, kid } = header;
  const { iss, sub, iat, exp, jti, scope } = claims;
  if (typeof alg !== 'string' || alg.toLowerCase() === 'none') throw malformed('it is not signed', 'alg');
  const tokenId = jti === undefined ? undefined : word(jti, 'jti');
  return {
    jwt,
    signedText: text.slice(0, text.lastIndexOf('.')),
    algorithm: alg,
    keyId: word(kid, 'kid'),
    issuer: word(iss, 'iss'),
    subject: sub === undefined && tokenId !== undefined ? undefined : word(sub, 'sub'),
    issuedAt: time(iat, 'iat'),
    expiresAt: time(exp, 'exp'),
    tokenId,
    authz: levels(scope),
  };
}

/** How a JWT of any kind is signed (`alg`); undefined: it is none. */
export function algorithmOf(jwt: Secret): string | undefined {
  const text = jwt.reveal();
  try {
    return JWT.test(text) ? String(decode(text).header['alg']) : undefined;
  } catch {
    return undefined;
  }
}

/** The secret of a token as raw bytes: 32 for HS256. */
export function revealSignature({ jwt }: Pick<IdToken, 'jwt'>): Uint8Array {
  return new Uint8Array(Buffer.from(signaturePart(jwt).reveal(), 'base64url'));
}

/** What has to be masked of a JWT: all of it, and its signature by itself, for a mask hides whole values only. */
export function secretsOf(jwt: Secret): readonly Secret[] {
  const signature = signaturePart(jwt);
  return signature.reveal().length < MIN_SIGNATURE ? [jwt] : [jwt, signature];
}

/** The third part of a JWT. */
export function signaturePart(jwt: Secret): Secret {
  return new Secret(jwt.reveal().split('.')[2] ?? '');
}

function decode(text: string): { header: Record<string, unknown>; claims: Record<string, unknown> } {
  try {
    return { header: decodeProtectedHeader(text), claims: decodeJwt(text) };
  } catch {
    // Not as cause: jose's message may quote what it could not read.
    throw malformed('its header or payload is not a JSON object');
  }
}

function word(value: unknown, claim: string): string {
  if (typeof value !== 'string' || value === '') throw malformed(`it has no ${claim}`, claim);
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value)) throw malformed(`its ${claim} contains control characters`, claim);
  return value;
}

/** A NumericDate in whole seconds, rounded as HTCondor rounds it (jwt-cpp, `as_date`). */
function time(value: unknown, claim: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || value < 0 || value > 8.64e12)
    throw malformed(`its ${claim} is not a valid timestamp`, claim);
  return Math.round(value);
}

/**
 * The authorization levels of a `scope`, split as HTCondor splits it (Condor_Auth_Passwd::analyze_token,
 * StringTokenIterator). Only words that begin with `condor:/` count; without any the token is not restricted.
 *
 * Other separators and every other character that is not printable ASCII are refused: HTCondor does not split there, so
 * that `condor:/READ` and more could look like READ alone here.
 */
function levels(scope: unknown): readonly string[] | undefined {
  if (scope === undefined) return undefined;
  if (typeof scope !== 'string') throw malformed('its scope is not a string', 'scope');
  if (/[^ \t\r\n!-~]/.test(scope)) throw malformed('its scope contains invalid characters', 'scope');
  const found = scope
    .split(/[ ,\t\r\n]/)
    .filter((each) => each.startsWith(LEVEL_PREFIX))
    .map((each) => each.slice(LEVEL_PREFIX.length));
  return found.length > 0 ? found : undefined;
}

function malformed(what: string, claim?: string): TokenError {
  return new TokenError('ERR_TOKEN_MALFORMED', `not an IDTOKEN: ${what}`, claim);
}
