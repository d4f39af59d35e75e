/**
 * AKEP2, a protocol in which both sides prove knowledge of a shared secret in three messages (cedar-rfc §5.3;
 * condor_auth_passwd.cpp). PASSWORD uses version 1, and IDTOKENS uses version 2.
 *
 * A is the client's name and B is the server's name. rA and rB are their nonces, and K is the MAC key. Where cedar-rfc
 * and C++ differ, this module follows C++. Both MACs are HMAC-SHA1. mac1 covers `A ‖ " " ‖ B ‖ 0x00 ‖ rA ‖ rB`
 * (Condor_Auth_Passwd::calculate_hkt), and mac2 covers `A ‖ 0x00 ‖ rB` (calculate_hk).
 */

import { AuthenticationError, ProtocolError } from '../../errors.ts';
import type { Refusal } from '../../reasons.ts';
import { crypto } from '../../runtime/crypto.ts';
import type { Reader } from '../../wire/reader.ts';
import { concat, type Writer } from '../../wire/writer.ts';
import { type Candidate, displayName, type MethodName, MethodRefused } from '../method.ts';

/** Length of a nonce, in bytes. */
export const NONCE_LENGTH = 256;
/** Length of an HMAC-SHA1 value, in bytes. */
const MAC_LENGTH = 20;

const STATUS_OK = 0;
const STATUS_ERROR = -1;

const utf8 = new TextEncoder();

/**
 * Salt for deriving K, the key with which both sides prove that they know the secret (Condor_Auth_Passwd::setup_seed).
 * The salt is public. Each salt yields a different key from the same secret.
 */
export const SEED_A: Uint8Array = new Uint8Array(
  Buffer.from(
    'PkpQIEfV9OXcfGm7UhDLthZ63YCE992e860synHSg90RSk+7ex7pCt+oYsRDBN5Uc6MXL3NcLLtud1tdQNOfrOhzGCUj+SUr' +
      'Yjvg1LFno6gEDKz+6e49oCwKu/TZ2LEfiQBMlDkjzl2VCLs/BLxmo/ogoTpBbF5vTg0xh9Rfx4M1xeSF2yxaNxeXDMJue2ud' +
      'GWW0emffd6MfIvCKbAulcJeiGpynxgQk9yc5q1y5FaQYW9EJgo415CEIq4UcCKPf/eDjsG89OTjNrW3275pvbcLLdPAihRLr' +
      'ej1oIwEGhLAVwSrDAUxPn5OOOE2tHjvXRf+MFB/XC0ZbqK9dG5i0sQ==',
    'base64',
  ),
);

/** The first message, sent by the client. */
interface Opening {
  /**
   * The client's name A. For a token, this is `sub` or, if the token has no `sub`, `jti`. For PASSWORD, this is the
   * name that is used with the pool password.
   */
  readonly name: string;
  /**
   * The token's header and payload, from which the server recomputes the signature and K. Undefined in version 1,
   * because the server already has the password.
   */
  readonly signedText: string | undefined;
  /** The client's nonce rA (256 bytes). */
  readonly nonce: Uint8Array;
}

/** The second message, sent by the server. */
interface Challenge {
  /** False if the server refuses the credential. All other fields are then empty. */
  readonly accepted: boolean;
  readonly clientName: string;
  /** The server's name B. */
  readonly serverName: string;
  readonly clientNonce: Uint8Array;
  /** The server's nonce rB. */
  readonly serverNonce: Uint8Array;
  readonly mac: Uint8Array;
}

/** Derives K (32 bytes) from the raw bytes of a token's signature. */
export function keyOfToken(signature: Uint8Array, signedText: string): Uint8Array {
  const salt = concat([SEED_A, utf8.encode(signedText)]);
  return new Uint8Array(crypto().hkdfSync('sha256', signature, salt, 'master ka', 32));
}

/**
 * Derives K (20 bytes) from the pool password, which is doubled as in C++ (Condor_Auth_Passwd::fetchPoolPassword,
 * setup_shared_keys).
 */
export function keyOfPassword(password: Uint8Array): Uint8Array {
  return hmac(SEED_A, password, password);
}

/** A credential with a secret that the client expects the server to share. */
interface SharedSecret {
  readonly method: MethodName;
  readonly label: string;
  readonly source: string;
  readonly opening: Opening;
  /** Computes K on demand. */
  readonly key: () => Uint8Array;
  /** Describes the possible reasons for a refusal, because the server sends no reason. */
  readonly refusal: () => Refusal;
  /** Reason why the server will probably refuse the credential. */
  readonly doubt?: Refusal | undefined;
  /**
   * Called if the server fails to prove that it knows the secret. Returns the reason to report if the next credential
   * is to be tried, or undefined to end the run.
   */
  readonly unproven?: () => string | undefined;
}

