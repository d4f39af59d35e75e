import { resolveBearer } from '../credentials/keyless.ts';
import { CredentialError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import type { TokenRequest } from './request.ts';

/**
 * The request with its bearer token: as the SciToken to authenticate with, or as the IDTOKEN that a token service issued.
 * A request that is not keyless is returned unchanged.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL, ERR_CREDENTIAL_UNREADABLE; ConnectError.
 */
export async function withBearer(request: TokenRequest, host: Host): Promise<TokenRequest> {
  const { keyless, credentials, authz, checkOnly, mode, remote } = request;
  if (keyless === undefined) return request;
  const bearer = await resolveBearer(keyless, credentials, authz, host);
  if (bearer.kind === 'scitoken') {
    const name = keyless.service === undefined ? 'oidc-audience' : 'token-service';
    const scitoken = { ...credentials.scitoken, text: bearer.token, name };
    return { ...request, credentials: { ...credentials, scitoken } };
  }
  if (mode !== 'fetch' || remote) {
    const instead = remote ? 'remote' : `mode ${mode}`;
    const text = `token-service: the token service returned an IDTOKEN, which is not supported with ${instead}`;
    throw new CredentialError('ERR_CREDENTIAL_UNREADABLE', text, { peer: bearer.service });
  }
  if (checkOnly) host.log.warn('The token service issued an IDTOKEN, which is discarded after the check');
  return { ...request, issued: { jwt: bearer.token, identity: bearer.identity } };
}
