/** AES in CBC mode with ciphertext stealing and a zero initialization vector (RFC 3962 §5). */
import { crypto } from '../runtime/crypto.ts';
import { KerberosError } from './kerberos-error.ts';

export const BLOCK_LENGTH = 16;

/** Encrypts or decrypts one or more whole blocks. */
function aes(key: Uint8Array, mode: 'cbc' | 'ecb', bytes: Uint8Array, decrypting: boolean): Buffer {
  const { createCipheriv, createDecipheriv } = crypto();
  const vector = mode === 'cbc' ? new Uint8Array(BLOCK_LENGTH) : null;
  const name = `aes-${key.length * 8}-${mode}`;
  const cipher = decrypting ? createDecipheriv(name, key, vector) : createCipheriv(name, key, vector);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}

/** Encrypts one block without chaining. */
export function encryptBlock(key: Uint8Array, block: Uint8Array): Uint8Array {
  return aes(key, 'ecb', block, false);
}

/** Encrypts a plaintext that is at least one block long. */
export function encryptCts(key: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const padded = Buffer.alloc(Math.ceil(plaintext.length / BLOCK_LENGTH) * BLOCK_LENGTH);
  padded.set(plaintext);
  const blocks = aes(key, 'cbc', padded, false);
  if (blocks.length === BLOCK_LENGTH) return blocks;
  const [previous, last] = [blocks.subarray(-2 * BLOCK_LENGTH, -BLOCK_LENGTH), blocks.subarray(-BLOCK_LENGTH)];
  const stolen = plaintext.length - (blocks.length - BLOCK_LENGTH);
  return Buffer.concat([blocks.subarray(0, -2 * BLOCK_LENGTH), last, previous.subarray(0, stolen)]);
}

/** Decrypts a ciphertext. @throws KerberosError if the ciphertext is shorter than one block. */
export function decryptCts(key: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const { length } = ciphertext;
  if (length < BLOCK_LENGTH) throw new KerberosError('a ciphertext is too short');
  if (length === BLOCK_LENGTH) return aes(key, 'cbc', ciphertext, true);
  const lastLength = ((length - 1) % BLOCK_LENGTH) + 1;
  const start = length - lastLength - BLOCK_LENGTH;
  const last = ciphertext.subarray(start, start + BLOCK_LENGTH);
  // The decrypted block contains the bytes that were stolen from the end of the previous block.
  const previous = aes(key, 'ecb', last, true);
  previous.set(ciphertext.subarray(start + BLOCK_LENGTH));
  const plaintext = aes(key, 'cbc', Buffer.concat([ciphertext.subarray(0, start), previous, last]), true);
  return plaintext.subarray(0, length);
}
