/**
 * Sinful strings: HTCondor's addresses (cedar-rfc §3.1; condor_sinful.cpp).
 *
 * `<host:port?key=value&key=value>`, host in brackets if it is IPv6, keys and values with %XX escapes.
 */
import { isIP } from 'node:net';

/** Port of a collector, and of the shared port, where none is given. */
export const DEFAULT_PORT = 9618;

export interface Endpoint {
  /** Host name, IPv4 or IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface Sinful extends Endpoint {
  /** Parameters by name as they came, unescaped: `sock`, `addrs`, `alias`, `CCBID`, `PrivNet`, `PrivAddr`, `noUDP`. */
  readonly params: ReadonlyMap<string, string>;
}

/** More than any daemon has of them, or as many characters: who says more would have us knock at other people's doors. */
const MAX_ADDRS = 16;
const MAX_LENGTH = 8192;

/** An address as people write it: a sinful string with or without `<>`, or `host`, `host:port`, `[v6]:port`, an IP. */
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

/** A sinful string as it stands in an ad: with `<>` and a port. */
export function parseSinful(text: string): Sinful | undefined {
  return text.startsWith('<') && text.endsWith('>') ? parseAddress(text) : undefined;
}

export function formatSinful({ host, port, params }: Sinful): string {
  const query = [...params].map(([key, value]) =>
    value === '' ? urlEncode(key) : `${urlEncode(key)}=${urlEncode(value)}`,
  );
  return `<${formatEndpoint({ host, port })}${query.length > 0 ? `?${query.join('&')}` : ''}>`;
}

export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Name of the daemon's socket behind the shared port (§3.3); undefined if the daemon listens by itself. */
export function sharedPortId({ params }: Sinful): string | undefined {
  return params.get('sock');
}

/** The host by its name, if the address has one: what a certificate can be checked against. */
export function hostNameOf({ host, params }: Sinful): string | undefined {
  return params.get('alias') || (/^[\d.]+$|:/.test(host) ? undefined : host);
}

/** The same daemon, reached at another place: the end of a tunnel to its host. */
export function throughEndpoint({ params }: Sinful, { host, port }: Endpoint): Sinful {
  const kept = [...params].filter(([name]) => name === 'sock' || name === 'alias');
  return { host, port, params: new Map(kept) };
}

/**
 * Where to connect to, best first: `addrs` if there are any, then HTCondor's preference of public over private over
 * link-local over loopback addresses, in their order among equals (Sinful::chooseAddrFromAddrs).
 */
export function endpoints({ host, port, params }: Sinful): readonly Endpoint[] {
  const addrs = parseAddrs(params.get('addrs') ?? '') ?? [];
  const all = addrs.length > 0 ? addrs : [{ host, port }];
  return [...all].sort((a, b) => reach(a.host) - reach(b.host));
}

function reach(host: string): number {
  if (/^(127\.|::1$)/.test(host)) return 3;
  if (/^(169\.254\.|fe[89ab])/i.test(host)) return 2;
  if (/^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|f[cd])/i.test(host)) return 1;
  return 0;
}

function parseEndpoint(text: string, defaultPort: number | undefined): Endpoint | undefined {
  // Two colons at least: Node's test for IPv6 is a regular expression that takes milliseconds to compile.
  if (/:.*:/.test(text) && isIP(text) === 6)
    return defaultPort === undefined ? undefined : { host: text, port: defaultPort };
  const [, v6, name, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const port = digits === undefined ? defaultPort : Number(digits);
  if (port === undefined || port < 1 || port > 65535) return undefined;
  if (v6 !== undefined) return isIP(v6) === 6 ? { host: v6, port } : undefined;
  return name !== undefined && /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})$/.test(name) ? { host: name, port } : undefined;
}

/** `&` and `;` both separate; of duplicates the last one counts; a key may stand without a value. */
function parseParams(query: string): Map<string, string> | undefined {
  const params = new Map<string, string>();
  for (const pair of query.split(/[&;]/).filter((part) => part !== '')) {
    const [key, value] = splitOnce(pair, '=');
    if (key === '') return undefined; // as in C++
    try {
      params.set(decodeURIComponent(key), decodeURIComponent(value ?? ''));
    } catch {
      return undefined;
    }
  }
  return params;
}

/** `ip-port+[v6]-port+…`, where a v6 address is written with `-` for `:`. */
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

const LEFT_ALONE = [...':+[]#/'].map((char): [string, string] => [encodeURIComponent(char), char]);

/** Everything but what HTCondor leaves as it is (Sinful's urlEncode). */
function urlEncode(text: string): string {
  return LEFT_ALONE.reduce((done, [code, char]) => done.replaceAll(code, char), encodeURIComponent(text));
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
