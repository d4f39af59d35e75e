/**
 * A KDC that runs in this process and serves one realm. Supports AS and TGS exchanges over TCP, with fault injection.
 *
 * test/real/embedded-pool-kerberos.test.ts tests it with kinit, kvno and HTCondor's client.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { DerReader, der } from '../../../src/kerberos/der.ts';
import { encryptionType, type SessionKey } from '../../../src/kerberos/encryption.ts';
import { keysOfKeytab, parseKeytab } from '../../../src/kerberos/keytab.ts';
import { getName, type Principal, parsePrincipal, putName } from '../../../src/kerberos/principal.ts';
import type { Ticket } from '../../../src/kerberos/ticket.ts';
import { requestInitialTicket } from '../../../src/kerberos/tickets.ts';
import { listen, portOf } from '../network/listen.ts';
import { keytabBytes } from './keytab-bytes.ts';

const [AS_REQ, TGS_REQ, AP_REQ, KRB_ERROR] = [10, 12, 14, 30];
const [TICKET, AUTHENTICATOR, ENC_TICKET_PART] = [1, 2, 3];
const [PA_TGS_REQ, PA_ENC_TIMESTAMP, PA_ETYPE_INFO2] = [1, 2, 19];
const SKEW_SECONDS = 300;
const LIFETIME_SECONDS = 36_000;

export interface KdcOptions {
  readonly realm?: string;
  /** Passwords by principal name. A name with a slash denotes a service. */
  readonly principals?: Readonly<Record<string, string>>;
  /** The encryption type of all keys. */
  readonly type?: number;
  /** The ticket-granting service to which the KDC refers clients that request a service. */
  readonly refers?: Principal;
  /** Returns the error code of a KRB-ERROR that replaces the reply; undefined if the KDC is to reply normally. */
  readonly refuse?: (request: KdcRequest) => number | undefined;
  /** Injects a fault into one message. `reply` includes its length; `count` is 1 for the KDC's first reply. */
  readonly fault?: (reply: Buffer, count: number) => KdcFault;
}

/** The bytes that the KDC sends in place of a reply, or the action that it performs instead. */
export type KdcFault = Uint8Array | 'close' | 'reset' | 'silence';

interface KdcRequest {
  readonly kind: 'AS' | 'TGS';
  readonly service: string;
}

interface Body {
  readonly client: Principal | undefined;
  readonly service: Principal;
  readonly nonce: number;
  readonly types: readonly number[];
}

/** A refusal by the KDC, with the code of its KRB-ERROR. */
class Refusal extends Error {
  readonly code: number;
  readonly data: Uint8Array | undefined;

  constructor(code: number, data?: Uint8Array) {
    super(`KRB-ERROR ${code}`);
    this.code = code;
    this.data = data;
  }
}

export class Kdc {
  readonly realm: string;
  readonly #options: KdcOptions;
  readonly #keys: ReadonlyMap<string, SessionKey>;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #answered = 0;

