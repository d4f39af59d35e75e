import { DistantProxy } from './distant-proxy.ts';
import { freePort } from './free-port.ts';

/** The address that the daemons advertise. The proxy listens at this address, on the same port as the daemons. */
const FORWARDING_HOST = '127.0.0.2';

/** Simulates a network distance between clients and the daemons of a pool on this host. */
export interface DistantNetwork {
  readonly proxy: DistantProxy;
  /** The port and the configuration of the pool. */
  readonly port: number;
  readonly config: string;
  /** Address of the collector through the proxy, as `host:port`. */
  readonly collector: string;
}

export async function startDistantNetwork(roundTripMs: number): Promise<DistantNetwork> {
  const port = await freePort();
  const target = { host: '127.0.0.1', port };
  const proxy = await DistantProxy.start({ host: FORWARDING_HOST, port, target, roundTripMs });
  const config = `TCP_FORWARDING_HOST = ${FORWARDING_HOST}\n`;
  return { proxy, port, config, collector: `${FORWARDING_HOST}:${port}` };
}
