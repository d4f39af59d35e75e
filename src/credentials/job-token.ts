import { CredentialError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import type { Secret } from '../runtime/secret.ts';
import type { TlsFor } from '../security/methods/ssl.ts';
import { secretsOf } from '../token/jwt.ts';
import type { ProxySettings } from './http-proxy.ts';
import type { JobSource } from './keyless-source.ts';
import { askForToken } from './token-service.ts';

/**
 * The job's own OIDC token, as GitHub's runner and those like it give it (oidc-utils of @actions/core).
 *
 * @throws CredentialError ERR_NO_CREDENTIAL the job may not have one.
 * @throws what askForToken throws.
 */
export async function jobToken(
  { audience, runner, userAgent }: JobSource,
  tlsFor: TlsFor,
  proxies: ProxySettings,
  host: Host,
): Promise<Secret> {
  if (runner === undefined)
    throw new CredentialError('ERR_NO_CREDENTIAL', 'oidc-audience: this job is not permitted to request an OIDC token');
  const url = new URL(runner.url);
  url.searchParams.set('audience', audience);
  for (const secret of secretsOf(runner.bearer)) host.mask(secret);
  const authorization = `Bearer ${runner.bearer.reveal()}`;
  const headers = { authorization, accept: 'application/json', 'user-agent': userAgent };
  const who = 'oidc-audience: the OIDC service of the runner';
  const request = { who, members: ['value'], url, method: 'GET', headers, tlsFor, proxies } as const;
  const { token } = await askForToken(request, host);
  return token;
}
