/**
 * Parses and formats sinful strings, which are HTCondor's addresses (cedar-rfc §3.1; condor_sinful.cpp).
 *
 * The format is `<host:port?key=value&key=value>`. An IPv6 host is in brackets. Keys and values are percent-encoded.
 */
import { isIP } from 'node:net';

/** Default port of a collector and of a shared port. */
export const DEFAULT_PORT = 9618;

export interface Endpoint {
  /** Host name, IPv4 address, or IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface Sinful extends Endpoint {
  /**
   * Unescaped parameters by name, in their original order: `sock`, `addrs`, `alias`, `CCBID`, `PrivNet`, `PrivAddr`,
   * `noUDP`.
   */
  readonly params: ReadonlyMap<string, string>;
}

/**
 * Maximum number of addresses in `addrs`, and maximum length of an address in characters. No daemon exceeds these
 * limits. The limits prevent a hostile address from making the client scan other hosts.
 */
const MAX_ADDRS = 16;
const MAX_LENGTH = 8192;

/**
 * Parses an address from user input: a sinful string with or without `<>`, `host`, `host:port`, `[v6]:port` or an IP
 * address. Returns undefined if the address is malformed, or if it has no port and `defaultPort` is not set.
 */
export function parseAddress(text: string, defaultPort?: number): Sinful | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const bare = text.startsWith('<') && text.endsWith('>') ? text.slice(1, -1) : text;
  const [address = '', query] = splitOnce(bare, '?');
  const endpoint = parseEndpoint(address, defaultPort);
  const params = query === undefined ? new Map<string, string>() : parseParams(query);
  if (endpoint === undefined || params === undefined) return undefined;
  if (params.has('addrs') && parseAddrs(params.get('addrs') ?? '') === undefined) return undefined;
  const id = params.get('sock');
  if (id !== undefined && !/^[A-Za-z0-9._-]{1,1000}$/.test(id)) return undefined;
  return { ...endpoint, params };
}

/** Parses a sinful string as it appears in ads, with `<>` and a port. Returns undefined if it is malformed. */
export function parseSinful(text: string): Sinful | undefined {
  return text.startsWith('<') && text.endsWith('>') ? parseAddress(text) : undefined;
}

/** Formats an address as a sinful string with `<>`. */
export function formatSinful({ host, port, params }: Sinful): string {
  const query = [...params].map(([key, value]) =>
    value === '' ? urlEncode(key) : `${urlEncode(key)}=${urlEncode(value)}`,
  );
  return `<${formatEndpoint({ host, port })}${query.length > 0 ? `?${query.join('&')}` : ''}>`;
}

/** Formats an endpoint as `host:port` or `[v6]:port`. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Returns the name of the daemon's socket behind a shared port (§3.3), or undefined if the daemon has its own port. */
export function sharedPortId({ params }: Sinful): string | undefined {
  return params.get('sock');
}

/**
 * Returns the host name to check a certificate against: the alias or, if there is none, a non-numeric host. Returns
 * undefined if the address has neither.
 */
export function hostNameOf({ host, params }: Sinful): string | undefined {
  return params.get('alias') || (isIpAddress(host) ? undefined : host);
}

/**
 * Returns whether the host is an IPv4 address or an IPv6 address without brackets. Avoids `net.isIP`, which compiles a
 * regular expression and therefore takes several milliseconds.
 */
export function isIpAddress(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host);
}

/** Replaces the endpoint of a daemon's address with that of a tunnel. Keeps the parameters `sock` and `alias`. */
export function throughEndpoint({ params }: Sinful, { host, port }: Endpoint): Sinful {
  const kept = [...params].filter(([name]) => name === 'sock' || name === 'alias');
  return { host, port, params: new Map(kept) };
}

/**
 * Returns the endpoints of an address, in order of preference: those in `addrs` or, if there are none, `host` and
 * `port`. Like HTCondor, prefers public addresses, then private, then link-local, then loopback addresses. Within each
 * of these groups, keeps the order (Sinful::chooseAddrFromAddrs).
 */
export function endpoints({ host, port, params }: Sinful): readonly Endpoint[] {
  const addrs = parseAddrs(params.get('addrs') ?? '') ?? [];
  const all = addrs.length > 0 ? addrs : [{ host, port }];
  return [...all].sort((a, b) => preference(a.host) - preference(b.host));
}

function preference(host: string): number {
  if (/^(127\.|::1$)/.test(host)) return 3;
  if (/^(169\.254\.|fe[89ab])/i.test(host)) return 2;
  if (/^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|f[cd])/i.test(host)) return 1;
  return 0;
}

function parseEndpoint(text: string, defaultPort: number | undefined): Endpoint | undefined {
  // Checking for two colons first avoids `isIP`, which compiles a regular expression and therefore takes several
  // milliseconds.
  if (/:.*:/.test(text) && isIP(text) === 6)
    return defaultPort === undefined ? undefined : { host: text, port: defaultPort };
  const [, v6, name, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const port = digits === undefined ? defaultPort : Number(digits);
  if (port === undefined || port < 1 || port > 65535) return undefined;
  if (v6 !== undefined) return isIP(v6) === 6 ? { host: v6, port } : undefined;
  return name !== undefined && /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})$/.test(name) ? { host: name, port } : undefined;
}

/**
 * Parses parameters that are separated by `&` or `;`. If a key occurs more than once, its last value is used. A key
 * without a value is valid.
 */
function parseParams(query: string): Map<string, string> | undefined {
  const params = new Map<string, string>();
  for (const pair of query.split(/[&;]/).filter((part) => part !== '')) {
    const [key, value] = splitOnce(pair, '=');
    if (key === '') return undefined; // HTCondor's C++ code rejects an empty key as well
    try {
      params.set(decodeURIComponent(key), decodeURIComponent(value ?? ''));
    } catch {
      return undefined;
    }
  }
  return params;
}

/** Parses `ip-port+[v6]-port+…`. IPv6 addresses contain `-` in place of `:`. */
function parseAddrs(text: string): readonly Endpoint[] | undefined {
  const found = text
    .split('+', MAX_ADDRS + 2)
    .filter((part) => part !== '')
    .map((part) => {
      const dash = part.lastIndexOf('-');
      const [host, port] = [part.slice(0, Math.max(dash, 0)), part.slice(dash + 1)];
      return parseEndpoint(`${host.startsWith('[') ? host.replaceAll('-', ':') : host}:${port}`, undefined);
    });
  return found.includes(undefined) || found.length > MAX_ADDRS
    ? undefined
    : found.filter((endpoint) => endpoint !== undefined);
}

const UNESCAPED = [...':+[]#/'].map((char): [string, string] => [encodeURIComponent(char), char]);

/** Escapes the characters that HTCondor escapes (urlEncode in condor_sinful.cpp). */
function urlEncode(text: string): string {
  return UNESCAPED.reduce((done, [code, char]) => done.replaceAll(code, char), encodeURIComponent(text));
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
