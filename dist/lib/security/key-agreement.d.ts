/**
 * ECDH over P-256, then HKDF-SHA-256 with salt `htcondor` and info `keygen` (SecMan::FinishKeyExchange in C++).
 * Public keys travel as base64 of the uncompressed point, 65 bytes.
 */
export declare class KeyAgreement {
    #private;
    /** What the peer needs. */
    readonly publicKey: string;
    constructor(randomBytes: (length: number) => Uint8Array);
    /** The session key, 32 bytes. Throws ERR_MESSAGE if the peer's point is not on the curve. */
    sessionKey(peerPublicKey: string): Uint8Array;
}
