/**
 * Measures the time that it takes to get a token on a minimal system: first with HTCondor's package and tool, and then
 * with this project.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../test/support/host.ts';
import { startPool } from '../../test/support/pool/pool.ts';
import type { Suite } from '../../test/support/pool/suites.ts';
import { buildTree, removeTree } from '../../test/support/pool/tree.ts';
import { asRoot } from '../../test/support/processes.ts';
import { projectRoot } from '../../test/support/project.ts';
import { COMMAND, succeed } from './processes.ts';
import { table } from './table.ts';

/**
 * Installs the packages and fetches a token in a temporary overlay over the minimal system. Prints apt's summary and
 * the times in nanoseconds.
 */
const FROM_NOTHING = `
  tree=$0; files=$1; install=$2; fetch=$3
  mount -t tmpfs tmpfs /mnt
  mkdir /mnt/upper /mnt/work /mnt/root
  mount -t overlay -o "lowerdir=$tree,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
  cd /mnt/root
  mount --rbind /dev dev; mount -t proc proc proc
  printf '#!/bin/sh\\nexit 101\\n' > usr/sbin/policy-rc.d; chmod 755 usr/sbin/policy-rc.d
  cp /etc/resolv.conf etc/; mkdir -p opt/files; cp -r "$files/." opt/files; chown -R root:root opt/files
  started=$(date +%s%N)
  chroot . sh -ec "export DEBIAN_FRONTEND=noninteractive; apt-get update -q; apt-get install -y -q --no-install-recommends $install"
  installed=$(date +%s%N)
  chroot . sh -ec "$fetch" > token
  done=$(date +%s%N)
  test -s token
  echo "TIMES $started $installed $done"`;

/** Download size, and the times in seconds that it takes to install the packages and to fetch a token. */
interface Cold {
  readonly got: string;
  readonly installed: number;
  readonly fetched: number;
}

const row = (what: string, { got, installed, fetched }: Cold) => [
  ...[what, got, `${installed.toFixed(1)} s`, `${fetched.toFixed(2)} s`, `**${(installed + fetched).toFixed(1)} s**`],
];

/** Returns the table of times. Each row shows a single run. */
export async function coldMachine(suite: Suite): Promise<string> {
  const pool = await startPool({ suite });
  const folder = mkdtempSync(join(tmpdir(), 'cold-'));
  const [tree, files] = [join(folder, 'tree'), join(folder, 'files')];
  try {
    await buildTree(suite, tree, []);
    mkdirSync(join(files, 'tokens.d'), { recursive: true, mode: 0o700 });
    writeFileSync(join(files, 'tokens.d/pool'), `${await pool.idToken({ user: 'alice' })}\n`, { mode: 0o600 });
    copyFileSync(COMMAND, join(files, 'condor_token_fetch.mjs'));
    const address = await pool.sinful('schedd', pool.scheddName);
    const env = '_CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS=IDTOKENS _CONDOR_SEC_TOKEN_DIRECTORY=/opt/files/tokens.d';
    const fromNothing = async (packages: string, command: string): Promise<Cold> => {
      const fetch = `${env} ${command} -name '${address}'`;
      const script = asRoot('unshare', '--mount', 'sh', '-ec', FROM_NOTHING, tree, files, packages, fetch);
      const said = await run(`nothing, then ${packages} and a token`, script);
      const [, count] = /(\d+) newly installed/.exec(said) ?? [];
      const [, size] = /Need to get (?:[\d.,]+ \w+\/)?([\d.,]+ \w+) of/.exec(said) ?? [];
      const [started = 0, installed = 0, done = 0] = (/^TIMES (.*)$/m.exec(said)?.[1] ?? '').split(' ').map(Number);
      const seconds = (from: number, to: number) => (to - from) / 1e9;
      const got = `${size} in ${count} packages`;
      return { got, installed: seconds(started, installed), fetched: seconds(installed, done) };
    };
    const htcondor = await fromNothing('condor', 'condor_token_fetch');
    const command = await fromNothing('nodejs', 'node /opt/files/condor_token_fetch.mjs');
    return table(
      ['installed software', 'download', 'install', 'fetch', 'total'],
      row("HTCondor's package, with its tool", htcondor),
      row("Node's package and this command", command),
      row('the Action, on a runner', await whereNodeIs(folder, address, await pool.idToken({ user: 'alice' }))),
    );
  } finally {
    await pool.stop();
    await removeTree(folder);
  }
}

/**
 * Measures the Action under the conditions of a runner: Node is already installed, and the archive of the repository is
 * unpacked first.
 */
async function whereNodeIs(folder: string, address: string, idtoken: string): Promise<Cold> {
  const archive = join(folder, 'action.tar.gz');
  execFileSync('git', ['archive', '--format=tar.gz', '--prefix=action/', '-o', archive, 'HEAD'], { cwd: projectRoot });
  const started = performance.now();
  execFileSync('tar', ['-xzf', archive, '-C', folder]);
  const unpacked = performance.now();
  const env = { INPUT_ADDRESS: address, INPUT_IDTOKEN: idtoken, INPUT_SUMMARY: 'false' };
  await succeed([process.execPath, join(folder, 'action/dist/action/index.js')], env);
  const done = performance.now();
  const got = `${(statSync(archive).size / 1e6).toFixed(1)} MB`;
  return { got, installed: (unpacked - started) / 1000, fetched: (done - unpacked) / 1000 };
}
