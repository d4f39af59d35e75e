/**
 * Obtains a credential for a job that has no stored secret: the job's OIDC token, or a token that a token service
 * issues in exchange.
 */
import { CredentialError, withPhase } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import type { Secret } from '../runtime/secret.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import type { TlsFor } from '../security/methods/ssl.ts';
import { describeClaims } from '../token/bearer.ts';
import { algorithmOf, type IdToken, parseIdToken, SHARED_KEY, secretsOf } from '../token/jwt.ts';
import { type ProxySettings, proxyFor } from './http-proxy.ts';
import { openAhead } from './https.ts';
import type { CredentialSources, JobSource, KeylessSource, TokenServiceSource } from './load.ts';
import { readSciToken, type SciTokenSource } from './scitokens.ts';
import { askTokenEndpoint, askTokenService, type TokenEndpointResponse } from './token-service.ts';
import { loadTrust, systemTrust, type TrustSource } from './trust.ts';

/**
 * A SciToken to authenticate with, or an IDTOKEN that a token service issued. Such an IDTOKEN is already the result of
 * the fetch.
 */
export type Bearer =
  | { readonly kind: 'scitoken'; readonly source: SciTokenSource }
  | {
      readonly kind: 'idtoken';
      readonly token: IdToken;
      /** The identity in the token service's response; undefined if the response contains none. */
      readonly identity: string | undefined;
    };

/** The fields of a request that are needed to obtain its bearer token. */
interface KeylessRequest {
  /** Undefined if the request needs no bearer token. */
  readonly keyless: KeylessSource | undefined;
  readonly credentials: CredentialSources;
  readonly authz: readonly string[];
  readonly mode: string;
  readonly remote: boolean;
  /** True if the run is only a check, after which an IDTOKEN from the token service is discarded. */
  readonly checkOnly: boolean;
}

/**
 * Obtains the bearer token of a keyless job: the job's OIDC token, or the token that a token service returns in
 * exchange for another token. Returns undefined if the request is not keyless.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL or ERR_CREDENTIAL_UNREADABLE; ConnectError; TokenError ERR_TOKEN_MALFORMED.
 */
export async function resolveBearer(request: KeylessRequest, host: Host): Promise<Bearer | undefined> {
  const { keyless } = request;
  if (keyless === undefined) return undefined;
  return await withPhase('credentials', undefined, () => obtainBearer(keyless, request, host));
}

async function obtainBearer(source: KeylessSource, request: KeylessRequest, host: Host): Promise<Bearer> {
  const { service } = source;
  const { scitoken } = request.credentials;
  const asSciToken = (text: Secret, name: string): Bearer => ({
    kind: 'scitoken',
    source: { ...scitoken, text, name },
  });
  if (service === undefined) return asSciToken(await bearerToken(source, request, host), 'oidc-audience');
  const response = await exchange(service, source, request, host);
  host.log.debug(`credentials: ${service.url.origin} issued a token`);
  const { token } = response;
  if (!SHARED_KEY.test(algorithmOf(token) ?? '')) return asSciToken(token, 'token-service');
  checkWantsIdToken(request, service.url, host);
  return { kind: 'idtoken', token: parseIdToken(token), identity: response.text('identity') };
}

/**
 * Exchanges the bearer token at the token service. If the job's OIDC token must be requested first, the connection to
 * the token service is opened at the same time.
 */
async function exchange(
  service: TokenServiceSource,
  source: KeylessSource,
  request: KeylessRequest,
  host: Host,
): Promise<TokenEndpointResponse> {
  const { job, proxies } = source;
  const { url } = service;
  const { authz, credentials } = request;
  const tlsFor = tlsWith(credentials.trust, source, host);
  if (job !== undefined) warnAboutAudience(job.audience, url, host);
  const { authorities } = await tlsFor(url.hostname);
  const ahead = { url, authorities, proxy: proxyFor(proxies, url) };
  const connection = job === undefined ? undefined : openAhead(ahead, host);
  try {
    const bearer = await bearerToken(source, request, host);
    const claims = describeClaims(bearer);
    host.log.debug(`credentials: claims of the job token: ${claims}`);
    const asked = { service, bearer, authz, tlsFor, proxies, connection };
    return await askTokenService(asked, host).catch((error: unknown) => {
      if (error instanceof CredentialError) host.log.info(`Claims of the refused job token: ${claims}`);
      throw error;
    });
  } finally {
    connection?.close();
  }
}

