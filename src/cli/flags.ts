/**
 * Parses the flags of `condor_token_fetch` and `condor_token_request` according to HTCondor's rules for abbreviations
 * (is_dash_arg_prefix in match_prefix.cpp).
 */
import { InputError } from '../errors.ts';

interface Flag {
  readonly name: string;
  /** Minimum length of an abbreviation. After `--`, only full names are accepted. */
  readonly minimum: number;
  /** Placeholder for the value in the usage text; undefined if the flag takes no value. */
  readonly value?: string;
  readonly help: string;
}

/**
 * Flags that no HTCondor tool has. They cannot be abbreviated, so that abbreviations of HTCondor's flags keep their
 * meaning.
 */
const CHECKS: readonly Flag[] = [
  { name: 'expected-identity', value: 'IDENTITY', help: 'Fail unless the token has this identity' },
  { name: 'expected-trust-domain', value: 'DOMAIN', help: 'Fail unless this trust domain issued the token' },
  { name: 'on-reduced', value: 'ACTION', help: 'What to do if less is granted than requested: warn, fail or ignore' },
  { name: 'server-name', value: 'HOST', help: "Host name that the daemon's certificate must contain" },
].map((flag) => ({ ...flag, minimum: flag.name.length }));

function type(normal: string): Flag {
  return { name: 'type', minimum: 1, value: 'TYPE', help: `Type of the daemon (default: ${normal})` };
}

/**
 * Flags of condor_token_fetch, in the order in which HTCondor's tool checks them. The first flag that matches is used.
 */
export const FLAGS: readonly Flag[] = [
  {
    name: 'authz',
    minimum: 1,
    value: 'AUTHZ',
    help: 'Restrict the token to this authorization level; may be repeated',
  },
  { name: 'lifetime', minimum: 1, value: 'SECONDS', help: 'Lifetime of the token; also 90m, 12h, 2d' },
  { name: 'pool', minimum: 1, value: 'HOST', help: 'Query this collector' },
  { name: 'name', minimum: 1, value: 'NAME', help: 'Name of the daemon' },
  { name: 'key', minimum: 1, value: 'KEY', help: 'Request a token signed with this key' },
  { name: 'token', minimum: 2, value: 'NAME', help: 'Write the token to a file with this name in the token directory' },
  { name: 'file', minimum: 1, value: 'PATH', help: 'Write the token to this path' },
  type('SCHEDD'),
  { name: 'remote', minimum: 1, help: "Fetch the schedd's token through the collector" },
  { name: 'debug', minimum: 1, help: 'Log each step to standard error (-debug:LEVELS is accepted)' },
  { name: 'help', minimum: 1, help: 'Print this help' },
  { name: 'address', minimum: 2, value: 'SINFUL', help: 'Address of the daemon; no collector is queried' },
  { name: 'timeout', minimum: 3, value: 'TIME', help: 'Time limit for the whole run (default: 60s)' },
  { name: 'retries', minimum: 3, value: 'NUMBER', help: 'Retries after a transient failure (default: 3)' },
  { name: 'check', minimum: 2, help: 'Issue no token; report each step, and whether a fetch would succeed' },
  { name: 'verify', minimum: 4, help: 'Ask the daemon whether it authorizes each level for the new token' },
  {
    name: 'token-service',
    minimum: 'token-service'.length,
    value: 'URL',
    help: 'Exchange the job token, from BEARER_TOKEN or the runner, at this service',
  },
  { name: 'token-grant', minimum: 'token-grant'.length, value: 'GRANT', help: 'Grant type for the token service' },
  {
    name: 'oidc-audience',
    minimum: 'oidc-audience'.length,
    value: 'AUDIENCE',
    help: 'Audience of the job token (default: the origin of -token-service)',
  },
  { name: 'json', minimum: 1, help: 'Print the claims as JSON instead of the token' },
  { name: 'version', minimum: 1, help: 'Print the version' },
  ...CHECKS,
];

const SHARED_WITH_REQUEST: readonly string[] = ['pool', 'name', 'token', 'file'];

/** Flags of condor_token_request, in the order in which HTCondor's tool checks them, followed by additional flags. */
export const REQUEST_FLAGS: readonly Flag[] = [
  ...FLAGS.filter(({ name }) => name === 'authz' || name === 'lifetime'),
  { name: 'identity', minimum: 1, value: 'IDENTITY', help: 'Identity of the requested token (default: condor)' },
  ...FLAGS.filter(({ name }) => SHARED_WITH_REQUEST.includes(name)),
  type('COLLECTOR'),
  ...FLAGS.filter(({ name }) => name === 'debug' || name === 'help'),
  ...FLAGS.filter(({ name }) => ['address', 'timeout', 'retries', 'json', 'version'].includes(name)).map(whole),
  ...CHECKS,
];

/** Returns the flag with abbreviations disabled. */
function whole(flag: Flag): Flag {
  return { ...flag, minimum: flag.name.length };
}

/** Names under which the command can be started. The name determines how the command behaves. */
export type Tool = 'condor_token_fetch' | 'condor_token_request';

export function flagsOf(tool: Tool): readonly Flag[] {
  return tool === 'condor_token_request' ? REQUEST_FLAGS : FLAGS;
}

/**
 * Values by flag name. For a repeated flag, the map contains all values in order. For a flag that takes no value, the
 * map contains an empty string.
 */
export type Arguments = ReadonlyMap<string, readonly string[]>;

/** Parses the command line. @throws InputError for an unknown flag, or for a flag whose value is missing. */
export function parseArguments(args: readonly string[], flags = FLAGS): Arguments {
  const found = new Map<string, string[]>();
  for (let i = 0; i < args.length; i++) {
    const argument = args[i] ?? '';
    const flag = flags.find((each) => matches(argument, each));
    if (flag === undefined) {
      const reason = /^--?id/.test(argument) ? 'identity-flag' : 'unknown-flag';
      throw new InputError('arguments', `Invalid command line argument: ${argument}`, { reason });
    }
    let value: string | undefined = '';
    if (flag.value !== undefined) {
      i += 1;
      value = args[i];
      if (value === undefined) throw new InputError(flag.name, `-${flag.name} requires an argument: ${flag.value}`);
    }
    found.set(flag.name, [...(found.get(flag.name) ?? []), value]);
  }
  return found;
}

function matches(argument: string, { name, minimum }: Flag): boolean {
  const [, dashes = '', word = ''] =
    /^(--?)([^:]*)/.exec(name === 'debug' ? argument : argument.replaceAll(':', '\0')) ?? [];
  if (dashes === '--') return word === name;
  return dashes === '-' && word.length >= minimum && name.startsWith(word);
}

export function usage(tool: Tool = 'condor_token_fetch'): string {
  const lines = flagsOf(tool).map(
    ({ name, value, help }) => `  ${`-${name}${value === undefined ? '' : ` ${value}`}`.padEnd(32)}${help}`,
  );
  const what =
    tool === 'condor_token_request'
      ? 'Requests a token from a daemon of an HTCondor pool, waits until an administrator approves the request,\nand prints the token to standard output.'
      : 'Fetches a token from a daemon of an HTCondor pool and prints it to standard output.';
  return `Usage: ${tool} [FLAG]...

${what}

${lines.join('\n')}
`;
}
