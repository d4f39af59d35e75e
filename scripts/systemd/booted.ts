/** A real systemd as the first process in its own namespaces, with a root file system built from Debian packages. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../test/support/host.ts';
import { buildTree, removeTree } from '../../test/support/pool/tree.ts';
import { asRoot, execute, type Outcome } from '../../test/support/processes.ts';
import { projectRoot } from '../../test/support/project.ts';
import { until } from '../../test/support/until.ts';

const SUITE = 'trixie';

/** Returns a root file system with systemd. Builds it on first use. */
async function prepareSystemd(): Promise<string> {
  const tree = join(cacheFolder('systemd'), SUITE);
  if (existsSync(tree)) return tree;
  const partial = `${tree}.partial-${process.pid}`;
  try {
    await buildTree(SUITE, partial, ['systemd', 'systemd-sysv', 'dbus']);
    renameSync(partial, tree);
  } finally {
    await removeTree(partial);
  }
  return tree;
}

/**
 * Shell script that sets up the overlay and the mounts that systemd expects, and then starts systemd. The cgroup of
 * systemd is the root of its own cgroup namespace.
 */
const BOOT = `
  tree=$0; node=$1; program=$2
  mount --make-rprivate /
  mount -t tmpfs -o mode=755 tmpfs /mnt
  mkdir /mnt/upper /mnt/work /mnt/root
  mount -t overlay -o "lowerdir=$tree,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
  cd /mnt/root
  mount -t proc proc proc; mount -t sysfs -o ro sysfs sys; mount -t cgroup2 cgroup2 sys/fs/cgroup
  mount -t tmpfs -o mode=755 tmpfs run; mount -t tmpfs tmpfs tmp; mount -t tmpfs -o mode=755,dev tmpfs dev
  for each in null zero full random urandom tty; do touch dev/$each; mount --bind /dev/$each dev/$each; done
  mkdir dev/pts dev/shm old; mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts; ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  cp /etc/hosts etc/hosts
  install -m 755 "$node" usr/local/bin/node; install -m 755 "$program" usr/local/bin/condor_token_service
  pivot_root . old; umount -l /old; mount --make-rshared /
  exec env -i container=test PATH=/usr/sbin:/usr/bin /lib/systemd/systemd --system --unit=multi-user.target
`;

export class BootedSystem {
  readonly #child: ChildProcess;
  readonly #pid: string;

  private constructor(child: ChildProcess, pid: string) {
    this.#child = child;
    this.#pid = pid;
  }

  /** Boots a system that runs the service with this Node binary. */
  static async boot(node: string): Promise<BootedSystem> {
    const tree = await prepareSystemd();
    const [, hierarchy] = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8')) ?? [];
    if (hierarchy === undefined) throw new Error('no cgroup v2 is mounted on this host');
    const group = join(hierarchy, `condor-token-fetch-${process.pid}`);
    const program = join(projectRoot, 'dist/service/index.js');
    const enterGroup = 'mkdir -p "$0"; echo $$ > "$0/cgroup.procs"; exec "$@"';
    const spaces = ['unshare', '--mount', '--pid', '--uts', '--ipc', '--cgroup', '--fork', '--kill-child'];
    const [first, ...rest] = asRoot(
      ...['sh', '-ec', enterGroup, group, ...spaces, 'sh', '-ec', BOOT, tree, node, program],
    );
    const child = spawn(first, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    let pid = '';
    await until('systemd is the first process', 60, async () => {
      if (child.exitCode !== null) throw new Error(`systemd did not start: ${said}`);
      pid = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
      return pid === '' ? 'there is no process yet' : undefined;
    });
    const system = new BootedSystem(child, pid);
    await until('systemd has started its units', 120, async () => {
      const { stdout, stderr } = await system.exec('systemctl', 'is-system-running');
      return /^(running|degraded)/.test(stdout) ? undefined : `${stdout}${stderr}`;
    });
    return system;
  }

  /** Runs a program in the system, as root. */
  exec(...argv: string[]): Promise<Outcome> {
    const spaces = ['--mount', '--pid', '--uts', '--ipc', '--cgroup', '--root', '--wd'];
    const inside = ['env', '-i', 'PATH=/usr/local/bin:/usr/sbin:/usr/bin', ...argv];
    return execute(asRoot('nsenter', `--target=${this.#pid}`, ...spaces, ...inside));
  }

  /** Runs a shell script and returns its output. Throws if the script fails. */
  async run(script: string): Promise<string> {
    const { status, stdout, stderr } = await this.exec('sh', '-ec', script);
    if (status !== 0) throw new Error(`${script}: status ${status}\n${stdout}${stderr}`);
    return stdout;
  }

  async write(path: string, text: string, mode: string): Promise<void> {
    const base64 = Buffer.from(text).toString('base64');
    await this.run(
      `mkdir -p "$(dirname ${path})"; umask 077; echo ${base64} | base64 -d > ${path}; chmod ${mode} ${path}`,
    );
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }
}
