import type { Host } from '../runtime/host.ts';
import type { Secret } from '../runtime/secret.ts';
import type { TlsFor } from '../security/methods/ssl.ts';
import type { ProxySettings } from './http-proxy.ts';
import { type Answer, askForToken } from './token-service.ts';

/** What a bearer token is to be made of, and where. */
interface ServiceRequest {
  readonly url: URL;
  readonly bearer: Secret;
  /** Authorization levels that are wanted; empty: the service decides. */
  readonly authz: readonly string[];
  readonly tlsFor: TlsFor;
  readonly proxies: ProxySettings;
}

/**
 * Has a token service make another token of a bearer token. One request for both kinds of them: a token exchange (RFC 8693),
 * of which `access_token` comes back, and a broker that takes the bearer token alone, of which `token` does.
 *
 * @throws what askForToken throws.
 */
export function askTokenService({ url, bearer, authz, tlsFor, proxies }: ServiceRequest, host: Host): Promise<Answer> {
  const jwt = bearer.reveal();
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: jwt,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    ...(authz.length === 0 ? {} : { scope: authz.map((level) => `condor:/${level}`).join(' ') }),
  });
  const headers = {
    authorization: `Bearer ${jwt}`,
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  };
  const members = ['access_token', 'token'];
  const who = 'token-service: the token service';
  return askForToken({ who, members, url, method: 'POST', headers, body: body.toString(), tlsFor, proxies }, host);
}
