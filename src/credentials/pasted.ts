/**
 * Credentials as people paste them into a secret. What can only be meant in one way is put right; for anything else the
 * mistake is named, before anything is sent.
 */
import { Secret } from '../runtime/secret.ts';
import { algorithmOf } from '../token/jwt.ts';
import { unreadable } from './private-file.ts';

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
const JWT_IN_TEXT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** Signed with a shared key: an IDTOKEN. A SciToken never is. */
const SHARED_KEY = /^HS/i;
/** Shorter texts may be words. */
const MIN_BASE64 = 64;

/** What a text is instead of a credential; undefined: no well-known mistake. */
export function mistakeIn(text: string): string | undefined {
  const whole = text.trim();
  if (/^\$\{\{[\s\S]*\}\}$/.test(whole)) return 'it is a workflow expression that was not expanded';
  if (/^\*+$/.test(whole)) return 'it is ***, which logs show in place of a secret';
  const packed = whole.replace(/\s/g, '');
  if (packed.length >= MIN_BASE64 && BASE64.test(packed)) return 'it looks like base64';
  return undefined;
}

/** PEM with its own line ends: from base64, with literal `\n`, on one line, or in quotes. Other text as it is. */
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
 * A token without what was pasted around it: quotes, `Bearer `, JSON, base64.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE it is something else, or a token of the other kind.
 */
export function pastedToken(name: 'idtoken' | 'scitoken', text: string): string {
  const token = tokenIn(text) ?? text;
  const mistake = JWT_IN_TEXT.test(token) ? otherKind(name, token) : mistakeOf(token);
  if (mistake !== undefined) throw unreadable(name, mistake);
  return token;
}

/** The same for a text that may hold several tokens, one a line, and comments. */
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
    return `it is an IDTOKEN (signed with ${algorithm}), not a SciToken; the input idtoken is for it`;
  if (name === 'idtoken' && !isIdToken && algorithm.toLowerCase() !== 'none')
    return `it is a SciToken or the like (signed with ${algorithm}), not an IDTOKEN; the input scitoken is for it`;
  return undefined;
}

function mistakeOf(text: string): string | undefined {
  return text.includes('-----BEGIN') ? 'it is PEM, not a token' : mistakeIn(text);
}

/** The one token in a text; undefined: there is none, or there are several. */
function tokenIn(text: string): string | undefined {
  const bare = unquote(text).replace(/^(authorization:\s*)?bearer\s+/i, '');
  if (JWT_IN_TEXT.test(bare)) return bare;
  const inJson = /^[{"]/.test(bare) ? tokenInJson(bare) : undefined;
  if (inJson !== undefined) return inJson;
  const decoded = decode(bare)?.trim();
  return decoded !== undefined && JWT_IN_TEXT.test(decoded) ? decoded : undefined;
}

function tokenInJson(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const members = typeof value === 'object' && value !== null ? Object.values(value) : [value];
    const tokens = members.filter((each): each is string => typeof each === 'string' && JWT_IN_TEXT.test(each.trim()));
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

/** Text from base64; undefined: it is not base64, or what is in it is not text. */
function decode(text: string): string | undefined {
  if (text.length < MIN_BASE64 || !BASE64.test(text)) return undefined;
  const decoded = Buffer.from(text, 'base64').toString('utf8');
  return /^[\x20-\x7e\s]*$/.test(decoded) ? decoded : undefined;
}