async function bearerToken(source: KeylessSource, { credentials }: KeylessRequest, host: Host): Promise<Secret> {
  const { job, proxies } = source;
  if (job === undefined) return suppliedToken(credentials.scitoken, host);
  return await jobToken(job, tlsWith(systemTrust(credentials.trust), source, host), proxies, host);
}

/**
 * Requests the job's OIDC token with the protocol of GitHub's runner (oidc-utils of @actions/core).
 *
 * @throws CredentialError ERR_NO_CREDENTIAL if the job is not permitted to request an OIDC token, and anything that
 * `askTokenEndpoint` throws.
 */
async function jobToken(
  { audience, runner, userAgent }: JobSource,
  tlsFor: TlsFor,
  proxies: ProxySettings,
  host: Host,
): Promise<Secret> {
  if (runner === undefined)
    throw new CredentialError(
      'ERR_NO_CREDENTIAL',
      'oidc-audience: this job is not permitted to request an OIDC token',
      {
        reason: 'no-job-token',
      },
    );
  const url = new URL(runner.url);
  url.searchParams.set('audience', audience);
  for (const secret of secretsOf(runner.bearer)) host.mask(secret);
  const authorization = `Bearer ${runner.bearer.reveal()}`;
  const headers = { authorization, accept: 'application/json', 'user-agent': userAgent };
  const who = 'oidc-audience: the OIDC service of the runner';
  const request = {
    who,
    refused: 'job-token-refused',
    members: ['value'],
    url,
    method: 'GET',
    headers,
    tlsFor,
    proxies,
  } as const;
  const { token } = await askTokenEndpoint(request, host);
  return token;
}

function tlsWith(trust: TrustSource, { extraCertificates: extra }: KeylessSource, host: Host): TlsFor {
  return loadTrust(extra === undefined ? trust : { ...trust, files: [...trust.files, extra] }, host)(undefined);
}

/**
 * Warns if the audience of the job token is a site other than the token service, because the service could then use the
 * token at that site.
 */
function warnAboutAudience(audience: string, url: URL, host: Host): void {
  const origin = URL.canParse(audience) ? new URL(audience).origin : audience;
  if (origin === url.origin) return;
  host.log.warn(
    `oidc-audience ${audience} has a different origin than token-service ${url.origin}. The service can use the job token at the other origin. Omit oidc-audience unless the service requires it`,
  );
}

function suppliedToken(source: SciTokenSource, host: Host): Secret {
  const found = readSciToken(source, host);
  if (!(found instanceof Unavailable)) return found.jwt;
  throw new CredentialError('ERR_NO_CREDENTIAL', `token-service: there is no token to exchange: ${found.reason}`, {
    reason: 'no-token-to-exchange',
  });
}

/**
 * Checks that an IDTOKEN from the token service can be the result of the fetch.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE if it cannot.
 */
function checkWantsIdToken({ mode, remote, checkOnly }: KeylessRequest, service: URL, host: Host): void {
  if (mode !== 'fetch' || remote) {
    const instead = remote ? 'remote' : `mode ${mode}`;
    const text = `token-service: the token service returned an IDTOKEN, which is not supported with ${instead}`;
    throw new CredentialError('ERR_CREDENTIAL_UNREADABLE', text, { peer: service.origin, reason: 'service-idtoken' });
  }
  if (checkOnly)
    host.log.warn('The token service issued an IDTOKEN, which is discarded after the check. No action is needed');
}
