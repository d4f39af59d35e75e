/** A pool that signs with two keys and may sign with a third that is not there, and tokens that it does not take. */
import { randomBytes } from 'node:crypto';
import { type Pool, startPool } from './pool.ts';
import type { Suite } from './pool-tree.ts';

const KEYS = 'SEC_TOKEN_FETCH_ALLOWED_SIGNING_KEYS = POOL, CI, GONE';

/** The pool, and a token of alice's. */
export async function startTwoKeyPool(suite: Suite): Promise<{ pool: Pool; idtoken: string }> {
  const pool = await startPool({ suite, config: KEYS });
  await pool.write('/etc/condor/passwords.d/CI', randomBytes(64), 0o600);
  await pool.configure(KEYS);
  return { pool, idtoken: await pool.idToken({ user: 'alice' }) };
}

/** Uses the pool with other settings for the length of `work`. */
export async function withSettings(pool: Pool, settings: string, work: () => Promise<void>): Promise<void> {
  await pool.configure(`${KEYS}\n${settings}`);
  try {
    await work();
  } finally {
    await pool.configure(KEYS);
  }
}

/** A token of another trust domain. */
export function foreignToken(): string {
  const claims = { iss: 'elsewhere.test', sub: 'alice@elsewhere.test', iat: 1, jti: 'x' };
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode({ alg: 'HS256', kid: 'POOL' })}.${encode(claims)}.${randomBytes(32).toString('base64url')}`;
}
