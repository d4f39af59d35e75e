import type { Host } from '../host.ts';
import type { Channel } from '../transport/channel.ts';
import { type Sinful } from '../transport/sinful.ts';
import type { Writer } from '../wire/writer.ts';
/** One request to a broker. `connect` gets there and has everything ready that `request` writes of. */
export interface BrokerCall {
    readonly address: Sinful;
    readonly command: number;
    readonly request: (message: Writer) => void;
    readonly connect: (host: Host) => Promise<Channel>;
}
/** Sends a request in a session, or in clear where the broker does not take our credentials, and has the reply read. */
export type AskBroker = <T>(call: BrokerCall, read: (channel: Channel) => Promise<T>, host: Host) => Promise<T>;
/**
 * A connection to the daemon through the first of its brokers that makes one. They are asked in turn, beginning
 * anywhere, so that they share the work.
 *
 * @throws ConnectError ERR_CCB_ONLY with what became of each broker; ERR_TIMEOUT.
 */
export declare function connectThroughCcb(address: Sinful, ask: AskBroker, host: Host): Promise<Channel>;
