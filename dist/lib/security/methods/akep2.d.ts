import type { Reader } from '../../wire/reader.ts';
import { type Writer } from '../../wire/writer.ts';
export declare const NONCE_LENGTH = 256;
/** What the client says first. */
export interface Opening {
    /** A: the subject of the token. */
    readonly name: string;
    /** The token's header and payload, by which the server computes the signature, and so K, anew. */
    readonly signedText: string;
    /** rA, 256 bytes. */
    readonly nonce: Uint8Array;
}
/** What the server answers. */
export interface Challenge {
    /** False: it refuses, and the other fields are empty. */
    readonly accepted: boolean;
    readonly clientName: string;
    /** B. */
    readonly serverName: string;
    readonly clientNonce: Uint8Array;
    /** rB. */
    readonly serverNonce: Uint8Array;
    readonly mac: Uint8Array;
}
/** K from a token's signature (its raw bytes). */
export declare function keyFor(signature: Uint8Array, signedText: string): Uint8Array;
export declare function putOpening(message: Writer, { name, signedText, nonce }: Opening): void;
export declare function getChallenge(message: Reader): Challenge;
/** Whether the server knows K, and answers what we said just now. */
export declare function serverIsProven(key: Uint8Array, opening: Opening, challenge: Challenge): boolean;
/** The client's proof. It is the third and last message. */
export declare function putProof(message: Writer, key: Uint8Array, opening: Opening, challenge: Challenge): void;
/** The third message where there is nothing to prove: it is owed even then, or the peers fall out of step. */
export declare function putNoProof(message: Writer): void;
