/**
 * Root file systems with HTCondor, one for each release, for the pools of pool.ts.
 *
 * The sources, in this order: the host itself, if condor_master is on the PATH; the cache; a container engine;
 * debootstrap.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A Debian suite, which determines the release of HTCondor; `host` is the HTCondor of this host. */
export type Suite = 'trixie' | 'sid' | 'host';

const WEEK_MS = 7 * 24 * 60 * 60 * 1000;
const PACKAGES = ['condor', 'minicondor', 'munge', 'krb5-kdc', 'krb5-admin-server', 'krb5-user'];

/** Returns the releases to test with. CONDOR_POOL_SUITES selects some of them. */
export function poolSuites(): readonly Suite[] {
  const chosen = process.env['CONDOR_POOL_SUITES']?.split(/[\s,]+/);
  const all: readonly Suite[] = onPath('condor_master') ? ['host'] : ['trixie', 'sid'];
  if (chosen === undefined) return all;
  const unknown = chosen.find((name) => !all.some((suite) => suite === name));
  if (unknown !== undefined) throw new Error(`CONDOR_POOL_SUITES: ${unknown} is none of ${all.join(', ')}`);
  return all.filter((suite) => chosen.includes(suite));
}

/** Returns the reason for skipping tests with real daemons: another operating system, or CONDOR_POOL=none. */
export function poolUnavailable(): string | undefined {
  if (process.env['CONDOR_POOL'] === 'none') return 'CONDOR_POOL=none: real daemons are switched off';
  if (process.platform !== 'linux') return `HTCondor pools are started on Linux only, not on ${process.platform}`;
  return undefined;
}

/** Prefixes a command with sudo unless this process is root. */
export function asRoot(...argv: string[]): [string, ...string[]] {
  return process.getuid?.() === 0 ? (argv as [string, ...string[]]) : ['sudo', '-n', ...argv];
}

/** Returns the directory of a suite's tree, which prepareTree must have prepared. */
export function treeOf(suite: Suite): string {
  return suite === 'host' ? '/' : join(cacheFolder(), [suite, ...PACKAGES].join('-'));
}

