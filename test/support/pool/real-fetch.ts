import type { FetchedToken, FetchOptions } from '../../../src/index.ts';
import { fetchToken } from '../../../src/index.ts';
import type { Pool } from './pool.ts';

/**
 * Fetches a token from the pool's schedd by name, unless `options` contain a pool or an address. By default, makes only
 * one attempt. Otherwise, a failure would be retried in case the daemon is restarting.
 */
export function fetchFrom(pool: Pool, options: FetchOptions): Promise<FetchedToken> {
  const target = 'address' in options || 'pool' in options ? {} : { pool: pool.collector, name: pool.scheddName };
  return fetchToken({ ...target, onReduced: 'ignore', retries: 0, ...options });
}

/** Returns a token's header and claims, decoded independently of the code under test. */
export function claimsOf(jwt: string): Record<string, unknown> {
  const [header, payload] = jwt.trim().split('.');
  const decode = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  return { ...decode(header), ...decode(payload) };
}

/** Runs HTCondor's own tool in the pool with this IDTOKEN as its only credential. The tool is the oracle. */
export async function referenceFetch(
  pool: Pool,
  idtoken: string,
  args: readonly string[],
  env: Record<string, string> = {},
) {
  const directory = `/tmp/reference-${Math.random().toString(36).slice(2)}`;
  await pool.exec(['mkdir', '-m', '700', directory]);
  await pool.write(`${directory}/credential`, `${idtoken}\n`, 0o600);
  return await pool.exec(['condor_token_fetch', ...args], { env: { ...onlyToken(directory), ...env } });
}

/** Returns environment variables with which HTCondor's tools can use only the tokens in one directory. */
export function onlyToken(directory: string): Record<string, string> {
  return {
    _CONDOR_SEC_TOKEN_DIRECTORY: directory,
    _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'IDTOKENS',
    _CONDOR_SEC_CLIENT_AUTHENTICATION: 'REQUIRED',
  };
}
