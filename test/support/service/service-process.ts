/** Runs `condor_token_service` as an administrator does, with a configuration and seeds, in a separate process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Authority } from '../credentials/certificates.ts';
import { freePort } from '../network/free-port.ts';
import { type Outcome, outcomeOf } from '../processes.ts';
import { projectRoot } from '../project.ts';

const SERVICE = join(projectRoot, 'dist/service/index.js');
export const AUDIENCE_OF_SERVICE = 'https://tokens.example.org';
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:token-exchange';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Options {
  readonly authority: Authority;
  /** The configuration after the `listen`, `tls` and `audience` settings. */
  readonly config: string;
  /** The seeds, by identity. */
  readonly seeds: Readonly<Record<string, string>>;
  readonly node?: string;
  /** Environment variables in addition to PATH and SSL_CERT_FILE. */
  readonly env?: Readonly<Record<string, string>>;
  /** Command prefix that starts the service, such as `prlimit …`. */
  readonly prefix?: readonly string[];
  /**
   * The audience of job tokens. `origin` selects the service's origin, which the client expects. Default:
   * AUDIENCE_OF_SERVICE.
   */
  readonly audience?: 'origin';
}

export class ServiceProcess {
  readonly directory: string;
  readonly authority: Authority;
  /** Lines of the audit log, which the service writes to standard output. */
  readonly audit: Record<string, unknown>[] = [];
  readonly log: string[] = [];
  port = 0;
  #raw = '';
  #child: ChildProcess | undefined;
  readonly #options: Options;
  #waiting: (() => void)[] = [];

  private constructor(options: Options, directory: string) {
    this.#options = options;
    this.authority = options.authority;
    this.directory = directory;
  }

  static async prepare(options: Options): Promise<ServiceProcess> {
    const service = new ServiceProcess(options, mkdtempSync(join(tmpdir(), 'token-service-')));
    mkdirSync(join(service.directory, 'seeds.d'), { mode: 0o755 });
    mkdirSync(join(service.directory, 'state'), { mode: 0o700 });
    // Without this file, the service refuses job tokens for a minute.
    writeFileSync(service.storePath, '', { mode: 0o600 });
    for (const [identity, seed] of Object.entries(options.seeds)) service.writeSeed(identity, seed);
    service.port = await freePort();
    await service.renewCertificate();
    writeFileSync(join(service.directory, 'ca.pem'), options.authority.certificate);
    service.configure(options.config);
    return service;
  }

  static async start(options: Options): Promise<ServiceProcess> {
    const service = await ServiceProcess.prepare(options);
    await service.start();
    return service;
  }

  get configPath(): string {
    return join(this.directory, 'config.yaml');
  }

  /** Path of the file that records used job tokens. */
  get storePath(): string {
    return join(this.directory, 'state/used-tokens');
  }

  get url(): string {
    return `https://localhost:${this.port}/token`;
  }

  get audience(): string {
    return this.#options.audience === 'origin' ? `https://localhost:${this.port}` : AUDIENCE_OF_SERVICE;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  configure(config: string): void {
    const { directory } = this;
    const text = `listen: 127.0.0.1:${this.port}
tls: { certificate: ${directory}/tls.crt, key: ${directory}/tls.key }
audience: ${this.audience}
${config}`;
    writeFileSync(this.configPath, text, { mode: 0o644 });
  }

  writeSeed(identity: string, seed: string, mode = 0o600): void {
    const path = join(this.directory, 'seeds.d', identity);
    rmSync(path, { force: true });
    writeFileSync(path, `${seed}\n`, { mode });
  }

  async renewCertificate(): Promise<string> {
    const { certificate, key } = await this.authority.issue({ subject: 'CN=localhost', hosts: ['localhost'] });
    writeFileSync(join(this.directory, 'tls.key'), key, { mode: 0o600 });
    writeFileSync(join(this.directory, 'tls.crt'), certificate);
    return certificate;
  }

