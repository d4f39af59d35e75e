/**
 * The HTTP server of the service. It limits the size, duration and number of requests, but does not parse the forms in
 * them.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TokenResponse } from './token-endpoint.ts';

interface Handlers {
  token(body: string, address: string, timeLeftMs: () => number, signal: AbortSignal): Promise<TokenResponse>;
  isReady(): Promise<boolean>;
  /** Reports an internal error to the administrator. The client receives status 500. */
  failed(error: unknown): void;
}

export interface ServerOptions {
  /** Certificate and private key in PEM format. If undefined, the server uses plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /**
   * Addresses of the proxies whose X-Forwarded-For header is trusted. A proxy that connects through a Unix socket is
   * always trusted.
   */
  readonly trustedProxies: () => readonly string[];
  readonly elapsedMs: () => number;
}

const MAX_HEADER_LENGTH = 16 * 1024;
const MAX_BODY_LENGTH = 32 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;
const REQUESTS_AT_ONCE = 64;
/**
 * Maximum number of connections without a complete request. If there are more, the server selects the client address
 * with the most of these connections, and closes the oldest connection from that address.
 */
const CONNECTIONS_WAITING = 512;
const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};
const NO_STORE = { 'cache-control': 'no-store', 'content-type': 'application/json' };

export class HttpServer {
  readonly server: Server | HttpsServer;
  readonly #handlers: Handlers;
  readonly #options: ServerOptions;
  /** Connections without a complete request, by client address and then by port. The oldest connection comes first. */
  readonly #waiting = new Map<string, Map<string, Socket>>();
  readonly #sockets = new Set<Socket>();
  readonly #stopped = new AbortController();
  #waitingCount = 0;
  #active = 0;

