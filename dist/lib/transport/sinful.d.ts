/** Port of a collector, and of the shared port, where none is given. */
export declare const DEFAULT_PORT = 9618;
export interface Endpoint {
    /** Host name, IPv4 or IPv6 address without brackets. */
    readonly host: string;
    readonly port: number;
}
export interface Sinful extends Endpoint {
    /** Parameters by name as they came, unescaped: `sock`, `addrs`, `alias`, `CCBID`, `PrivNet`, `PrivAddr`, `noUDP`. */
    readonly params: ReadonlyMap<string, string>;
}
/** An address as people write it: a sinful string with or without `<>`, or `host`, `host:port`, `[v6]:port`, an IP. */
export declare function parseAddress(text: string, defaultPort?: number): Sinful | undefined;
/** A sinful string as it stands in an ad: with `<>` and a port. */
export declare function parseSinful(text: string): Sinful | undefined;
export declare function formatSinful({ host, port, params }: Sinful): string;
export declare function formatEndpoint({ host, port }: Endpoint): string;
/** Name of the daemon's socket behind the shared port (§3.3); undefined if the daemon listens by itself. */
export declare function sharedPortId({ params }: Sinful): string | undefined;
/** The host by its name, if the address has one: what a certificate can be checked against. */
export declare function hostNameOf({ host, params }: Sinful): string | undefined;
/** The same daemon, reached at another place: the end of a tunnel to its host. */
export declare function throughEndpoint({ params }: Sinful, { host, port }: Endpoint): Sinful;
/**
 * Where to connect to, best first: `addrs` if there are any, then HTCondor's preference of public over private over
 * link-local over loopback addresses, in their order among equals (Sinful::chooseAddrFromAddrs).
 */
export declare function endpoints({ host, port, params }: Sinful): readonly Endpoint[];
