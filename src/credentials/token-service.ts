import { ConnectError, CredentialError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { printable } from '../runtime/printable.ts';
import { Secret } from '../runtime/secret.ts';
import type { TlsFor } from '../security/methods/ssl.ts';
import { algorithmOf, secretsOf } from '../token/jwt.ts';
import { type HttpRequest, type HttpResponse, sendHttp } from './https.ts';

/** What is asked, and of whom. */
interface Question extends Omit<HttpRequest, 'authorities'> {
  /** The input that it is for, and who is asked, for people. */
  readonly who: string;
  /** The token is the first of these members of the answer that is there. */
  readonly members: readonly string[];
  readonly tlsFor: TlsFor;
}

/** What an answer says besides: names of RFC 8693, and those of others for what went wrong. */
export interface Answer {
  readonly token: Secret;
  text(name: string): string | undefined;
}

/** A reason has words; what is longer without a blank may be the token that was shown, and is not told. */
const NO_WORD = /\S{40,}/g;
const LONGEST_REASON = 300;

/**
 * Asks for a token, and masks it.
 *
 * @throws ConnectError ERR_CONNECT there is no answer; ERR_TIMEOUT.
 * @throws what readAnswer throws.
 */
export async function askForToken({ who, members, tlsFor, ...request }: Question, host: Host): Promise<Answer> {
  const { authorities } = await tlsFor(request.url.hostname);
  const response = await sendHttp({ ...request, authorities }, host.signal);
  const answer = readAnswer({ who, members, url: request.url }, response);
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
  { who, members, url }: Pick<Question, 'who' | 'members' | 'url'>,
  { status, text }: HttpResponse,
): Answer {
  const facts = { peer: url.origin };
  const answer = parse(text);
  if (status < 200 || status > 299) {
    const reason = ['error', 'error_description', 'detail', 'message'].flatMap((name) => answer(name) ?? []);
    const told = printable([String(status), ...reason].join(': '))
      .replace(NO_WORD, '***')
      .slice(0, LONGEST_REASON);
    if (status === 429 || status >= 500) throw new ConnectError('ERR_CONNECT', `${who} answers ${told}`, facts);
    throw new CredentialError('ERR_NO_CREDENTIAL', `${who} gives no token: ${told}`, facts);
  }
  const token = new Secret(members.flatMap((name) => answer(name) ?? [])[0] ?? '');
  if (algorithmOf(token) === undefined) {
    const what = `${who} answers without a token in ${members.join(' or ')}`;
    throw new CredentialError('ERR_CREDENTIAL_UNREADABLE', what, facts);
  }
  return { token, text: answer };
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