  private constructor(options: KdcOptions, keys: ReadonlyMap<string, SessionKey>) {
    this.realm = options.realm ?? 'POOL.TEST';
    this.#options = options;
    this.#keys = keys;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(options: KdcOptions = {}): Promise<Kdc> {
    const { realm = 'POOL.TEST', type = 18, principals = {} } = options;
    const passwords = { [`krbtgt/${realm}`]: 'krbtgt', ...principals };
    const { stringToKey, defaultIterations } = encryptionType(type);
    const keys = new Map<string, SessionKey>();
    for (const [name, password] of Object.entries(passwords))
      keys.set(name, {
        type,
        bytes: await stringToKey(password, Buffer.from(`${realm}${name.replaceAll('/', '')}`), defaultIterations),
      });
    const kdc = new Kdc(options, keys);
    await listen(kdc.#server);
    return kdc;
  }

  get port(): number {
    return portOf(this.#server);
  }

  /** Number of requests to which the KDC has replied. */
  get answered(): number {
    return this.#answered;
  }

  /** Returns a krb5.conf for clients. */
  get configuration(): string {
    return `[libdefaults]\n default_realm = ${this.realm}\n dns_lookup_kdc = false\n dns_canonicalize_hostname = false\n rdns = false\n udp_preference_limit = 1\n[domain_realm]\n .${this.realm.toLowerCase()} = ${this.realm}\n[realms]\n ${this.realm} = {\n  kdc = 127.0.0.1:${this.port}\n }\n`;
  }

  key(name: string): SessionKey {
    const found = this.#keys.get(name);
    if (found === undefined) throw new Refusal(name.includes('/') ? 7 : 6);
    return found;
  }

  keytab(name: string): Uint8Array {
    return keytabBytes(name, this.realm, this.key(name));
  }

  /** Requests a ticket with a client's key, without a connection. */
  ticket(name: string, service: string): Promise<Ticket> {
    const client = parsePrincipal(name, this.realm);
    const keys = keysOfKeytab(parseKeytab(this.keytab(name)), client, 'keytab');
    return requestInitialTicket(client, parsePrincipal(service, this.realm), keys, {
      now: () => new Date(),
      randomBytes: (length) => randomBytes(length),
      ask: async (_, request) => this.answer(request),
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let received = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + received.readUInt32BE()) return;
      const reply = this.answer(received.subarray(4, 4 + received.readUInt32BE()));
      received = Buffer.alloc(0);
      this.#answered += 1;
      const framed = framedMessage(reply);
      const sent = this.#options.fault?.(framed, this.#answered) ?? framed;
      if (sent === 'close') socket.end();
      else if (sent === 'reset') socket.resetAndDestroy();
      else if (sent !== 'silence') socket.write(sent);
    });
  }

  answer(bytes: Uint8Array): Uint8Array {
    const reader = new DerReader(bytes);
    const kind = reader.isApplication(AS_REQ) ? 'AS' : 'TGS';
    const fields = reader.application(AS_REQ, TGS_REQ);
    fields.field(1).integer();
    fields.field(2).integer();
    const proofs = new Map(
      fields.optional(3)?.list((item) => {
        const pair = item.structure();
        return [pair.field(1).integer(), pair.field(2).octets()] as const;
      }) ?? [],
    );
    const body = readBody(fields.field(4).structure());
    try {
      const code = this.#options.refuse?.({ kind, service: body.service.components.join('/') });
      if (code !== undefined) throw new Refusal(code);
      return kind === 'AS' ? this.#authenticate(body, proofs) : this.#grant(body, proofs);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return this.#refusal(error, body.service);
    }
  }

  #authenticate(body: Body, proofs: ReadonlyMap<number, Uint8Array>): Uint8Array {
    const { client, types } = body;
    if (client === undefined) throw new Refusal(60);
    const key = this.key(client.components.join('/'));
    if (!types.includes(key.type)) throw new Refusal(14);
    const information = der.list([
      der.structure({
        0: der.integer(key.type),
        1: der.text(this.#saltOf(client)),
        2: der.octets(iterationsOf(key.type)),
      }),
    ]);
    const proof = proofs.get(PA_ENC_TIMESTAMP);
    const known = [pair(PA_ETYPE_INFO2, information)];
    if (proof === undefined) throw new Refusal(25, der.list([pair(PA_ENC_TIMESTAMP, new Uint8Array()), ...known]));
    let timestamp: number;
    try {
      timestamp = new DerReader(open(new DerReader(proof), key, 1)).structure().field(0).time();
    } catch {
      throw new Refusal(24, der.list([pair(PA_ENC_TIMESTAMP, new Uint8Array()), ...known]));
    }
    if (Math.abs(timestamp - Date.now() / 1000) > SKEW_SECONDS) throw new Refusal(37);
    return this.#reply(body, client, { type: 11, part: 25, usage: 3, key, proofs: known });
  }

  #grant(body: Body, proofs: ReadonlyMap<number, Uint8Array>): Uint8Array {
    const request = readApRequest(proofs.get(PA_TGS_REQ) ?? new Uint8Array(), this.key(`krbtgt/${this.realm}`), 7);
    const { client, key, subkey } = request;
    const service = this.#options.refers ?? body.service;
    return this.#reply({ ...body, service }, client, {
      type: 13,
      part: 26,
      usage: subkey === undefined ? 8 : 9,
      key: subkey ?? key,
    });
  }

  #reply(
    { service, nonce }: Body,
    client: Principal,
    {
      type,
      part,
      usage,
      key,
      proofs,
    }: { type: number; part: number; usage: number; key: SessionKey; proofs?: readonly Uint8Array[] },
  ): Uint8Array {
    const own = this.key(service.components.join('/'));
    const session = { type: own.type, bytes: randomBytes(encryptionType(own.type).keyLength) };
    const now = Math.floor(Date.now() / 1000);
    const times = { 5: der.time(now), 6: der.time(now), 7: der.time(now + LIFETIME_SECONDS) };
    const flags = der.flags(0x40a0_0000);
    const transited = der.structure({ 0: der.integer(0), 1: der.octets(new Uint8Array()) });
    const ticketPart = der.structure({
      ...{ 0: flags, 1: putKey(session), 2: der.text(client.realm), 3: putName(client), 4: transited },
      ...times,
    });
    const ticket = der.application(
      TICKET,
      der.structure({
        ...{ 0: der.integer(5), 1: der.text(this.realm), 2: putName(service) },
        3: seal(own, 2, der.application(ENC_TICKET_PART, ticketPart)),
      }),
    );
    const lastRequest = der.list([der.structure({ 0: der.integer(0), 1: der.time(now) })]);
    const replyPart = der.structure({
      ...{ 0: putKey(session), 1: lastRequest, 2: der.integer(nonce), 4: flags, ...times },
      ...{ 9: der.text(service.realm), 10: putName(service) },
    });
    return der.application(
      type,
      der.structure({
        ...{ 0: der.integer(5), 1: der.integer(type), 2: proofs && der.list(proofs), 3: der.text(client.realm) },
        ...{ 4: putName(client), 5: ticket, 6: seal(key, usage, der.application(part, replyPart)) },
      }),
    );
  }

  #refusal({ code, data }: Refusal, service: Principal): Uint8Array {
    const now = Math.floor(Date.now() / 1000);
    return der.application(
      KRB_ERROR,
      der.structure({
        ...{ 0: der.integer(5), 1: der.integer(KRB_ERROR), 4: der.time(now), 5: der.integer(0), 6: der.integer(code) },
        ...{ 9: der.text(this.realm), 10: putName(service), 12: data && der.octets(data) },
      }),
    );
  }

  #saltOf({ components }: Principal): string {
    return `${this.realm}${components.join('')}`;
  }
}

