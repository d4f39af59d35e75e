import type { Socket } from 'node:net';
import { ConnectError } from '../errors.ts';
import { Deframer } from '../wire/frame.ts';
import type { ExpectedMessage, SecurableChannel } from '../wire/message-channel.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';
export interface ChannelOptions {
    readonly signal: AbortSignal;
    randomBytes(length: number): Uint8Array;
    /** Is told how much is said, and never what. */
    readonly log?: {
        debug(line: string): void;
    };
    /** Sent in front of everything and part of no transcript: the message to the shared port, which consumes it. */
    readonly preamble?: Uint8Array;
    /** Round trips that it took to get this connection. Default: the one of every TCP connection. */
    readonly roundTrips?: number;
}
/** What a channel has of a connection on which something was received already. */
interface Incoming {
    readonly chunks: AsyncIterator<Uint8Array>;
    readonly deframer: Deframer;
}
/**
 * A socket that carries messages: the one object with state in this program. It belongs to whoever made it, and that
 * one closes it.
 */
export declare class Channel implements SecurableChannel {
    #private;
    /** `socket` is connected. */
    constructor(socket: Socket, options: ChannelOptions, incoming?: Incoming);
    /** The other end of the connection: IP address, without brackets, and port. */
    get remote(): {
        readonly address: string;
        readonly port: number;
    };
    /** Round trips waited for so far, the TCP connection included. */
    get roundTrips(): number;
    /** Our own address on this connection, an IP. */
    get localAddress(): string | undefined;
    send(write: (message: Writer) => void): void;
    receive<T>(read: (message: Reader) => T): Promise<T>;
    protect(key: Uint8Array, clearToCome?: readonly ExpectedMessage[]): void;
    /** Sends what is in line without waiting for anything: for the last word before closing. */
    flush(): void;
    /**
     * The connection as a new one, to whom the peer has put us through or who now is to be talked to: nothing was said on
     * it, nothing is encrypted (ReliSock::resetHeaderMD). It belongs to the caller; this channel is spent.
     */
    handOver(roundTrips?: number): Channel;
    /** Ends the connection, after what was flushed. To be called on every path: a daemon may be blocked in a read. */
    close(): void;
}
/** The error for a run that was given up: its deadline passed, or somebody cancelled it. */
export declare function abortedError(signal: AbortSignal): ConnectError;
export {};
