import { ProtocolError } from '../errors.ts';
import { crypto } from '../runtime/crypto.ts';
import { KEY_LENGTH } from '../wire/frame-protection.ts';

/**
 * ECDH over P-256, then HKDF-SHA-256 with salt `htcondor` and info `keygen` (SecMan::FinishKeyExchange in C++).
 * Public keys travel as base64 of the uncompressed point, 65 bytes.
 */
export class KeyAgreement {
  readonly #ecdh = crypto().createECDH('prime256v1');
  /** What the peer needs. */
  readonly publicKey: string;

  constructor(randomBytes: (length: number) => Uint8Array) {
    for (;;) {
      try {
        this.#ecdh.setPrivateKey(randomBytes(KEY_LENGTH));
        break;
      } catch {
        // Not in [1, n-1]: once in 2^32 draws; draw again.
      }
    }
    this.publicKey = this.#ecdh.getPublicKey('base64');
  }

  /** The session key, 32 bytes. Throws ERR_MESSAGE if the peer's point is not on the curve. */
  sessionKey(peerPublicKey: string): Uint8Array {
    let sharedX: Uint8Array;
    try {
      sharedX = this.#ecdh.computeSecret(peerPublicKey, 'base64');
    } catch (cause) {
      throw new ProtocolError('ERR_MESSAGE', "the peer's ECDHPublicKey is not a point of P-256", { cause });
    }
    return new Uint8Array(crypto().hkdfSync('sha256', sharedX, 'htcondor', 'keygen', KEY_LENGTH));
  }
}
