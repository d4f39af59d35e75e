/**
 * A snapshot of the configuration, the seeds and facts about the host. The snapshot is loaded at startup and at each
 * reload. Each request uses a single snapshot.
 */
import { dirname, join } from 'node:path';
import { findLocal, type LocalDaemon } from '../daemon/local.ts';
import { messageOf } from '../errors.ts';
import { loadSettings, type Settings } from '../inputs/settings.ts';
import { warningsOf } from '../policy/advice.ts';
import { parseConfig } from '../policy/config.ts';
import type { Configuration } from '../policy/model.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import { sha256 } from './job-token.ts';
import { readOwnFile, readSeed, type Seed } from './seeds.ts';
import type { World } from './world.ts';

export interface Snapshot {
  readonly config: Configuration;
  readonly seeds: ReadonlyMap<string, Seed>;
  readonly issuers: ReadonlySet<string>;
  /** SHA-256 digest of the configuration file. */
  readonly digest: string;
  readonly warnings: readonly string[];
  /** Name of the schedd on this host, and the paths of the files that contain its address. */
  readonly local: LocalDaemon;
  /** Returns the value of a setting in HTCondor's configuration on this host. */
  readonly setting: Settings;
}

export interface LoadOptions {
  readonly path: string;
  readonly insecureTestIssuer: boolean;
}

/** Thrown if the configuration is invalid. The command then exits with status 2. */
export class InvalidConfiguration extends Error {
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('; '));
    this.mistakes = mistakes;
  }
}

/** HTCondor settings that the service reads in addition to those that a fetch uses. */
const HOST_SETTINGS = [
  ...['QUEUE_SUPER_USERS', 'SEC_DEFAULT_SESSION_DURATION'],
  ...['START_LOCAL_UNIVERSE', 'START_SCHEDULER_UNIVERSE'],
];
const SETTINGS_TIMEOUT_MS = 20_000;
/** Path of a schedd's address file in HTCondor's default configuration. */
const DEFAULT_ADDRESS_FILE = '/var/lib/condor/spool/.schedd_address';

/**
 * Loads the configuration, the seeds and the facts about the host.
 *
 * @throws InvalidConfiguration if the configuration cannot be read or is invalid.
 */
export async function loadSnapshot({ path, insecureTestIssuer }: LoadOptions, world: World): Promise<Snapshot> {
  let text: string;
  try {
    text = readOwnFile(path, world.uid);
  } catch (error) {
    throw new InvalidConfiguration([`${path}: ${messageOf(error)}`]);
  }
  const setting = await hostSettings(world);
  const hostName = setting('FULL_HOSTNAME') ?? world.hostName;
  const superUsers = (setting('QUEUE_SUPER_USERS') ?? '').split(/[\s,]+/).filter((each) => each !== '');
  const parsed = parseConfig(text, { hostName, superUsers, insecureTestIssuer });
  if ('mistakes' in parsed) throw new InvalidConfiguration(parsed.mistakes.map((each) => `${path}: ${each}`));
  const { config } = parsed;
  const places = {
    directory: join(dirname(path), 'seeds.d'),
    credentials: world.env['CREDENTIALS_DIRECTORY'],
    uid: world.uid,
  };
  const enabled = config.grants.filter((grant) => grant.enabled);
  return {
    config,
    seeds: new Map(enabled.map((grant) => [grant.identity, readSeed(grant, places, world.now())])),
    issuers: new Set(enabled.flatMap((grant) => grant.jobs.map(({ issuer }) => issuer))),
    digest: sha256(text),
    warnings: warningsOf(config),
    setting,
    local: {
      name: setting('SCHEDD_NAME') ?? hostName,
      adFile: setting('SCHEDD_DAEMON_AD_FILE'),
      addressFile: setting('SCHEDD_ADDRESS_FILE') ?? DEFAULT_ADDRESS_FILE,
    },
  };
}

/** Loads HTCondor's configuration on this host. If it cannot be loaded, all settings are undefined. */
async function hostSettings({ env, say }: World): Promise<Settings> {
  try {
    const settings = await loadSettings(env, AbortSignal.timeout(SETTINGS_TIMEOUT_MS), HOST_SETTINGS);
    settings('FULL_HOSTNAME');
    return settings;
  } catch (error) {
    say(`HTCondor's configuration on this host is not used: ${messageOf(error)}`);
    return () => undefined;
  }
}

/** Returns the seed for an identity, or the reason why the grant of this identity is disabled. */
export function seedOf({ seeds }: Snapshot, identity: string): Seed {
  return seeds.get(identity) ?? new Unavailable('it was not read');
}

/** Returns the address of the schedd on this host, or the reason why the address is unknown. */
export function localSchedd({ local }: Snapshot): ReturnType<typeof findLocal> {
  return findLocal(local, 'schedd');
}
