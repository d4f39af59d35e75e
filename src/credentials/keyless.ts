/** Credentials of a job without a stored secret: its own OIDC token, or what a token service issues in exchange. */
import { CredentialError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import type { Secret } from '../runtime/secret.ts';
import { algorithmOf } from '../token/jwt.ts';
import { jobToken } from './job-token.ts';
import type { KeylessSource } from './keyless-source.ts';
import type { CredentialSources } from './load.ts';
import { readSciToken } from './scitokens.ts';
import { askTokenService } from './token-exchange.ts';
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
  { job, service: url, proxies, extraCertificates: extra }: KeylessSource,
  credentials: CredentialSources,
  authz: readonly string[],
  host: Host,
): Promise<Bearer> {
  const { trust } = credentials;
  const withExtra = (source: TrustSource) =>
    loadTrust(extra === undefined ? source : { ...source, files: [...source.files, extra] }, host)(undefined);
  const tlsFor = withExtra(trust);
  const tlsForJob = withExtra(systemTrust(trust));
  const bearer = job === undefined ? given(credentials, host) : await jobToken(job, tlsForJob, proxies, host);
  if (url === undefined) return { kind: 'scitoken', token: bearer };
  const answer = await askTokenService({ url, bearer, authz, tlsFor, proxies }, host);
  host.log.debug(`credentials: ${url.origin} issued a token`);
  const { token } = answer;
  if (!SHARED_KEY.test(algorithmOf(token) ?? '')) return { kind: 'scitoken', token };
  return { kind: 'idtoken', token, identity: answer.text('identity'), service: url.origin };
}

function given(credentials: CredentialSources, host: Host): Secret {
  const found = readSciToken(credentials.scitoken, host);
  if (typeof found !== 'string') return found.jwt;
  throw new CredentialError('ERR_NO_CREDENTIAL', `token-service: there is no token to exchange: ${found}`);
}
