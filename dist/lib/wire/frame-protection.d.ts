import { type Frame } from './frame.ts';
export declare const KEY_LENGTH = 32;
/** What binds the first protected frame of a direction to all that was said in clear before it. */
export interface ClearDigests {
    /** SHA-256 of the clear frames that we sent, 32 bytes. */
    readonly sent: Uint8Array;
    /** SHA-256 of the clear frames that we received, 32 bytes. */
    readonly received: Uint8Array;
}
/**
 * AES-256-GCM over whole frames (cedar-rfc §1.4; condor_crypt_aesgcm.cpp).
 *
 * Each direction has a random base IV, which travels in clear in front of its first cipher text, and a counter of
 * frames; the nonce is the base IV with the counter added to its first four bytes, modulo 2^32. The first frame's AAD
 * is the sender's and the receiver's digest of the clear frames and the header; later ones have the header alone.
 */
export declare class FrameProtection {
    #private;
    /** `sendIv`: 16 random bytes, never used before with this key. */
    constructor(key: Uint8Array, digests: ClearDigests, sendIv: Uint8Array);
    /** One frame, header included, that ends its message. */
    seal(plaintext: Uint8Array): Uint8Array;
    /** The plaintext of a received frame. Throws ERR_DECRYPT if it is not authentic. */
    open(frame: Frame): Uint8Array;
}
