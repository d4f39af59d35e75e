import type { Reader } from '../wire/reader.ts';
import { Channel, type ChannelOptions } from './channel.ts';
import type { Endpoint } from './sinful.ts';
/**
 * A port at which one connection is waited for: the first whose first message is the right one. Everybody else who
 * comes is sent away without a word.
 *
 * The right word does not prove who says it: nothing that arrives here is trusted before a CEDAR session is.
 */
export declare class ReverseListener {
    #private;
    readonly endpoint: Endpoint;
    /** The connection, with its first message read. It ends with the listener unless it is handed over before. */
    readonly connected: Promise<Channel>;
    private constructor();
    /**
     * Listens at one address of ours, an IP, at any free port. `isGreeting` reads the first message of whoever comes, and
     * may throw if it cannot.
     *
     * @throws the system's error if there is no such port.
     */
    static open(address: string, isGreeting: (message: Reader) => boolean, options: ChannelOptions): Promise<ReverseListener>;
    /** Closes the port and all connections to it that were not handed over. To be called on every path. */
    close(): void;
}
