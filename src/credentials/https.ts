import { ConnectError } from '../errors.ts';
import { messageOf } from '../runtime/printable.ts';
import { abortedError } from '../transport/channel.ts';

export interface HttpRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** PEM of those who may have issued the server's certificate. */
  readonly authorities: readonly string[];
}

export interface HttpResponse {
  readonly status: number;
  readonly text: string;
}

/** More than this of an answer, in bytes, is not looked at: tokens have some 2,000. */
const MAX_ANSWER = 64 * 1024;

/**
 * One request over HTTPS, or HTTP to this machine. Redirections are not followed: a token is shown to the one that it was
 * meant for.
 *
 * @throws ConnectError ERR_CONNECT; ERR_TIMEOUT.
 */
export async function sendHttp(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  const { url, method, headers, body = '', authorities } = request;
  const { request: begin } =
    url.protocol === 'http:' ? process.getBuiltinModule('node:http') : process.getBuiltinModule('node:https');
  // Said aloud, for NODE_TLS_REJECT_UNAUTHORIZED of some earlier step would count otherwise.
  const options = { method, headers, signal, agent: false, ca: [...authorities], rejectUnauthorized: true };
  try {
    return await new Promise<HttpResponse>((resolve, reject) => {
      const sent = begin(url, options, (response) => {
        const { statusCode: status = 0 } = response;
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > MAX_ANSWER) sent.destroy(new Error(`it answers with more than ${MAX_ANSWER} bytes`));
          else chunks.push(chunk);
        });
        response.on('end', () => resolve({ status, text: Buffer.concat(chunks).toString('utf8') }));
        response.on('error', reject);
        response.on('aborted', () => reject(new Error('it hung up in the middle of its answer')));
      });
      sent.on('error', reject);
      sent.on('close', () => reject(new Error('it hung up without an answer'))); // if nothing else was told
      sent.end(body);
    });
  } catch (cause) {
    if (signal.aborted) throw abortedError(signal);
    // Not as cause: Node's parser keeps what it has read in its errors, tokens included.
    throw new ConnectError('ERR_CONNECT', `no answer from ${url.origin}: ${messageOf(cause)}`, { peer: url.origin });
  }
}
