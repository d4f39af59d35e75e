/** Encodes the messages that a client sends: AS-REQ, TGS-REQ and AP-REQ (RFC 4120 §5.4.1, §5.5.1 and §5.2.7). */

import type { Host } from '../runtime/host.ts';
import { der } from './der.ts';
import { CONFOUNDER_LENGTH, encryptionType, type SessionKey } from './encryption.ts';
import { putName } from './principal.ts';
import type { KerberosTime, Ticket, TicketRequest } from './ticket.ts';

/** Key usages for the message parts that a client encrypts or signs (RFC 4120 §7.5.1). */
const USAGE = {
  ENCRYPTED_TIMESTAMP: 1,
  TGS_REQUEST_CHECKSUM: 6,
  TGS_AUTHENTICATOR: 7,
  AP_AUTHENTICATOR: 11,
} as const;

const VERSION = 5;
const AS_REQ = 10;
const TGS_REQ = 12;
const AP_REQ = 14;
const AUTHENTICATOR = 2;

const PA_TGS_REQ = 1;
const PA_ENC_TIMESTAMP = 2;

/** Flag in KDCOptions that permits the KDC to reply with a ticket for another realm (RFC 6806 §3). */
const CANONICALIZE = 0x0001_0000;
/** Flag in APOptions that requires the service to authenticate itself (RFC 4120 §5.5.1). */
const MUTUAL_REQUIRED = 0x2000_0000;

/**
 * Requested lifetime of a ticket, in seconds. kinit requests the same lifetime. The KDC can issue a ticket with a
 * shorter lifetime.
 */
const LIFETIME_SECONDS = 24 * 60 * 60;

export type ClockAndEntropy = Pick<Host, 'now' | 'randomBytes'>;

export function drawNonce({ randomBytes }: ClockAndEntropy): number {
  return Buffer.from(randomBytes(4)).readUInt32BE() & 0x7fff_ffff;
}

/**
 * Returns the current time. The digits below one millisecond are random, so that no two authenticators are equal (RFC
 * 4120 §3.2.2).
 */
function timeNow({ now, randomBytes }: ClockAndEntropy): KerberosTime {
  const milliseconds = now().getTime();
  const drawn = Buffer.from(randomBytes(4)).readUInt32BE() % 1000;
  return { seconds: Math.floor(milliseconds / 1000), microseconds: (milliseconds % 1000) * 1000 + drawn };
}

/**
 * Encodes an AS-REQ. If `key` is set, the client proves possession of that key with an encrypted timestamp (RFC 4120
 * §5.2.7.2).
 */
export function authenticationRequest(
  request: TicketRequest,
  key: SessionKey | undefined,
  host: ClockAndEntropy,
): Uint8Array {
  const proof: Uint8Array[] = [];
  if (key !== undefined) {
    const { seconds, microseconds } = timeNow(host);
    const timestamp = der.structure({ 0: der.time(seconds), 1: der.integer(microseconds) });
    proof.push(preAuthentication(PA_ENC_TIMESTAMP, seal(key, USAGE.ENCRYPTED_TIMESTAMP, timestamp, host)));
  }
  return kdcRequest(AS_REQ, proof, requestBody(request, 0, host));
}

/**
 * Encodes a TGS-REQ, which contains the ticket-granting ticket and an authenticator that covers the body (RFC 4120
 * §3.3.1).
 */
export function serviceRequest(request: TicketRequest, granting: Ticket, host: ClockAndEntropy): Uint8Array {
  const body = requestBody(request, CANONICALIZE, host);
  const { checksumType, checksum } = encryptionType(granting.key.type);
  const covered = der.structure({
    0: der.integer(checksumType),
    1: der.octets(checksum(granting.key.bytes, USAGE.TGS_REQUEST_CHECKSUM, body)),
  });
  const { message } = apRequest(granting, { usage: USAGE.TGS_AUTHENTICATOR, options: 0, covered }, host);
  return kdcRequest(TGS_REQ, [preAuthentication(PA_TGS_REQ, message)], body);
}

/**
 * Encodes an AP-REQ that requires the service to authenticate itself. Returns the message and the time that it
 * contains. The reply must repeat this time.
 */
export function applicationRequest(ticket: Ticket, host: ClockAndEntropy): ApRequest {
  return apRequest(ticket, { usage: USAGE.AP_AUTHENTICATOR, options: MUTUAL_REQUIRED }, host);
}

export interface ApRequest extends KerberosTime {
  readonly message: Uint8Array;
}

function apRequest(
  { client, key, encoded }: Ticket,
  { usage, options, covered }: { usage: number; options: number; covered?: Uint8Array },
  host: ClockAndEntropy,
): ApRequest {
  const time = timeNow(host);
  const authenticator = der.application(
    AUTHENTICATOR,
    der.structure({
      0: der.integer(VERSION),
      1: der.text(client.realm),
      2: putName(client),
      3: covered,
      4: der.integer(time.microseconds),
      5: der.time(time.seconds),
    }),
  );
  const message = der.application(
    AP_REQ,
    der.structure({
      0: der.integer(VERSION),
      1: der.integer(AP_REQ),
      2: der.flags(options),
      3: encoded,
      4: seal(key, usage, authenticator, host),
    }),
  );
  return { message, ...time };
}

function kdcRequest(type: number, proofs: readonly Uint8Array[], body: Uint8Array): Uint8Array {
  return der.application(
    type,
    der.structure({
      1: der.integer(VERSION),
      2: der.integer(type),
      3: proofs.length === 0 ? undefined : der.list(proofs),
      4: body,
    }),
  );
}

function preAuthentication(type: number, value: Uint8Array): Uint8Array {
  return der.structure({ 1: der.integer(type), 2: der.octets(value) });
}

/** Encodes a KDC-REQ-BODY without addresses, because a ticket with addresses does not work behind NAT. */
function requestBody(
  { client, service, nonce, encryptionTypes }: TicketRequest,
  options: number,
  { now }: ClockAndEntropy,
): Uint8Array {
  return der.structure({
    0: der.flags(options),
    1: options === CANONICALIZE ? undefined : putName(client),
    2: der.text(service.realm),
    3: putName(service),
    5: der.time(Math.floor(now().getTime() / 1000) + LIFETIME_SECONDS),
    7: der.integer(nonce),
    8: der.list(encryptionTypes.map(der.integer)),
  });
}

/** Encrypts a plaintext and encodes the result as EncryptedData (RFC 4120 §5.2.9). */
function seal(key: SessionKey, usage: number, plaintext: Uint8Array, { randomBytes }: ClockAndEntropy): Uint8Array {
  const { encrypt } = encryptionType(key.type);
  const cipher = encrypt(key.bytes, usage, plaintext, randomBytes(CONFOUNDER_LENGTH));
  return der.structure({ 0: der.integer(key.type), 2: der.octets(cipher) });
}
