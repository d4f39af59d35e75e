import { openDistantLink } from './distant-link.ts';
import { DistantProxy } from './distant-proxy.ts';
import { freePort } from './free-port.ts';

/** What makes the daemons of a pool on this machine distant ones. */
export interface DistantNetwork {
  /** Counts round trips; it delays nothing. */
  readonly proxy: DistantProxy;
  /** What the pool has to be started with. */
  readonly port: number;
  readonly config: string;
  /** `host:port` of the collector, at a distance. */
  readonly collector: string;
  /** Milliseconds, for what is sent from now on. */
  setRoundTrip(ms: number): void;
  close(): Promise<void>;
}

/**
 * A link delays every packet, so that a TCP handshake takes as long as on a real network. The daemons advertise its far
 * address (TCP_FORWARDING_HOST); at its near address a proxy listens on their own port.
 */
export async function startDistantNetwork(roundTripMs: number): Promise<DistantNetwork> {
  const port = await freePort();
  const link = await openDistantLink(roundTripMs);
  const proxy = await DistantProxy.start({
    host: link.near.v4,
    port,
    target: { host: '127.0.0.1', port },
    roundTripMs: 0,
  });
  const config = `TCP_FORWARDING_HOST = ${link.far.v4}\n`;
  return {
    ...{ proxy, port, config, collector: `${link.far.v4}:${port}` },
    setRoundTrip: (ms) => link.setRoundTrip(ms),
    async close() {
      await proxy.close();
      await link.close();
    },
  };
}
