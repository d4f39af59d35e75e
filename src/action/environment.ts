/**
 * Sets environment variables that make HTCondor's tools and Python bindings use a token. Records the previous values of
 * these variables.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { readPrivateFile } from '../credentials/private-file.ts';
import { OutputError } from '../errors.ts';
import { readCollectors } from '../inputs/daemon.ts';
import { isInRegistry } from '../inputs/settings.ts';
import { INPUTS, type InputSource, type Surroundings } from '../inputs/table.ts';
import type { FetchedToken } from '../pipeline/library-types.ts';
import { systemReason } from '../runtime/system-reason.ts';
import { formatEndpoint, formatSinful } from '../transport/sinful.ts';
import { writeAddressFile } from './address-file.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Previous values of variables by name; null if a variable was not set. */
export type Undo = Readonly<Record<string, string | null>>;

/**
 * File in the token directory that lists the variables that a step exported, with their previous values. The next step
 * of this Action finds the file through the token directory in its environment. HTCondor ignores files whose names
 * start with a dot.
 */
const RECORD = '.exported';
const DIRECTORY = '_CONDOR_SEC_TOKEN_DIRECTORY';

/** Matches names that contain no special characters of HTCondor's configuration language. */
const PLAIN_NAME = /^[\w.@:+~-]{1,255}$/;

/** Paths at which HTCondor looks for its configuration on Unix (find_global in condor_config.cpp). */
const CONFIGURATIONS = ['/etc/condor/condor_config', '/usr/local/etc/condor_config'];

/**
 * True if HTCondor's programs would find a configuration by default, either in a file or through the Windows registry.
 */
function isConfiguredBySystem({ env, platform }: Surroundings): boolean {
  return platform === 'win32' ? isInRegistry(env) : CONFIGURATIONS.some((each) => existsSync(each));
}

/**
 * Returns the variables for HTCondor's tools in later steps. The token directory is set explicitly, so that root uses
 * the same directory and the directory does not depend on HOME. The authentication method is set explicitly, because
 * the tools would otherwise try FS first on the daemon's own host. If there is no configuration, HTCondor's programs
 * start only if CONDOR_CONFIG is ONLY_ENV.
 *
 * @throws OutputError ERR_OUTPUT if HTCondor would expand a value.
 */
export function environmentFor(
  fetched: FetchedToken,
  path: string,
  input: InputSource,
  surroundings: Surroundings,
): Readonly<Record<string, string>> {
  const { env, setting } = surroundings;
  const collectors = readCollectors(input, surroundings)
    .map((address) => (address.params.size === 0 ? formatEndpoint(address) : formatSinful(address)))
    .join(', ');
  const isSchedd = (input('type') ?? INPUTS.type).trim().toLowerCase() === 'schedd';
  const configured = env['CONDOR_CONFIG'] || setting('FULL_HOSTNAME') || isConfiguredBySystem(surroundings);
  const variables = {
    _CONDOR_SEC_TOKEN_DIRECTORY: dirname(path),
    _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'IDTOKENS',
    ...(collectors === '' ? {} : { _CONDOR_COLLECTOR_HOST: collectors }),
    ...(isSchedd ? scheddOf(fetched, dirname(path), input) : {}),
    ...(configured ? {} : { CONDOR_CONFIG: 'ONLY_ENV' }),
  };
  const expanded = Object.entries(variables).find(([, value]) => value.includes('$'));
  if (expanded === undefined) return variables;
  throw new OutputError(`HTCondor's tools would expand the $ in ${expanded.join('=')}`);
}

/**
 * Returns the variables that select the schedd. Normally, the variables contain the schedd's name, which the tools look
 * up in the collector. If the step has an address as input, or if the schedd's name contains special characters, the
 * variables contain the path of an address file instead. SCHEDD_HOST is not suitable for an address, because the tools
 * would drop the shared-port part.
 *
 * @throws OutputError ERR_OUTPUT if the file could not be written.
 */
function scheddOf(fetched: FetchedToken, directory: string, input: InputSource): Readonly<Record<string, string>> {
  const { daemonName, daemonAddress, daemonVersionText } = fetched;
  if (input('address') === undefined && PLAIN_NAME.test(daemonName)) return { _CONDOR_SCHEDD_HOST: daemonName };
  const file = join(directory, '.schedd_address');
  writeAddressFile(file, daemonAddress, daemonVersionText);
  return {
    _CONDOR_SCHEDD_HOST: '',
    _CONDOR_SCHEDD_DAEMON_AD_FILE: '',
    _CONDOR_SCHEDD_ADDRESS_FILE: file,
    _CONDOR_SCHEDD_SUPER_ADDRESS_FILE: file, // tools that run as root read this variable
  };
}

/** Records the exported variables for the next step of this Action. Returns the previous values of these variables. */
export function recordExports(variables: Readonly<Record<string, string>>, env: Environment): Undo {
  const earlier = readRecord(env);
  const record = Object.fromEntries(
    Object.entries(variables).map(([name, value]) => {
      const before = wasExported(earlier[name], env[name]) ? earlier[name]?.[1] : env[name];
      return [name, [value, before ?? null]];
    }),
  );
  const path = join(variables[DIRECTORY] ?? '', RECORD);
  try {
    writeFileSync(path, JSON.stringify({ ...earlier, ...record }), { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new OutputError(`the exported variables could not be recorded in ${path}: ${systemReason(cause)}`, { cause });
  }
  return Object.fromEntries(Object.keys(variables).map((name) => [name, env[name] ?? null]));
}

/**
 * Returns the environment without the variables that an earlier step of this Action exported. Those variables are only
 * for HTCondor's tools.
 */
export function withoutPreviousExports(env: Environment): Environment {
  const before = Object.entries(readRecord(env)).filter(([name, entry]) => wasExported(entry, env[name]));
  return { ...env, ...Object.fromEntries(before.map(([name, [, value]]) => [name, value ?? undefined])) };
}

/** True if the path has the form of a private directory that this Action creates. */
export function isPrivateName(directory: string): boolean {
  return isAbsolute(directory) && /^condor-token-[0-9a-f-]{36}$/.test(basename(directory));
}

/** Names of the variables that this Action exports. A record that contains any other name is invalid. */
const EXPORTED =
  /^(CONDOR_CONFIG|_CONDOR_(SEC_TOKEN_DIRECTORY|SEC_CLIENT_AUTHENTICATION_METHODS|COLLECTOR_HOST|SCHEDD_(HOST|DAEMON_AD_FILE|ADDRESS_FILE|SUPER_ADDRESS_FILE)))$/;

type ExportRecord = Readonly<Record<string, readonly [exported: string, before: string | null]>>;

function wasExported(entry: ExportRecord[string] | undefined, value: string | undefined): boolean {
  return entry !== undefined && entry[0] === value;
}

/** Reads the record of an earlier step. Returns an empty record if the file is missing, invalid or not private. */
function readRecord(env: Environment): ExportRecord {
  const directory = env[DIRECTORY] ?? '';
  if (!isPrivateName(directory)) return {};
  try {
    const record: unknown = JSON.parse(readPrivateFile(join(directory, RECORD)).toString('utf8'));
    const entries = Object.entries(record ?? {}).filter((each): each is [string, [string, string | null]] => {
      const [name, entry]: [string, unknown] = each;
      if (!EXPORTED.test(name) || !Array.isArray(entry)) return false;
      return typeof entry[0] === 'string' && (entry[1] === null || typeof entry[1] === 'string');
    });
    return Object.fromEntries(entries);
  } catch {
    return {};
  }
}
