/**
 * Implements the four encryption types that use AES: 17 and 18 (RFC 3962), and 19 and 20 (RFC 8009). For other types,
 * such as DES, 3DES and RC4, only the names are defined. A key usage is a number that binds a key to its purpose in the
 * protocol (RFC 4120 §7.5.1).
 */
import { crypto } from '../runtime/crypto.ts';
import { BLOCK_LENGTH, decryptCts, encryptBlock, encryptCts } from './aes-cts.ts';
import { KerberosError } from './kerberos-error.ts';
import { nFold } from './n-fold.ts';

interface EncryptionType {
  readonly id: number;
  /** Number of the checksum type that belongs to this encryption type. */
  readonly checksumType: number;
  /** Iteration count for deriving a key from a password if the KDC does not specify one. */
  readonly defaultIterations: number;
  /** Length of a key, in bytes. */
  readonly keyLength: number;
  encrypt(key: Uint8Array, usage: number, plaintext: Uint8Array, confounder: Uint8Array): Uint8Array;
  /** Decrypts a ciphertext. @throws KerberosError if the key is wrong or the bytes were modified. */
  decrypt(key: Uint8Array, usage: number, ciphertext: Uint8Array): Uint8Array;
  checksum(key: Uint8Array, usage: number, data: Uint8Array): Uint8Array;
  stringToKey(password: string, salt: Uint8Array, iterations: number): Promise<Uint8Array>;
}

