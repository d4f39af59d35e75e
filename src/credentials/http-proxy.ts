/**
 * Selects the proxy for a URL. The settings come from the environment variables that curl, Git and
 * `@actions/http-client` use.
 */
import type { Secret } from '../runtime/secret.ts';

/** A proxy that is specified by `https_proxy` or `HTTPS_PROXY`. */
export interface HttpProxy {
  /** URL of the proxy, without the user name and password. */
  readonly url: URL;
  /** Value of the Proxy-Authorization header. */
  readonly authorization: Secret | undefined;
  /** Secrets to mask in logs: the password and the value of Proxy-Authorization. */
  readonly secrets: readonly Secret[];
}

/** The proxy that this host uses, and the hosts to which connections bypass the proxy. */
export interface ProxySettings {
  /** Undefined if no proxy is configured. */
  readonly proxy: HttpProxy | undefined;
  /** Entries of `no_proxy`. */
  readonly bypass: readonly string[];
}

/**
 * Returns the proxy to use for a URL; undefined for a direct connection. Connections to this host are always direct.
 */
export function proxyFor({ proxy, bypass }: ProxySettings, { hostname, port, protocol }: URL): HttpProxy | undefined {
  const host = normal(hostname);
  const isHere = /^(localhost|127(\.\d+){3}|::1)$|\.localhost$/.test(host);
  const at = port === '' ? (protocol === 'http:' ? '80' : '443') : port;
  return isHere || bypass.some((entry) => covers(entry, host, at)) ? undefined : proxy;
}

/**
 * True if an entry of `no_proxy` covers a host. The entry can be `*`, an address, a network such as `10.0.0.0/8`, or a
 * host name. A host name covers its subdomains as well, and can start with `.` or `*.`. If the entry contains a port,
 * the URL must have the same port.
 */
function covers(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const [, address = '', bits] = /^(.*)\/(\d{1,3})$/.exec(entry) ?? [];
  if (bits !== undefined) return isInNetwork(host, normal(address), Number(bits));
  const [, name = '', ownPort] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? ['', entry];
  if (ownPort !== undefined && ownPort !== port) return false;
  const suffix = normal(name).replace(/^\*?\./, '');
  return suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`));
}

function isInNetwork(host: string, network: string, bits: number): boolean {
  const { BlockList, isIP } = process.getBuiltinModule('node:net');
  const family = isIP(network);
  if (family === 0 || family !== isIP(host) || bits > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(network, bits, kind);
  return list.check(host, kind);
}

/** Returns a host name or address in lower case, without brackets and without a trailing dot. */
function normal(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/(?<=.)\.$/, '');
}