  constructor(options: ServerOptions, handlers: Handlers) {
    this.#handlers = handlers;
    this.#options = options;
    const limits = {
      ...{ maxHeaderSize: MAX_HEADER_LENGTH, headersTimeout: REQUEST_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
      ...{ keepAliveTimeout: 1000, connectionsCheckingInterval: 1000, noDelay: true },
    };
    const { tls } = options;
    this.server =
      tls === undefined
        ? createHttpServer(limits)
        : createHttpsServer({ ...limits, ...tls, handshakeTimeout: REQUEST_TIMEOUT_MS, minVersion: 'TLSv1.2' });
    this.server.on('connection', (socket: Socket) => this.#admit(socket));
    this.server.on('request', (request, response) => void this.#serve(request, response));
    this.server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      const status = CLIENT_ERRORS[error.code ?? ''] ?? '400 Bad Request';
      if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
      else socket.destroy();
    });
    this.server.on('tlsClientError', (_error, socket: Socket) => socket.destroy());
    this.server.maxRequestsPerSocket = 100;
  }

  /**
   * Stops listening, waits for a limited time until the active requests end, and then closes the remaining connections.
   */
  async stop(graceMs: number): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeIdleConnections();
    const timer = setTimeout(() => {
      this.#stopped.abort(new Error('the service is stopping'));
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs);
    await closed;
    clearTimeout(timer);
  }

  #admit(socket: Socket): void {
    const { remoteAddress: address = '', remotePort: port = 0 } = socket;
    const key = String(port);
    this.#sockets.add(socket);
    socket.on('error', () => {}); // the client reset the connection, or the service closed the connection
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#removeWaiting(address, key);
    });
    if (address === '') return; // a Unix socket; the proxy that connects through it has its own limits
    this.#addWaiting(address, key, socket);
    if (this.#waitingCount > CONNECTIONS_WAITING) this.#evict();
  }

  #addWaiting(address: string, key: string, socket: Socket): void {
    const same = this.#waiting.get(address) ?? new Map<string, Socket>();
    this.#waiting.set(address, same.set(key, socket));
    this.#waitingCount += 1;
  }

  #removeWaiting(address: string, key: string): Socket | undefined {
    const same = this.#waiting.get(address);
    const socket = same?.get(key);
    if (same === undefined || socket === undefined) return undefined;
    same.delete(key);
    if (same.size === 0) this.#waiting.delete(address);
    this.#waitingCount -= 1;
    return socket;
  }

  #evict(): void {
    const [busiest] = [...this.#waiting.values()].sort((a, b) => b.size - a.size);
    const [oldest] = busiest?.values() ?? [];
    oldest?.destroy();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const started = this.#options.elapsedMs();
    const timeLeftMs = () => REQUEST_TIMEOUT_MS - (this.#options.elapsedMs() - started);
    const { remoteAddress = '', remotePort } = request.socket;
    try {
      const body = await readBody(request);
      const socket = this.#removeWaiting(remoteAddress, String(remotePort));
      this.#active += 1;
      let result: TokenResponse;
      try {
        result = body === undefined ? TOO_LARGE : await this.#respond(request, body, timeLeftMs);
      } finally {
        this.#active -= 1;
        if (socket !== undefined && !socket.destroyed) this.#addWaiting(remoteAddress, String(remotePort), socket);
      }
      send(response, result, body === undefined);
    } catch (error) {
      if (request.errored === null && !request.destroyed) this.#handlers.failed(error);
      if (response.headersSent || response.destroyed) response.destroy();
      else send(response, { status: 500, body: { error: 'server_error' } }, true);
    }
  }

  async #respond(request: IncomingMessage, body: string, timeLeftMs: () => number): Promise<TokenResponse> {
    const { method = '', url = '' } = request;
    const path = url.split('?')[0];
    if (method === 'GET' && path === '/healthz') return { status: 200, body: { status: 'ok' } };
    if (method === 'GET' && path === '/readyz') {
      const ready = await this.#handlers.isReady();
      return { status: ready ? 200 : 503, body: { status: ready ? 'ready' : 'not ready' } };
    }
    if (path !== '/token') return { status: 404, body: { error: 'not_found', error_description: 'POST /token' } };
    if (method !== 'POST') return { status: 405, body: { error: 'invalid_request', error_description: 'use POST' } };
    if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
      return { status: 400, body: { error: 'invalid_request', error_description: 'the body must be a form' } };
    if (this.#active > REQUESTS_AT_ONCE)
      return { status: 503, body: { error: 'temporarily_unavailable' }, retryAfterSeconds: 1 };
    const address = this.#addressOf(request);
    return await this.#handlers.token(body, address, timeLeftMs, this.#stopped.signal);
  }

  /**
   * Returns the client's address. If a trusted proxy sent the request, returns the last address in X-Forwarded-For that
   * is not the address of a trusted proxy.
   */
  #addressOf(request: IncomingMessage): string {
    const trusted = this.#options.trustedProxies();
    // Some proxies append the client's port to its address.
    const withoutPort = (text: string) => text.trim().replace(/^(?:\[(.+)\]|([\d.]+))(?::\d+)?$/, '$1$2');
    const plain = (text: string) => withoutPort(text).replace(/^::ffff:(?=\d+\.)/, '');
    const peer = plain(request.socket.remoteAddress ?? '');
    const isProxy = (address: string) => address === '' || trusted.includes(address);
    if (!isProxy(peer)) return peer;
    const forwarded = [request.headers['x-forwarded-for'] ?? ''].flat().join(',').split(',').map(plain);
    const last = forwarded.filter((each) => !isProxy(each)).at(-1) ?? '';
    // If the last value is not an address, the proxy wrote something else, such as `unknown`. The earlier values come
    // from the client, so they are not used.
    return /^[0-9a-fA-F:.]{2,45}$/.test(last) ? last : peer;
  }
}

const TOO_LARGE: TokenResponse = {
  status: 413,
  body: { error: 'invalid_request', error_description: `the body has more than ${MAX_BODY_LENGTH} bytes` },
};

/** Returns the body of a request. If the body is too large, returns undefined without reading the rest of the body. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_LENGTH) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  return await new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_BODY_LENGTH) return void chunks.push(chunk);
      request.pause();
      resolve(undefined);
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
    request.on('aborted', () => reject(new Error('the client closed the connection')));
  });
}

function send(response: ServerResponse, { status, body, retryAfterSeconds }: TokenResponse, close: boolean): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    ...NO_STORE,
    'content-length': Buffer.byteLength(text),
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    ...(close ? { connection: 'close' } : {}),
  });
  response.end(text, () => close && response.socket?.destroySoon());
}
