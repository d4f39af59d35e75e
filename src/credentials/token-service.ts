/** Requests to an HTTPS service that returns a token: a token service, and the OIDC endpoint of the runner. */
import { ConnectError, CredentialError, type HTCondorError } from '../errors.ts';
import { type CredentialReason, reasonIn, SERVICE_REFUSALS } from '../reasons.ts';
import type { Host } from '../runtime/host.ts';
import { printable } from '../runtime/printable.ts';
import { Secret } from '../runtime/secret.ts';
import type { TlsFor } from '../security/methods/ssl.ts';
import { algorithmOf, maskJwt } from '../token/jwt.ts';
import { type ProxySettings, proxyFor } from './http-proxy.ts';
import { type HttpConnection, type HttpRequest, type HttpResponse, sendHttp } from './https.ts';
import type { TokenGrant, TokenServiceSource } from './load.ts';

interface TokenEndpointRequest extends Omit<HttpRequest, 'authorities' | 'proxy'> {
  /** Input and service, for messages. */
  readonly who: string;
  /** Reason of every refusal. Undefined: it depends on the response. */
  readonly refused?: CredentialReason;
  /** Members of the JSON response that may hold the token. The first one that is present counts. */
  readonly members: readonly string[];
  readonly tlsFor: TlsFor;
  readonly proxies: ProxySettings;
}

export interface TokenEndpointResponse {
  readonly token: Secret;
  /** Returns a member of the response if it is a string. */
  text(name: string): string | undefined;
}

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

/** The parameters of each grant. If the grant requires client authentication, the token itself serves as that. */
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

function reasonOfRefusal(status: number, text: string): CredentialReason {
  if (status < 400) return 'service-redirects';
  if (status === 404 || status === 405) return 'service-not-found';
  return reasonIn(text, SERVICE_REFUSALS) ?? 'service-refused';
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

/**
 * Requests a token and masks it.
 *
 * @throws ConnectError ERR_CONNECT if there is no response; ERR_TIMEOUT; what `readResponse` throws.
 */
export async function askTokenEndpoint(
  { tlsFor, proxies, ...request }: TokenEndpointRequest,
  host: Host,
): Promise<TokenEndpointResponse> {
  const { url } = request;
  const { authorities } = await tlsFor(url.hostname);
  const proxy = proxyFor(proxies, url);
  for (const secret of proxy?.secrets ?? []) host.mask(secret);
  if (proxy !== undefined)
    host.log.debug(`credentials: ${url.origin} is contacted through the proxy ${proxy.url.origin}`);
  const response = await sendHttp({ ...request, authorities, proxy }, host);
  const result = readResponse(request, response, host.now());
  maskJwt(result.token, host);
  return result;
}

/** A word of this length in an error may be the token that was sent, so it is not printed. */
const NO_WORD = /\S{40,}/g;
/** Maximum length of a service's error that is printed, in characters. */
const MAX_REASON_LENGTH = 300;
const HTML = /^\s{0,100}<(!doctype|html)/i;

/** The parts of a request that are needed to read its response. */
type Requested = Pick<TokenEndpointRequest, 'who' | 'refused' | 'members' | 'url'> &
  Partial<Pick<TokenEndpointRequest, 'headers'>>;

/**
 * Reads a response.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL if the service refuses, with its reason; ERR_CREDENTIAL_UNREADABLE if the
 *   response has no token.
 * @throws ConnectError ERR_CONNECT if a retry may succeed.
 */
export function readResponse(request: Requested, response: HttpResponse, now: Date): TokenEndpointResponse {
  const { who, members, url } = request;
  const { status, text } = response;
  const member = membersOf(text);
  if (status < 200 || status > 299) throw refusal(request, response, member, now);
  const token = new Secret(members.flatMap((name) => member(name) ?? [])[0] ?? '');
  if (algorithmOf(token) === undefined) {
    const isPage = HTML.test(text);
    const what = isPage ? 'an HTML page instead of JSON' : `no token in ${members.join(' or ')}`;
    const reason = isPage ? 'service-html' : 'service-no-token';
    throw new CredentialError('ERR_CREDENTIAL_UNREADABLE', `${who} returned ${what}`, { peer: url.origin, reason });
  }
  return { token, text: member };
}

/** Returns the error for a response without success, with the reason that the service gives. */
function refusal(
  { who, refused, url, headers }: Requested,
  { status, text, header }: HttpResponse,
  member: TokenEndpointResponse['text'],
  now: Date,
): HTCondorError {
  const peer = url.origin;
  const words = ['error', 'error_description', 'detail', 'message'].flatMap((name) => member(name) ?? []);
  if (words.length === 0 && HTML.test(text)) words.push('an HTML page');
  const shown = words.map((each) => withoutToken(each, headers?.['authorization'] ?? ''));
  const explanation = printable([String(status), ...shown].join(': ')).slice(0, MAX_REASON_LENGTH);
  if (status === 429 || status >= 500) {
    const retryAfterMs = retryAfterOf(header, now);
    const when = retryAfterMs === undefined ? '' : ` and requests a pause of ${Math.ceil(retryAfterMs / 1000)} s`;
    const reason = status === 429 || status === 503 ? 'service-busy' : 'service-unreachable';
    return new ConnectError('ERR_CONNECT', `${who} returned status ${explanation}${when}`, {
      peer,
      reason,
      retryAfterMs,
    });
  }
  const facts = { peer, reason: refused ?? reasonOfRefusal(status, explanation), details: { status: String(status) } };
  return new CredentialError('ERR_NO_CREDENTIAL', `${who} issued no token: ${explanation}`, facts);
}

/** Length of a sequence that an error and a token do not share by chance, in characters. */
const QUOTED_LENGTH = 12;
/** Maximum length of an error that is compared with the token, in characters. A longer error is not printed. */
const MAX_COMPARED_LENGTH = 4096;

/** Removes parts of the token that was sent from an error. */
function withoutToken(reason: string, sent: string): string {
  const shown = reason.replace(NO_WORD, '***');
  return quotes(shown, sent) ? '***' : shown;
}

/** True if a string repeats a part of the token. Blanks are ignored, so that a service cannot split the token with them. */
function quotes(text: string, sent: string): boolean {
  const [, token = sent] = sent.split(' ');
  const bare = text.replace(/\s/g, '');
  if (bare.length > MAX_COMPARED_LENGTH) return true;
  for (let at = 0; at + QUOTED_LENGTH <= bare.length; at++)
    if (token.includes(bare.slice(at, at + QUOTED_LENGTH))) return true;
  return false;
}

/** Returns the pause that Retry-After requests, in milliseconds. A date is by the service's clock (RFC 9110 §10.2.3). */
function retryAfterOf(header: HttpResponse['header'], now: Date): number | undefined {
  const value = header('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const [at, theirNow] = [value, header('date') ?? ''].map((each) =>
    each.length > 40 ? Number.NaN : Date.parse(each),
  );
  if (at === undefined || Number.isNaN(at)) return undefined;
  return Math.max(0, at - (theirNow === undefined || Number.isNaN(theirNow) ? now.getTime() : theirNow));
}

/** Returns the string members of a JSON object. */
function membersOf(text: string): TokenEndpointResponse['text'] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Text that is not JSON has no members.
  }
  const members = new Map(Object.entries(value ?? {}) as [string, unknown][]);
  return (name) => {
    const member = members.get(name);
    return typeof member === 'string' ? member : undefined;
  };
}
