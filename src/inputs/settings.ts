/**
 * Reads the supported settings of HTCondor's configuration. If HTCondor is installed, one call to condor_config_val
 * reads all of them, because this client does not parse the configuration language. Otherwise, only `_CONDOR_*`
 * variables apply.
 */
import { win32 } from 'node:path';
import { DAEMON_TYPES } from '../daemon/commands.ts';
import { InputError } from '../errors.ts';
import { findProgram, withoutSecrets } from '../runtime/find-program.ts';
import { abortedError } from '../transport/channel.ts';

/** Returns the value of a setting; undefined if the setting is unset or empty. HTCondor treats both cases alike. */
export interface Settings {
  (name: string): string | undefined;
  /** Reason why HTCondor's configuration could not be read. If this reason is set, only `_CONDOR_*` variables apply. */
  readonly failure?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const PROGRAM = 'condor_config_val';
const PROGRAM_TIMEOUT_MS = 20_000;

/** All settings that this client reads, except those that exist for each daemon type. */
const GENERAL = [
  ...['AUTH_SSL_CLIENT_CADIR', 'AUTH_SSL_CLIENT_CAFILE', 'AUTH_SSL_CLIENT_CERTFILE', 'AUTH_SSL_CLIENT_KEYFILE'],
  ...['AUTH_SSL_CLIENT_USE_DEFAULT_CAS', 'AUTH_SSL_USE_CLIENT_PROXY_ENV_VAR', 'COLLECTOR_PORT', 'CONDOR_IDS'],
  ...[
    'FS_LOCAL_DIR',
    'FULL_HOSTNAME',
    'KERBEROS_SERVER_SERVICE',
    'LOCAL_CONFIG_DIR_EXCLUDE_REGEXP',
    'PRIVATE_NETWORK_NAME',
    'SCITOKENS_FILE',
  ],
  ...[
    'SEC_CLIENT_AUTHENTICATION',
    'SEC_CLIENT_AUTHENTICATION_METHODS',
    'SEC_CLIENT_ENCRYPTION',
    'SEC_DEFAULT_AUTHENTICATION',
    'SEC_DEFAULT_AUTHENTICATION_METHODS',
    'SEC_DEFAULT_ENCRYPTION',
    'SEC_FS_ENFORCE_CHANNEL_BINDING',
    'SEC_KNOWN_HOSTS',
  ],
  ...['SEC_PASSWORD_DIRECTORY', 'SEC_PASSWORD_FILE', 'SEC_SYSTEM_KNOWN_HOSTS', 'SEC_TOKEN_DIRECTORY'],
  ...['SEC_TOKEN_POOL_SIGNING_KEY_FILE', 'SEC_TOKEN_SYSTEM_DIRECTORY', 'TRUST_DOMAIN', 'UID_DOMAIN'],
];
const OF_A_TYPE = ['HOST', 'NAME', 'ADDRESS_FILE', 'DAEMON_AD_FILE'];

/**
 * Loads the settings from HTCondor's configuration on this host, or from the environment. `more` lists additional
 * settings that the caller needs.
 *
 * @throws ConnectError ERR_TIMEOUT if the run was aborted while condor_config_val ran.
 */
export async function loadSettings(
  env: Environment,
  signal: AbortSignal,
  more: readonly string[] = [],
): Promise<Settings> {
  const program = findProgram(PROGRAM, env['PATH'] ?? '');
  return program === undefined ? environmentSettings(env) : await askProgram(program, env, signal, more);
}

/**
 * Returns the settings of a host without HTCondor. Names are case-insensitive. The prefix `TOOL.` restricts a setting
 * to tools such as this client.
 */
export function environmentSettings(env: Environment): Settings {
  const values = new Map<string, string>();
  for (const [key, value] of Object.entries(env)) {
    const name = /^_condor_(.+)$/i.exec(key)?.[1];
    if (name !== undefined && value !== undefined && value.trim() !== '') values.set(name.toUpperCase(), value.trim());
  }
  return (name) => {
    const value = values.get(`TOOL.${name}`) ?? values.get(name);
    if (value?.includes('$(') === true) {
      throw new InputError(
        name,
        `_CONDOR_${name}: ${value} refers to other settings, but HTCondor is not installed on this host to resolve them`,
      );
    }
    return value;
  };
}

/** True if the Windows registry contains the path of HTCondor's configuration (find_file in condor_config.cpp). */
export function isInRegistry(env: Environment): boolean {
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const program = win32.join(env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'reg.exe');
  const args = ['query', 'HKLM\\Software\\Condor', '/v', 'CONDOR_CONFIG'];
  const options = {
    env: withoutSecrets(env),
    timeout: PROGRAM_TIMEOUT_MS,
    windowsHide: true,
    stdio: 'ignore' as const,
  };
  return spawnSync(program, args, options).status === 0;
}

async function askProgram(
  program: string,
  env: Environment,
  signal: AbortSignal,
  more: readonly string[],
): Promise<Settings> {
  const { execFile } = process.getBuiltinModule('node:child_process');
  const types = Object.keys(DAEMON_TYPES).map((type) => type.toUpperCase());
  const names = [...GENERAL, ...more, ...types.flatMap((type) => OF_A_TYPE.map((each) => `${type}_${each}`))];
  // A value can span several lines, so this marker separates the values.
  const marker = '=condor-token-fetch=';
  const args = ['-macro', ...names.map((name) => `${marker}${name}=$(${name})`)];
  const { failure, output } = await new Promise<{ failure: string | undefined; output: string }>((resolve) => {
    const options = { env: withoutSecrets(env), signal, timeout: PROGRAM_TIMEOUT_MS, maxBuffer: 4 * 1024 * 1024 };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      child.kill('SIGKILL'); // the program might have ignored SIGTERM
      resolve({ failure: error === null ? undefined : stderr.trim() || reasonOfExit(error), output: stdout });
    });
  });
  if (signal.aborted) throw abortedError(signal).at('inputs');
  const values = new Map<string, string>();
  for (const each of output.split(marker)) {
    const [, name, value = ''] = /^([A-Z_]+)=([\s\S]*)$/.exec(each) ?? [];
    if (name !== undefined && value.trim() !== '') values.set(name, value.trim());
  }
  if (failure !== undefined) {
    const text = `HTCondor's configuration cannot be read: ${PROGRAM}: ${failure}`;
    return Object.assign(environmentSettings(env), { failure: text });
  }
  return (name) => {
    if (!names.includes(name)) throw new RangeError(`${name} is not in the list`);
    return values.get(name);
  };
}

/** Returns the reason why a program failed. This reason is used if the program itself did not print one. */
function reasonOfExit({
  code,
  signal,
}: {
  readonly code?: string | number | null;
  readonly signal?: string | null;
}): string {
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'the output is too large';
  if (signal) return `the program was terminated by ${signal}`;
  return typeof code === 'number'
    ? `exit status ${code}`
    : `the program could not be started (${code ?? 'unknown reason'})`;
}
