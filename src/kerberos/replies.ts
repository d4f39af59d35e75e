/**
 * Parses messages from KDCs and services: AS-REP, TGS-REP, AP-REP and KRB-ERROR (RFC 4120 §5.4.2, §5.5.2 and §5.9.1).
 */
import { DerReader } from './der.ts';
import { encryptionType, type SessionKey } from './encryption.ts';
import { type KdcRefusal, KerberosError } from './kerberos-error.ts';
import { getName, isSamePrincipal, type Principal } from './principal.ts';
import type { KerberosTime, Ticket, TicketRequest } from './ticket.ts';

/** Key usages for the message parts that a client decrypts (RFC 4120 §7.5.1). */
export const REPLY_USAGE = { AS_REPLY: 3, TGS_REPLY: 8, AP_REPLY: 12 } as const;

const TICKET = 1;
const AS_REP = 11;
const TGS_REP = 13;
const AP_REP = 15;
const ENC_AS_REP_PART = 25;
const ENC_TGS_REP_PART = 26;
const ENC_AP_REP_PART = 27;
const KRB_ERROR = 30;

const PA_ETYPE_INFO2 = 19;

/**
 * Parameters for deriving a key from a password. If a parameter is undefined, the default of the encryption type
 * applies.
 */
export interface KeyInformation {
  readonly type: number;
  readonly salt: Uint8Array | undefined;
  readonly iterations: number | undefined;
}

interface Encrypted {
  readonly type: number;
  readonly cipher: Uint8Array;
}

/** A parsed reply from a KDC. `sealed` is the part that has not been decrypted yet. */
export interface KdcReply {
  readonly client: Principal;
  readonly encoded: Uint8Array;
  readonly sealed: Encrypted;
  readonly keyInformation: readonly KeyInformation[];
}

/** Parses a message from a KDC. @throws KerberosError if the message is not an AS-REP, TGS-REP or KRB-ERROR. */
export function readKdcReply(bytes: Uint8Array): KdcReply | KdcRefusal {
  const reader = new DerReader(bytes);
  if (reader.isApplication(KRB_ERROR)) return readRefusal(reader);
  const fields = reader.application(AS_REP, TGS_REP);
  fields.field(0).integer();
  fields.field(1).integer();
  const keyInformation = fields.optional(2)?.list(getPreAuthentication).flatMap(keyInformationOf) ?? [];
  const realm = fields.field(3).text();
  const client = getName(fields.field(4), realm);
  const encoded = fields.field(5).element();
  new DerReader(encoded).application(TICKET);
  return { client, encoded, sealed: getEncrypted(fields.field(6)), keyInformation };
}

export function isRefusal(reply: KdcReply | KdcRefusal): reply is KdcRefusal {
  return 'code' in reply;
}

/**
 * Decrypts a reply and returns its ticket. A ticket for a service other than the requested one is accepted only if
 * `isReferral` returns true for that service.
 *
 * @throws KerberosError if the reply does not match `request`, or if its sender does not have `key` (RFC 4120 §3.1.5,
 * §3.3.4).
 */
export function openKdcReply(
  { client, encoded, sealed }: KdcReply,
  request: TicketRequest,
  key: SessionKey,
  usage: number,
  isReferral: (service: Principal) => boolean,
): Ticket {
  const fields = new DerReader(open(sealed, key, usage)).application(ENC_AS_REP_PART, ENC_TGS_REP_PART);
  const sessionKey = getKey(fields.field(0));
  fields.field(1); // last-req
  const nonce = fields.field(2).integer();
  fields.optional(3); // key-expiration
  fields.field(4); // flags
  fields.field(5); // authtime
  fields.optional(6); // starttime
  const endTime = fields.field(7).time();
  fields.optional(8); // renew-till
  const realm = fields.field(9).text();
  const service = getName(fields.field(10), realm);
  if (nonce !== request.nonce) throw new KerberosError('the KDC replied to a different request');
  if (!isSamePrincipal(client, request.client)) throw new KerberosError('the KDC replied for a different client');
  if (!isSamePrincipal(service, request.service) && !isReferral(service))
    throw new KerberosError('the KDC replied with a ticket for a different service');
  return { client, service, key: sessionKey, endTime, encoded };
}

