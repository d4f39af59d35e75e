import { CredentialError } from '../errors.ts';
import type { Host } from '../host.ts';
import { Secret } from '../secret.ts';
import type { TlsFor } from '../security/methods/ssl.ts';
import { askForToken } from './answer.ts';
import { serviceUrl } from './url.ts';

/** Variables of a job that may have an OIDC token: where, and with what. Set with `permissions: id-token: write`. */
export const URL_VARIABLE = 'ACTIONS_ID_TOKEN_REQUEST_URL';
export const TOKEN_VARIABLE = 'ACTIONS_ID_TOKEN_REQUEST_TOKEN';

/**
 * The job's own OIDC token, as GitHub's runner and those like it give it (oidc-utils of @actions/core).
 *
 * @throws CredentialError ERR_NO_CREDENTIAL the job may not have one.
 * @throws what askForToken throws.
 */
export async function jobToken(
  audience: string,
  env: Readonly<Record<string, string | undefined>>,
  tlsFor: TlsFor,
  host: Host,
): Promise<Secret> {
  const [address, bearer] = [env[URL_VARIABLE] ?? '', env[TOKEN_VARIABLE] ?? ''];
  if (address === '' || bearer === '')
    throw new CredentialError(
      'ERR_NO_CREDENTIAL',
      `oidc-audience: this job may not have an OIDC token (${URL_VARIABLE})`,
    );
  const url = serviceUrl('oidc-audience', address);
  url.searchParams.set('audience', audience);
  host.mask(new Secret(bearer));
  const headers = { authorization: `Bearer ${bearer}`, accept: 'application/json' };
  const who = 'oidc-audience: the OIDC service of the runner';
  const { token } = await askForToken({ who, members: ['value'], url, method: 'GET', headers, tlsFor }, host);
  return token;
}
