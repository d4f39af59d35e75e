/** The variables that make HTCondor's tools and Python bindings use a token, and how they were before. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OutputError } from '../errors.ts';
import { readCollectors } from '../inputs/daemon.ts';
import { isInRegistry } from '../inputs/settings.ts';
import { INPUTS, type InputSource, type Surroundings } from '../inputs/table.ts';
import type { FetchedToken } from '../pipeline/fetched-token.ts';
import { writeAddressFile } from '../token/token-file.ts';
import { formatEndpoint, formatSinful } from '../transport/sinful.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables, each with its value before; null: it was not there. */
export type Undo = Readonly<Record<string, string | null>>;

/** Where HTCondor looks for its configuration on Unix (find_global in condor_config.cpp). */
const CONFIGURATIONS = ['/etc/condor/condor_config', '/usr/local/etc/condor_config'];

/** Whether HTCondor's programs find a configuration without being told: in a file, or on Windows in the registry. */
function isConfiguredBySystem({ env, platform }: Surroundings): boolean {
  return platform === 'win32' ? isInRegistry(env) : CONFIGURATIONS.some((each) => existsSync(each));
}

/** Holds what an earlier step of this Action has exported, with the values before, so that the next one is not fooled. */
const NOTE = 'CONDOR_TOKEN_FETCH_EXPORTED';

/**
 * What the tools of the next steps have to be told. The token directory is named, so that it counts for root and whatever
 * HOME is; the method too, or FS would come first on the daemon's own machine. Without any configuration HTCondor's
 * programs do not even start, unless CONDOR_CONFIG says that the environment is all there is.
 *
 * @throws OutputError ERR_OUTPUT a value is one that HTCondor would expand.
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
  throw new OutputError(`HTCondor's tools would put something else in place of the $ in ${expanded.join('=')}`);
}

/**
 * By name, for the collector to find it; or, if this step was told an address, by that: a daemon of this machine says its
 * address in a file, and in SCHEDD_HOST the tools would lose the part that is for the shared port.
 *
 * @throws OutputError ERR_OUTPUT the file could not be written.
 */
function scheddOf(fetched: FetchedToken, directory: string, input: InputSource): Readonly<Record<string, string>> {
  const { daemonName, daemonAddress, daemonVersionText } = fetched;
  if (input('address') === undefined && daemonName !== '') return { _CONDOR_SCHEDD_HOST: daemonName };
  const file = join(directory, '.schedd_address');
  writeAddressFile(file, daemonAddress, daemonVersionText);
  return {
    _CONDOR_SCHEDD_HOST: '',
    _CONDOR_SCHEDD_DAEMON_AD_FILE: '',
    _CONDOR_SCHEDD_ADDRESS_FILE: file,
    _CONDOR_SCHEDD_SUPER_ADDRESS_FILE: file, // the second one is root's
  };
}

/** All that is to be exported, the note for the next step included, and how to undo it. */
export function withNote(
  variables: Readonly<Record<string, string>>,
  env: Environment,
): { readonly exported: Readonly<Record<string, string>>; readonly undo: Undo } {
  const earlier = readNote(env);
  const note = { ...earlier };
  for (const [name, value] of Object.entries(variables)) {
    note[name] = [value, isOf(earlier[name], env[name]) ? (earlier[name]?.[1] ?? null) : (env[name] ?? null)];
  }
  const exported = { ...variables, [NOTE]: JSON.stringify(note) };
  const undo = Object.fromEntries(Object.keys(exported).map((name) => [name, env[name] ?? null]));
  return { exported, undo };
}

/** The environment without what an earlier step of this Action has exported: that was for the tools, not for this step. */
export function withoutEarlier(env: Environment): Environment {
  const before = Object.entries(readNote(env)).filter(([name, entry]) => isOf(entry, env[name]));
  return { ...env, ...Object.fromEntries(before.map(([name, [, value]]) => [name, value ?? undefined])) };
}

/** What is exported, and so what a note may be about. */
const EXPORTED =
  /^(CONDOR_CONFIG|_CONDOR_(SEC_TOKEN_DIRECTORY|SEC_CLIENT_AUTHENTICATION_METHODS|COLLECTOR_HOST|SCHEDD_(HOST|DAEMON_AD_FILE|ADDRESS_FILE|SUPER_ADDRESS_FILE)))$/;

type Note = Readonly<Record<string, readonly [exported: string, before: string | null]>>;

function isOf(entry: Note[string] | undefined, value: string | undefined): boolean {
  return entry !== undefined && entry[0] === value;
}

/** Somebody else may have written the variable: what is no note is none. */
function readNote(env: Environment): Record<string, readonly [string, string | null]> {
  try {
    const note: unknown = JSON.parse(env[NOTE] || '{}');
    const entries = Object.entries(note ?? {}).filter((each): each is [string, [string, string | null]] => {
      const [name, entry]: [string, unknown] = each;
      if (!EXPORTED.test(name) || !Array.isArray(entry)) return false;
      return typeof entry[0] === 'string' && (entry[1] === null || typeof entry[1] === 'string');
    });
    return Object.fromEntries(entries);
  } catch {
    return {};
  }
}
