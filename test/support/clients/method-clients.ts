/** Runs every authentication method with an embedded pool. Provides the pool's settings and the client's inputs. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { HTCondorError } from '../../../src/errors.ts';
import { processHost } from '../../../src/inputs/process-host.ts';
import { readRequest } from '../../../src/inputs/request.ts';
import type { InputName, Surroundings } from '../../../src/inputs/table.ts';
import { fetchToken } from '../../../src/pipeline/fetch.ts';
import type { FetchedToken } from '../../../src/pipeline/library-types.ts';
import { Authority, type Identity } from '../credentials/certificates.ts';
import { Kdc } from '../credentials/kdc.ts';
import { AUDIENCE, SciTokenKey } from '../credentials/scitoken-key.ts';
import { fakeCredential } from '../embedded-pool/munge.ts';
import type { EmbeddedPool } from '../embedded-pool/pool.ts';
import type { EmbeddedPoolOptions } from '../embedded-pool/settings.ts';
import { type NotingHost, notingHost } from '../noting-host.ts';
import { patience } from '../slowness.ts';
import { surroundings } from '../surroundings.ts';

export type Words = Partial<Record<InputName, string>>;
export type MethodName = 'IDTOKENS' | 'SSL' | 'SCITOKENS' | 'KERBEROS' | 'PASSWORD' | 'FS' | 'MUNGE';

/** Methods that this system does not support, each with the reason. */
export const ABSENT: Readonly<Partial<Record<MethodName, string>>> =
  process.platform === 'win32' ? { FS: 'Windows has no such accounts', MUNGE: 'Windows runs no scripts' } : {};

const HOST_NAME = 'ap.pool.test';
const PASSWORD = 'correct horse';
const SERVICE = `host/${HOST_NAME}`;

export interface TryOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly facts?: Partial<Surroundings>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The outcome of a fetch, with its log and masks. */
export interface Tried extends Omit<NotingHost, 'host'> {
  readonly fetched: FetchedToken | undefined;
  readonly error: unknown;
}

export function assertError({ error }: Tried, code: string, text: RegExp): void {
  assert.ok(error instanceof HTCondorError, error instanceof Error ? error.stack : String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, text);
}

export class MethodClients {
  readonly authority: Authority;
  /** The daemon's certificate for `hostName`. */
  readonly server: Identity;
  /** A client certificate that the map file maps to alice. */
  readonly alice: Identity;
  /** A KDC whose principals are alice and the daemon's host. */
  readonly kdc: Kdc;
  readonly issuer: SciTokenKey = new SciTokenKey('https://issuer.test');
  readonly hostName: string = HOST_NAME;
  /** A private directory. FS creates its directories in `tmp`, and `bin` contains a substitute for munge. */
  readonly folder: string = mkdtempSync(join(tmpdir(), 'clients-'));
  readonly tmp: string = join(this.folder, 'tmp');
  readonly bin: string = join(this.folder, 'bin');
  /** The account name that FS authenticates for this process. */
  readonly account: string = userInfo().username === 'root' ? 'condor' : userInfo().username;

  private constructor(authority: Authority, server: Identity, alice: Identity, kdc: Kdc) {
    this.kdc = kdc;
    this.authority = authority;
    this.server = server;
    this.alice = alice;
    mkdirSync(this.tmp);
    mkdirSync(this.bin);
    this.program('munge', `cat > /dev/null; echo '${fakeCredential('alice')}'`);
  }

  static async create(): Promise<MethodClients> {
    const authority = await Authority.create();
    const server = await authority.issue({ subject: `CN=${HOST_NAME}`, hosts: [HOST_NAME] });
    const kdc = await Kdc.start({ principals: { alice: PASSWORD, [SERVICE]: 'service' } });
    return new MethodClients(authority, server, await authority.issue({ subject: 'CN=alice, O=Test' }), kdc);
  }

  /** Writes a shell script into the first directory of PATH. */
  program(name: string, script: string): void {
    writeFileSync(join(this.bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(this.bin, name), 0o755);
  }

  /** Writes a private file and returns its path. */
  file(name: string, text: string | Uint8Array, mode = 0o600): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  }

