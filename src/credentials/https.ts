import type { RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import { ConnectError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { systemReason } from '../runtime/system-reason.ts';
import { abortedError, isTimeout } from '../transport/channel.ts';
import { dial } from '../transport/dial.ts';
import { formatEndpoint, isIpAddress } from '../transport/sinful.ts';
import type { HttpProxy } from './http-proxy.ts';

export interface HttpRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** CA certificates for verifying the server's certificate, as PEM. */
  readonly authorities: readonly string[];
  /** The proxy to use; undefined for a direct connection. */
  readonly proxy?: HttpProxy | undefined;
  /** A connection to the same server, started by `openAhead`. The request uses this connection if it is still open. */
  readonly connection?: HttpConnection | undefined;
}

/** A connection that is opened before the request is ready. */
export interface HttpConnection {
  /** Resolves to undefined if the connection failed. */
  readonly socket: Promise<Socket | undefined>;
  close(): void;
}

/**
 * Opens a connection while the request is still being prepared, so that the TCP and TLS handshakes cause no additional
 * delay. If this connection fails, `sendHttp` opens a new one and reports any error.
 */
export function openAhead(server: Pick<HttpRequest, 'url' | 'authorities' | 'proxy'>, host: Host): HttpConnection {
  const socket = connectTo(server, host).then(
    (opened) => opened.on('error', () => {}),
    () => undefined,
  );
  return { socket, close: () => void socket.then((opened) => opened?.destroy()) };
}

export interface HttpResponse {
  readonly status: number;
  readonly text: string;
  /** Returns the value of a response header. `name` must be in lower case. */
  header(name: string): string | undefined;
}

/** Maximum size of a response, in bytes. A typical token is about 2,000 bytes long. */
const MAX_RESPONSE_LENGTH = 64 * 1024;

/**
 * Sends one request over HTTPS, or over HTTP if the server is on this host. Redirects are not followed, so a token
 * reaches only the intended server.
 *
 * @throws ConnectError ERR_CONNECT or ERR_TIMEOUT.
 */
export async function sendHttp(request: HttpRequest, host: Host): Promise<HttpResponse> {
  const { url, method, headers, body = '' } = request;
  const { signal } = host;
  try {
    const early = await request.connection?.socket;
    const isOpen = early !== undefined && !early.destroyed && early.readableLength === 0;
    const socket = isOpen ? early : await connectTo(request, host);
    const { request: begin } = moduleFor(url);
    return await new Promise<HttpResponse>((resolve, reject) => {
      const sent = begin(url, { method, headers, signal, createConnection: () => socket }, (response) => {
        const { statusCode: status = 0 } = response;
        const header = (name: string) => response.headers[name]?.toString();
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > MAX_RESPONSE_LENGTH)
            sent.destroy(new Error(`the response exceeds ${MAX_RESPONSE_LENGTH} bytes`));
          else chunks.push(chunk);
        });
        response.on('end', () => resolve({ status, text: Buffer.concat(chunks).toString('utf8'), header }));
        response.on('error', reject);
        response.on('aborted', () => reject(new Error('the connection closed in the middle of the response')));
      });
      sent.on('error', reject);
      // has no effect if the promise is already settled
      sent.on('close', () => reject(new Error('the connection closed without a response')));
      sent.end(body);
    }).finally(() => socket.destroy());
  } catch (cause) {
    if (signal.aborted && isTimeout(signal)) {
      const text = `no response from ${url.origin}: ${abortedError(signal).message}`;
      throw new ConnectError('ERR_TIMEOUT', text, { peer: url.origin, cause: signal.reason, reason: 'service-silent' });
    }
    if (signal.aborted) throw abortedError(signal);
    // The cause is omitted, because errors of Node's HTTP parser contain the received bytes, which could include
    // tokens.
    throw new ConnectError('ERR_CONNECT', `no response from ${url.origin}: ${systemReason(cause)}`, {
      ...(cause instanceof ConnectError ? reasonOf(cause) : { reason: 'service-unreachable' }),
      peer: url.origin,
    });
  }
}

