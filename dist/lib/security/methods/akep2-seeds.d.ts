/** Salt of K, with which both sides prove themselves. */
export declare const SEED_A: Uint8Array;
