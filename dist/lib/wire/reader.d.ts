/**
 * Reads primitives out of one whole message (cedar-rfc §2; Stream::get in C++).
 *
 * Every read is checked against the end of the message and throws ProtocolError ERR_MESSAGE when it would cross it.
 */
export declare class Reader {
    #private;
    /** `encrypted`: strings carry their length in front, as they do once a connection is encrypted (§1.3.4). */
    constructor(bytes: Uint8Array, encrypted?: boolean);
    /** Bytes not read yet. */
    get remaining(): number;
    /** A signed integer: eight bytes, big endian, two's complement. Beyond ±2^53 it is no integer that we know. */
    int(): number;
    /** The next `length` bytes, not copied. */
    bytes(length: number): Uint8Array;
    /** A string of UTF-8; C++'s null pointer reads as the empty string. */
    string(): string;
}
