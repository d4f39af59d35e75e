import { decodeProtectedHeader } from 'jose/decode/protected_header';
import { decodeJwt } from 'jose/jwt/decode';
import { TokenError } from '../errors.ts';
import { Secret } from '../runtime/secret.ts';

/** A parsed IDTOKEN (RFC 7519; Condor_Auth_Passwd::generate_token). Times are in seconds since 1970. */
export interface IdToken {
  readonly jwt: Secret;
  /** The signing input, which consists of the encoded header and payload. It is not secret. */
  readonly signedText: string;
  readonly algorithm: string;
  /** Name of the signing key (`kid`). */
  readonly keyId: string;
  /** Trust domain (`iss`). */
  readonly issuer: string;
  /** Identity of the token's user (`sub`), in the form `user@domain`. */
  readonly subject: string;
  readonly issuedAt: number | undefined;
  /** Expiry (`exp`). Undefined if the token never expires. */
  readonly expiresAt: number | undefined;
  /** Unique ID of the token (`jti`). */
  readonly tokenId: string | undefined;
  /** Authorization levels that the token is restricted to. Undefined if the token is unrestricted. */
  readonly authz: readonly string[] | undefined;
}

/**
 * An IDTOKEN that is used as a credential. A capability token of HTCondor 25 has no `sub`; the daemon looks up the
 * identity by the `jti` of the token.
 *
 * @internal
 */
export interface CredentialToken extends Omit<IdToken, 'subject'> {
  readonly subject: string | undefined;
}

/** Maximum length of a token, in characters. A typical IDTOKEN has about 300 characters. */
const MAX_LENGTH = 64 * 1024;

/**
 * Minimum length, in characters, of a signature that is masked. An HS256 signature has 43 characters. A mask for a much
 * shorter string could match unrelated text and garble the log.
 */
const MIN_SIGNATURE_LENGTH = 20;

/** @internal Latest time that a Date can represent, in seconds since 1970. */
export const MAX_TIME = 8.64e12;

/**
 * @internal Matches the names of signature algorithms that use a shared key. Every IDTOKEN is signed with one of these
 *   algorithms, and no SciToken is.
 */
export const SHARED_KEY = /^HS/i;

/** @internal Matches the compact serialization of a JWT: three base64url parts, separated by dots. */
export const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

const LEVEL_PREFIX = 'condor:/';

/**
 * Parses an IDTOKEN. The signature cannot be verified here, because only the daemon has the signing key.
 *
 * @internal
 * @throws TokenError ERR_TOKEN_MALFORMED if the text is not a signed JWT with the claims that every IDTOKEN has.
 */
export function parseIdToken(jwt: Secret): IdToken {
  const token = parseCredentialToken(jwt);
  return { ...token, subject: textClaim(token.subject, 'sub') };
}

/**
 * Parses an IDTOKEN that is used as a credential. Unlike a newly issued token, a credential can lack `sub` if it has a
 * `jti`.
 *
 * @internal
 * @throws TokenError ERR_TOKEN_MALFORMED if the text is not a signed JWT with the required claims.
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
  const tokenId = jti === undefined ? undefined : textClaim(jti, 'jti');
  return {
    jwt,
    signedText: text.slice(0, text.lastIndexOf('.')),
    algorithm: alg,
    keyId: textClaim(kid, 'kid'),
    issuer: textClaim(iss, 'iss'),
    subject: sub === undefined && tokenId !== undefined ? undefined : textClaim(sub, 'sub'),
    issuedAt: timeClaim(iat, 'iat'),
    expiresAt: timeClaim(exp, 'exp'),
    tokenId,
    authz: levelsOfScope(scope),
  };
}

/** @internal Returns the signature algorithm (`alg`) of any JWT, or undefined if the text is not a JWT. */
export function algorithmOf(jwt: Secret): string | undefined {
  const text = jwt.reveal();
  try {
    return JWT.test(text) ? String(decode(text).header['alg']) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @internal Returns the signature of a token as raw bytes (32 bytes for HS256). AKEP2 uses the signature as the shared
 * secret.
 */
export function revealSignature({ jwt }: Pick<IdToken, 'jwt'>): Uint8Array {
  return new Uint8Array(Buffer.from(signaturePart(jwt).reveal(), 'base64url'));
}

/**
 * @internal Returns the two secrets to mask for a JWT: the JWT itself and its signature. The signature needs its own
 * mask, because a mask matches only the whole value.
 */
export function secretsOf(jwt: Secret): readonly Secret[] {
  const signature = signaturePart(jwt);
  return signature.reveal().length < MIN_SIGNATURE_LENGTH ? [jwt] : [jwt, signature];
}

/** @internal Masks a JWT and its signature. Does nothing if the text is not a JWT. */
export function maskJwt(jwt: Secret, host: { mask(secret: Secret): void }): void {
  if (algorithmOf(jwt) !== undefined) for (const secret of secretsOf(jwt)) host.mask(secret);
}

/** @internal Returns the signature of a JWT, encoded as base64url, or an empty secret if there is none. */
export function signaturePart(jwt: Secret): Secret {
  return new Secret(jwt.reveal().split('.')[2] ?? '');
}

function decode(text: string): { header: Record<string, unknown>; claims: Record<string, unknown> } {
  try {
    return { header: decodeProtectedHeader(text), claims: decodeJwt(text) };
  } catch {
    // The cause is omitted, because jose's message could quote the token.
    throw malformed('its header or payload is not a JSON object');
  }
}

function textClaim(value: unknown, claim: string): string {
  if (typeof value !== 'string' || value === '') throw malformed(`it has no ${claim}`, claim);
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value)) throw malformed(`its ${claim} contains control characters`, claim);
  return value;
}

/** Parses a NumericDate and rounds it to whole seconds, as HTCondor does (jwt-cpp, `as_date`). */
function timeClaim(value: unknown, claim: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || value < 0 || value > MAX_TIME)
    throw malformed(`its ${claim} is not a valid timestamp`, claim);
  return Math.round(value);
}

/**
 * Parses the authorization levels of a `scope`, with HTCondor's separators (Condor_Auth_Passwd::analyze_token,
 * StringTokenIterator). Only words that begin with `condor:/` are levels. If there are no such words, the token is
 * unrestricted.
 *
 * Rejects any other separator and any character outside printable ASCII. HTCondor does not split the scope at these
 * characters. If the client did, it could mistake a longer scope for READ alone.
 */
function levelsOfScope(scope: unknown): readonly string[] | undefined {
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
