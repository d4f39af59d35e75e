/** Real HTCondor pools, started by the tests that need them. */
import type { ChildProcess } from 'node:child_process';
import { freePort } from './free-port.ts';
import { configuration, type PoolShape, TRUST_DOMAIN } from './pool-config.ts';
import { enter, type Outcome, startNamespaces } from './pool-namespaces.ts';
import { type Suite, versionOf } from './pool-tree.ts';
import { until } from './until.ts';

export type { Outcome } from './pool-namespaces.ts';
export { poolSuites, poolUnavailable } from './pool-tree.ts';

export interface PoolOptions extends PoolShape {
  readonly suite: Suite;
  /** More configuration, in HTCondor's words. */
  readonly config?: string;
  /** A port of freePort, where it has to be known before. */
  readonly port?: number;
  /** The Node that `ours` runs on. Default: this one. */
  readonly node?: string;
  /** Puts files into place before any daemon starts. */
  readonly prepare?: (pool: Pool) => Promise<void>;
}

interface ExecOptions {
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export class Pool {
  readonly suite: Suite;
  readonly version: string;
  readonly host: string;
  readonly port: number;
  readonly scheddName = 'ci@pool';
  readonly trustDomain = TRUST_DOMAIN;
  readonly #options: PoolOptions;
  readonly #init: ChildProcess;
  readonly #pid: string;
  readonly #ended: Promise<unknown>;
  #generation = 0;

  constructor(options: PoolOptions, port: number, init: ChildProcess, pid: string) {
    this.suite = options.suite;
    this.version = versionOf(options.suite);
    this.host = options.ipv6 === true ? '::1' : '127.0.0.1';
    this.port = port;
    this.#options = options;
    this.#init = init;
    this.#pid = pid;
    this.#ended = new Promise((resolve) => init.once('close', resolve));
  }

  /** `host:port` of the collector. */
  get collector(): string {
    return this.host.includes(':') ? `[${this.host}]:${this.port}` : `${this.host}:${this.port}`;
  }

  /** Runs a program in the pool: as root unless a user is named. */
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
    return enter(this.#pid, who, ...inside);
  }

  /** Our command, built, with the pool's configuration, file system and accounts. */
  ours(args: readonly string[], options?: ExecOptions): Promise<Outcome> {
    return this.exec(['node', '/opt/ours/cli/index.js', ...args], options);
  }

  /** HTCondor's command, in the same surroundings. */
  theirs(args: readonly string[], options?: ExecOptions): Promise<Outcome> {
    return this.exec(['condor_token_fetch', ...args], options);
  }

  /** Runs a program that has to succeed; its standard output. */
  async run(...argv: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.exec(argv);
    if (status !== 0) throw new Error(`${argv.join(' ')}: status ${status}\n${stdout}${stderr}`);
    return stdout;
  }

  async write(path: string, content: string | Uint8Array, mode: number): Promise<void> {
    const script = 'umask 077; printf %s "$1" | base64 -d > "$0" && chmod "$2" "$0"';
    await this.run('sh', '-c', script, path, Buffer.from(content).toString('base64'), mode.toString(8));
  }

  /** A token from condor_token_create, which has the signing key: the first credential. Lifetime in seconds. */
  async idToken({
    user,
    authz = [],
    lifetime,
  }: {
    user: string;
    authz?: readonly string[];
    lifetime?: number;
  }): Promise<string> {
    const limits = authz.flatMap((level) => ['-authz', level]);
    const life = lifetime === undefined ? [] : ['-lifetime', String(lifetime)];
    return (await this.run('condor_token_create', '-identity', `${user}@${TRUST_DOMAIN}`, ...limits, ...life)).trim();
  }

  /** MyAddress of a daemon, as the collector has it. */
  async sinful(type: string, name: string): Promise<string> {
    const constraint = `Name == "${name}"`;
    return (await this.run('condor_status', `-${type}`, '-constraint', constraint, '-af', 'MyAddress')).trim();
  }

  /** Log of a daemon: `Sched`, `Collector`, `Master`. */
  log(daemon: string): Promise<string> {
    return this.run('tail', '-n', '200', `/var/log/condor/${daemon}Log`);
  }

  /**
   * Replaces the configuration that came with the options, and returns when schedd and collector have it.
   *
   * By signal, so that no setting can lock us out. A daemon that has read its settings again writes its address file
   * (daemon_core_main.cpp, dc_reconfig), whose name changes each time.
   */
  async configure(config: string): Promise<void> {
    await this.#writeConfig(config);
    this.#init.stdin?.write('reconfigure\n');
    const files = [this.#addressFile('schedd'), this.#addressFile('collector')];
    await until('schedd and collector have their new configuration', 60, async () => {
      const { status, stderr } = await this.exec(['ls', ...files]);
      return status === 0 ? undefined : stderr;
    });
    // 23.9 keeps the policy of the level that was asked for last, with the names of the keys that there were
    // (FillInSecurityPolicyAdFromCache): ask for two, of which one is another.
    for (const type of ['collector', 'schedd']) await this.exec(['condor_ping', '-type', type, 'READ', 'WRITE']);
  }

  async start(): Promise<void> {
    await this.#options.prepare?.(this);
    await this.#writeConfig(this.#options.config ?? '');
    this.#init.stdin?.write('start\n');
    const { negotiator = false } = this.#options;
    const wanted = ['Scheduler', 'Collector', ...(negotiator ? ['Negotiator', 'Machine|Slot'] : [])];
    try {
      await until('all daemons have said where they are', 90, async () => {
        const { stdout, stderr } = await this.exec(['condor_status', '-any', '-af', 'MyType']);
        const missing = wanted.filter((type) => !new RegExp(`^(${type})$`, 'm').test(stdout));
        return missing.length === 0 ? undefined : `missing: ${missing.join(', ')}. ${stderr}`;
      });
    } catch (error) {
      const logs = await this.exec(['sh', '-c', 'tail -n 30 /var/log/condor/console /var/log/condor/*Log']);
      throw new Error(`HTCondor of ${this.suite} did not start: ${String(error)}\n${logs.stdout}`);
    }
  }

  /** Ends all of its processes, and with them its namespaces and mounts. */
  async stop(): Promise<void> {
    this.#init.stdin?.end();
    await this.#ended;
  }

  #addressFile(daemon: string): string {
    return `/run/condor/${daemon}_address.${this.#generation}`;
  }

  async #writeConfig(config: string): Promise<void> {
    this.#generation += 1;
    const base = configuration(this.#options, {
      host: this.host,
      port: this.port,
      collector: this.collector,
      scheddName: this.scheddName,
      addressFile: (daemon) => this.#addressFile(daemon),
    });
    await this.write('/etc/condor/config.d/99-pool', `${base}${config}\n`, 0o644);
  }
}

/** A pool that answers. Stop it in `after`. */
export async function startPool(options: PoolOptions): Promise<Pool> {
  const port = options.port ?? (await freePort(options.ipv6 === true ? '::1' : '127.0.0.1'));
  const { init, pid } = await startNamespaces(options.suite, options.node ?? process.execPath);
  const pool = new Pool(options, port, init, pid);
  try {
    await pool.start();
  } catch (error) {
    await pool.stop();
    throw error;
  }
  return pool;
}