/** Returns the version of HTCondor in a tree, for example `25.14.1`. */
export function versionOf(suite: Suite): string {
  const [program, ...args] = asRoot('chroot', treeOf(suite), 'condor_version');
  const { stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? 'unknown';
}

/**
 * Prepares a suite's tree, unless the cache has one that is at most seven days old. Reports progress on standard error.
 *
 * A new tree is built beside the old one and replaces it when it is complete. If the build fails, the old tree is used,
 * with a warning.
 */
export async function prepareTree(suite: Suite): Promise<void> {
  if (suite === 'host') return;
  const tree = treeOf(suite);
  const stamp = `${tree}.complete`;
  if (existsSync(stamp) && Date.now() - statSync(stamp).mtimeMs < WEEK_MS) return;
  mkdirSync(cacheFolder(), { recursive: true });
  await removeRemains();
  const partial = `${tree}.partial-${process.pid}`;
  try {
    await build(suite, partial);
  } catch (error) {
    await run('removing what was half done', ...asRoot('rm', '-rf', '--one-file-system', partial));
    if (!existsSync(stamp)) throw error;
    console.error(
      `\n*** ${suite}: no fresh HTCondor (${String(error)});\n*** using the tree of ${readFileSync(stamp, 'utf8')}\n`,
    );
    return;
  }
  rmSync(stamp, { force: true });
  await run('removing the old tree', ...asRoot('rm', '-rf', '--one-file-system', tree));
  renameSync(partial, tree);
  writeFileSync(stamp, `${new Date().toISOString()}\n`);
}

/** Removes incomplete trees of killed runs. */
async function removeRemains(): Promise<void> {
  for (const name of readdirSync(cacheFolder())) {
    const pid = /\.partial-(\d+)$/.exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    await run('removing remains', ...asRoot('rm', '-rf', '--one-file-system', join(cacheFolder(), name)));
  }
}

async function build(suite: Suite, folder: string): Promise<void> {
  const engine = ['docker', 'podman'].find((name) => spawnSync(name, ['info'], { stdio: 'ignore' }).status === 0);
  if (engine !== undefined) {
    try {
      return await buildInContainer(engine, suite, folder);
    } catch (error) {
      console.error(`${suite}: not with ${engine} (${String(error)}); debootstrap instead`);
      await run('removing what was half done', ...asRoot('rm', '-rf', '--one-file-system', folder));
    }
  }
  await buildByDebootstrap(suite, folder);
}

async function buildInContainer(engine: string, suite: Suite, folder: string): Promise<void> {
  const name = `condor-token-fetch-${suite}-${process.pid}`;
  const install = `printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d; apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${PACKAGES.join(' ')}`;
  try {
    await run(
      `${suite}: installing HTCondor in a container`,
      engine,
      'run',
      '--name',
      name,
      `debian:${suite}`,
      'sh',
      '-c',
      install,
    );
    mkdirSync(folder, { recursive: true });
    await run(
      `${suite}: taking its files`,
      'sh',
      '-c',
      `${engine} export ${name} | ${asRoot('tar').join(' ')} -x -C '${folder}'`,
    );
  } finally {
    spawnSync(engine, ['rm', '-f', name], { stdio: 'ignore' });
  }
}

/** Installs a minimal system of a Debian suite, without HTCondor. */
export async function buildMinimal(suite: Suite, folder: string): Promise<void> {
  if (!onPath('debootstrap')) {
    await run('installing debootstrap: package lists', ...asRoot('apt-get', 'update', '-q'));
    await run('installing debootstrap', ...asRoot('apt-get', 'install', '-y', '-q', 'debootstrap'));
  }
  await run(`${suite}: a minimal system`, ...inNamespace('debootstrap --variant=minbase "$0" "$1"', suite, folder));
}

/** Wraps a script in its own mount namespace, so that no mount is left behind. */
function inNamespace(script: string, ...args: string[]): [string, ...string[]] {
  return asRoot('unshare', '--mount', 'sh', '-c', `set -e; ${script}`, ...args);
}

async function buildByDebootstrap(suite: Suite, folder: string): Promise<void> {
  await buildMinimal(suite, folder);
  const install = `
    printf '#!/bin/sh\\nexit 101\\n' > "$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"
    mount --bind /proc "$1/proc"; mount --bind /dev "$1/dev"
    DEBIAN_FRONTEND=noninteractive chroot "$1" apt-get install -y -q --no-install-recommends ${PACKAGES.join(' ')}`;
  await run(`${suite}: installing HTCondor`, ...inNamespace(install, suite, folder));
}

/**
 * Runs a program, prints progress every two seconds, and returns its output. If it fails, the error has the end of the
 * output.
 */
export async function run(what: string, program: string, ...args: string[]): Promise<string> {
  const started = performance.now();
  process.stderr.write(`${what} `);
  const beat = setInterval(() => process.stderr.write('.'), 2000);
  let output = '';
  try {
    await new Promise<void>((resolve, reject) => {
      const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      const keep = (chunk: Buffer) => {
        output += chunk.toString();
      };
      child.stdout.on('data', keep);
      child.stderr.on('data', keep);
      child.on('error', reject);
      child.on('close', (status) => {
        if (status === 0) resolve();
        else reject(new Error(`${program} ended with status ${status}: ${output.slice(-4000)}`));
      });
    });
  } finally {
    clearInterval(beat);
    process.stderr.write(` ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  }
  return output;
}

export function cacheFolder(name = 'pool'): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'condor-token-fetch', name);
}

export function onPath(program: string): boolean {
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((folder) =>
    existsSync(join(folder, program)),
  );
}
