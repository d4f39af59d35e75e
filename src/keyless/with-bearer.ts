/** CI without a stored secret: the job's own OIDC token, and a service that makes one for the pool of it. */
import { readSciToken } from '../credentials/scitoken.ts';
import { loadTrust } from '../credentials/trust.ts';
import { inPhase } from '../daemon/open-session.ts';
import { CredentialError, InputError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { InputSource, Surroundings } from '../inputs/table.ts';
import { plainText } from '../inputs/words.ts';
import { checkTokenPath } from '../output/token-file.ts';
import { withRetries } from '../retry.ts';
import type { Secret } from '../secret.ts';
import { algorithmOf } from '../token/jwt.ts';
import type { TokenRequest } from '../wanted.ts';
import { jobToken } from './job-token.ts';
import { askTokenService } from './token-service.ts';
import { serviceUrl } from './url.ts';

/** How IDTOKENs are signed: with a key that both sides have. What others sign with a key of their own is a SciToken. */
const SHARED_KEY = /^HS/i;

/**
 * The request with the bearer token in it that `oidc-audience` and `token-service` ask for: as the SciToken to authenticate
 * with, or as the IDTOKEN that was wanted in the first place. Without these inputs it stays as it is.
 *
 * @throws InputError before any connection.
 * @throws CredentialError, ConnectError in the phase credentials.
 */
export async function withBearer(
  request: TokenRequest,
  input: InputSource,
  env: Surroundings['env'],
  host: Host,
): Promise<TokenRequest> {
  const audience = plainText('oidc-audience', input('oidc-audience'));
  const service = input('token-service');
  if (audience === undefined && service === undefined) return request;
  const url = service === undefined ? undefined : serviceUrl('token-service', service);
  const { scitoken, trust } = request.credentials;
  if (audience !== undefined && scitoken.text !== undefined)
    throw new InputError('scitoken', 'scitoken: with oidc-audience the job has its own; leave scitoken out');
  const { path, checkOnly, mode, remote } = request;
  if (path !== undefined) await inPhase('deliver', undefined, () => checkTokenPath(path));

  const obtain = async (within: Host): Promise<TokenRequest> => {
    const tlsFor = loadTrust(trust, within)(undefined);
    const bearer = audience === undefined ? given(request, within) : await jobToken(audience, env, tlsFor, within);
    if (url === undefined) return withSciToken(request, bearer);
    const answer = await askTokenService({ url, bearer, authz: request.authz, tlsFor }, within);
    host.log.debug(`credentials: ${url.origin} has made a token for us`);
    if (!SHARED_KEY.test(algorithmOf(answer.token) ?? '')) return withSciToken(request, answer.token);
    if (mode !== 'fetch' || remote) {
      const instead = remote ? 'remote' : `mode ${mode}`;
      const text = `token-service: the token service answers with an IDTOKEN, which does not go with ${instead}`;
      throw new CredentialError('ERR_CREDENTIAL_UNREADABLE', text, { peer: url.origin });
    }
    if (checkOnly) host.log.warn('The token service has made an IDTOKEN, which is thrown away after the check');
    return { ...request, issued: { jwt: answer.token, identity: answer.text('identity') } };
  };
  const persistence = { retries: request.retries, patient: false };
  return await inPhase('credentials', undefined, () => withRetries(persistence, obtain, host));
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
