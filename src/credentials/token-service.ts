/** Sends requests to an HTTPS service that returns a token: a token service, or the OIDC endpoint of the runner. */
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
  /** Names of the input and the service, for use in error messages. */
  readonly who: string;
  /** The reason that is reported for every refusal. If undefined, the reason depends on the response. */
  readonly refused?: CredentialReason;
  /** Members of the JSON response that could contain the token. The first member that is present is used. */
  readonly members: readonly string[];
  readonly tlsFor: TlsFor;
  readonly proxies: ProxySettings;
}

export interface TokenEndpointResponse {
  readonly token: Secret;
  /** Returns the value of a member of the JSON response; undefined unless the value is a string. */
  text(name: string): string | undefined;
}

/** A bearer token, and the token service that exchanges it. */
interface ExchangeRequest {
  readonly service: TokenServiceSource;
  readonly bearer: Secret;
  /** A connection to the service that was opened in advance; undefined if there is none. */
  readonly connection: HttpConnection | undefined;
  /** Requested authorization levels. If empty, the service decides. */
  readonly authz: readonly string[];
  readonly tlsFor: TlsFor;
  readonly proxies: ProxySettings;
}

const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt';
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * Returns the form parameters for a grant type. If the grant requires client authentication, the bearer token serves as
 * the client assertion.
 */
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
 * Exchanges a bearer token at a token service. With `token-exchange`, the same request works with two kinds of service.
 * An RFC 8693 service returns `access_token`. A service that reads only the Authorization header returns `token`.
 *
 * @throws anything that `askTokenEndpoint` throws.
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
 * @throws ConnectError ERR_CONNECT or ERR_TIMEOUT if the service does not respond, and anything that `readResponse`
 * throws.
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

/**
 * Matches words that are long enough to be the token that was sent. These words are hidden when an error is printed.
 */
const NO_WORD = /\S{40,}/g;
/** Maximum length, in characters, of the text that is printed from a service's error. */
const MAX_REASON_LENGTH = 300;
const HTML = /^\s{0,100}<(!doctype|html)/i;

/** The fields of a request that are needed to read its response. */
type Requested = Pick<TokenEndpointRequest, 'who' | 'refused' | 'members' | 'url'> &
  Partial<Pick<TokenEndpointRequest, 'headers'>>;

/**
 * Reads the response of a service that returns a token.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL, with the service's reason, if the service refuses;
 * ERR_CREDENTIAL_UNREADABLE if the response contains no token.
 * @throws ConnectError ERR_CONNECT if a retry might succeed.
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

/** Returns the error for an unsuccessful response, including the service's reason. */
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

/** Number of consecutive characters that an error text and a token are unlikely to share by chance. */
const QUOTED_LENGTH = 12;
/** Maximum length, in characters, of an error text that is compared with the token. Longer texts are not printed. */
const MAX_COMPARED_LENGTH = 4096;

/** Hides long words in an error, and the whole error if it contains part of the token that was sent. */
function withoutToken(reason: string, sent: string): string {
  const shown = reason.replace(NO_WORD, '***');
  return quotes(shown, sent) ? '***' : shown;
}

/**
 * True if a string contains part of the token. White space is ignored, so that a service cannot evade the check by
 * breaking up the token.
 */
function quotes(text: string, sent: string): boolean {
  const [, token = sent] = sent.split(' ');
  const bare = text.replace(/\s/g, '');
  if (bare.length > MAX_COMPARED_LENGTH) return true;
  for (let at = 0; at + QUOTED_LENGTH <= bare.length; at++)
    if (token.includes(bare.slice(at, at + QUOTED_LENGTH))) return true;
  return false;
}

/**
 * Returns the pause in milliseconds that the Retry-After header requests. A date in the header refers to the service's
 * clock (RFC 9110 §10.2.3).
 */
function retryAfterOf(header: HttpResponse['header'], now: Date): number | undefined {
  const value = header('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const [at, theirNow] = [value, header('date') ?? ''].map((each) =>
    each.length > 40 ? Number.NaN : Date.parse(each),
  );
  if (at === undefined || Number.isNaN(at)) return undefined;
  return Math.max(0, at - (theirNow === undefined || Number.isNaN(theirNow) ? now.getTime() : theirNow));
}

/** Returns a function that looks up the string members of a JSON object by name. */
function membersOf(text: string): TokenEndpointResponse['text'] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // A response that is not JSON has no members.
  }
  const members = new Map(Object.entries(value ?? {}) as [string, unknown][]);
  return (name) => {
    const member = members.get(name);
    return typeof member === 'string' ? member : undefined;
  };
}
