import { ProtocolError } from '../errors.ts';
import { crypto } from '../runtime/crypto.ts';
import { KEY_LENGTH } from '../wire/frame-protection.ts';

/**
 * Agrees on a session key with ECDH over P-256, followed by HKDF-SHA-256 with the salt `htcondor` and the info string
 * `keygen` (SecMan::FinishKeyExchange in C++). A public key is an uncompressed point of 65 bytes, encoded in base64.
 */
export class KeyAgreement {
  readonly #ecdh = crypto().createECDH('prime256v1');
  /** The client's public key, to send to the peer. */
  readonly publicKey: string;

  constructor(randomBytes: (length: number) => Uint8Array) {
    for (;;) {
      try {
        this.#ecdh.setPrivateKey(randomBytes(KEY_LENGTH));
        break;
      } catch {
        // The random number is not in [1, n-1], which happens about once in 2^32 draws. The loop draws a new number.
      }
    }
    this.publicKey = this.#ecdh.getPublicKey('base64');
  }

  /**
   * Returns the 32-byte session key.
   *
   * @throws ProtocolError ERR_MESSAGE if the peer's public key is not a point on the curve.
   */
  sessionKey(peerPublicKey: string): Uint8Array {
    let sharedX: Uint8Array;
    try {
      sharedX = this.#ecdh.computeSecret(peerPublicKey, 'base64');
    } catch (cause) {
      throw new ProtocolError('ERR_MESSAGE', "the peer's ECDHPublicKey is not a point on P-256", { cause });
    }
    return new Uint8Array(crypto().hkdfSync('sha256', sharedX, 'htcondor', 'keygen', KEY_LENGTH));
  }
}
