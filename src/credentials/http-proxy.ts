/** Selects the proxy for a URL, from the variables that curl, Git and `@actions/http-client` read. */
import type { Secret } from '../runtime/secret.ts';

/** A proxy from `https_proxy`. */
export interface HttpProxy {
  /** Without user and password. */
  readonly url: URL;
  /** Value of Proxy-Authorization. */
  readonly authorization: Secret | undefined;
  /** Secrets to mask in logs: password and authorization. */
  readonly secrets: readonly Secret[];
}

/** The proxy of this host, and the hosts that bypass it. */
export interface ProxySettings {
  /** Undefined for none. */
  readonly proxy: HttpProxy | undefined;
  /** Entries of `no_proxy`. */
  readonly bypass: readonly string[];
}

/** Returns the proxy for a URL; undefined for a direct connection, as always to this host. */
export function proxyFor({ proxy, bypass }: ProxySettings, { hostname, port, protocol }: URL): HttpProxy | undefined {
  const host = normal(hostname);
  const isHere = /^(localhost|127(\.\d+){3}|::1)$|\.localhost$/.test(host);
  const at = port === '' ? (protocol === 'http:' ? '80' : '443') : port;
  return isHere || bypass.some((entry) => covers(entry, host, at)) ? undefined : proxy;
}

/**
 * True if an entry of `no_proxy` covers a host: `*`; a name, which also covers its subdomains, with or without `.` or `*.`
 * in front; an address; a network, `10.0.0.0/8`. A port in the entry must equal the port of the URL.
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

/** Returns a host in lower case, without brackets and without the trailing dot of a fully qualified name. */
function normal(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/(?<=.)\.$/, '');
}
