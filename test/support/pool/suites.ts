/** The releases of HTCondor that the tests run on. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cacheFolder, onPath } from '../host.ts';
import { asRoot } from '../processes.ts';

/**
 * A Debian suite, which determines the release of HTCondor. `host` denotes the HTCondor that is installed on this host.
 */
export type Suite = 'trixie' | 'sid' | 'host';

/** Packages that a tree contains. */
export const PACKAGES = ['condor', 'minicondor', 'munge', 'krb5-kdc', 'krb5-admin-server', 'krb5-user'];

/** Returns the releases that the tests use. CONDOR_POOL_SUITES selects some of them. */
export function poolSuites(): readonly Suite[] {
  const chosen = process.env['CONDOR_POOL_SUITES']?.split(/[\s,]+/);
  const all: readonly Suite[] = onPath('condor_master') ? ['host'] : ['trixie', 'sid'];
  if (chosen === undefined) return all;
  const unknown = chosen.find((name) => !all.some((suite) => suite === name));
  if (unknown !== undefined) throw new Error(`CONDOR_POOL_SUITES: ${unknown} is not one of ${all.join(', ')}`);
  return all.filter((suite) => chosen.includes(suite));
}

/** Returns the reason why tests with real daemons are skipped: another operating system, or CONDOR_POOL=none. */
export function poolUnavailable(): string | undefined {
  if (process.env['CONDOR_POOL'] === 'none') return 'CONDOR_POOL=none: real daemons are disabled';
  if (process.platform !== 'linux') return `HTCondor pools are started only on Linux, not on ${process.platform}`;
  return undefined;
}

/** Returns the root directory of a suite's file system. The caller must run prepareTree first. */
export function treeOf(suite: Suite): string {
  return suite === 'host' ? '/' : join(cacheFolder('pool'), [suite, ...PACKAGES].join('-'));
}

/** Returns the version of HTCondor in a tree, for example `25.14.1`. */
export function versionOf(suite: Suite): string {
  const [program, ...args] = asRoot('chroot', treeOf(suite), 'condor_version');
  const { stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? 'unknown';
}
