import { ProtocolError } from '../errors.ts';
import { crypto } from '../runtime/crypto.ts';
import { type Frame, putHeader } from './frame.ts';
import { concat } from './writer.ts';

/** Length of an AES-256 key, in bytes. */
export const KEY_LENGTH = 32;
/**
 * Length of an IV, in bytes. HTCondor uses 16 bytes instead of the 12 bytes that are usual for GCM
 * (Condor_Crypt_AESGCM).
 */
const IV_LENGTH = 16;
const TAG_LENGTH = 16;
const MAX_FRAMES = 0xffff_ffff;

/** Digests that bind the first encrypted frame in each direction to all preceding cleartext frames. */
interface ClearDigests {
  /** SHA-256 digest (32 bytes) of the cleartext frames that the client sent. */
  readonly sent: Uint8Array;
  /** SHA-256 digest (32 bytes) of the cleartext frames that the client received. */
  readonly received: Uint8Array;
}

/**
 * Encrypts and decrypts whole frames with AES-256-GCM (cedar-rfc §1.4; condor_crypt_aesgcm.cpp).
 *
 * Each direction has a frame counter and a random base IV. The base IV is sent unencrypted before the first ciphertext.
 * The nonce is the base IV with the counter added to its first four bytes, modulo 2^32. The AAD of the first frame
 * consists of the sender's digest of the cleartext frames, the receiver's digest, and the header. The AAD of later
 * frames is the header alone.
 */
export class FrameProtection {
  readonly #key: Uint8Array;
  readonly #digests: ClearDigests;
  readonly #sendIv: Uint8Array;
  #receiveIv: Uint8Array | undefined;
  #sealed = 0;
  #opened = 0;

  /** `key` has 32 bytes. `sendIv` has 16 random bytes that have never been used with this key. */
  constructor(key: Uint8Array, digests: ClearDigests, sendIv: Uint8Array) {
    if (key.length !== KEY_LENGTH || sendIv.length !== IV_LENGTH)
      throw new RangeError('the key or the IV has the wrong length');
    this.#key = key;
    this.#digests = digests;
    this.#sendIv = sendIv;
  }

  /**
   * Encrypts a message as one frame and returns the frame with its header.
   *
   * @throws ProtocolError ERR_FRAME if the frame counter is exhausted.
   */
  seal(plaintext: Uint8Array): Uint8Array {
    const first = this.#sealed === 0;
    const header = putHeader(plaintext.length + TAG_LENGTH + (first ? IV_LENGTH : 0));
    const { sent, received } = this.#digests;
    const cipher = crypto().createCipheriv('aes-256-gcm', this.#key, nonce(this.#sendIv, this.#sealed++));
    cipher.setAAD(first ? concat([sent, received, header]) : header);
    const text = cipher.update(plaintext);
    cipher.final();
    return concat([header, first ? this.#sendIv : new Uint8Array(), text, cipher.getAuthTag()]);
  }

  /**
   * Returns the plaintext of a received frame.
   *
   * @throws ProtocolError ERR_DECRYPT if the frame is not authentic; ERR_FRAME if the frame counter is exhausted.
   */
  open(frame: Frame): Uint8Array {
    const first = this.#receiveIv === undefined;
    if (frame.body.length < TAG_LENGTH + (first ? IV_LENGTH : 0)) {
      throw new ProtocolError('ERR_DECRYPT', 'an encrypted frame is too short');
    }
    this.#receiveIv ??= Uint8Array.from(frame.body.subarray(0, IV_LENGTH));
    const sealed = first ? frame.body.subarray(IV_LENGTH) : frame.body;
    const { sent, received } = this.#digests;
    const decipher = crypto().createDecipheriv('aes-256-gcm', this.#key, nonce(this.#receiveIv, this.#opened++));
    decipher.setAAD(first ? concat([received, sent, frame.header]) : frame.header);
    decipher.setAuthTag(sealed.subarray(-TAG_LENGTH));
    try {
      return concat([decipher.update(sealed.subarray(0, -TAG_LENGTH)), decipher.final()]);
    } catch (cause) {
      throw new ProtocolError('ERR_DECRYPT', 'an encrypted frame is not authentic', { cause });
    }
  }
}

/**
 * Returns the nonce of the frame with index `count` in one direction. Throws before the counter wraps around, because a
 * nonce would then be repeated.
 */
function nonce(baseIv: Uint8Array, count: number): Uint8Array {
  if (count >= MAX_FRAMES) throw new ProtocolError('ERR_FRAME', 'too many frames on one connection');
  const iv = Uint8Array.from(baseIv); // unlike slice(), always a copy, even if `baseIv` is a Buffer
  const view = new DataView(iv.buffer);
  view.setUint32(0, (view.getUint32(0) + count) % 2 ** 32);
  return iv;
}
