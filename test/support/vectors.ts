import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './project.ts';

/** A frame of a recorded connection, in hex. If the frame is encrypted, `plaintext` is set. */
interface RecordedFrame {
  readonly dir: 'C>S' | 'S>C';
  readonly note?: string;
  readonly clear: boolean;
  readonly frame: string;
  readonly plaintext?: string;
}

export interface RecordedHandshake {
  readonly clientEphemeralPrivateKey: string;
  readonly aesKey: string;
  readonly sendDigest: string;
  readonly recvDigest: string;
  readonly clientBaseIV: string;
  readonly frames: readonly RecordedFrame[];
  readonly akep2: Readonly<Record<'a' | 'b' | 'ra' | 'rb' | 'K' | 'hkt' | 'hk', string>>;
  readonly serverPolicyAd: Readonly<Record<string, string | number | boolean>>;
}

interface Vectors {
  readonly akep2Seeds: { readonly seedKa: string };
  readonly jwt: Readonly<
    Record<'poolKeyDescrambled' | 'masterJwtKey' | 'token' | 'signedText' | 'signature' | 'K', string>
  >;
  readonly tokenHandshake: RecordedHandshake;
  readonly tokenHandshakePipelined: RecordedHandshake;
  readonly resumeWithoutResponse: Readonly<Record<'aesKey' | 'sid' | 'sendDigest' | 'clientBaseIV', string>> & {
    readonly frames: readonly RecordedFrame[];
  };
  readonly rawCollectorQuery: { readonly frames: readonly RecordedFrame[] };
  readonly framing: {
    readonly key: string;
    readonly baseIV: string;
    readonly sendDigest: string;
    readonly recvDigest: string;
    readonly packets: readonly { readonly nonce: string; readonly plaintext: string; readonly frame: string }[];
    readonly zeroDigestExample: { readonly plaintext: string; readonly frame: string };
  };
  readonly encoding: Readonly<Record<string, string>> & {
    readonly ad_clear: { readonly hex: string };
    readonly ad_encrypted: { readonly hex: string };
  };
}

/** Test vectors that were recorded with HTCondor 23.9.6 and verified by an independent program. */
export const vectors = JSON.parse(
  readFileSync(join(projectRoot, 'test/vectors/core-vectors.json'), 'utf8'),
) as unknown as Vectors;

export function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
