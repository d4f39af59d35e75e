/** Flags of `condor_token_fetch`, by HTCondor's own rules (is_dash_arg_prefix in match_prefix.cpp). */
import { InputError } from '../errors.ts';

interface Flag {
  readonly name: string;
  /** How much of the name must be there when it is shortened; whole names only behind `--`. */
  readonly minimum: number;
  /** What the value is, for the usage; undefined: the flag has none. */
  readonly value?: string;
  readonly help: string;
}

/** In the order in which HTCondor's tool compares them: the first that fits counts, even if a later one would too. */
export const FLAGS: readonly Flag[] = [
  { name: 'authz', minimum: 1, value: 'AUTHZ', help: 'Limit the token to this authorization level; may be repeated' },
  { name: 'lifetime', minimum: 1, value: 'SECONDS', help: 'Lifetime of the token; also 90m, 12h, 2d' },
  { name: 'pool', minimum: 1, value: 'HOST', help: 'Ask this collector' },
  { name: 'name', minimum: 1, value: 'NAME', help: 'Name of the daemon' },
  { name: 'key', minimum: 1, value: 'KEY', help: 'Ask for a token signed with this key' },
  { name: 'token', minimum: 2, value: 'NAME', help: 'Write to this file name in the token directory' },
  { name: 'file', minimum: 1, value: 'PATH', help: 'Write to this file' },
  { name: 'type', minimum: 1, value: 'TYPE', help: 'Type of the daemon (default: SCHEDD)' },
  { name: 'remote', minimum: 1, help: 'Have the collector fetch the token of the schedd' },
  { name: 'debug', minimum: 1, help: 'Say on standard error what happens (-debug:LEVELS is accepted)' },
  { name: 'help', minimum: 1, help: 'Show this' },
  { name: 'address', minimum: 2, value: 'SINFUL', help: 'Address of the daemon; no collector is asked' },
  { name: 'timeout', minimum: 3, value: 'TIME', help: 'Time allowed for everything (default: 60s)' },
  { name: 'retries', minimum: 3, value: 'NUMBER', help: 'Further tries if what failed may heal (default: 3)' },
  { name: 'check', minimum: 2, help: 'Fetch nothing: tell step by step whether it would work, and who you are' },
  { name: 'verify', minimum: 4, help: 'Ask the daemon whether it allows the levels with the new token' },
  {
    name: 'token-service',
    minimum: 'token-service'.length,
    value: 'URL',
    help: 'Exchange the job token (BEARER_TOKEN, or of the runner) at this service',
  },
  { name: 'token-grant', minimum: 'token-grant'.length, value: 'GRANT', help: 'How that service is asked' },
  {
    name: 'oidc-audience',
    minimum: 'oidc-audience'.length,
    value: 'AUDIENCE',
    help: 'Audience of the job token (default: the origin of -token-service)',
  },
  { name: 'json', minimum: 1, help: 'Print claims and facts as JSON instead of the token' },
  { name: 'version', minimum: 1, help: 'Show the version' },
];

/** What was given: of a flag that is repeated all values, in order; of one without value an empty string. */
export type Arguments = ReadonlyMap<string, readonly string[]>;

/** @throws InputError an argument that is no flag, or a flag without its value. */
export function parseArguments(args: readonly string[]): Arguments {
  const found = new Map<string, string[]>();
  for (let i = 0; i < args.length; i++) {
    const argument = args[i] ?? '';
    const flag = FLAGS.find((each) => matches(argument, each));
    if (flag === undefined) throw new InputError('arguments', `Invalid command line argument: ${argument}`);
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

export function usage(): string {
  const lines = FLAGS.map(
    ({ name, value, help }) => `  ${`-${name}${value === undefined ? '' : ` ${value}`}`.padEnd(20)}${help}`,
  );
  return `Usage: condor_token_fetch [FLAG]...

Fetches a token from a daemon of an HTCondor pool and prints it to standard output.

${lines.join('\n')}
`;
}
