import type { Socket } from 'node:net';
import { ConnectError } from '../errors.ts';
import type { ExpectedMessage, SecurableChannel } from '../wire/message-channel.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';
export interface ChannelOptions {
    readonly signal: AbortSignal;
    randomBytes(length: number): Uint8Array;
    /** Sent in front of everything and part of no transcript: the message to the shared port, which consumes it. */
    readonly preamble?: Uint8Array;
}
/**
 * A socket that carries messages: the one object with state in this program. It belongs to whoever made it, and that
 * one closes it.
 */
export declare class Channel implements SecurableChannel {
    #private;
    /** `socket` is connected. */
    constructor(socket: Socket, options: ChannelOptions);
    /** The other end of the connection: IP address, without brackets, and port. */
    get remote(): {
        readonly address: string;
        readonly port: number;
    };
    /** Round trips waited for so far, the TCP connection included. */
    get roundTrips(): number;
    send(write: (message: Writer) => void): void;
    receive<T>(read: (message: Reader) => T): Promise<T>;
    protect(key: Uint8Array, clearToCome?: readonly ExpectedMessage[]): void;
    /** Sends what is in line without waiting for anything: for the last word before closing. */
    flush(): void;
    /** Ends the connection, after what was flushed. To be called on every path: a daemon may be blocked in a read. */
    close(): void;
}
/** The error for a run that was given up: its deadline passed, or somebody cancelled it. */
export declare function abortedError(signal: AbortSignal): ConnectError;