export interface SessionKey {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** Number of random bytes that precede each plaintext. */
export const CONFOUNDER_LENGTH = BLOCK_LENGTH;

/** Encryption types, in the same order of preference as in MIT Kerberos. */
export const ENCRYPTION_TYPES: readonly number[] = [18, 17, 20, 19];

/**
 * Returns the encryption type with this number.
 *
 * @throws KerberosError with the type's name if the type is not supported.
 */
export function encryptionType(id: number): EncryptionType {
  switch (id) {
    case 17:
      return sha1Type(17, 15, 16);
    case 18:
      return sha1Type(18, 16, 32);
    case 19:
      return sha2Type({ id: 19, checksumType: 19, keyLength: 16, hash: 'sha256', macLength: 16 });
    case 20:
      return sha2Type({ id: 20, checksumType: 20, keyLength: 32, hash: 'sha384', macLength: 24 });
    default:
      throw new KerberosError(`the encryption type ${encryptionName(id)} is not supported`, 'encryption-type');
  }
}

/** Returns the name of an encryption type, as registered by IANA (Kerberos Encryption Type Numbers). */
export function encryptionName(id: number): string {
  const names: Readonly<Record<number, string>> = {
    1: 'des-cbc-crc',
    2: 'des-cbc-md4',
    3: 'des-cbc-md5',
    16: 'des3-cbc-sha1',
    17: 'aes128-cts-hmac-sha1-96',
    18: 'aes256-cts-hmac-sha1-96',
    19: 'aes128-cts-hmac-sha256-128',
    20: 'aes256-cts-hmac-sha384-192',
    23: 'arcfour-hmac',
    24: 'arcfour-hmac-exp',
    25: 'camellia128-cts-cmac',
    26: 'camellia256-cts-cmac',
  };
  return names[id] ?? `number ${id}`;
}

function hmac(hash: string, key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  const mac = crypto().createHmac(hash, key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

function assertIntegrity(actual: Uint8Array, expected: Uint8Array): void {
  if (actual.length === expected.length && crypto().timingSafeEqual(actual, expected)) return;
  throw new KerberosError('a message was encrypted with a different key or was modified');
}

function pbkdf2(password: string, salt: Uint8Array, iterations: number, length: number, hash: string) {
  return new Promise<Buffer>((resolve, reject) => {
    crypto().pbkdf2(password, salt, iterations, length, hash, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/**
 * Returns the constant for deriving a key: the key usage, followed by a byte that selects the derived key. That byte is
 * 0xaa for Ke, 0x55 for Ki, and 0x99 for Kc (RFC 3961 §5.3).
 */
function constantOf(usage: number, kind: number): Uint8Array {
  const bytes = new Uint8Array(5);
  new DataView(bytes.buffer).setUint32(0, usage);
  bytes[4] = kind;
  return bytes;
}
const [KE, KI, KC] = [0xaa, 0x55, 0x99];

/** Length of an hmac-sha1-96 MAC, in bytes. */
const SHA1_MAC_LENGTH = 12;

/** Derives a key with the DK function of the simplified profile (RFC 3961 §5.1). */
export function deriveSha1(key: Uint8Array, constant: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [];
  let block = nFold(constant, BLOCK_LENGTH);
  for (let length = 0; length < key.length; length += BLOCK_LENGTH) {
    block = encryptBlock(key, block);
    blocks.push(block);
  }
  return Buffer.concat(blocks).subarray(0, key.length);
}

/**
 * Returns an encryption type of the simplified profile that uses AES and HMAC-SHA1-96 (RFC 3961 §5.3, RFC 3962 §4 and
 * §6). The MAC covers the plaintext.
 */
function sha1Type(id: number, checksumType: number, keyLength: number): EncryptionType {
  const mac = (key: Uint8Array, usage: number, kind: number, data: Uint8Array) =>
    hmac('sha1', deriveSha1(key, constantOf(usage, kind)), data).subarray(0, SHA1_MAC_LENGTH);
  return {
    ...{ id, checksumType, keyLength, defaultIterations: 4096 },
    encrypt(key, usage, plaintext, confounder) {
      const text = Buffer.concat([confounder, plaintext]);
      return Buffer.concat([encryptCts(deriveSha1(key, constantOf(usage, KE)), text), mac(key, usage, KI, text)]);
    },
    decrypt(key, usage, ciphertext) {
      const end = Math.max(0, ciphertext.length - SHA1_MAC_LENGTH);
      const text = decryptCts(deriveSha1(key, constantOf(usage, KE)), ciphertext.subarray(0, end));
      assertIntegrity(ciphertext.subarray(end), mac(key, usage, KI, text));
      return text.subarray(CONFOUNDER_LENGTH);
    },
    checksum: (key, usage, data) => mac(key, usage, KC, data),
    async stringToKey(password, salt, iterations) {
      const key = await pbkdf2(password, salt, iterations, keyLength, 'sha1');
      return deriveSha1(key, Buffer.from('kerberos'));
    },
  };
}

/** Derives a key with KDF-HMAC-SHA2. One block of output is always sufficient (RFC 8009 §3). */
export function deriveSha2(hash: string, key: Uint8Array, label: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(label.length + 9);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 1);
  bytes.set(label, 4);
  view.setUint32(label.length + 5, length * 8);
  return hmac(hash, key, bytes).subarray(0, length);
}

interface Sha2Options {
  readonly id: number;
  readonly checksumType: number;
  readonly keyLength: number;
  readonly hash: 'sha256' | 'sha384';
  readonly macLength: number;
}

/**
 * Returns an encryption type that uses AES and HMAC-SHA2 (RFC 8009 §5). The MAC covers the initialization vector and
 * the ciphertext.
 */
function sha2Type({ id, checksumType, keyLength, hash, macLength }: Sha2Options): EncryptionType {
  const vector = new Uint8Array(BLOCK_LENGTH);
  const encryptionKey = (key: Uint8Array, usage: number) => deriveSha2(hash, key, constantOf(usage, KE), keyLength);
  const mac = (key: Uint8Array, usage: number, kind: number, ...data: readonly Uint8Array[]) =>
    hmac(hash, deriveSha2(hash, key, constantOf(usage, kind), macLength), ...data).subarray(0, macLength);
  return {
    ...{ id, checksumType, keyLength, defaultIterations: 32_768 },
    encrypt(key, usage, plaintext, confounder) {
      const text = encryptCts(encryptionKey(key, usage), Buffer.concat([confounder, plaintext]));
      return Buffer.concat([text, mac(key, usage, KI, vector, text)]);
    },
    decrypt(key, usage, ciphertext) {
      const end = Math.max(0, ciphertext.length - macLength);
      const text = ciphertext.subarray(0, end);
      assertIntegrity(ciphertext.subarray(end), mac(key, usage, KI, vector, text));
      return decryptCts(encryptionKey(key, usage), text).subarray(CONFOUNDER_LENGTH);
    },
    checksum: (key, usage, data) => mac(key, usage, KC, data),
    async stringToKey(password, salt, iterations) {
      const whole = Buffer.concat([Buffer.from(`${encryptionName(id)}\0`), salt]);
      const key = await pbkdf2(password, whole, iterations, keyLength, hash);
      return deriveSha2(hash, key, Buffer.from('kerberos'), keyLength);
    },
  };
}
