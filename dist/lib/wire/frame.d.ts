/** Bytes of a frame's header: end flag, then the length of the body, big endian (cedar-rfc §1.2). */
export declare const HEADER_LENGTH = 5;
/** Longest body of a frame, in bytes. A larger length is how a hostile peer would make us allocate gigabytes. */
export declare const MAX_BODY_LENGTH: number;
/** One frame ("packet" in C++) as it was on the wire. */
export interface Frame {
    readonly header: Uint8Array;
    readonly body: Uint8Array;
    /** Last frame of its message. */
    readonly endOfMessage: boolean;
}
/** The header of a frame that ends its message. */
export declare function putHeader(bodyLength: number): Uint8Array;
/**
 * Cuts a byte stream into frames (cedar-rfc §1.2; ReliSock::RcvMsg::rcv_packet in C++).
 *
 * Holds at most the chunks of one unfinished frame and what came behind it. Throws ERR_FRAME on a wrong end flag, a
 * length of 0 or one above 1 MiB as soon as the header is there, before anything is allocated for the body.
 */
export declare class Deframer {
    #private;
    push(chunk: Uint8Array): void;
    /** The next whole frame, or undefined until more bytes are pushed. */
    next(): Frame | undefined;
}