/**
 * Verifies an AP-REP.
 *
 * @throws KerberosError if the service does not have the session key, or if it replies to a different request (RFC
 *   4120 §3.2.5).
 */
export function verifyApplicationReply(bytes: Uint8Array, { key }: Ticket, sent: KerberosTime): void {
  const fields = new DerReader(bytes).application(AP_REP);
  fields.field(0).integer();
  fields.field(1).integer();
  const part = new DerReader(open(getEncrypted(fields.field(2)), key, REPLY_USAGE.AP_REPLY)).application(
    ENC_AP_REP_PART,
  );
  if (part.field(0).time() !== sent.seconds || part.field(1).integer() !== sent.microseconds)
    throw new KerberosError('the reply contains a different time than the request');
}

/**
 * Returns the key parameters from the e-data field of a KRB-ERROR. The field contains METHOD-DATA (RFC 4120 §5.9.1).
 */
export function readKeyInformation(data: Uint8Array): readonly KeyInformation[] {
  return data.length === 0 ? [] : new DerReader(data).list(getPreAuthentication).flatMap(keyInformationOf);
}

/** Reads an EncryptionKey (RFC 4120 §5.2.9). */
function getKey(reader: DerReader): SessionKey {
  const fields = reader.structure();
  return { type: fields.field(0).integer(), bytes: fields.field(1).octets() };
}

function getEncrypted(reader: DerReader): Encrypted {
  const fields = reader.structure();
  const type = fields.field(0).integer();
  fields.optional(1); // kvno
  return { type, cipher: fields.field(2).octets() };
}

function open({ type, cipher }: Encrypted, key: SessionKey, usage: number): Uint8Array {
  const { decrypt, keyLength } = encryptionType(type);
  if (type !== key.type || key.bytes.length !== keyLength)
    throw new KerberosError('a message is encrypted with a key of a different type');
  return decrypt(key.bytes, usage, cipher);
}

function readRefusal(reader: DerReader): KdcRefusal {
  const fields = reader.application(KRB_ERROR);
  fields.field(0).integer();
  fields.field(1).integer();
  fields.optional(2); // ctime
  fields.optional(3); // cusec
  const serverTime = fields.field(4).time();
  fields.field(5); // susec
  const code = fields.field(6).integer();
  fields.optional(7); // crealm
  fields.optional(8); // cname
  fields.field(9); // realm
  fields.field(10); // sname
  const text = fields.optional(11)?.text();
  return { code, text, serverTime, data: fields.optional(12)?.octets() ?? new Uint8Array() };
}

interface PreAuthentication {
  readonly type: number;
  readonly value: Uint8Array;
}

function getPreAuthentication(item: DerReader): PreAuthentication {
  const fields = item.structure();
  return { type: fields.field(1).integer(), value: fields.field(2).octets() };
}

/**
 * Reads the key parameters from an ETYPE-INFO2 element (RFC 4120 §5.2.7.5). Its s2kparams field contains an iteration
 * count (RFC 3962 §4, RFC 8009 §4). Returns no parameters for elements of any other type.
 */
function keyInformationOf({ type, value }: PreAuthentication): readonly KeyInformation[] {
  if (type !== PA_ETYPE_INFO2) return [];
  return new DerReader(value).list((item) => {
    const fields = item.structure();
    const entry = fields.field(0).integer();
    const salt = fields.optional(1)?.textBytes();
    const parameters = fields.optional(2)?.octets();
    const iterations = parameters?.length === 4 ? Buffer.from(parameters).readUInt32BE() : undefined;
    return { type: entry, salt, iterations };
  });
}
