import type { AuthMethod, Candidate, Peer } from '../method.ts';
import { SslExchange } from './ssl-exchange.ts';
import type { TlsOptions } from './tls-tunnel.ts';

/** Gives what TLS needs for one server; asked when it is used. */
export type TlsFor = (serverName: string) => Promise<TlsOptions>;

/** A certificate without a name to check it against proves nothing. */
export const NO_SERVER_NAME =
  'no host name is known to verify its certificate against; set server-name, or use a host name instead of an IP address';

/** Whoever has a SciToken can use it elsewhere, so the word of a collector is not enough to send one. */
export function onlyClaimed(name: string): string {
  return `only the collector reports that the daemon's host is ${name}; if that is correct, set server-name`;
}

/**
 * SSL: TLS with certificates of both sides (cedar-rfc §5.4). `label` says which certificate is ours, `source` where it comes from.
 */
export function ssl(label: string, tlsFor: TlsFor, source = label): AuthMethod {
  const candidate = (serverName: string): Candidate => {
    const exchange = new SslExchange({ method: 'SSL', label, serverName, tls: () => tlsFor(serverName) });
    return {
      label,
      source,
      open: (channel) => exchange.open(channel),
      async finish(channel) {
        try {
          await exchange.prove(channel);
          exchange.hold(channel);
          return [];
        } finally {
          exchange.close();
        }
      },
    };
  };
  const presumed = ({ serverName, claimedName }: Peer) => {
    const name = serverName ?? claimedName;
    return name === undefined ? undefined : candidate(name);
  };
  return {
    name: 'SSL',
    sources: [label],
    candidatesFor(_, peer) {
      const fit = presumed(peer);
      return fit === undefined ? { fit: [], unfit: [{ label, reason: NO_SERVER_NAME }] } : { fit: [fit], unfit: [] };
    },
    presumed,
  };
}