/** Returns a candidate that authenticates with one shared secret. */
export function akep2({ method, label, source, opening, key, refusal, doubt, unproven }: SharedSecret): Candidate {
  return {
    label,
    source,
    doubt,
    open: (channel) => channel.send((message) => putOpening(message, opening)),
    async finish(channel) {
      const challenge = await channel.receive(getChallenge);
      if (challenge.accepted && serverIsProven(key(), opening, challenge)) {
        channel.send((message) => putProof(message, key(), opening, challenge));
        return [];
      }
      channel.send(putNoProof);
      if (!challenge.accepted) throw new MethodRefused(refusal());
      const passed = unproven?.();
      const kind = method === 'PASSWORD' ? 'password-differs' : 'signing-key-differs';
      if (passed !== undefined) throw new MethodRefused({ reason: passed, kind }, false, true);
      const reason = `${label}: the daemon has a different secret for it`;
      throw new AuthenticationError(
        'ERR_SERVER_UNPROVEN',
        'the daemon failed to prove that it knows the shared secret',
        [{ method: displayName(method), reason, kind }],
      );
    },
  };
}

/** Writes the first message. */
export function putOpening(message: Writer, { name, signedText, nonce }: Opening): void {
  putName(message.int(STATUS_OK), name);
  if (signedText !== undefined) message.string(signedText);
  putBlock(message, nonce);
}

/**
 * Reads the second message.
 *
 * @throws ProtocolError ERR_MESSAGE if a name or a block has the wrong length.
 */
export function getChallenge(message: Reader): Challenge {
  const accepted = message.int() === STATUS_OK;
  const clientName = getName(message);
  const serverName = getName(message);
  const clientNonce = getBlock(message, NONCE_LENGTH);
  const serverNonce = getBlock(message, NONCE_LENGTH);
  const mac = getBlock(message, MAC_LENGTH);
  return { accepted, clientName, serverName, clientNonce, serverNonce, mac };
}

/** Returns whether the challenge responds to this opening message and proves that the server knows K. */
export function serverIsProven(key: Uint8Array, opening: Opening, challenge: Challenge): boolean {
  const { serverName, clientNonce, serverNonce, mac } = challenge;
  if (serverNonce.length !== NONCE_LENGTH || mac.length !== MAC_LENGTH) return false;
  if (challenge.clientName !== opening.name || !equal(clientNonce, opening.nonce)) return false;
  const names = utf8.encode(`${opening.name} ${serverName}\0`);
  return equal(mac, hmac(key, names, opening.nonce, serverNonce));
}

/** Writes the third and last message, which contains the client's proof. */
export function putProof(message: Writer, key: Uint8Array, opening: Opening, challenge: Challenge): void {
  const mac = hmac(key, utf8.encode(`${opening.name}\0`), challenge.serverNonce);
  putName(message.int(STATUS_OK), opening.name);
  putBlock(putBlock(message, challenge.serverNonce), mac);
}

/**
 * Writes a third message without a proof. The server always reads a third message, so omitting it would put the two
 * sides out of step.
 */
export function putNoProof(message: Writer): void {
  putName(message.int(STATUS_ERROR), '').int(0).int(0);
}

function putName(message: Writer, name: string): Writer {
  return message.int(utf8.encode(name).length).string(name);
}

function getName(message: Reader): string {
  const length = message.int();
  const name = message.string();
  if (utf8.encode(name).length !== length)
    throw new ProtocolError('ERR_MESSAGE', 'a name does not match its declared length');
  return name;
}

function putBlock(message: Writer, bytes: Uint8Array): Writer {
  return message.int(bytes.length).bytes(bytes);
}

/** Reads a block of exactly `length` bytes, or the empty block that a server sends with a refusal. */
function getBlock(message: Reader, length: number): Uint8Array {
  const actual = message.int();
  if (actual !== 0 && actual !== length) {
    throw new ProtocolError('ERR_MESSAGE', `a block of ${actual} bytes instead of ${length}`);
  }
  return message.bytes(actual);
}

function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  return crypto().createHmac('sha1', key).update(concat(parts)).digest();
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && crypto().timingSafeEqual(a, b);
}
