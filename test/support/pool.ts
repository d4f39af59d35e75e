/** Real HTCondor pools, started by the tests that need them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { asRoot, type Suite, treeOf, versionOf } from './pool-tree.ts';
import { projectRoot } from './project.ts';
import { until } from './until.ts';

export { poolSuites, poolUnavailable } from './pool-tree.ts';

export interface PoolOptions {
  readonly suite: Suite;
  /** More configuration, in HTCondor's words. */
  readonly config?: string;
  /** With NEGOTIATOR and STARTD, so that jobs run. */
  readonly negotiator?: boolean;
  /** False: every daemon has a port of its own. */
  readonly sharedPort?: boolean;
  /** On ::1 instead of 127.0.0.1. */
  readonly ipv6?: boolean;
  /** A port of freePort, where it has to be known before. */
  readonly port?: number;
  /** Puts files into place before any daemon starts. */
  readonly prepare?: (pool: Pool) => Promise<void>;
}

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface ExecOptions {
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const TRUST_DOMAIN = 'pool.test';
const USERS = ['alice', 'bob'];
/** Root of the pool in its own mount namespace, over a folder that every Linux has. Nothing is made that could remain. */
const ROOT = '/mnt/root';

/**
 * What becomes of a tree: an overlay over it in memory, in mount and process namespaces of its own. Nothing of the
 * machine is touched, many pools share one tree, and all is gone when this script ends: when it is told to, when its
 * parent is killed (--kill-child), or when the pipe to it closes because the tests' process is no more.
 */
const INIT = `
  set -e
  tree=$1; node=$2; dist=$3; shift 3
  read -r pid rest < /proc/self/stat
  mount -t tmpfs -o mode=755 tmpfs /mnt
  mkdir /mnt/upper /mnt/work ${ROOT}
  mount -t overlay -o "lowerdir=$tree,upperdir=/mnt/upper,workdir=/mnt/work" overlay ${ROOT}
  cd ${ROOT}
  mount --rbind /dev dev; mount -t proc proc proc; mount -t tmpfs -o mode=755 tmpfs run
  cp /etc/hosts etc/hosts
  mkdir -p opt/ours; mount --bind "$dist" opt/ours; touch usr/local/bin/node; mount --bind "$node" usr/local/bin/node
  rm -rf etc/condor/passwords.d etc/condor/tokens.d; mkdir -p -m 700 etc/condor/passwords.d etc/condor/tokens.d
  for each in run/condor run/lock/condor var/lib/condor/spool var/lib/condor/execute var/spool/condor var/log/condor; do
    mkdir -p "$each"; chroot . chown -R condor:condor "/$each"
  done
  for user in "$@"; do chroot . id "$user" > /dev/null 2>&1 || chroot . useradd -m -s /bin/sh "$user"; done
  echo "READY $pid"
  read -r start
  chroot . condor_master -f -t > var/log/condor/console 2>&1 &
  while read -r reconfigure; do kill -HUP $!; done
`;

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
    return execute(
      ...asRoot('nsenter', `--target=${this.#pid}`, '--mount', '--pid', '--root', 'chroot', ...who, ROOT, ...inside),
    );
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
    const { negotiator = false, sharedPort = true, ipv6 = false } = this.#options;
    const base = `
      NETWORK_INTERFACE = ${this.host}
      BIND_ALL_INTERFACES = False
      ENABLE_IPV4 = ${!ipv6}
      ENABLE_IPV6 = ${ipv6}
      CONDOR_HOST = ${ipv6 ? '::1' : '127.0.0.1'}
      COLLECTOR_HOST = ${this.collector}
      COLLECTOR_PORT = ${this.port}
      ${sharedPort ? `USE_SHARED_PORT = True\nSHARED_PORT_PORT = ${this.port}` : 'USE_SHARED_PORT = False'}
      DAEMON_LIST = MASTER, ${sharedPort ? 'SHARED_PORT, ' : ''}COLLECTOR, SCHEDD${negotiator ? ', NEGOTIATOR, STARTD' : ''}
      SCHEDD_NAME = ${this.scheddName}
      TRUST_DOMAIN = ${TRUST_DOMAIN}
      UID_DOMAIN = ${TRUST_DOMAIN}
      UPDATE_INTERVAL = 5
      NEGOTIATOR_INTERVAL = 2
      NEGOTIATOR_CYCLE_DELAY = 1
      SCHEDD_INTERVAL = 2
      SCHEDD_MIN_INTERVAL = 1
      NUM_CPUS = 1
      STARTER_ALLOW_RUNAS_OWNER = True
      SCHEDD_DEBUG = D_SECURITY
      COLLECTOR_DEBUG = D_SECURITY
      SCHEDD_ADDRESS_FILE = ${this.#addressFile('schedd')}
      COLLECTOR_ADDRESS_FILE = ${this.#addressFile('collector')}
    `.replaceAll(/^ +/gm, '');
    await this.write('/etc/condor/config.d/99-pool', `${base}${config}\n`, 0o644);
  }
}

/** A pool that answers. Stop it in `after`. */
export async function startPool(options: PoolOptions): Promise<Pool> {
  const port = options.port ?? (await freePort(options.ipv6 === true ? '::1' : '127.0.0.1'));
  const [program, ...args] = asRoot(
    'unshare',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    'sh',
    '-c',
    INIT,
    'pool',
    treeOf(options.suite),
    process.execPath,
    join(projectRoot, 'dist'),
    ...USERS,
  );
  const init = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaints = '';
  init.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  init.stdin.on('error', () => {}); // it is gone: `close` tells
  const pid = await new Promise<string>((resolve, reject) => {
    createInterface(init.stdout).on('line', (line) => line.startsWith('READY ') && resolve(line.slice(6)));
    init.on('error', reject);
    init.on('close', (status) => reject(new Error(`no namespaces for a pool: status ${status}: ${complaints}`)));
  });
  const pool = new Pool(options, port, init, pid);
  try {
    await pool.start();
  } catch (error) {
    await pool.stop();
    throw error;
  }
  return pool;
}

/** A port that nobody has, below those that the system gives to outgoing connections: nobody else gets it soon. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const free = await new Promise<boolean>((resolve, reject) => {
      const server = createServer();
      server.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
      );
      server.listen(port, host, () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

function execute(program: string, ...args: string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (status) =>
      resolve({
        status: status ?? 1,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
  });
}
