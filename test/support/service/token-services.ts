/**
 * Simulates a runner's OIDC service and two kinds of token services. Each service validates the token that it receives.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Authority } from '../credentials/certificates.ts';
import { SciTokenKey } from '../credentials/scitoken-key.ts';
import { listen } from '../network/listen.ts';

/** Alternative host name of the services, which no DNS server resolves. */
export const PUBLIC_NAME = 'tokens.example.test';

/** The bearer token with which the job requests its OIDC token. */
const REQUEST_TOKEN = 'runner.request.token-of-this-job';

type Respond = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export class TokenServices {
  readonly authority: Authority;
  /** Origin of the services, `https://localhost:PORT`. */
  readonly origin: string;
  /** The key that signs the jobs' OIDC tokens. */
  readonly runner: SciTokenKey;
  /** Requests that the services received, as `METHOD PATH`. */
  readonly asked: string[] = [];
  /** User-Agent headers of requests to the OIDC endpoint. */
  readonly agents: (string | undefined)[] = [];
  /** Tokens that the services sent or received. All of them are secret. */
  readonly secrets: string[] = [REQUEST_TOKEN];
  /** Handlers that replace the default response, by path. */
  readonly others = new Map<string, Respond>();
  /** Returns the token that the token endpoints issue. Tests replace this function. */
  made: () => string | Promise<string> = () => 'a.b.c';
  /** The identity that the token service reports. */
  identity = 'alice@pool.test';
  readonly #server: Server;
  readonly #authorityFile: string;

  private constructor(authority: Authority, server: Server, port: number) {
    this.authority = authority;
    this.origin = `https://localhost:${port}`;
    this.runner = new SciTokenKey(`${this.origin}/oidc`);
    this.#server = server;
    this.#authorityFile = join(mkdtempSync(join(tmpdir(), 'token-services-')), 'authority.pem');
    writeFileSync(this.#authorityFile, authority.certificate);
  }

  static async start(): Promise<TokenServices> {
    const authority = await Authority.create('CN=Authority of the site');
    const { certificate: cert, key } = await authority.issue({
      subject: 'CN=localhost',
      hosts: ['localhost', PUBLIC_NAME],
    });
    const server = createServer({ cert, key });
    const services = new TokenServices(authority, server, await listen(server));
    server.on('request', (request, response) => void services.#answer(request, response));
    return services;
  }

  /** Returns the environment variables of a job with `permissions: id-token: write`. */
  get env(): Record<string, string> {
    return {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${this.origin}/oidc/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN,
      // For the OIDC endpoint, the client trusts only the CAs of the system, which this file replaces.
      SSL_CERT_FILE: this.#authorityFile,
    };
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    rmSync(dirname(this.#authorityFile), { recursive: true });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', this.origin);
    this.asked.push(`${request.method} ${pathname}`);
    if (pathname === '/oidc/token') this.agents.push(request.headers['user-agent']);
    const body = await text(request);
    const other = this.others.get(pathname);
    if (other !== undefined) return other(request, response, body);
    const [status, answer] = await this.#tokenAt(pathname, searchParams, request, new URLSearchParams(body));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }

  async #tokenAt(
    path: string,
    query: URLSearchParams,
    { method, headers }: IncomingMessage,
    form: URLSearchParams,
  ): Promise<[number, object]> {
    const [, bearer = ''] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? [];
    if (path === '/oidc/token' && method === 'GET' && bearer === REQUEST_TOKEN)
      return [
        200,
        {
          count: 1,
          value: this.#keep(this.runner.issue('repo:o/r:ref:refs/heads/main', { aud: query.get('audience') })),
        },
      ];
    if (path === '/v1/token' && method === 'POST' && this.#isOfJob(bearer))
      return [
        201,
        { token: this.#keep(await this.made()), identity: this.identity, expires_at: '2030-01-01T00:00:00Z' },
      ];
    const exchange = form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:token-exchange';
    const isJwt = form.get('subject_token_type') === 'urn:ietf:params:oauth:token-type:jwt';
    if (path === '/token' && method === 'POST' && exchange && isJwt && this.#isOfJob(form.get('subject_token') ?? ''))
      return [200, { access_token: this.#keep(await this.made()), token_type: 'Bearer', scope: form.get('scope') }];
    return [403, { error: 'access_denied', error_description: `no policy for ${method} ${path}\n::stop-commands::x` }];
  }

  /** Returns whether the runner issued this JWT for this service. */
  #isOfJob(jwt: string): boolean {
    const [, payload = ''] = jwt.split('.');
    return this.runner.signed(jwt) && JSON.parse(Buffer.from(payload, 'base64url').toString()).aud === this.origin;
  }

  #keep(token: string): string {
    this.secrets.push(token);
    return token;
  }
}
