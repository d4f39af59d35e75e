/** A simulated distant host with an IPv4 and an IPv6 address, for a pool in a separate network namespace. */
import { randomInt } from 'node:crypto';
import { run } from '../host.ts';
import { asRoot } from '../processes.ts';
import { DistantProxy } from './distant-proxy.ts';
import { freePort } from './free-port.ts';

/**
 * A network in which the daemons and the proxy have the same two addresses, but in different network namespaces.
 * Clients on this host connect to the proxy, which forwards to the daemons over a pair of virtual interfaces. The
 * interfaces and addresses are removed with the pool.
 */
export class DualStackNetwork {
  readonly port: number;
  readonly v4: string;
  readonly v6: string;
  readonly #inside: string;
  readonly #outside: string;
  readonly #interface: string;
  #roundTripMs: number;
  #proxy: DistantProxy | undefined;

  private constructor(port: number, roundTripMs: number) {
    // 198.18.0.0/15 is reserved for benchmarks (RFC 2544) and fd00::/8 is private, so the addresses do not clash with
    // real hosts. No group of the IPv6 address is 0, because HTCondor writes `::0` as `::` and would not find the
    // address in its configuration.
    const [high, low] = [randomInt(1, 255), 4 * randomInt(1, 63)];
    this.port = port;
    this.v4 = `198.19.${high}.${low}`;
    this.v6 = `fd00:198:19:${high.toString(16)}::${low.toString(16)}`;
    [this.#inside, this.#outside] = [`198.19.${high}.${low + 1}`, `198.19.${high}.${low + 2}`];
    this.#interface = `dual${high}-${low}`;
    this.#roundTripMs = roundTripMs;
  }

  static async create(roundTripMs: number): Promise<DualStackNetwork> {
    return new DualStackNetwork(await freePort(), roundTripMs);
  }

  get proxy(): DistantProxy {
    if (this.#proxy === undefined) throw new Error('no pool is attached');
    return this.#proxy;
  }

  /** Connects the network namespace of the process `pid`, and starts the proxy. */
  async attach(pid: string): Promise<void> {
    const { v4, v6 } = this;
    const [here, there] = [this.#interface, 'pool0'];
    const script = `
      ip link add ${here} type veth peer name ${there} netns ${pid}
      ip address add ${v4}/32 dev ${here}; ip address add ${v6}/128 dev ${here} nodad
      ip address add ${this.#outside} peer ${this.#inside} dev ${here}; ip link set ${here} up
      nsenter --target=${pid} --net sh -e -c '
        ip link set lo up
        ip address add ${v4}/32 dev ${there}; ip address add ${v6}/128 dev ${there} nodad
        ip address add ${this.#inside} peer ${this.#outside} dev ${there}; ip link set ${there} up'`;
    await run('connecting the pool', asRoot('sh', '-e', '-c', script));
    const target = { host: this.#inside, port: this.port };
    this.#proxy = await DistantProxy.start({ host: v4, port: this.port, target, roundTripMs: this.#roundTripMs });
    await this.#proxy.addHost(v6);
  }

  async close(): Promise<void> {
    await this.#proxy?.close();
  }
}
