import type { Host } from '../host.ts';
import { Channel } from './channel.ts';
import type { ConnectionAhead } from './connection-ahead.ts';
import { type Sinful } from './sinful.ts';
/**
 * Connects to a daemon: TCP to whichever of its addresses answers first, then, behind a shared port, the name of the
 * daemon's socket (cedar-rfc §3.3.1). That message has no answer, so it leaves with whatever is said first.
 *
 * `ahead`: a connection that may lead there already.
 *
 * @throws ConnectError ERR_CONNECT with the reason of each address; ERR_TIMEOUT.
 */
export declare function connect(address: Sinful, host: Host, ahead?: ConnectionAhead): Promise<Channel>;
