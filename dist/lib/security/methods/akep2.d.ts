import type { Reader } from '../../wire/reader.ts';
import { type Writer } from '../../wire/writer.ts';
import { type Candidate, type MethodName } from '../method.ts';
export declare const NONCE_LENGTH = 256;
/** What the client says first. */
export interface Opening {
    /** A: the subject of the token, or the name that goes with the pool password. */
    readonly name: string;
    /**
     * The token's header and payload, by which the server computes the signature, and so K, anew. Undefined in version 1:
     * the server has the password.
     */
    readonly signedText: string | undefined;
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
export declare function keyOfToken(signature: Uint8Array, signedText: string): Uint8Array;
/** K from the pool password, which counts twice (Condor_Auth_Passwd::fetchPoolPassword, setup_shared_keys). */
export declare function keyOfPassword(password: Uint8Array): Uint8Array;
/** A secret that both sides may know. */
export interface SharedSecret {
    readonly method: MethodName;
    readonly label: string;
    readonly opening: Opening;
    /** K, computed when it is needed. */
    readonly key: () => Uint8Array;
    /** What it can mean that the server refuses: it says nothing. */
    readonly refusal: () => string;
}
/** A run of AKEP2 with one secret. */
export declare function akep2({ method, label, opening, key, refusal }: SharedSecret): Candidate;
export declare function putOpening(message: Writer, { name, signedText, nonce }: Opening): void;
export declare function getChallenge(message: Reader): Challenge;
/** Whether the server knows K, and answers what we said just now. */
export declare function serverIsProven(key: Uint8Array, opening: Opening, challenge: Challenge): boolean;
/** The client's proof. It is the third and last message. */
export declare function putProof(message: Writer, key: Uint8Array, opening: Opening, challenge: Challenge): void;
/** The third message where there is nothing to prove: it is owed even then, or the peers fall out of step. */
export declare function putNoProof(message: Writer): void;