  /** Runs a subcommand other than `serve` until it ends. */
  async run(...args: readonly string[]): Promise<Outcome> {
    return await outcomeOf(this.#spawn([...args, '-config', this.configPath]));
  }

  #spawn(args: readonly string[]): ChildProcess {
    const { node = process.execPath, env = {}, prefix = [] } = this.#options;
    const [program = node, ...rest] = [...prefix, node, SERVICE, ...args];
    return spawn(program, rest, {
      env: { PATH: '/usr/bin:/bin', SSL_CERT_FILE: join(this.directory, 'ca.pem'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async start(): Promise<void> {
    const from = this.log.length;
    const state = join(this.directory, 'state');
    const child = this.#spawn(['serve', '-config', this.configPath, '-state', state]);
    this.#child = child;
    let rest = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#raw += chunk.toString();
      const lines = `${rest}${chunk.toString()}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.audit.push(JSON.parse(line) as Record<string, unknown>);
      this.#look();
    });
    let unfinished = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#raw += chunk.toString();
      const lines = `${unfinished}${chunk.toString()}`.split('\n');
      unfinished = lines.pop() ?? '';
      this.log.push(...lines);
      this.#look();
    });
    const ended = once(child, 'exit').then(([status]) => {
      throw new Error(`the service ended with status ${status}: ${this.log.join('\n')}`);
    });
    const [, port] = await Promise.race([this.logged(/^listening on \S+ port (\d+)/, from), ended]);
    ended.catch(() => {});
    this.port = Number(port);
  }

  /** Everything that the process has printed. */
  get printed(): string {
    return this.#raw;
  }

  /** Waits for a matching line on standard error whose index is at least `from`. */
  logged(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return this.#wait(() => {
      for (const line of this.log.slice(from)) {
        const found = pattern.exec(line);
        if (found !== null) return found;
      }
      return undefined;
    });
  }

  /** Waits until the audit log has `count` lines. */
  async audited(count: number): Promise<Record<string, unknown>> {
    return await this.#wait(() => (this.audit.length >= count ? this.audit[count - 1] : undefined));
  }

  /** Waits until the audit log has `count` lines about a job token. Returns the last of these lines. */
  async auditOf(jobToken: string, count = 1): Promise<Record<string, unknown>> {
    const digest = createHash('sha256').update(jobToken).digest('hex');
    return await this.#wait(() => this.audit.filter((line) => line['job_token_sha256'] === digest)[count - 1]);
  }

  #wait<T>(look: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const again = () => {
        const found = look();
        if (found === undefined) return;
        this.#waiting = this.#waiting.filter((each) => each !== again);
        resolve(found);
      };
      this.#waiting.push(again);
      again();
    });
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }

  /** Closes the reading end of the service's standard output. */
  closeOutput(): void {
    this.#child?.stdout?.destroy();
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Makes the service reload its configuration. Returns the log line about the reload. */
  async reload(): Promise<string> {
    const from = this.log.length;
    this.signal('SIGHUP');
    const [line] = await this.logged(/^(configuration loaded|the configuration was not replaced).*/, from);
    return line;
  }

  /** Ends the process. Returns its exit status and signal. */
  async end(name: NodeJS.Signals = 'SIGTERM'): Promise<readonly [number | null, string | null]> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return [child?.exitCode ?? null, child?.signalCode ?? null];
    const closed = once(child, 'close');
    child.kill(name);
    return (await closed) as [number | null, string | null];
  }

  async stop(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Requests a token as the client does. Omits parameters that are undefined. */
  ask(
    jobToken: string,
    parameters: Readonly<Record<string, string | undefined>> = {},
    localAddress?: string,
  ): Promise<Reply> {
    const all = {
      ...{ grant_type: GRANT_TYPE, subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' },
      ...{ subject_token: jobToken, scope: 'condor:/READ', ...parameters },
    };
    const words = Object.entries(all).filter((each): each is [string, string] => each[1] !== undefined);
    return this.post(new URLSearchParams(words).toString(), localAddress === undefined ? {} : { localAddress });
  }

  post(
    body: string,
    options: { path?: string; method?: string; headers?: Record<string, string>; localAddress?: string } = {},
  ): Promise<Reply> {
    const { path = '/token', method = 'POST', headers = {}, localAddress } = options;
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          ...{ host: '127.0.0.1', port: this.port, path, method, agent: false, ca: this.authority.certificate },
          ...{ servername: 'localhost', localAddress },
          headers: {
            ...{ 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) },
            ...headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            let json: Record<string, unknown> = {};
            try {
              json = JSON.parse(text) as Record<string, unknown>;
            } catch {
              json = { text };
            }
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: json });
          });
          response.on('error', reject);
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }
}
