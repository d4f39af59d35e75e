import type { Socket } from 'node:net';
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
  /** A connection of openAhead to the same origin; used if it is still there. */
  readonly connection?: HttpConnection | undefined;
}

/** A connection that was opened before there was a request for it. */
export interface HttpConnection {
  readonly socket: Socket;
  close(): void;
}

/**
 * Begins a connection to the server of a URL while its request is still being prepared, which saves the round trips of TCP
 * and TLS. If it fails, the request makes one of its own and reports why that fails.
 */
export function openAhead(url: URL, authorities: readonly string[], signal: AbortSignal): HttpConnection | undefined {
  if (url.protocol !== 'https:') return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const socket = process.getBuiltinModule('node:tls').connect({
    ...{ host, port: Number(url.port) || 443, ca: [...authorities], rejectUnauthorized: true },
    ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
    ALPNProtocols: ['http/1.1'],
  });
  socket.on('error', () => {});
  socket.setNoDelay(true);
  const close = () => void socket.destroy();
  signal.addEventListener('abort', close, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', close));
  return { socket, close };
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
  const { url, method, headers, body = '', authorities, connection } = request;
  const { request: begin } =
    url.protocol === 'http:' ? process.getBuiltinModule('node:http') : process.getBuiltinModule('node:https');
  // Said aloud, for NODE_TLS_REJECT_UNAUTHORIZED of some earlier step would count otherwise.
  const plain = { method, headers, signal, agent: false, ca: [...authorities], rejectUnauthorized: true };
  const socket = connection?.socket;
  const isUsable = socket !== undefined && !socket.destroyed && socket.readableLength === 0;
  // Node asks createConnection only where no agent is given.
  const options = isUsable ? { ...plain, agent: undefined, createConnection: () => socket } : plain;
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
