/** A simulated HTTPS issuer of job tokens, with discovery, key rotation, and the claims of CI systems. */
import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomUUID, sign } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { Authority } from '../credentials/certificates.ts';
import { listen } from '../network/listen.ts';

type Algorithm = 'RS256' | 'ES256' | 'EdDSA';

interface Key {
  readonly id: string;
  readonly algorithm: Algorithm;
  readonly privateKey: KeyObject;
  readonly jwk: JsonWebKey;
}

function makeKey(id: string, algorithm: Algorithm): Key {
  const pair =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : algorithm === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519');
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: id, alg: algorithm, use: 'sig' };
  return { id, algorithm, privateKey: pair.privateKey, jwk };
}

export type IssuerClaims = Readonly<Record<string, unknown>>;

/** Claims of a GitHub job in `octo-org/octo-repo` after a push to the default branch. */
export const GITHUB_CLAIMS: IssuerClaims = {
  sub: 'repo:octo-org/octo-repo:ref:refs/heads/main',
  ref: 'refs/heads/main',
  repository: 'octo-org/octo-repo',
  repository_id: '74',
  repository_owner: 'octo-org',
  repository_owner_id: '65',
  event_name: 'push',
  job_workflow_ref: 'octo-org/octo-repo/.github/workflows/ci.yml@refs/heads/main',
  run_id: '1234567890',
  runner_environment: 'github-hosted',
};

/** Claims of jobs on other CI systems, each after a push to the default branch. */
export const OTHER_CLAIMS = {
  GitLab: {
    ...{ sub: 'project_path:octo/repo:ref_type:branch:ref:main', namespace_id: '72', project_id: '12' },
    ...{
      ref: 'main',
      ref_type: 'branch',
      ref_protected: 'true',
      pipeline_source: 'push',
      pipeline_id: '9',
      job_id: '10',
    },
  },
  Forgejo: {
    ...{ sub: 'repo:octo-12/repo-7:ref:refs/heads/main', repository_id: '7', repository_owner_id: '12' },
    ...{ ref: 'refs/heads/main', event_name: 'push', repository: 'octo/repo' },
  },
  Jenkins: { sub: 'https://jenkins.example.org/job/nightly/', build_number: 12 },
  Buildkite: {
    ...{ sub: 'organization:octo:pipeline:repo:ref:refs/heads/main:commit:abc:step:', pipeline_id: '0186-aa' },
    ...{ organization_slug: 'octo', pipeline_slug: 'repo', build_number: 5, build_branch: 'main' },
  },
  CircleCI: {
    ...{ sub: 'org/1f/project/2e/user/3d', 'oidc.circleci.com/project-id': '2e', 'oidc.circleci.com/org-id': '1f' },
  },
} as const satisfies Record<string, IssuerClaims>;

export class JobIssuer {
  readonly authority: Authority;
  readonly url: string;
  /** Paths of the requests that the issuer received. */
  readonly asked: string[] = [];
  /** Handler for fault injection. If set, it responds in place of the issuer. */
  fault: ((path: string, response: ServerResponse) => void) | undefined;
  readonly #server: Server;
  #keys: readonly Key[];
  #made = 1;

  private constructor(authority: Authority, server: Server, port: number) {
    this.authority = authority;
    this.url = `https://localhost:${port}`;
    this.#server = server;
    this.#keys = [makeKey('key-1', 'RS256')];
  }

  static async start(authority?: Authority): Promise<JobIssuer> {
    const own = authority ?? (await Authority.create('CN=Authority of issuers'));
    const { certificate: cert, key } = await own.issue({ subject: 'CN=localhost', hosts: ['localhost'] });
    const server = createServer({ cert, key });
    const issuer = new JobIssuer(own, server, await listen(server));
    server.on('request', ({ url = '', headers }, response) => {
      issuer.asked.push(url);
      if (url.startsWith('/runner?')) return issuer.#giveToJob(url, headers.authorization, response);
      if (issuer.fault !== undefined) return issuer.fault(url, response);
      issuer.answer(url, response);
    });
    return issuer;
  }

  /** Returns the environment variables of a job with `permissions: id-token: write`. */
  get env(): Record<string, string> {
    return {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${this.url}/runner?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner.request.token',
    };
  }

  /** Claims of the job whose tokens the runner's endpoint issues. */
  job: IssuerClaims = GITHUB_CLAIMS;
  /** Tokens that the endpoint issued. */
  readonly given: string[] = [];

  #giveToJob(url: string, authorization: string | undefined, response: ServerResponse): void {
    const aud = new URL(url, this.url).searchParams.get('audience');
    const value = this.issue({ ...this.job, aud });
    this.given.push(value);
    if (authorization === 'Bearer runner.request.token') response.end(JSON.stringify({ count: 1, value }));
    else response.writeHead(401).end('{}');
  }

  answer(path: string, response: ServerResponse): void {
    const documents: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer: this.url, jwks_uri: `${this.url}/jwks` },
      '/jwks': { keys: this.#keys.map(({ jwk }) => jwk) },
    };
    const found = documents[path];
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ?? {}));
  }

  /** The current public key, for attacks that use it as a shared secret. */
  get publicJwk(): JsonWebKey {
    return this.#keys[0]?.jwk ?? {};
  }

  /** Replaces the signing key. The issuer no longer publishes the old one. */
  rotate(algorithm: Algorithm = 'RS256'): void {
    this.#made += 1;
    this.#keys = [makeKey(`key-${this.#made}`, algorithm)];
  }

  /** Issues a job token. Omits claims that are undefined. */
  issue(claims: IssuerClaims = {}, header: IssuerClaims = {}): string {
    const now = Math.floor(Date.now() / 1000);
    const all = { iss: this.url, iat: now, nbf: now - 300, exp: now + 300, jti: randomUUID(), ...claims };
    return this.sign(JSON.stringify(all), header);
  }

  /** Signs this payload with the current key. */
  sign(payload: string, header: IssuerClaims = {}): string {
    const [key] = this.#keys;
    if (key === undefined) throw new Error('no key');
    const encode = (text: string) => Buffer.from(text).toString('base64url');
    const head = { alg: key.algorithm, kid: key.id, typ: 'JWT', ...header };
    const text = `${encode(JSON.stringify(head))}.${encode(payload)}`;
    const digest = key.algorithm === 'EdDSA' ? null : 'sha256';
    const signature = sign(digest, Buffer.from(text), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
