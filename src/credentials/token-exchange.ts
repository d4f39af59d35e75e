import type { Host } from '../runtime/host.ts';
import type { Secret } from '../runtime/secret.ts';
import type { TlsFor } from '../security/methods/ssl.ts';
import type { ProxySettings } from './http-proxy.ts';
import type { HttpConnection } from './https.ts';
import type { TokenGrant, TokenServiceSource } from './load.ts';
import { askTokenEndpoint, type TokenEndpointResponse } from './token-service.ts';

/** A bearer token to exchange, and the token service. */
interface ExchangeRequest {
  readonly service: TokenServiceSource;
  readonly bearer: Secret;
  /** A connection to the service that is open already, or undefined. */
  readonly connection: HttpConnection | undefined;
  /** Requested authorization levels. Empty: the service decides. */
  readonly authz: readonly string[];
  readonly tlsFor: TlsFor;
  readonly proxies: ProxySettings;
}

const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt';
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** The parameters of each grant. The token itself is the client's authentication where the grant needs one. */
function parametersOf(grant: TokenGrant, jwt: string): Readonly<Record<string, string>> {
  const assertion = { client_assertion_type: ASSERTION_TYPE, client_assertion: jwt };
  switch (grant) {
    case 'token-exchange':
      return {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: jwt,
        subject_token_type: JWT_TYPE,
      };
    case 'client-credentials':
      return { grant_type: 'client_credentials', ...assertion };
    case 'jwt-bearer':
      return { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: jwt, ...assertion };
  }
}

/**
 * Exchanges a bearer token at a token service. With `token-exchange`, one request suits two kinds of service:
 * one of RFC 8693 returns `access_token`, and one that reads the bearer header alone returns `token`.
 *
 * @throws what `askTokenEndpoint` throws.
 */
export function askTokenService(
  { service, bearer, authz, tlsFor, proxies, connection }: ExchangeRequest,
  host: Host,
): Promise<TokenEndpointResponse> {
  const { url, grant, lifetimeSeconds, identity, userAgent } = service;
  const jwt = bearer.reveal();
  const body = new URLSearchParams({
    ...parametersOf(grant, jwt),
    ...(lifetimeSeconds === undefined ? {} : { lifetime: String(lifetimeSeconds) }),
    ...(identity === undefined ? {} : { identity }),
    ...(authz.length === 0 ? {} : { scope: authz.map((level) => `condor:/${level}`).join(' ') }),
  });
  const headers = {
    ...(grant === 'token-exchange' ? { authorization: `Bearer ${jwt}` } : {}),
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
    'user-agent': userAgent,
  };
  const members = ['access_token', 'token'];
  const who = 'token-service: the token service';
  const form = { method: 'POST', headers, body: body.toString() } as const;
  return askTokenEndpoint({ ...form, who, members, url, tlsFor, proxies, connection }, host);
}
