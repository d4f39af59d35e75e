/** Credentials of a job without a stored secret: its own OIDC token, or what a token service issues in exchange. */
import { CredentialError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import type { Secret } from '../runtime/secret.ts';
import { describeClaims } from '../token/bearer.ts';
import { algorithmOf } from '../token/jwt.ts';
import { proxyFor } from './http-proxy.ts';
import { openAhead } from './https.ts';
import { jobToken } from './job-token.ts';
import type { KeylessSource } from './keyless-source.ts';
import type { CredentialSources } from './load.ts';
import { readSciToken } from './scitokens.ts';
import { askTokenService } from './token-exchange.ts';
import type { Answer } from './token-service.ts';
import { loadTrust, systemTrust, type TrustSource } from './trust.ts';

/** Algorithms with a shared key. An IDTOKEN is signed with one of them; a SciToken never is. */
const SHARED_KEY = /^HS/i;

/** A SciToken to authenticate with, or an IDTOKEN that a token service issued, which is the result itself. */
export type Bearer =
  | { readonly kind: 'scitoken'; readonly token: Secret }
  | {
      readonly kind: 'idtoken';
      readonly token: Secret;
      /** The identity that the service named, if it named one. */
      readonly identity: string | undefined;
      /** Origin of the token service. */
      readonly service: string;
    };

/**
 * Obtains the bearer token of a keyless job: from the OIDC endpoint of the runner, from a token service, or both.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL, ERR_CREDENTIAL_UNREADABLE; ConnectError.
 */
export async function resolveBearer(
  { job, service, proxies, extraCertificates: extra }: KeylessSource,
  credentials: CredentialSources,
  authz: readonly string[],
  host: Host,
): Promise<Bearer> {
  const { trust } = credentials;
  const withExtra = (source: TrustSource) =>
    loadTrust(extra === undefined ? source : { ...source, files: [...source.files, extra] }, host)(undefined);
  const tlsForJob = withExtra(systemTrust(trust));
  if (service === undefined) {
    const token = job === undefined ? given(credentials, host) : await jobToken(job, tlsForJob, proxies, host);
    return { kind: 'scitoken', token };
  }
  const tlsFor = withExtra(trust);
  const { url } = service;
  if (job !== undefined) warnOfAudience(job.audience, url, host);
  const { authorities } = await tlsFor(url.hostname);
  const ahead = { url, authorities, proxy: proxyFor(proxies, url) };
  const connection = job === undefined ? undefined : openAhead(ahead, host);
  let answer: Answer;
  try {
    const bearer = job === undefined ? given(credentials, host) : await jobToken(job, tlsForJob, proxies, host);
    const claims = describeClaims(bearer);
    host.log.debug(`credentials: the job token has ${claims}`);
    const request = { service, bearer, authz, tlsFor, proxies, connection };
    answer = await askTokenService(request, host).catch((error: unknown) => {
      if (error instanceof CredentialError) host.log.info(`The job token that was refused has ${claims}`);
      throw error;
    });
  } finally {
    connection?.close();
  }
  host.log.debug(`credentials: ${url.origin} issued a token`);
  const { token } = answer;
  if (!SHARED_KEY.test(algorithmOf(token) ?? '')) return { kind: 'scitoken', token };
  return { kind: 'idtoken', token, identity: answer.text('identity'), service: url.origin };
}

/** A job token for one site that is sent to another one can be used by the other one. */
function warnOfAudience(audience: string, url: URL, host: Host): void {
  const origin = URL.canParse(audience) ? new URL(audience).origin : audience;
  if (origin === url.origin) return;
  host.log.warn(
    `oidc-audience ${audience} is of another origin than token-service ${url.origin}, which could use the job token there`,
  );
}

function given(credentials: CredentialSources, host: Host): Secret {
  const found = readSciToken(credentials.scitoken, host);
  if (typeof found !== 'string') return found.jwt;
  throw new CredentialError('ERR_NO_CREDENTIAL', `token-service: there is no token to exchange: ${found}`);
}
