/** Starts real HTCondor pools for tests. */
import type { DualStackNetwork } from '../network/dual-stack-network.ts';
import { freePort } from '../network/free-port.ts';
import type { Outcome } from '../processes.ts';
import { until } from '../until.ts';
import { configuration, type PoolShape, TRUST_DOMAIN } from './configuration.ts';
import { enter, type Namespaces, startNamespaces } from './namespaces.ts';
import { type Suite, versionOf } from './suites.ts';

export type { Outcome } from '../processes.ts';
export { poolSuites, poolUnavailable } from './suites.ts';

export interface PoolOptions extends PoolShape {
  readonly suite: Suite;
  /** HTCondor configuration that is appended to that of the pool. */
  readonly config?: string;
  /** Port of the pool, if the test must know it in advance. Default: a free port. */
  readonly port?: number;
  /** Path of the Node that `ours` uses. Default: the Node that runs this process. */
  readonly node?: string;
  /** Network of a dual-stack host, which also determines the port of the pool. */
  readonly dualStack?: DualStackNetwork;
  /** Called before the daemons start, for example to write files. */
  readonly prepare?: (pool: Pool) => Promise<void>;
}

interface ExecOptions {
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

interface Grant {
  readonly user: string;
  readonly authz?: readonly string[];
  readonly lifetime?: number;
}

export class Pool {
  readonly suite: Suite;
  readonly version: string;
  readonly host: string;
  readonly port: number;
  readonly scheddName = 'ci@pool';
  readonly trustDomain = TRUST_DOMAIN;
  readonly #options: PoolOptions;
  readonly #namespaces: Namespaces;
  readonly #ended: Promise<unknown>;
  #generation = 0;

  constructor(options: PoolOptions, port: number, namespaces: Namespaces) {
    this.suite = options.suite;
    this.version = versionOf(options.suite);
    this.host = options.dualStack?.v4 ?? (options.ipv6 === true ? '::1' : '127.0.0.1');
    this.port = port;
    this.#options = options;
    this.#namespaces = namespaces;
    this.#ended = new Promise((resolve) => namespaces.init.once('close', resolve));
  }

  /** `host:port` of the collector. */
  get collector(): string {
    return this.host.includes(':') ? `[${this.host}]:${this.port}` : `${this.host}:${this.port}`;
  }

