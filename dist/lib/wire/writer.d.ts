/**
 * Writes primitives into one message (cedar-rfc §2; Stream::put in C++). The mirror of reader.ts.
 *
 * Throws RangeError on what CEDAR cannot carry: that is a bug here, for inputs are checked long before.
 */
export declare class Writer {
    #private;
    constructor(encrypted?: boolean);
    int(value: number): this;
    bytes(bytes: Uint8Array): this;
    string(value: string): this;
    /** The message. */
    finish(): Uint8Array;
}
/** All parts in one array. */
export declare function concat(parts: readonly Uint8Array[]): Uint8Array;
