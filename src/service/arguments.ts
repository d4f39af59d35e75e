/** Parses the arguments of `condor_token_service`. */

type Subcommand = 'serve' | 'check' | 'explain' | 'config';

export interface Arguments {
  readonly subcommand: Subcommand;
  readonly config: string;
  readonly state: string | undefined;
  readonly offline: boolean;
  readonly insecureTestIssuer: boolean;
  readonly claims: string | undefined;
  readonly token: string | undefined;
}

/** Thrown for invalid arguments. The command then exits with status 2. */
export class UsageError extends Error {}

const SUBCOMMANDS: readonly Subcommand[] = ['serve', 'check', 'explain', 'config'];
const DEFAULT_CONFIG = '/etc/condor-token-service/config.yaml';
const FLAGS: Readonly<Record<string, { readonly takes: boolean; readonly of: readonly Subcommand[] }>> = {
  config: { takes: true, of: SUBCOMMANDS },
  state: { takes: true, of: ['serve'] },
  offline: { takes: false, of: ['check'] },
  'insecure-test-issuer': { takes: false, of: ['serve', 'check', 'explain'] },
  claims: { takes: true, of: ['explain'] },
  token: { takes: true, of: ['explain'] },
};

export const USAGE = `Usage: condor_token_service SUBCOMMAND [-config FILE] [FLAG]...

Exchanges the OIDC tokens of CI jobs for IDTOKENs, according to a trust policy.

  serve                  Serve POST /token until SIGTERM; SIGHUP reloads the configuration
  check                  Check the configuration and the site
  explain                Show which grant a job receives, or why it is refused
  config                 Print the systemd unit, the commands that create the seeds, and lines for a reverse proxy

  -config FILE           Default: ${DEFAULT_CONFIG}; the seeds are in seeds.d beside it
  -state DIRECTORY       serve: directory for the record of used job tokens (default: STATE_DIRECTORY,
                         else /var/lib/condor-token-service)
  -offline               check: check only the configuration
  -claims FILE           explain: the claims of a job token as JSON; - is standard input
  -token FILE            explain: a job token; - is standard input
  -insecure-test-issuer  Accept an issuer with plain HTTP on the loopback interface, for tests
  -version               Print the version

Exit status: 0 success; 1 other failures; 2 invalid configuration or arguments; 3 the site is not ready (check), or
no grant matches (explain).
`;

/** Parses the arguments. @throws UsageError if the arguments are invalid. */
export function parseArguments(args: readonly string[]): Arguments {
  const [first, ...rest] = args;
  const subcommand = SUBCOMMANDS.find((each) => each === first);
  if (subcommand === undefined)
    throw new UsageError(first === undefined ? 'the subcommand is missing' : `unknown subcommand ${first}`);
  const values = readFlags(subcommand, rest);
  const [claims, token] = [values.get('claims'), values.get('token')];
  if (subcommand === 'explain' && (claims === undefined) === (token === undefined))
    throw new UsageError('explain needs either -claims or -token');
  return {
    ...{ subcommand, claims, token, config: values.get('config') ?? DEFAULT_CONFIG, state: values.get('state') },
    offline: values.has('offline'),
    insecureTestIssuer: values.has('insecure-test-issuer'),
  };
}

/** Returns the flags with their values. A flag that takes no value is mapped to an empty string. */
function readFlags(subcommand: Subcommand, words: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const name = word.replace(/^--?/, '');
    const flag = word.startsWith('-') && Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
    if (flag === undefined || !flag.of.includes(subcommand)) throw new UsageError(`${subcommand} has no flag ${word}`);
    if (values.has(name)) throw new UsageError(`${word} is specified twice`);
    const value = flag.takes ? words[++at] : '';
    if (value === undefined) throw new UsageError(`${word} requires a value`);
    values.set(name, value);
  }
  return values;
}