  /** Runs a program in the pool, as root by default. */
  exec(argv: readonly string[], { user, env = {}, cwd = '/' }: ExecOptions = {}): Promise<Outcome> {
    const home = user === undefined ? '/root' : `/home/${user}`;
    const words = {
      PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      LANG: 'C.UTF-8',
      HOME: home,
      USER: user ?? 'root',
      ...env,
    };
    const environment = Object.entries(words).map(([name, value]) => `${name}=${value}`);
    const who = user === undefined ? [] : [`--userspec=${user}:${user}`];
    const inside = ['env', '-i', ...environment, 'sh', '-c', 'cd "$0" && exec "$@"', cwd, ...argv];
    return enter(this.#namespaces.pid, who, inside);
  }

  /** Runs this project's built command in the pool, with the pool's configuration, file system and accounts. */
  ours(args: readonly string[], options?: ExecOptions): Promise<Outcome> {
    return this.exec(['node', '/opt/ours/cli/index.js', ...args], options);
  }

  /** Runs HTCondor's condor_token_fetch in the pool. */
  theirs(args: readonly string[], options?: ExecOptions): Promise<Outcome> {
    return this.exec(['condor_token_fetch', ...args], options);
  }

  /** Runs a program in the pool and returns its standard output. Throws if the program fails. */
  async run(...argv: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.exec(argv);
    if (status !== 0) throw new Error(`${argv.join(' ')}: status ${status}\n${stdout}${stderr}`);
    return stdout;
  }

  async write(path: string, content: string | Uint8Array, mode: number): Promise<void> {
    const script = 'umask 077; printf %s "$1" | base64 -d > "$0" && chmod "$2" "$0"';
    await this.run('sh', '-c', script, path, Buffer.from(content).toString('base64'), mode.toString(8));
  }

  /** Issues a token with condor_token_create, which reads the signing key. The lifetime is in seconds. */
  async idToken({ user, authz = [], lifetime }: Grant): Promise<string> {
    const limits = authz.flatMap((level) => ['-authz', level]);
    const life = lifetime === undefined ? [] : ['-lifetime', String(lifetime)];
    return (await this.run('condor_token_create', '-identity', `${user}@${TRUST_DOMAIN}`, ...limits, ...life)).trim();
  }

  /** Returns a daemon's address (MyAddress in its ad). */
  async sinful(type: string, name: string): Promise<string> {
    const constraint = `Name == "${name}"`;
    return (await this.run('condor_status', `-${type}`, '-constraint', constraint, '-af', 'MyAddress')).trim();
  }

  /** Returns the log of a daemon: `Sched`, `Collector` or `Master`. */
  log(daemon: string): Promise<string> {
    return this.run('tail', '-n', '200', `/var/log/condor/${daemon}Log`);
  }

  /**
   * Replaces the settings of the test. Returns when the schedd and the collector have read them.
   *
   * Sends a signal instead of running condor_reconfig, which might fail to authenticate with the new settings. A daemon
   * writes its address file after it has read its settings (daemon_core_main.cpp, dc_reconfig). The settings contain a
   * new name for that file each time.
   */
  async configure(config: string): Promise<void> {
    await this.#writeConfig(config);
    this.#namespaces.init.stdin?.write('reconfigure\n');
    const files = [this.#addressFile('schedd'), this.#addressFile('collector')];
    await until('schedd and collector have their new configuration', 60, async () => {
      const { status, stderr } = await this.exec(['ls', ...files]);
      return status === 0 ? undefined : stderr;
    });
    // 23.9 caches the policy of the most recent authorization level, with outdated key names
    // (FillInSecurityPolicyAdFromCache). Requesting two levels replaces the cached policy.
    for (const type of ['collector', 'schedd']) await this.exec(['condor_ping', '-type', type, 'READ', 'WRITE']);
  }

  async start(): Promise<void> {
    await this.#options.prepare?.(this);
    await this.#writeConfig(this.#options.config ?? '');
    this.#namespaces.init.stdin?.write('start\n');
    const { negotiator = false } = this.#options;
    const wanted = ['Scheduler', 'Collector', ...(negotiator ? ['Negotiator', 'Machine|Slot'] : [])];
    try {
      await until('the collector lists all daemons', 90, async () => {
        const { stdout, stderr } = await this.exec(['condor_status', '-any', '-af', 'MyType']);
        const missing = wanted.filter((type) => !new RegExp(`^(${type})$`, 'm').test(stdout));
        return missing.length === 0 ? undefined : `missing: ${missing.join(', ')}. ${stderr}`;
      });
    } catch (error) {
      const logs = await this.exec(['sh', '-c', 'tail -n 30 /var/log/condor/console /var/log/condor/*Log']);
      throw new Error(`HTCondor of ${this.suite} did not start: ${String(error)}\n${logs.stdout}`);
    }
  }

  /** Ends all processes of the pool, and thereby its namespaces and mounts. */
  async stop(): Promise<void> {
    this.#namespaces.init.stdin?.end();
    await this.#ended;
  }

  #addressFile(daemon: string): string {
    return `/run/condor/${daemon}_address.${this.#generation}`;
  }

  async #writeConfig(config: string): Promise<void> {
    this.#generation += 1;
    const base = configuration(this.#options, this, (daemon) => this.#addressFile(daemon));
    await this.write('/etc/condor/config.d/99-pool', `${base}${config}\n`, 0o644);
  }
}

/** Starts a pool and waits until its daemons respond. The caller must stop it. */
export async function startPool(options: PoolOptions): Promise<Pool> {
  const { dualStack, port = dualStack?.port ?? (await freePort(options.ipv6 === true ? '::1' : '127.0.0.1')) } =
    options;
  const { suite, node = process.execPath } = options;
  const namespaces = await startNamespaces(suite, node, dualStack !== undefined);
  const pool = new Pool(options, port, namespaces);
  try {
    await dualStack?.attach(namespaces.pid);
    await pool.start();
  } catch (error) {
    await pool.stop();
    throw error;
  }
  return pool;
}
