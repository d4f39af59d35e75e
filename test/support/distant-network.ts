import { DistantProxy } from './distant-proxy.ts';
import { freePort } from './free-port.ts';

/** Where the daemons say that they are; the proxy listens there, on their own port. */
const FORWARDING_HOST = '127.0.0.2';

/** What makes the daemons of a pool on this machine distant ones. */
export interface DistantNetwork {
  readonly proxy: DistantProxy;
  /** What the pool has to be started with. */
  readonly port: number;
  readonly config: string;
  /** `host:port` of the collector, at a distance. */
  readonly collector: string;
}

export async function startDistantNetwork(roundTripMs: number): Promise<DistantNetwork> {
  const port = await freePort();
  const target = { host: '127.0.0.1', port };
  const proxy = await DistantProxy.start({ host: FORWARDING_HOST, port, target, roundTripMs });
  const config = `TCP_FORWARDING_HOST = ${FORWARDING_HOST}\n`;
  return { proxy, port, config, collector: `${FORWARDING_HOST}:${port}` };
}
