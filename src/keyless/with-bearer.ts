/** CI without a stored secret: the job's own OIDC token, and a service that makes one for the pool of it. */
import { readSciToken } from '../credentials/scitoken.ts';
import { loadTrust } from '../credentials/trust.ts';
import { CredentialError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { Secret } from '../secret.ts';
import { algorithmOf } from '../token/jwt.ts';
import type { TokenRequest } from '../wanted.ts';
import { jobToken } from './job-token.ts';
import { askTokenService } from './token-service.ts';

/** How IDTOKENs are signed: with a key that both sides have. What others sign with a key of their own is a SciToken. */
const SHARED_KEY = /^HS/i;

/**
 * The request with the bearer token in it: as the SciToken to authenticate with, or as the IDTOKEN that was wanted in the
 * first place. A request that is not keyless stays as it is.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL, ERR_CREDENTIAL_UNREADABLE; ConnectError.
 */
export async function withBearer(request: TokenRequest, host: Host): Promise<TokenRequest> {
  const { keyless, credentials, authz, checkOnly, mode, remote } = request;
  if (keyless === undefined) return request;
  const { job, service: url } = keyless;
  const tlsFor = loadTrust(credentials.trust, host)(undefined);
  const bearer = job === undefined ? given(request, host) : await jobToken(job, tlsFor, host);
  if (url === undefined) return withSciToken(request, bearer);
  const answer = await askTokenService({ url, bearer, authz, tlsFor }, host);
  host.log.debug(`credentials: ${url.origin} has made a token for us`);
  if (!SHARED_KEY.test(algorithmOf(answer.token) ?? '')) return withSciToken(request, answer.token);
  if (mode !== 'fetch' || remote) {
    const instead = remote ? 'remote' : `mode ${mode}`;
    const text = `token-service: the token service answers with an IDTOKEN, which does not go with ${instead}`;
    throw new CredentialError('ERR_CREDENTIAL_UNREADABLE', text, { peer: url.origin });
  }
  if (checkOnly) host.log.warn('The token service has made an IDTOKEN, which is thrown away after the check');
  return { ...request, issued: { jwt: answer.token, identity: answer.text('identity') } };
}

function withSciToken(request: TokenRequest, text: Secret): TokenRequest {
  const { credentials } = request;
  return { ...request, credentials: { ...credentials, scitoken: { ...credentials.scitoken, text } } };
}

function given({ credentials }: TokenRequest, host: Host): Secret {
  const found = readSciToken(credentials.scitoken, host);
  if (typeof found !== 'string') return found.jwt;
  throw new CredentialError('ERR_NO_CREDENTIAL', `token-service: there is no token for it: ${found}`);
}