  /** Returns the options of a pool that accepts every method. */
  pool(options: EmbeddedPoolOptions = {}): EmbeddedPoolOptions {
    return {
      alias: HOST_NAME,
      methods: ['FS', 'TOKEN', 'SSL', 'SCITOKENS', 'KERBEROS', 'PASSWORD', 'MUNGE'],
      kerberos: { key: this.kdc.key(SERVICE) },
      ...{ password: Buffer.from(PASSWORD), fs: { directory: this.tmp } },
      tls: { certificate: this.server, authority: this.authority.certificate },
      scitokens: { issuers: [this.issuer], audience: AUDIENCE },
      map: {
        'SSL /CN=alice/O=Test': 'alice@pool.test',
        [`SCITOKENS ${this.issuer.url},alice`]: 'alice@pool.test',
      },
      ...options,
    };
  }

  /** Returns the client's inputs for a method. */
  inputsFor(method: MethodName, pool: EmbeddedPool): Words & { readonly 'authentication-methods': string } {
    const trust = { 'ca-certificate': this.authority.certificate };
    const inputs: Record<MethodName, Words> = {
      IDTOKENS: { idtoken: pool.idToken() },
      SSL: { 'client-certificate': this.alice.certificate, 'client-key': this.alice.key, ...trust },
      SCITOKENS: { scitoken: this.issuer.issue('alice'), ...trust },
      KERBEROS: {
        'kerberos-keytab': Buffer.from(this.kdc.keytab('alice')).toString('base64'),
        'server-name': HOST_NAME,
      },
      PASSWORD: { password: PASSWORD },
      FS: {},
      MUNGE: {},
    };
    return { ...inputs[method], 'authentication-methods': method };
  }

  /** Returns the client's inputs for several methods, in this order. */
  several(methods: readonly MethodName[], pool: EmbeddedPool): Words {
    const all = methods.map((method) => this.inputsFor(method, pool));
    return { ...Object.assign({}, ...all), 'authentication-methods': methods.join(' ') };
  }

  identity(method: MethodName): string {
    return method === 'PASSWORD'
      ? 'condor@password'
      : method === 'FS'
        ? `${this.account}@pool.test`
        : 'alice@pool.test';
  }

  /** Returns the secrets that the inputs contain. */
  secrets({ idtoken, scitoken, password, 'client-key': key, 'kerberos-keytab': keytab }: Words): readonly string[] {
    const lines = (key ?? '').split('\n').filter((line) => line.length > 20 && !line.startsWith('-----'));
    const signatures = [idtoken, scitoken].flatMap((jwt) => (jwt === undefined ? [] : [jwt.split('.')[2] ?? '']));
    return [...signatures, ...lines, ...[password, keytab].flatMap((each) => each ?? [])];
  }

  /** Fetches a token under an account that is not root. By default, uses the address of the first schedd. */
  async try(pool: EmbeddedPool, words: Words, { env, facts, timeoutMs, signal }: TryOptions = {}): Promise<Tried> {
    const { host: noting, masks, log } = notingHost();
    const sinks = { log: noting.log, mask: noting.mask };
    const host = processHost(timeoutMs ?? patience(10_000), signal ?? new AbortController().signal, sinks);
    const target: Words = 'address' in words || 'pool' in words ? {} : { address: pool.schedd() };
    const all: Words = { 'on-reduced': 'ignore', ...target, ...words };
    const path = `${this.bin}${delimiter}${process.env['PATH'] ?? ''}`;
    const own = {
      KRB5_CONFIG: this.file('krb5.conf', this.kdc.configuration),
      PATH: path,
      _CONDOR_FS_LOCAL_DIR: this.tmp,
      SSL_CERT_FILE: join(this.folder, 'none'),
      ...env,
    };
    try {
      const request = readRequest((name) => all[name] || undefined, surroundings(own, { home: this.folder, ...facts }));
      const fetched = await fetchToken({ ...request, pollIntervalMs: 5, retries: 0 }, host);
      return { fetched, error: undefined, masks, log };
    } catch (error) {
      return { fetched: undefined, error, masks, log };
    }
  }

  close(): void {
    this.kdc.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
