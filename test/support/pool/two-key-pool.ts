/**
 * A pool with two signing keys and a third key that is configured but does not exist. Also creates tokens that the pool
 * rejects.
 */
import { randomBytes } from 'node:crypto';
import { strangeJwt } from '../credentials/strange-jwt.ts';
import { type Pool, startPool } from './pool.ts';
import type { Suite } from './suites.ts';

const KEYS = 'SEC_TOKEN_FETCH_ALLOWED_SIGNING_KEYS = POOL, CI, GONE';

/** Starts the pool and issues a token for alice. */
export async function startTwoKeyPool(suite: Suite): Promise<{ pool: Pool; idtoken: string }> {
  const pool = await startPool({ suite, config: KEYS });
  await pool.write('/etc/condor/passwords.d/CI', randomBytes(64), 0o600);
  await pool.configure(KEYS);
  return { pool, idtoken: await pool.idToken({ user: 'alice' }) };
}

/** Calls `work` while the pool has additional settings. */
export async function withSettings(pool: Pool, settings: string, work: () => Promise<void>): Promise<void> {
  await pool.configure(`${KEYS}\n${settings}`);
  try {
    await work();
  } finally {
    await pool.configure(KEYS);
  }
}

/** Returns a token from a trust domain other than the pool's. */
export function foreignToken(): string {
  return strangeJwt({ iss: 'elsewhere.test', sub: 'alice@elsewhere.test' });
}
