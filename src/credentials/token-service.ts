import { ConnectError, CredentialError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { printable } from '../runtime/printable.ts';
import { Secret } from '../runtime/secret.ts';
import type { TlsFor } from '../security/methods/ssl.ts';
import { algorithmOf, secretsOf } from '../token/jwt.ts';
import { type ProxySettings, proxyFor } from './http-proxy.ts';
import { type HttpRequest, type HttpResponse, sendHttp } from './https.ts';

/** What is asked, and of whom. */
interface Question extends Omit<HttpRequest, 'authorities' | 'proxy'> {
  /** The input that it is for, and who is asked, for people. */
  readonly who: string;
  /** The token is the first of these members of the answer that is there. */
  readonly members: readonly string[];
  readonly tlsFor: TlsFor;
  readonly proxies: ProxySettings;
}

/** What an answer says besides: names of RFC 8693, and those of others for what went wrong. */
export interface Answer {
  readonly token: Secret;
  text(name: string): string | undefined;
}

/** A reason has words; what is longer without a blank may be the token that was shown, and is not told. */
const NO_WORD = /\S{40,}/g;
const LONGEST_REASON = 300;
const HTML = /^\s{0,100}<(!doctype|html)/i;

/**
 * Asks for a token, and masks it.
 *
 * @throws ConnectError ERR_CONNECT there is no answer; ERR_TIMEOUT.
 * @throws what readAnswer throws.
 */
export async function askForToken(
  { who, members, tlsFor, proxies, ...request }: Question,
  host: Host,
): Promise<Answer> {
  const { url } = request;
  const { authorities } = await tlsFor(url.hostname);
  const proxy = proxyFor(proxies, url);
  for (const secret of proxy?.secrets ?? []) host.mask(secret);
  if (proxy !== undefined)
    host.log.debug(`credentials: ${url.origin} is contacted through the proxy ${proxy.url.origin}`);
  const response = await sendHttp({ ...request, authorities, proxy }, host);
  const answer = readAnswer({ who, members, url, headers: request.headers }, response, host.now());
  for (const secret of secretsOf(answer.token)) host.mask(secret);
  return answer;
}

/**
 * The token of an answer.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL it is refused, with the reason; ERR_CREDENTIAL_UNREADABLE there is none in it.
 * @throws ConnectError ERR_CONNECT it may be another answer later.
 */
export function readAnswer(
  { who, members, url, headers }: Pick<Question, 'who' | 'members' | 'url'> & Partial<Pick<Question, 'headers'>>,
  { status, text, header }: HttpResponse,
  now: Date,
): Answer {
  const facts = { peer: url.origin };
  const answer = parse(text);
  if (status < 200 || status > 299) {
    const reason = ['error', 'error_description', 'detail', 'message'].flatMap((name) => answer(name) ?? []);
    if (reason.length === 0 && HTML.test(text)) reason.push('an HTML page');
    const said = reason.map((each) => withoutToken(each, headers?.['authorization'] ?? ''));
    const told = printable([String(status), ...said].join(': ')).slice(0, LONGEST_REASON);
    if (status === 429 || status >= 500) {
      const retryAfterMs = retryAfterOf(header, now);
      const when = retryAfterMs === undefined ? '' : ` and requests a pause of ${Math.ceil(retryAfterMs / 1000)} s`;
      throw new ConnectError('ERR_CONNECT', `${who} returned status ${told}${when}`, { ...facts, retryAfterMs });
    }
    throw new CredentialError('ERR_NO_CREDENTIAL', `${who} issued no token: ${told}`, facts);
  }
  const token = new Secret(members.flatMap((name) => answer(name) ?? [])[0] ?? '');
  if (algorithmOf(token) === undefined) {
    const what = HTML.test(text)
      ? `${who} returned an HTML page instead of JSON`
      : `${who} returned no token in ${members.join(' or ')}`;
    throw new CredentialError('ERR_CREDENTIAL_UNREADABLE', what, facts);
  }
  return { token, text: answer };
}

/** Characters in a row that no reason has in common with a token by chance. */
const QUOTED_LENGTH = 12;
/** Longest reason that is compared with the token, in characters. A longer one is not printed. */
const LONGEST_COMPARED = 4096;

/** A reason without anything of the token that was sent. */
function withoutToken(reason: string, sent: string): string {
  const shown = reason.replace(NO_WORD, '***');
  return quotes(shown, sent) ? '***' : shown;
}

/** True if a text repeats a part of what was sent. Blanks do not count, so that a service cannot break a token up. */
function quotes(text: string, sent: string): boolean {
  const [, token = sent] = sent.split(' ');
  const bare = text.replace(/\s/g, '');
  if (bare.length > LONGEST_COMPARED) return true;
  for (let at = 0; at + QUOTED_LENGTH <= bare.length; at++)
    if (token.includes(bare.slice(at, at + QUOTED_LENGTH))) return true;
  return false;
}

/** The pause that Retry-After requests, as seconds or as a date by the clock of the service (RFC 9110 §10.2.3). */
function retryAfterOf(header: HttpResponse['header'], now: Date): number | undefined {
  const value = header('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const [at, theirNow] = [value, header('date') ?? ''].map((each) =>
    each.length > 40 ? Number.NaN : Date.parse(each),
  );
  if (at === undefined || Number.isNaN(at)) return undefined;
  return Math.max(0, at - (theirNow === undefined || Number.isNaN(theirNow) ? now.getTime() : theirNow));
}

/** Members of a JSON object, as far as they are texts. */
function parse(text: string): Answer['text'] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What is no JSON has no members.
  }
  const members = new Map(Object.entries(value ?? {}) as [string, unknown][]);
  return (name) => {
    const member = members.get(name);
    return typeof member === 'string' ? member : undefined;
  };
}