/** Encodes a message from the KDC, preceded by its length (RFC 4120 section 7.2.2). */
export function framedMessage(message: Uint8Array): Buffer {
  const framed = Buffer.alloc(4 + message.length);
  framed.writeUInt32BE(message.length);
  framed.set(message, 4);
  return framed;
}

function readBody(fields: DerReader): Body {
  fields.field(0);
  const name = fields.optional(1);
  const realm = fields.field(2).text();
  const service = getName(fields.field(3), realm);
  fields.optional(4);
  fields.field(5);
  fields.optional(6);
  const nonce = fields.field(7).integer();
  const types = fields.field(8).list((item) => item.integer());
  return { client: name && getName(name, realm), service, nonce, types };
}

/** The content of an AP-REQ: the client's principal, and the key that the client and the service share. */
export interface ReadApRequest {
  readonly client: Principal;
  readonly key: SessionKey;
  readonly subkey: SessionKey | undefined;
  readonly seconds: number;
  readonly microseconds: number;
}

/** Decrypts an AP-REQ with the service's key. `usage` is the key usage number of the authenticator. */
export function readApRequest(bytes: Uint8Array, key: SessionKey, usage: number): ReadApRequest {
  const fields = new DerReader(bytes).application(AP_REQ);
  fields.field(0);
  fields.field(1);
  fields.field(2);
  const ticket = fields.field(3).application(TICKET);
  for (const each of [0, 1, 2]) ticket.field(each);
  const part = new DerReader(open(ticket.field(3), key, 2)).application(ENC_TICKET_PART);
  part.field(0);
  const session = getKey(part.field(1));
  const realm = part.field(2).text();
  const client = getName(part.field(3), realm);
  const authenticator = new DerReader(open(fields.field(4), session, usage)).application(AUTHENTICATOR);
  for (const each of [0, 1, 2]) authenticator.field(each);
  authenticator.optional(3);
  const microseconds = authenticator.field(4).integer();
  const seconds = authenticator.field(5).time();
  const subkey = authenticator.optional(6);
  return { client, key: session, subkey: subkey && getKey(subkey), seconds, microseconds };
}

/** Returns the AP-REP for a request. */
export function apReply({ key, seconds, microseconds }: ReadApRequest): Uint8Array {
  const part = der.application(27, der.structure({ 0: der.time(seconds), 1: der.integer(microseconds) }));
  return der.application(15, der.structure({ 0: der.integer(5), 1: der.integer(15), 2: seal(key, 12, part) }));
}

/** Returns the string-to-key parameters, which contain the iteration count. */
function iterationsOf(type: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(encryptionType(type).defaultIterations);
  return bytes;
}

function pair(type: number, value: Uint8Array): Uint8Array {
  return der.structure({ 1: der.integer(type), 2: der.octets(value) });
}

function putKey({ type, bytes }: SessionKey): Uint8Array {
  return der.structure({ 0: der.integer(type), 1: der.octets(bytes) });
}

function getKey(reader: DerReader): SessionKey {
  const fields = reader.structure();
  return { type: fields.field(0).integer(), bytes: fields.field(1).octets() };
}

function seal({ type, bytes }: SessionKey, usage: number, text: Uint8Array): Uint8Array {
  const cipher = encryptionType(type).encrypt(bytes, usage, text, randomBytes(16));
  return der.structure({ 0: der.integer(type), 2: der.octets(cipher) });
}

function open(reader: DerReader, { bytes }: SessionKey, usage: number): Uint8Array {
  const fields = reader.structure();
  const type = fields.field(0).integer();
  fields.optional(1);
  return encryptionType(type).decrypt(bytes, usage, fields.field(2).octets());
}
