import { type FetchedToken, type FetchOptions, fetchToken } from '../../../src/index.ts';
import { patience } from '../slowness.ts';
import { EmbeddedPool } from './pool.ts';
import type { EmbeddedPoolOptions } from './settings.ts';

/** Calls `work` with an embedded pool, and always stops the pool afterwards. */
export async function withPool<T>(options: EmbeddedPoolOptions, work: (pool: EmbeddedPool) => Promise<T>): Promise<T> {
  const pool = await EmbeddedPool.start(options);
  try {
    return await work(pool);
  } finally {
    await pool.stop();
  }
}

/** Fetches a token. By default, uses the address of the first schedd and a token for alice. */
export function fetchFrom(pool: EmbeddedPool, options: FetchOptions = {}): Promise<FetchedToken> {
  const target = 'address' in options || 'pool' in options ? {} : { address: pool.schedd() };
  return fetchToken({
    ...target,
    idtoken: pool.idToken(),
    onReduced: 'ignore',
    timeoutMs: patience(10_000),
    retries: 0,
    ...options,
  });
}
