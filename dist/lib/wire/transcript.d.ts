/**
 * SHA-256 over all clear frames of one direction, headers included (cedar-rfc §1.4.2).
 *
 * A direction in which nothing was sent in clear counts as 32 zero bytes, not as SHA-256 of nothing: C++ makes the
 * digest's context on first use.
 */
export declare class Transcript {
    #private;
    add(...parts: readonly Uint8Array[]): void;
    /** The digest so far, 32 bytes. More can be added afterwards. */
    digest(): Uint8Array;
}
