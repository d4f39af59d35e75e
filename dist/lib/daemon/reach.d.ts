import { HTCondorError } from '../errors.ts';
import type { Host } from '../host.ts';
import { type Channel } from '../transport/channel.ts';
import type { ConnectionAhead } from '../transport/connection-ahead.ts';
import { type Sinful } from '../transport/sinful.ts';
import { type AskBroker } from './ccb.ts';
/** Where to go, and perhaps a connection that leads there. */
export interface Destination {
    readonly address: Sinful;
    readonly ahead?: ConnectionAhead | undefined;
}
/** A connection to a daemon. */
export interface Route {
    readonly channel: Channel;
    /** `direct, else ccb`: there is another way, if whoever is at this end turns out not to be the daemon. */
    readonly way: 'direct' | 'direct, else ccb' | 'ccb';
}
/**
 * Connects to a daemon: directly, or, if its address says so, through CCB, whichever works first. `failed`: how the
 * direct way ended, if it was gone already.
 *
 * @throws ConnectError ERR_CONNECT; ERR_CCB_ONLY with the reason of each way; ERR_TIMEOUT.
 */
export declare function reach({ address, ahead }: Destination, ask: AskBroker, host: Host, failed?: HTCondorError): Promise<Route>;