/**
 * Keeps the reason of an error only if the proxy failed or a host name does not exist. The hints for all other reasons
 * apply only to daemons.
 */
function reasonOf({ reason, details, permanent }: ConnectError) {
  const isOurs = reason === 'proxy-failed' || reason === 'name-unknown';
  return { reason: isOurs ? reason : ('service-unreachable' as const), details, permanent };
}

function moduleFor({ protocol }: URL) {
  return protocol === 'http:' ? process.getBuiltinModule('node:http') : process.getBuiltinModule('node:https');
}

/** True if a URL uses unencrypted HTTP to this host. No third party can read traffic that does not leave the host. */
export function isHttpToThisHost({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Connects to the server of a URL, through the proxy if there is one, and with TLS if the URL requires it. */
async function connectTo(
  { url, authorities, proxy }: Pick<HttpRequest, 'url' | 'authorities' | 'proxy'>,
  host: Host,
): Promise<Socket> {
  const socket =
    proxy === undefined ? await dial([endpointOf(url)], host) : await openTunnel(proxy, url, authorities, host);
  socket.on('error', () => {}); // the code that reads from the socket reports any error
  return url.protocol === 'http:' ? socket : startTls(socket, url, authorities);
}

/**
 * Starts TLS on a connection. The caller can start to write before the handshake is complete. The socket emits an error
 * if the handshake fails.
 */
function startTls(socket: Socket, { hostname }: URL, authorities: readonly string[]): Socket {
  const host = bare(hostname);
  return process.getBuiltinModule('node:tls').connect({
    socket,
    host, // the certificate must be valid for this host
    servername: isIpAddress(host) ? '' : host, // RFC 6066 does not permit an IP address here
    ca: [...authorities],
    rejectUnauthorized: true, // an earlier step could have set NODE_TLS_REJECT_UNAUTHORIZED to 0
    ALPNProtocols: ['http/1.1'],
  });
}

/**
 * Opens a tunnel through a proxy (CONNECT, RFC 9110 §9.3.6). No existing package is suitable: `https.Agent({ proxyEnv
 * })` requires Node 24.5. The proxy agents on npm, including `@actions/http-client`, wait only 250 ms for each address,
 * which is Node's default.
 *
 * @throws ConnectError ERR_CONNECT, whose message names the proxy without its password.
 */
async function openTunnel(proxy: HttpProxy, url: URL, authorities: readonly string[], host: Host): Promise<Socket> {
  const target = formatEndpoint(endpointOf(url));
  const headers: Record<string, string> = { host: target };
  if (proxy.authorization !== undefined) headers['proxy-authorization'] = proxy.authorization.reveal();
  try {
    const plain = await dial([endpointOf(proxy.url)], host);
    const socket = proxy.url.protocol === 'http:' ? plain : startTls(plain, proxy.url, authorities);
    const options: RequestOptions = {
      ...{ method: 'CONNECT', path: target, headers, signal: host.signal },
      createConnection: () => socket,
    };
    return await new Promise<Socket>((resolve, reject) => {
      const sent = process.getBuiltinModule('node:http').request(options);
      sent.on('connect', ({ statusCode = 0 }, tunnel: Socket, early: Buffer) => {
        if (statusCode >= 200 && statusCode <= 299 && early.length === 0) return resolve(tunnel);
        tunnel.destroy();
        reject(new Error(`it returned status ${statusCode}`));
      });
      sent.on('response', (response) => {
        response.destroy();
        reject(new Error(`it returned status ${response.statusCode}`));
      });
      sent.on('error', reject);
      sent.on('close', () => reject(new Error('it closed the connection')));
      sent.end();
    }).catch((error: unknown) => {
      socket.destroy();
      throw error;
    });
  } catch (error) {
    const text = `the proxy ${proxy.url.origin} did not connect to ${target}: ${systemReason(error)}`;
    throw new ConnectError('ERR_CONNECT', text, { reason: 'proxy-failed' });
  }
}

function endpointOf({ hostname, port, protocol }: URL) {
  return { host: bare(hostname), port: Number(port) || (protocol === 'http:' ? 80 : 443) };
}

/** Removes the brackets around an IPv6 address from the host name of a URL. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
