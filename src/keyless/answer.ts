import { ConnectError, CredentialError } from '../errors.ts';
import type { Host } from '../host.ts';
import { Secret } from '../secret.ts';
import { type HttpRequest, sendHttp } from '../transport/https.ts';

/** What an answer says besides: names of RFC 8693, and those of others for what went wrong. */
export interface Answer {
  readonly token: Secret;
  text(name: string): string | undefined;
}

/**
 * Asks for a token, which is the first of these members of the answer that is there, and masks it.
 *
 * `who`: the input that the question is for, and what is asked, for people.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL it is refused, with the reason; ERR_CREDENTIAL_UNREADABLE the answer has no token.
 * @throws ConnectError ERR_CONNECT there is no answer, or one that may be another one later; ERR_TIMEOUT.
 */
export async function askForToken(
  who: string,
  members: readonly string[],
  request: HttpRequest,
  host: Host,
): Promise<Answer> {
  const peer = request.url.origin;
  const { status, text } = await sendHttp(request, host.signal);
  const answer = parse(text);
  if (status === 429 || status >= 500) throw new ConnectError('ERR_CONNECT', `${who} answers ${status}`, { peer });
  if (status < 200 || status > 299) {
    const reason = ['error', 'error_description', 'detail', 'message'].flatMap((name) => answer(name) ?? []);
    const told = [String(status), ...reason].join(': ');
    throw new CredentialError('ERR_NO_CREDENTIAL', `${who} gives no token: ${told}`, { peer });
  }
  const token = members.flatMap((name) => answer(name) ?? [])[0] ?? '';
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) {
    const what = `${who} answers without a token in ${members.join(' or ')}`;
    throw new CredentialError('ERR_CREDENTIAL_UNREADABLE', what, { peer });
  }
  const secret = new Secret(token);
  host.mask(secret);
  return { token: secret, text: answer };
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
