import { randomBytes } from 'node:crypto';

/** Returns a well-formed IDTOKEN that no pool has signed. */
export function strangeJwt(claims: Readonly<Record<string, unknown>> = {}): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const payload = { iss: 'pool.example.org', sub: 'alice@pool.example.org', iat: 1_700_000_000, jti: 'id', ...claims };
  return `${encode({ alg: 'HS256', kid: 'POOL' })}.${encode(payload)}.${randomBytes(32).toString('base64url')}`;
}
