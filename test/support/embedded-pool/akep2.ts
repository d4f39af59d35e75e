/** The server side of AKEP2 (Condor_Auth_Passwd). Version 1 is PASSWORD; version 2 is TOKEN. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { NONCE_LENGTH } from '../../../src/security/methods/akep2.ts';
import type { Reader } from '../../../src/wire/reader.ts';
import { concat } from '../../../src/wire/writer.ts';
import { Ended, type ServerChannel } from './server-channel.ts';

/** The client's first message. */
export interface ClientOpening {
  readonly name: string;
  /** Header and payload of the token; empty in version 1. */
  readonly signedText: string;
  readonly nonce: Uint8Array;
}

export function getOpening(message: Reader, version: 1 | 2): ClientOpening {
  const status = message.int();
  message.int();
  const name = message.string();
  const signedText = version === 1 ? '' : message.string();
  const nonce = message.bytes(message.int());
  if (status !== 0) throw new Ended('the client has no secret');
  return { name, signedText, nonce };
}

/** Sends the second message without a proof, then reads the third message, which the client always sends. */
export async function refuse(channel: ServerChannel): Promise<void> {
  await channel.send('challenge', (message) =>
    message.int(-1).int(0).string('').int(0).string('').int(0).int(0).int(0),
  );
  await channel.receive(getProof);
}

/**
 * Proves to the client that the server has `key`, and verifies the client's proof. Returns the reason if the client
 * rejects the server's proof, or undefined on success.
 *
 * @throws Ended if the client's proof is wrong. The client considers the method finished, so no other method can
 * follow.
 */
export async function prove(
  channel: ServerChannel,
  { name, nonce }: ClientOpening,
  key: Uint8Array,
  serverName: string,
): Promise<string | undefined> {
  const serverNonce = randomBytes(NONCE_LENGTH);
  await channel.send('challenge', (message) => {
    message.int(0).int(Buffer.byteLength(name)).string(name).int(serverName.length).string(serverName);
    const mac = hmac(key, Buffer.from(`${name} ${serverName}\0`), nonce, serverNonce);
    for (const block of [nonce, serverNonce, mac]) message.int(block.length).bytes(block);
  });
  const proof = await channel.receive(getProof);
  if (proof.status !== 0) return 'the client rejected the proof of the server';
  if (!equal(proof.mac, hmac(key, Buffer.from(`${name}\0`), serverNonce)) || !equal(proof.nonce, serverNonce)) {
    throw new Ended("Hash supplied by client doesn't match that calculated by the server");
  }
  return undefined;
}

function getProof(message: Reader): { status: number; nonce: Uint8Array; mac: Uint8Array } {
  const status = message.int();
  message.int();
  message.string();
  return { status, nonce: message.bytes(message.int()), mac: message.bytes(message.int()) };
}

function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  return createHmac('sha1', key).update(concat(parts)).digest();
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
