/** Which proxy leads to a URL: the variables that curl, Git and `@actions/http-client` read. */
import type { Secret } from '../runtime/secret.ts';

/** A proxy, as `https_proxy` names it. */
export interface HttpProxy {
  /** Without user and password. */
  readonly url: URL;
  /** Value of Proxy-Authorization. */
  readonly authorization: Secret | undefined;
  /** What logs must not show: password and authorization. */
  readonly secrets: readonly Secret[];
}

/** The proxy of this machine, and the hosts that are reached without it. */
export interface ProxySettings {
  /** Undefined: there is none. */
  readonly proxy: HttpProxy | undefined;
  /** Entries of `no_proxy`. */
  readonly bypass: readonly string[];
}

/** The proxy that leads to a URL; undefined: none does. This machine is always reached without one. */
export function proxyFor({ proxy, bypass }: ProxySettings, { hostname, port, protocol }: URL): HttpProxy | undefined {
  const host = normal(hostname);
  const isHere = /^(localhost|127(\.\d+){3}|::1)$|\.localhost$/.test(host);
  const at = port === '' ? (protocol === 'http:' ? '80' : '443') : port;
  return isHere || bypass.some((entry) => covers(entry, host, at)) ? undefined : proxy;
}

/**
 * Whether an entry of `no_proxy` covers a host: `*`; a name, which covers its subdomains too, with or without `.` or `*.`
 * in front; an address; a network, `10.0.0.0/8`. A port behind it must be that of the URL.
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

/** Lower case, without brackets and without the dot that ends a complete name. */
function normal(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/(?<=.)\.$/, '');
}
