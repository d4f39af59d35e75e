/** A pool whose daemons accept every method: certificates, a pool password, munged, and a SciToken issuer. */
import { createServer, type Server } from 'node:https';
import { Authority, type Identity } from '../credentials/certificates.ts';
import { AUDIENCE, SciTokenKey } from '../credentials/scitoken-key.ts';
import { listen } from '../network/listen.ts';
import { type Pool, type PoolOptions, startPool } from './pool.ts';

/** The host name in the daemons' certificate and in the pool's /etc/hosts. */
export const HOST = 'ap.pool.test';
export const POOL_PASSWORD = 'correct horse';

/** A SciToken issuer in this process. The daemons download its keys over HTTPS. */
export class Issuer {
  readonly url: string;
  readonly #server: Server;
  readonly #key: SciTokenKey;

  private constructor(server: Server, key: SciTokenKey) {
    this.#server = server;
    this.#key = key;
    this.url = key.url;
  }

  static async start(authority: Authority): Promise<Issuer> {
    const { certificate, key: privateKey } = await authority.issue({ subject: 'CN=localhost', hosts: ['localhost'] });
    const server = createServer({ cert: certificate, key: privateKey }, ({ url: path = '' }, response) => {
      const discovery = path.endsWith('/openid-configuration') || path.endsWith('/oauth-authorization-server');
      response.setHeader('content-type', 'application/json');
      const found = discovery ? { issuer: key.url, jwks_uri: `${key.url}/keys` } : { keys: [key.jwk] };
      response.end(JSON.stringify(found));
    });
    const key = new SciTokenKey(`https://localhost:${await listen(server)}`);
    return new Issuer(server, key);
  }

  /** Issues a SciToken for `subject`. Omits claims that are undefined. */
  issue(subject: string, claims: Readonly<Record<string, unknown>> = {}): string {
    return this.#key.issue(subject, claims);
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

export interface SecurePool {
  readonly pool: Pool;
  readonly authority: Authority;
  readonly issuer: Issuer;
  /** A client certificate that the map file maps to alice. */
  readonly alice: Identity;
  /** Address of the collector, as `host:port`, with the host name in the collector's certificate. */
  readonly collector: string;
  /** Replaces the additional settings of the pool. If `extra` is undefined, restores the initial settings. */
  configure(extra?: string): Promise<void>;
  /** Writes a file that an account owns. */
  put(user: string, path: string, content: string, mode?: number): Promise<void>;
  stop(): Promise<void>;
}

export interface SecurePoolOptions extends PoolOptions {
  /** The latest TLS version that OpenSSL in the pool's root directory supports. */
  readonly tls?: 'TLSv1.2' | 'TLSv1.3';
  /** The pool's CA. Default: a new CA. */
  readonly authority?: Authority;
}

export async function startSecurePool(options: SecurePoolOptions): Promise<SecurePool> {
  const authority = options.authority ?? (await Authority.create());
  const issuer = await Issuer.start(authority);
  const host = await authority.issue({ subject: `CN=${HOST}`, hosts: [HOST] });
  const alice = await authority.issue({ subject: 'CN=alice, O=Test' });
  const config = `
    HOST_ALIAS = ${HOST}
    AUTH_SSL_SERVER_CERTFILE = /etc/condor/host.pem
    AUTH_SSL_SERVER_KEYFILE = /etc/condor/host.key
    AUTH_SSL_SERVER_CAFILE = /etc/condor/ca.pem
    AUTH_SSL_CLIENT_CAFILE = /etc/condor/ca.pem
    SEC_DEFAULT_AUTHENTICATION_METHODS = FS, IDTOKENS, SSL, SCITOKENS, PASSWORD, MUNGE
    CERTIFICATE_MAPFILE = /etc/condor/mapfile
    SEC_PASSWORD_FILE = /etc/condor/pool_password
    SEC_TOKEN_POOL_SIGNING_KEY_FILE = /etc/condor/passwords.d/POOL
    SCITOKENS_SERVER_AUDIENCE = ${AUDIENCE}
    SEC_SCITOKENS_ALLOW_FOREIGN_TOKEN_TYPES = False
  `.replaceAll(/^ +/gm, '');
  const map = [
    'SSL ^/CN=alice/O=Test$ alice@pool.test',
    `SCITOKENS ^${issuer.url.replaceAll('.', '[.]')},alice$ alice@pool.test`,
    'PASSWORD (.*) \\1',
  ];
  const pool = await startPool({
    ...options,
    config: `${config}${options.config ?? ''}`,
    async prepare(pool) {
      await pool.write('/etc/condor/host.pem', host.certificate, 0o644);
      await pool.write('/etc/condor/host.key', host.key, 0o600);
      await pool.write('/etc/condor/ca.pem', authority.certificate, 0o644);
      await pool.write('/etc/condor/mapfile', `${map.join('\n')}\n`, 0o644);
      await pool.write('/etc/condor/pool_password', scramble(POOL_PASSWORD), 0o600);
      await pool.write('/tmp/ca.pem', authority.certificate, 0o644);
      await pool.run('sh', '-c', 'cat /tmp/ca.pem >> /etc/ssl/certs/ca-certificates.crt; rm /tmp/ca.pem');
      await pool.run('sh', '-c', `echo 127.0.0.1 ${HOST} >> /etc/hosts`);
      const folders = '/run/munge /var/lib/munge /var/log/munge';
      await pool.run('sh', '-c', `install -d -o munge -g munge -m 755 ${folders}; chmod 700 /var/log/munge`);
      const { status, stdout, stderr } = await pool.exec(['/usr/sbin/munged'], { user: 'munge' });
      if (status !== 0) throw new Error(`munged: status ${status}: ${stdout}${stderr}`);
      await pool.write('/etc/ssl/openssl.cnf', openSslConfiguration(options.tls ?? 'TLSv1.3'), 0o644);
      await options.prepare?.(pool);
    },
  }).catch((error: unknown) => {
    issuer.stop(); // otherwise, the test process would not end
    throw error;
  });
  return {
    ...{ pool, authority, issuer, alice, collector: `${HOST}:${pool.port}` },
    configure: (extra = '') => pool.configure(`${config}${options.config ?? ''}\n${extra}`),
    async put(user, path, content, mode = 0o600) {
      await pool.write(path, content, mode);
      await pool.run('chown', user, path);
    },
    async stop() {
      issuer.stop();
      await pool.stop();
    },
  };
}

function openSslConfiguration(newest: string): string {
  return `openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = tls\n[tls]\nMaxProtocol = ${newest}\n`;
}

/** Scrambles a password as condor_store_cred does. */
function scramble(text: string): Buffer {
  const mask = [0xde, 0xad, 0xbe, 0xef];
  return Buffer.from(Buffer.from(text).map((byte, at) => byte ^ (mask[at % 4] ?? 0)));
}
