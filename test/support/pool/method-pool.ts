/** A pool in which alice has a credential for every method. */
import assert from 'node:assert/strict';
import { type AuthenticationError, type FetchedToken, type FetchOptions, fetchToken } from '../../../src/index.ts';
import { advised } from '../errors/advice.ts';
import type { ErrorName } from '../errors/every-error.ts';
import { type SecurePool, type SecurePoolOptions, startSecurePool } from './secure-pool.ts';

export const IDTOKENS = { _CONDOR_SEC_TOKEN_DIRECTORY: '/home/alice/.condor/tokens.d' };
export const SSL = {
  _CONDOR_AUTH_SSL_CLIENT_CERTFILE: '/home/alice/cert.pem',
  _CONDOR_AUTH_SSL_CLIENT_KEYFILE: '/home/alice/key.pem',
};
export const SCITOKEN = { BEARER_TOKEN_FILE: '/home/alice/scitoken' };

/** Returns environment variables that restrict HTCondor's client to these methods. */
export const only = (methods: string) => ({ _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: methods });

/** Returns arguments that select the pool's schedd. */
export const fromSchedd = ({ collector, pool }: SecurePool) => ['-pool', collector, '-name', pool.scheddName];

export interface MethodPool extends SecurePool {
  /** The sinful string of the schedd. */
  readonly address: string;
  /** Fetches a token from the schedd with the library, on this host rather than in the pool's root directory. */
  fetch(options: FetchOptions): Promise<FetchedToken>;
}

export async function startMethodPool(options: SecurePoolOptions): Promise<MethodPool> {
  const secure = await startSecurePool(options);
  const { pool, put, alice, issuer, authority } = secure;
  await put('alice', '/home/alice/cert.pem', alice.certificate, 0o644);
  await put('alice', '/home/alice/key.pem', alice.key);
  await put('alice', '/home/alice/scitoken', `${issuer.issue('alice')}\n`);
  await pool.exec(['mkdir', '-p', '-m', '700', '/home/alice/.condor/tokens.d'], { user: 'alice' });
  await put('alice', '/home/alice/.condor/tokens.d/pool', `${await pool.idToken({ user: 'alice' })}\n`);
  const address = await pool.sinful('schedd', pool.scheddName);
  const fetch = (options: FetchOptions) =>
    fetchToken({ address, caCertificate: authority.certificate, onReduced: 'ignore', ...options });
  return { ...secure, address, fetch };
}

export async function assertAttempts(fetching: Promise<unknown>, reason: RegExp, name: ErrorName): Promise<void> {
  await assert.rejects(fetching, (error: AuthenticationError) => {
    assert.equal(error.code, 'ERR_METHODS_EXHAUSTED', error.message);
    assert.match(error.attempts.map((each) => `${each.method}: ${each.reason}`).join('\n'), reason);
    return advised(name)(error);
  });
}

export async function assertUnproven(fetching: Promise<unknown>, reason: RegExp, name: ErrorName): Promise<void> {
  await assert.rejects(fetching, (error: AuthenticationError) => {
    assert.deepEqual([error.code, error.phase], ['ERR_SERVER_UNPROVEN', 'session'], error.message);
    assert.match(error.attempts.map((each) => each.reason).join('\n'), reason);
    return advised(name)(error);
  });
}
