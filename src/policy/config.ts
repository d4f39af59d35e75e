/**
 * Parses the configuration of the token service into a checked, immutable value. Reports every mistake, not only the
 * first.
 */
import { isMap, LineCounter, parseDocument } from 'yaml';
import { readEntry } from './entry.ts';
import { violationsOf } from './json-schema.ts';
import {
  type ConfigContext,
  type Configuration,
  type DaemonPlace,
  type Grant,
  type Listen,
  type Raw,
  secondsOf,
} from './model.ts';
import { CONFIG_SCHEMA } from './schema.ts';

const MAX_CONFIG_LENGTH = 1024 * 1024;
const DEFAULT_LISTEN = '0.0.0.0:8443';
const DEFAULT_TLS = {
  certificate: '/etc/grid-security/hostcert.pem',
  key: '/etc/grid-security/hostkey.pem',
};
const IDENTITY = /^[a-z_][a-z0-9_.-]*@[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;
const MAX_IDENTITY_LENGTH = 200;
const MAX_LIFETIME_SECONDS = 24 * 60 * 60;
const DAEMON_ACCOUNTS = ['root', 'condor'];
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** Parses and checks the configuration. Returns either the configuration or a list of all mistakes. */
export function parseConfig(
  text: string,
  context: ConfigContext,
): { readonly config: Configuration } | { readonly mistakes: readonly string[] } {
  const raw = parseYaml(text);
  if (typeof raw === 'string') return { mistakes: [raw] };
  const violations = violationsOf(CONFIG_SCHEMA, raw);
  if (violations.length > 0) return { mistakes: violations };
  const mistakes: string[] = [];
  const report = (path: string, what: string) => void mistakes.push(`${path}: ${what}`);
  const listen = readListen(String(raw['listen'] ?? DEFAULT_LISTEN), report);
  const isLocal = 'socket' in listen || LOOPBACK.test(listen.host);
  const given = raw['tls'] as Configuration['tls'];
  const grants = (raw['grants'] as readonly Raw[]).map((each, at) => readGrant(each, `grants[${at}]`, context, report));
  for (const [at, { identity }] of grants.entries())
    if (grants.findIndex((each) => each.identity === identity) !== at)
      report(`grants[${at}].identity`, `${identity} already has a grant; each identity must have only one`);
  const config: Configuration = {
    listen,
    tls: given ?? (isLocal ? undefined : DEFAULT_TLS),
    audience: readAudience(raw['audience'], listen, isLocal, context, report),
    trustedProxies: (raw['trusted-proxies'] ?? []) as readonly string[],
    daemons: readDaemons((raw['daemon'] ?? []) as readonly DaemonPlace[], report),
    grants,
  };
  return mistakes.length > 0 ? { mistakes } : { config };
}

/**
 * Parses the YAML text. Keeps every scalar as text, exactly as written, so that no ID is rounded and `on` does not
 * become true. Rejects aliases, tags and multiple documents. Returns an error message if the text is invalid.
 */
function parseYaml(text: string): Raw | string {
  if (text.length > MAX_CONFIG_LENGTH) return `the configuration has more than ${MAX_CONFIG_LENGTH} characters`;
  const lineCounter = new LineCounter();
  const options = { schema: 'failsafe', strict: true, uniqueKeys: true, version: '1.2', logLevel: 'error' } as const;
  // With `prettyErrors`, each error would contain a copy of the surrounding lines, and there could be thousands of
  // mistakes.
  const document = parseDocument(text, { ...options, lineCounter, prettyErrors: false });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const { line, col } = lineCounter.linePos(problem.pos[0]);
    return `the configuration is not valid YAML: ${problem.message} at line ${line}, column ${col}`;
  }
  if (!isMap(document.contents)) return 'the configuration is not a mapping';
  try {
    return document.toJS({ maxAliasCount: 0 }) as Raw;
  } catch {
    return 'the configuration uses an alias (*NAME); repeat the value';
  }
}

type Report = (path: string, what: string) => void;

function readListen(text: string, report: Report): Listen {
  if (text.startsWith('unix:/')) return { socket: text.slice('unix:'.length) };
  const [, v6, name, digits = ''] = /^(?:\[([0-9a-fA-F:]+)\]|([\w.-]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535) report('listen', `"${text}" is not HOST:PORT or unix:PATH`);
  return { host: v6 ?? name ?? '', port };
}

function readAudience(
  given: unknown,
  listen: Listen,
  isLocal: boolean,
  { hostName }: ConfigContext,
  report: Report,
): string {
  if (given !== undefined) {
    const audience = String(given);
    if (/[\s\p{Cc}]/u.test(audience) || audience.length > 256) report('audience', 'it contains spaces or is too long');
    return audience;
  }
  if (isLocal || 'socket' in listen) {
    report('audience', 'it is missing; behind a reverse proxy it is the URL of the proxy, https://HOST');
    return '';
  }
  if (!hostName.includes('.'))
    report('audience', `it is missing, and this host has no fully qualified name (${hostName})`);
  return `https://${hostName}${listen.port === 443 ? '' : `:${listen.port}`}`;
}

function readDaemons(places: readonly DaemonPlace[], report: Report): readonly DaemonPlace[] {
  for (const [at, { pool, address, name }] of places.entries()) {
    if (address !== undefined && pool !== undefined) report(`daemon[${at}]`, 'set either pool and name, or address');
    if (pool !== undefined && name === undefined) report(`daemon[${at}]`, 'name is required with pool');
  }
  return places;
}

function readGrant(raw: Raw, path: string, context: ConfigContext, report: Report): Grant {
  const identity = String(raw['identity']);
  checkIdentity(identity, `${path}.identity`, context, report);
  const maxLifetimeSeconds = secondsOf(raw['max-lifetime']);
  if (maxLifetimeSeconds < 1 || maxLifetimeSeconds > MAX_LIFETIME_SECONDS)
    report(`${path}.max-lifetime`, 'it must be between 1 s and 24 h');
  return {
    identity,
    authz: [...new Set(raw['authz'] as readonly string[])],
    maxLifetimeSeconds,
    enabled: String(raw['enabled'] ?? true) === 'true',
    jobs: (raw['jobs'] as readonly Raw[]).map((each, at) => readEntry(each, `${path}.jobs[${at}]`, context, report)),
  };
}

function checkIdentity(identity: string, path: string, { superUsers }: ConfigContext, report: Report): void {
  const [user = ''] = identity.split('@');
  if (!IDENTITY.test(identity) || identity.includes('..') || identity.length > MAX_IDENTITY_LENGTH)
    report(path, `"${identity}" is not an identity such as ci@example.org (lower case)`);
  else if (DAEMON_ACCOUNTS.includes(user)) report(path, `${user} is an account of HTCondor's daemons`);
  else if (superUsers.some((each) => [user, identity].includes(each)))
    report(path, `${identity} is one of QUEUE_SUPER_USERS on this host; use an account for CI only`);
}
