/**
 * Root file systems with HTCondor for the pools, one for each release. debootstrap builds them in the cache from
 * Debian's packages.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installPackages, onPath, run } from '../host.ts';
import { type Argv, asRoot } from '../processes.ts';
import { PACKAGES, type Suite, treeOf } from './suites.ts';

const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * Prepares a suite's tree, unless the cache contains one that is at most seven days old. Prints progress to standard
 * error.
 *
 * A new tree is built beside the old one and replaces it when it is complete. If the build fails, the old tree is used,
 * with a warning.
 */
export async function prepareTree(suite: Suite): Promise<void> {
  if (suite === 'host') return;
  const tree = treeOf(suite);
  const stamp = `${tree}.complete`;
  if (existsSync(stamp) && Date.now() - statSync(stamp).mtimeMs < WEEK_MS) return;
  await removePartialTrees(dirname(tree));
  const partial = `${tree}.partial-${process.pid}`;
  try {
    await buildTree(suite, partial, PACKAGES);
  } catch (error) {
    await removeTree(partial);
    if (!existsSync(stamp)) throw error;
    const date = readFileSync(stamp, 'utf8');
    console.error(`\n*** ${suite}: no fresh HTCondor (${String(error)});\n*** using the tree of ${date}\n`);
    return;
  }
  rmSync(stamp, { force: true });
  await removeTree(tree);
  renameSync(partial, tree);
  writeFileSync(stamp, `${new Date().toISOString()}\n`);
}

/** Installs a minimal Debian system and these packages in `tree`. Starts no service and leaves no mount behind. */
export async function buildTree(suite: string, tree: string, packages: readonly string[]): Promise<void> {
  if (!onPath('debootstrap')) await installPackages('debootstrap');
  mkdirSync(dirname(tree), { recursive: true });
  await run(`${suite}: a minimal system`, inNamespace('debootstrap --variant=minbase "$0" "$1"', suite, tree));
  if (packages.length === 0) return;
  const install = `
    cd "$0"
    printf '#!/bin/sh\\nexit 101\\n' > usr/sbin/policy-rc.d; chmod 755 usr/sbin/policy-rc.d
    mount --bind /proc proc; mount --bind /dev dev
    DEBIAN_FRONTEND=noninteractive chroot . apt-get install -y -q --no-install-recommends "$@"`;
  await run(`${suite}: installing ${packages.join(', ')}`, inNamespace(install, tree, ...packages));
}

/** Returns a command that runs a shell script in a new mount namespace. */
function inNamespace(script: string, ...args: readonly string[]): Argv {
  return asRoot('unshare', '--mount', 'sh', '-ec', script, ...args);
}

/** Removes the incomplete trees of processes that were killed. */
async function removePartialTrees(cache: string): Promise<void> {
  for (const name of existsSync(cache) ? readdirSync(cache) : []) {
    const pid = /\.partial-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await removeTree(join(cache, name));
  }
}

export async function removeTree(tree: string): Promise<void> {
  await run('removing an old tree', asRoot('rm', '-rf', '--one-file-system', tree));
}
