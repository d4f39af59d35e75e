/**
 * Normalizes credentials that users paste into a secret. Unambiguous mistakes are corrected. Other mistakes are
 * reported before anything is sent.
 */
import { Secret } from '../runtime/secret.ts';
import { algorithmOf, JWT, SHARED_KEY } from '../token/jwt.ts';
import { unreadable } from './private-file.ts';

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
/** Minimum length of a string that is treated as base64. A shorter string could be an ordinary word. */
const MIN_BASE64 = 64;

/** Describes a common mistake in a pasted value; returns undefined if the value contains no such mistake. */
export function mistakeIn(text: string): string | undefined {
  const whole = text.trim();
  if (/^\$\{\{[\s\S]*\}\}$/.test(whole)) return 'the value is a workflow expression that was not expanded';
  if (/^\*+$/.test(whole)) return 'the value is ***, which logs show in place of a secret';
  const packed = whole.replace(/\s/g, '');
  if (packed.length >= MIN_BASE64 && BASE64.test(packed)) return 'the value looks like base64';
  return undefined;
}

/**
 * Restores PEM that was encoded in base64, joined into one line, quoted, or pasted with literal `\n` sequences. Returns
 * text without PEM unchanged.
 */
export function pastedPem(text: string): string {
  const bare = unquote(text);
  const decoded = bare.includes('-----BEGIN') ? bare : (decode(bare.replace(/\s/g, '')) ?? bare);
  if (!decoded.includes('-----BEGIN')) return text;
  const lines = decoded.replace(/\\r\\n|\\n/g, '\n');
  return lines.replace(
    /(-----BEGIN ([A-Z0-9 ]{1,40})-----)([^-\n:]*)(-----END \2-----)/g,
    (_, begin, _kind, body, end) => {
      const packed = String(body).replace(/\s/g, '');
      const wrapped = packed.match(/.{1,64}/g) ?? [];
      return `\n${[begin, ...wrapped, end].join('\n')}\n`;
    },
  );
}

/**
 * Extracts a token that is quoted, has a `Bearer` prefix, or is wrapped in JSON or base64.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE if the text is not a token, or is a token of another type.
 */
export function pastedToken(name: 'idtoken' | 'scitoken', text: string): string {
  const token = tokenIn(text) ?? text;
  const mistake = JWT.test(token) ? otherKind(name, token) : mistakeOf(token);
  if (mistake !== undefined)
    throw unreadable(name === 'scitoken' ? 'scitoken-malformed' : 'credential-unreadable', name, mistake);
  return token;
}

/**
 * Extracts IDTOKENs from a string with a single token, or with one token per line. Blank lines and comments are kept.
 */
export function pastedTokens(text: string): string {
  const whole = tokenIn(text);
  if (whole !== undefined) return pastedToken('idtoken', whole);
  return text
    .split(/\r?\n/)
    .map((line) => (line.trim() === '' || line.trim().startsWith('#') ? line : pastedToken('idtoken', line)))
    .join('\n');
}

function otherKind(name: 'idtoken' | 'scitoken', token: string): string | undefined {
  const algorithm = algorithmOf(new Secret(token));
  if (algorithm === undefined) return undefined;
  const isIdToken = SHARED_KEY.test(algorithm);
  if (name === 'scitoken' && isIdToken)
    return `the value is an IDTOKEN (signed with ${algorithm}), not a SciToken; use the input idtoken`;
  if (name === 'idtoken' && !isIdToken && algorithm.toLowerCase() !== 'none')
    return `the value is a SciToken or a similar JWT (signed with ${algorithm}), not an IDTOKEN; use the input scitoken`;
  return undefined;
}

function mistakeOf(text: string): string | undefined {
  return text.includes('-----BEGIN') ? 'the value is PEM, not a token' : mistakeIn(text);
}

/** Returns the only token in a text; undefined if the text contains no token or several tokens. */
function tokenIn(text: string): string | undefined {
  const bare = unquote(text).replace(/^(authorization:\s*)?bearer\s+/i, '');
  if (JWT.test(bare)) return bare;
  const inJson = /^[{"]/.test(bare) ? tokenInJson(bare) : undefined;
  if (inJson !== undefined) return inJson;
  const decoded = decode(bare)?.trim();
  return decoded !== undefined && JWT.test(decoded) ? decoded : undefined;
}

function tokenInJson(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const members = typeof value === 'object' && value !== null ? Object.values(value) : [value];
    const tokens = members.filter((each): each is string => typeof each === 'string' && JWT.test(each.trim()));
    return tokens.length === 1 ? tokens[0]?.trim() : undefined;
  } catch {
    return undefined;
  }
}

function unquote(text: string): string {
  const bare = text.replace(/^\uFEFF/, '').trim();
  const [, , inner] = /^(["'`])([\s\S]*)\1$/.exec(bare) ?? [];
  return inner?.trim() ?? bare;
}

/** Decodes base64. Returns undefined if the input is not base64, or if the result is not printable text. */
function decode(text: string): string | undefined {
  if (text.length < MIN_BASE64 || !BASE64.test(text)) return undefined;
  const decoded = Buffer.from(text, 'base64').toString('utf8');
  return /^[\x20-\x7e\s]*$/.test(decoded) ? decoded : undefined;
}
