import { type AuthMethod, type Candidate, type Peer, SET_SERVER_NAME } from '../method.ts';
import { SslExchange } from './ssl-exchange.ts';
import type { TlsOptions } from './tls-tunnel.ts';

/** Returns the TLS options for one server. This function is called only when the method is used. */
export type TlsFor = (serverName: string) => Promise<TlsOptions>;

/**
 * Reason for not using SSL if no host name is known. A certificate authenticates the server only if the name in the
 * certificate can be checked.
 */
export const NO_SERVER_NAME = `no host name is known to verify its certificate against; ${SET_SERVER_NAME}`;

/**
 * Returns the reason for not sending a SciToken if only the collector reports the host name. A server that receives a
 * SciToken can use it elsewhere, so a name from the collector is not sufficient.
 */
export function onlyClaimed(name: string): string {
  return `only the collector reports that the daemon's host is ${name}; if that is correct, set server-name`;
}

/**
 * Returns the SSL method, which is TLS with certificates on both sides (cedar-rfc §5.4). `label` identifies the client
 * certificate in messages, and `source` is its credential source.
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
  const guessed = ({ serverName, claimedName }: Peer) => {
    const name = serverName ?? claimedName;
    return name === undefined ? undefined : candidate(name);
  };
  return {
    name: 'SSL',
    authenticatesServer: true,
    sources: [label],
    candidatesFor(_, peer) {
      const usable = guessed(peer);
      return usable === undefined
        ? { usable: [], rejected: [{ label, reason: NO_SERVER_NAME, kind: 'no-server-name' }] }
        : { usable: [usable], rejected: [] };
    },
    guessed,
  };
}
