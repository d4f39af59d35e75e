/** Requests to an HTTPS service that returns a token: the OIDC endpoint of the runner, and a token service. */
import { ConnectError, CredentialError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { printable } from '../runtime/printable.ts';
import { Secret } from '../runtime/secret.ts';
import type { TlsFor } from '../security/methods/ssl.ts';
import { algorithmOf, maskJwt, secretsOf } from '../token/jwt.ts';
import { type ProxySettings, proxyFor } from './http-proxy.ts';
import { type HttpRequest, type HttpResponse, sendHttp } from './https.ts';
import type { JobSource } from './load.ts';

interface TokenEndpointRequest extends Omit<HttpRequest, 'authorities' | 'proxy'> {
  /** Input and service, for messages. */
  readonly who: string;
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

/**
 * Requests the job's own OIDC token, with the protocol of GitHub's runner (oidc-utils of @actions/core).
 *
 * @throws CredentialError ERR_NO_CREDENTIAL if the job has no permission for one; what `askTokenEndpoint` throws.
 */
export async function jobToken(
  { audience, runner, userAgent }: JobSource,
  tlsFor: TlsFor,
  proxies: ProxySettings,
  host: Host,
): Promise<Secret> {
  if (runner === undefined)
    throw new CredentialError('ERR_NO_CREDENTIAL', 'oidc-audience: this job is not permitted to request an OIDC token');
  const url = new URL(runner.url);
  url.searchParams.set('audience', audience);
  for (const secret of secretsOf(runner.bearer)) host.mask(secret);
  const authorization = `Bearer ${runner.bearer.reveal()}`;
  const headers = { authorization, accept: 'application/json', 'user-agent': userAgent };
  const who = 'oidc-audience: the OIDC service of the runner';
  const request = { who, members: ['value'], url, method: 'GET', headers, tlsFor, proxies } as const;
  const { token } = await askTokenEndpoint(request, host);
  return token;
}

/**
 * Requests a token and masks it.
 *
 * @throws ConnectError ERR_CONNECT if there is no response; ERR_TIMEOUT; what `readAnswer` throws.
 */
export async function askTokenEndpoint(
  { who, members, tlsFor, proxies, ...request }: TokenEndpointRequest,
  host: Host,
): Promise<TokenEndpointResponse> {
  const { url } = request;
  const { authorities } = await tlsFor(url.hostname);
  const proxy = proxyFor(proxies, url);
  for (const secret of proxy?.secrets ?? []) host.mask(secret);
  if (proxy !== undefined)
    host.log.debug(`credentials: ${url.origin} is contacted through the proxy ${proxy.url.origin}`);
  const response = await sendHttp({ ...request, authorities, proxy }, host);
  const answer = readAnswer({ who, members, url, headers: request.headers }, response, host.now());
  maskJwt(answer.token, host);
  return answer;
}

/** A word of this length in an error may be the token that was sent, so it is not printed. */
const NO_WORD = /\S{40,}/g;
/** Maximum length of a service's error that is printed, in characters. */
const MAX_REASON_LENGTH = 300;
const HTML = /^\s{0,100}<(!doctype|html)/i;

/**
 * Reads a response.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL if the service refuses, with its reason; ERR_CREDENTIAL_UNREADABLE if the
 *   response has no token.
 * @throws ConnectError ERR_CONNECT if a retry may succeed.
 */
export function readAnswer(
  {
    who,
    members,
    url,
    headers,
  }: Pick<TokenEndpointRequest, 'who' | 'members' | 'url'> & Partial<Pick<TokenEndpointRequest, 'headers'>>,
  { status, text, header }: HttpResponse,
  now: Date,
): TokenEndpointResponse {
  const facts = { peer: url.origin };
  const member = membersOf(text);
  if (status < 200 || status > 299) {
    const reason = ['error', 'error_description', 'detail', 'message'].flatMap((name) => member(name) ?? []);
    if (reason.length === 0 && HTML.test(text)) reason.push('an HTML page');
    const said = reason.map((each) => withoutToken(each, headers?.['authorization'] ?? ''));
    const told = printable([String(status), ...said].join(': ')).slice(0, MAX_REASON_LENGTH);
    if (status === 429 || status >= 500) {
      const retryAfterMs = retryAfterOf(header, now);
      const when = retryAfterMs === undefined ? '' : ` and requests a pause of ${Math.ceil(retryAfterMs / 1000)} s`;
      throw new ConnectError('ERR_CONNECT', `${who} returned status ${told}${when}`, { ...facts, retryAfterMs });
    }
    throw new CredentialError('ERR_NO_CREDENTIAL', `${who} issued no token: ${told}`, facts);
  }
  const token = new Secret(members.flatMap((name) => member(name) ?? [])[0] ?? '');
  if (algorithmOf(token) === undefined) {
    const what = HTML.test(text)
      ? `${who} returned an HTML page instead of JSON`
      : `${who} returned no token in ${members.join(' or ')}`;
    throw new CredentialError('ERR_CREDENTIAL_UNREADABLE', what, facts);
  }
  return { token, text: member };
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

/** True if a text repeats a part of the token. Blanks are ignored, so that a service cannot split the token with them. */
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
