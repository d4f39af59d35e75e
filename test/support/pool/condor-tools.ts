/** Provides HTCondor's tools on a runner outside the pool. They use the files, variables and network of this host. */
import { chmodSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asRoot } from '../processes.ts';
import { type Suite, treeOf } from './suites.ts';

const TOOLS = [
  ...['condor_ping', 'condor_submit', 'condor_q', 'condor_history', 'condor_token_list'],
  ...['condor_transfer_data', 'condor_rm'],
];

/** Mounts an in-memory overlay over a tree, as pool.ts does. The mount namespace ends with the tool. */
const INSIDE = `
  set -e
  tree=$1; who=$2; temporary=$3; shift 3
  mount -t tmpfs -o mode=755 tmpfs /mnt
  mkdir /mnt/upper /mnt/work /mnt/root
  mount -t overlay -o "lowerdir=$tree,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
  for each in /dev /proc /tmp "$temporary" "$RUNNER_TEMP" "$PWD"; do
    case $each in /?*) mkdir -p "/mnt/root$each"; mount --rbind "$each" "/mnt/root$each" ;; esac
  done
  export PATH=/usr/sbin:/usr/bin:/sbin:/bin
  exec chroot --userspec="$who" /mnt/root sh -c 'cd "$0" && exec "$@"' "$PWD" "$@"
`;

/**
 * Writes wrappers into a directory that is to be in PATH. They run the tools of a suite's tree under the account of
 * this process.
 */
export function writeCondorTools(folder: string, suite: Suite): void {
  const [program, ...args] = asRoot('unshare', '--mount', 'sh', '-c', INSIDE, 'tool', treeOf(suite));
  const words = program === 'sudo' ? [program, '--preserve-env', ...args] : [program, ...args];
  const who = `${process.getuid?.()}:${process.getgid?.()}`;
  for (const tool of TOOLS) {
    const script = `#!/bin/sh\nexec ${words.map(quote).join(' ')} ${who} ${quote(tmpdir())} ${tool} "$@"\n`;
    writeFileSync(join(folder, tool), script);
    chmodSync(join(folder, tool), 0o755);
  }
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
