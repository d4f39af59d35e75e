/** Mount and process namespaces with a separate root file system, in which a pool runs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { asRoot, execute, type Outcome } from '../processes.ts';
import { projectRoot } from '../project.ts';
import { type Suite, treeOf } from './suites.ts';

const USERS = ['alice', 'bob'];
/**
 * Root of the pool in its mount namespace. Its parent directory exists on every Linux system, so no directory has to be
 * created or removed.
 */
const ROOT = '/mnt/root';

/**
 * Mounts an in-memory overlay over a tree, in new mount and process namespaces. The script does not change the host,
 * and many pools can share a tree. The namespaces end with the script: when `stop` closes its standard input, when its
 * parent is killed (--kill-child), or when the test process ends, which also closes the standard input.
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
  id=5000
  for user in "$@"; do
    grep -q "^$user:" etc/passwd && continue
    id=$((id + 1))
    echo "$user:x:$id:$id::/home/$user:/bin/sh" >> etc/passwd # useradd takes a third of a second
    echo "$user:x:$id:" >> etc/group
    echo "$user:!:20000:0:99999:7:::" >> etc/shadow
    mkdir -p -m 700 "home/$user"; chown "$id:$id" "home/$user"
  done
  echo "READY $pid"
  read -r start
  chroot . condor_master -f -t > var/log/condor/console 2>&1 &
  while read -r reconfigure; do kill -HUP $!; done
`;

export interface Namespaces {
  /** The first process in the namespaces. It reads commands from its standard input. The namespaces end with it. */
  readonly init: ChildProcess;
  /** PID of `init` on the host. */
  readonly pid: string;
}

/** Starts the namespaces. `node` is the path of the Node that the pool sees as /usr/local/bin/node. */
export async function startNamespaces(suite: Suite, node: string, ownNetwork: boolean): Promise<Namespaces> {
  const [program, ...args] = asRoot(
    ...['unshare', '--mount', '--pid', ...(ownNetwork ? ['--net'] : []), '--fork', '--kill-child'],
    ...['sh', '-c', INIT, 'pool', treeOf(suite), node, join(projectRoot, 'dist'), ...USERS],
  );
  const init = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  init.stdin.on('error', () => {}); // the process has ended, which `close` reports
  const pid = await new Promise<string>((resolve, reject) => {
    createInterface(init.stdout).on('line', (line) => line.startsWith('READY ') && resolve(line.slice(6)));
    init.on('error', reject);
    init.on('close', (status) => reject(new Error(`no namespaces for a pool: status ${status}, reasons above`)));
  });
  return { init, pid };
}

/** Runs a program in the namespaces of process `pid`, with the pool's root. `options` are options of chroot. */
export function enter(pid: string, options: readonly string[], argv: readonly string[]): Promise<Outcome> {
  const spaces = [`--target=${pid}`, '--mount', '--pid', '--root'];
  return execute(asRoot('nsenter', ...spaces, 'chroot', ...options, ROOT, ...argv));
}
