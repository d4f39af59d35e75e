/** Credentials of a job without a stored secret: its own OIDC token, or what a token service issues in exchange. */
import { CredentialError, withPhase } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import type { Secret } from '../runtime/secret.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import { algorithmOf, type IdToken, parseIdToken } from '../token/jwt.ts';
import type { CredentialSources, KeylessSource } from './load.ts';
import { readSciToken, type SciTokenSource } from './scitokens.ts';
import { askTokenService, jobToken } from './token-service.ts';
import { loadTrust, systemTrust, type TrustSource } from './trust.ts';

/** Algorithms with a shared key. An IDTOKEN is signed with one of them; a SciToken never is. */
const SHARED_KEY = /^HS/i;

/** A SciToken to authenticate with, or an IDTOKEN that a token service issued, which is the result itself. */
export type Bearer =
  | { readonly kind: 'scitoken'; readonly source: SciTokenSource }
  | {
      readonly kind: 'idtoken';
      readonly token: IdToken;
      /** The identity in the response of the token service. Undefined if there was none. */
      readonly identity: string | undefined;
    };

/** What a bearer token is needed for. */
interface KeylessRequest {
  /** Undefined: no bearer token is needed. */
  readonly keyless: KeylessSource | undefined;
  readonly credentials: CredentialSources;
  readonly authz: readonly string[];
  readonly mode: string;
  readonly remote: boolean;
  /** True if an IDTOKEN of the token service is discarded after the check. */
  readonly checkOnly: boolean;
}

/**
 * Obtains the bearer token of a keyless job: from the OIDC endpoint of the runner, from a token service, or both. Undefined
 * if the request is not keyless.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL, ERR_CREDENTIAL_UNREADABLE; ConnectError; TokenError ERR_TOKEN_MALFORMED.
 */
export async function resolveBearer(request: KeylessRequest, host: Host): Promise<Bearer | undefined> {
  const { keyless } = request;
  if (keyless === undefined) return undefined;
  return await withPhase('credentials', undefined, () => obtainBearer(keyless, request, host));
}

async function obtainBearer(
  { job, service: url, proxies, extraCertificates: extra }: KeylessSource,
  request: KeylessRequest,
  host: Host,
): Promise<Bearer> {
  const { credentials, authz } = request;
  const { trust, scitoken } = credentials;
  const withExtra = (source: TrustSource) =>
    loadTrust(extra === undefined ? source : { ...source, files: [...source.files, extra] }, host)(undefined);
  const tlsFor = withExtra(trust);
  const tlsForJob = withExtra(systemTrust(trust));
  const asSciToken = (text: Secret, name: string): Bearer => ({
    kind: 'scitoken',
    source: { ...scitoken, text, name },
  });
  const bearer = job === undefined ? suppliedToken(scitoken, host) : await jobToken(job, tlsForJob, proxies, host);
  if (url === undefined) return asSciToken(bearer, 'oidc-audience');
  const response = await askTokenService({ url, bearer, authz, tlsFor, proxies }, host);
  host.log.debug(`credentials: ${url.origin} has made a token for us`);
  const { token } = response;
  if (!SHARED_KEY.test(algorithmOf(token) ?? '')) return asSciToken(token, 'token-service');
  checkWantsIdToken(request, url, host);
  return { kind: 'idtoken', token: parseIdToken(token), identity: response.text('identity') };
}

function suppliedToken(source: SciTokenSource, host: Host): Secret {
  const found = readSciToken(source, host);
  if (!(found instanceof Unavailable)) return found.jwt;
  throw new CredentialError('ERR_NO_CREDENTIAL', `token-service: there is no token for it: ${found.reason}`);
}

/** @throws CredentialError ERR_CREDENTIAL_UNREADABLE if an IDTOKEN of the token service cannot be the result. */
function checkWantsIdToken({ mode, remote, checkOnly }: KeylessRequest, service: URL, host: Host): void {
  if (mode !== 'fetch' || remote) {
    const instead = remote ? 'remote' : `mode ${mode}`;
    const text = `token-service: the token service answers with an IDTOKEN, which does not go with ${instead}`;
    throw new CredentialError('ERR_CREDENTIAL_UNREADABLE', text, { peer: service.origin });
  }
  if (checkOnly) host.log.warn('The token service has made an IDTOKEN, which is thrown away after the check');
}
