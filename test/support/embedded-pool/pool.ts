/**
 * A pool in this process: collector and schedds behind one port, as far as a client that wants a token can see.
 *
 * It is for faults, for speed, and for systems without HTCondor. That it behaves like HTCondor is not taken for granted:
 * test/real/embedded-pool.test.ts lets HTCondor's own tools talk to it.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { KeyAgreement } from '../../src/security/key-agreement.ts';
import { keyOfToken, NONCE_LENGTH } from '../../src/security/methods/akep2.ts';
import { covers } from '../../src/token/levels.ts';
import { ClassAd, type ClassAdValue, getClassAd, putClassAd } from '../../src/wire/classad.ts';
import type { Reader } from '../../src/wire/reader.ts';
import { concat } from '../../src/wire/writer.ts';
import {
  IMPERSONATION_TOKEN_REQUEST,
  type ImpersonationSettings,
  impersonationReply,
} from './embedded-impersonation.ts';
import { listen, portOf } from './listen.ts';
import { Ended, type Fault, ServerChannel } from './server-channel.ts';
import { SigningKey } from './signing-key.ts';

type Ad = Record<string, ClassAdValue | undefined>;

/** Messages that the pool sends, in the order of a session; `ads` is the collector's answer, `ccb …` the broker's. */
export type Step =
  | 'ccb reply'
  | 'ccb greeting'
  | 'ads'
  | 'policy'
  | 'method'
  | 'challenge'
  | 'key exchange'
  | 'post-auth'
  | 'reply';

export interface EmbeddedPoolOptions {
  readonly host?: string;
  readonly trustDomain?: string;
  readonly version?: string;
  readonly keys?: readonly SigningKey[];
  /** Names of the schedds; the first one's socket is `schedd_0`. */
  readonly schedds?: readonly string[];
  /** The collector hangs up on a query outside a session. */
  readonly readNeedsSession?: boolean;
  /** SEC_ISSUED_TOKEN_EXPIRATION, seconds. */
  readonly maxLifetime?: number;
  /** SEC_ENABLE_TOKEN_FETCH = false. */
  readonly fetchDisabled?: boolean;
  /** The schedds let the collector fetch their tokens. */
  readonly impersonation?: ImpersonationSettings;
  /** SEC_TOKEN_REVOCATION_EXPR. */
  readonly revoked?: (claims: Readonly<Record<string, unknown>>) => boolean;
  readonly denied?: (user: string) => boolean;
  /** Changes what an ad says. */
  readonly edit?: Readonly<Partial<Record<'policy' | 'post-auth' | 'reply' | 'daemon', (ad: Ad) => Ad>>>;
  readonly faults?: Readonly<Partial<Record<Step, Fault>>>;
  /** Bytes that leave at once. */
  readonly pieces?: number;
  /** The collector is a CCB broker too; this is what it does with a request. */
  readonly broker?: (request: BrokerRequest, pool: EmbeddedPool) => Promise<void>;
}

/** CCB_REQUEST as it came. */
export interface BrokerRequest {
  readonly ad: ClassAd;
  readonly channel: ServerChannel;
  /** In a session, and so encrypted. */
  readonly inSession: boolean;
}

const CCB_REQUEST = 68;
const SHARED_PORT_CONNECT = 75;
const DC_AUTHENTICATE = 60010;
const DC_SEC_QUERY = 60040;
const DC_GET_SESSION_TOKEN = 60046;
const QUERIES = new Map([
  [6, 'Scheduler'],
  [20, 'Collector'],
  [48, 'Any'],
]);
const TOKEN_BIT = 2048;
const SERVER_NAME = 'condor@password';
const COLLECTOR = 'collector';

/** Whom a session is for, and what its token limits it to. */
interface Identity {
  readonly user: string;
  readonly authz: readonly string[];
  /** Seconds since 1970. */
  readonly expiresAt: number | undefined;
}

export class EmbeddedPool {
  readonly trustDomain: string;
  readonly keys: readonly SigningKey[];
  readonly schedds: readonly string[];
  readonly version: string;
  /** What happened, in HTCondor's words where it has some. */
  readonly log: string[] = [];
  readonly #options: EmbeddedPoolOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(options: EmbeddedPoolOptions) {
    this.#options = options;
    this.trustDomain = options.trustDomain ?? 'pool.test';
    this.keys = options.keys ?? [new SigningKey()];
    this.schedds = options.schedds ?? ['ci@pool'];
    this.version = options.version ?? '25.14.1';
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      void this.#serve(socket);
    });
  }

  static async start(options: EmbeddedPoolOptions = {}): Promise<EmbeddedPool> {
    const pool = new EmbeddedPool(options);
    await listen(pool.#server, 0, options.host);
    return pool;
  }

  get port(): number {
    return portOf(this.#server);
  }

  /** `host:port` of the collector. */
  get collector(): string {
    const { host = '127.0.0.1' } = this.#options;
    return host.includes(':') ? `[${host}]:${this.port}` : `${host}:${this.port}`;
  }

  /** Sinful string of a schedd. */
  schedd(index = 0): string {
    return `<${this.collector}?sock=schedd_${index}>`;
  }

  idToken(user = 'alice', grant: { authz?: readonly string[]; lifetime?: number; issuedAt?: number } = {}): string {
    const [key] = this.keys;
    if (key === undefined) throw new Error('a pool without keys');
    return key.issue({ subject: `${user}@${this.trustDomain}`, issuer: this.trustDomain, ...grant });
  }

  /** How many connections are open. */
  get open(): number {
    return this.#sockets.size;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** A schedd that connects to somebody, says its greeting and then is the server. */
  connectFrom(socket: Socket, greeting: Uint8Array): Promise<void> {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.write(greeting);
    return this.#serve(socket, 'schedd_0');
  }

  /** The first schedd at the end of a connection that began otherwise. */
  serveSchedd(channel: ServerChannel): Promise<void> {
    return this.#readCommand(channel, 'schedd_0');
  }

  async #serve(socket: Socket, daemon = COLLECTOR): Promise<void> {
    const { faults = {}, pieces } = this.#options;
    const channel = new ServerChannel(socket, { faults, pieces, randomBytes });
    try {
      await this.#readCommand(channel, daemon);
    } catch (error) {
      this.log.push(error instanceof Ended ? error.message : String(error));
    } finally {
      socket.destroySoon();
    }
  }

  async #readCommand(channel: ServerChannel, daemon: string): Promise<void> {
    let first = await channel.receive(getCommand);
    if (first.command === SHARED_PORT_CONNECT) {
      daemon = first.id;
      channel.forget();
      if (daemon !== COLLECTOR && !this.schedds.some((_, index) => daemon === `schedd_${index}`)) {
        throw new Ended(`there is no socket ${daemon}`);
      }
      first = await channel.receive(getCommand);
    }
    const { command, ad } = first;
    if (command !== DC_AUTHENTICATE) {
      const forEverybody = QUERIES.has(command) || this.#isForBroker(command);
      if (daemon !== COLLECTOR || !forEverybody || this.#options.readNeedsSession === true) {
        throw new Ended(`PERMISSION DENIED to unauthenticated@unmapped for command ${command}`);
      }
      this.log.push(`UNAUTHENTICATED command ${command}`);
      if (this.#isForBroker(command)) return await this.#options.broker?.({ ad, channel, inSession: false }, this);
      return await this.#answerQuery(channel, command, ad);
    }
    await this.#session(channel, daemon, ad);
  }

  #isForBroker(command: number): boolean {
    return command === CCB_REQUEST && this.#options.broker !== undefined;
  }

  async #session(channel: ServerChannel, daemon: string, client: ClassAd): Promise<void> {
    const { edit = {}, denied = () => false } = this.#options;
    const agreement = new KeyAgreement(randomBytes);
    const methods = (client.string('AuthMethods') ?? '').split(',').filter((name) => name.trim() === 'TOKEN');
    const policy: Ad = {
      ...{ Authentication: 'YES', Encryption: 'YES', Integrity: 'YES', Enact: 'YES', NegotiatedSession: true },
      ...{ AuthMethods: methods[0] ?? '', AuthMethodsList: methods.join(',') },
      ...{ CryptoMethods: 'AES', CryptoMethodsList: 'AES', ECDHPublicKey: agreement.publicKey },
      ...{ TrustDomain: this.trustDomain, IssuerKeys: this.keys.map(({ id }) => id).join(', ') },
      ...{ SessionDuration: client.string('SessionDuration') ?? '60', SessionLease: 3600 },
      RemoteVersion: `$CondorVersion: ${this.version} 2026-07-30 BuildID: embedded $`,
    };
    await channel.send('policy', (message) => putClassAd(message, edit.policy?.(policy) ?? policy));
    const identity = await this.#authenticate(channel);
    await channel.send('key exchange', (message) => message.int(0));
    channel.protect(agreement.sessionKey(client.string('ECDHPublicKey') ?? ''));

    const command = client.integer('Command') ?? 0;
    const remote = command === IMPERSONATION_TOKEN_REQUEST && daemon === COLLECTOR;
    const known =
      command === DC_GET_SESSION_TOKEN ||
      command === DC_SEC_QUERY ||
      QUERIES.has(command) ||
      remote ||
      this.#isForBroker(command);
    const asked = command === DC_SEC_QUERY ? (client.integer('AuthCommand') ?? 0) : command;
    const level = levelOf(asked);
    const allowed =
      !denied(identity.user) && (level === undefined || identity.authz.length === 0 || covers(identity.authz, level));
    const postAuth: Ad = {
      ReturnCode: !known ? 'CMD_NOT_FOUND' : allowed ? 'AUTHORIZED' : 'DENIED',
      ...{ Sid: `embedded:1:${Date.now()}:${this.log.length}`, User: identity.user, ValidCommands: String(asked) },
      TriedAuthentication: true,
    };
    await channel.send('post-auth', (message) => putClassAd(message, edit['post-auth']?.(postAuth) ?? postAuth));
    if (!known || !allowed) throw new Ended(`PERMISSION DENIED to ${identity.user} for command ${command}`);
    this.log.push(`PERMISSION GRANTED to ${identity.user} for command ${command} at ${daemon}`);

    if (command === DC_SEC_QUERY) {
      return await channel.send('reply', (message) => putClassAd(message, { AuthorizationSucceeded: true }));
    }
    const request = await channel.receive(getClassAd);
    if (this.#isForBroker(command))
      return await this.#options.broker?.({ ad: request, channel, inSession: true }, this);
    if (QUERIES.has(command)) return await this.#answerQuery(channel, command, request);
    const reply = remote ? this.#impersonationToken(identity, request) : this.#sessionToken(identity, request);
    await channel.send('reply', (message) => putClassAd(message, edit.reply?.(reply) ?? reply));
  }

  /** The method negotiation, with as many tries as the client makes. */
  async #authenticate(channel: ServerChannel): Promise<Identity> {
    for (;;) {
      const offered = await channel.receive((message) => message.int());
      const chosen = (offered & TOKEN_BIT) !== 0 ? TOKEN_BIT : 0;
      await channel.send('method', (message) => message.int(chosen));
      if (chosen === 0) throw new Ended('Failed to authenticate with any method');
      const opening = await channel.receive(getOpening);
      const identity = this.#validate(opening);
      if (typeof identity === 'string') {
        this.log.push(`TOKEN: ${identity}`);
        await channel.send('challenge', (message) =>
          message.int(-1).int(0).string('').int(0).string('').int(0).int(0).int(0),
        );
        await channel.receive(getProof);
        continue;
      }
      const { name, nonce, signedText } = opening;
      const key = keyOfToken(this.#keyOf(signedText)?.signature(signedText) ?? new Uint8Array(), signedText);
      const serverNonce = randomBytes(NONCE_LENGTH);
      await channel.send('challenge', (message) => {
        message.int(0).int(Buffer.byteLength(name)).string(name).int(SERVER_NAME.length).string(SERVER_NAME);
        const mac = hmac(key, Buffer.from(`${name} ${SERVER_NAME}\0`), nonce, serverNonce);
        for (const block of [nonce, serverNonce, mac]) message.int(block.length).bytes(block);
      });
      const proof = await channel.receive(getProof);
      if (proof.status !== 0) {
        this.log.push('TOKEN: the client did not take our proof');
        continue;
      }
      if (!equal(proof.mac, hmac(key, Buffer.from(`${name}\0`), serverNonce)) || !equal(proof.nonce, serverNonce)) {
        throw new Ended("Hash supplied by client doesn't match that calculated by the server");
      }
      return identity;
    }
  }

  /** Whom a token is for; a string says why it is not taken (Condor_Auth_Passwd::fetchTokenSharedKey and others). */
  #validate({ name, signedText }: Opening): Identity | string {
    if (this.#keyOf(signedText) === undefined) return 'Failed to fetch the key of the token';
    const claims = decodeClaims(signedText);
    const { sub, exp, scope } = claims;
    if (typeof exp === 'number' && exp <= Date.now() / 1000) return 'User token has expired';
    if (this.#options.revoked?.(claims) === true) return 'User token matches SEC_TOKEN_REVOCATION_EXPR';
    if (sub !== name) return 'the client goes by another name than its token';
    const words = typeof scope === 'string' ? scope.split(' ') : [];
    const authz = words.filter((word) => word.startsWith('condor:/')).map((word) => word.slice('condor:/'.length));
    return { user: name, authz, expiresAt: typeof exp === 'number' ? exp : undefined };
  }

  #keyOf(signedText: string): SigningKey | undefined {
    const header: unknown = JSON.parse(Buffer.from(signedText.split('.')[0] ?? '', 'base64url').toString());
    return this.keys.find(({ id }) => id === (header as { kid?: unknown }).kid);
  }

  /** handle_dc_session_token in daemon_core_main.cpp. */
  #sessionToken({ user, authz, expiresAt }: Identity, request: ClassAd): Ad {
    const { fetchDisabled = false, maxLifetime } = this.#options;
    if (fetchDisabled) return { ErrorString: 'Token fetch disabled.', ErrorCode: 44 };
    const asked = (request.string('LimitAuthorization') ?? '').split(',').filter((level) => level !== '');
    const granted = asked.length === 0 ? authz : asked.filter((each) => authz.length === 0 || covers(authz, each));
    if (asked.length > 0 && granted.length === 0) {
      return { ErrorString: "Session doesn't allow requested authorization levels.", ErrorCode: 4 };
    }
    const key = this.keys.find(({ id }) => id === (request.string('RequestedKey') ?? 'POOL'));
    if (key === undefined) return { ErrorString: 'Server will not sign with requested key.', ErrorCode: 3 };
    const now = Math.floor(Date.now() / 1000);
    const requested = request.integer('TokenLifetime');
    const limits = [
      requested,
      requested === undefined ? undefined : maxLifetime,
      expiresAt === undefined ? undefined : expiresAt - now,
    ].filter((limit) => limit !== undefined);
    const lifetime = limits.length === 0 ? undefined : Math.min(...limits);
    return { Token: key.issue({ subject: user, issuer: this.trustDomain, authz: granted, lifetime, issuedAt: now }) };
  }

  #impersonationToken({ user }: Identity, request: ClassAd): Ad {
    const { impersonation: settings, maxLifetime } = this.#options;
    const [key = new SigningKey()] = this.keys;
    const asked = [request.string('Name'), request.string('LimitAuthorization'), request.integer('TokenLifetime')];
    this.log.push(`schedd_token_request of ${request.size} attributes: ${asked.join(' ')}`);
    const { schedds, trustDomain } = this;
    return impersonationReply({ request, user, schedds, key, trustDomain, maxLifetime, settings });
  }

  async #answerQuery(channel: ServerChannel, command: number, query: ClassAd): Promise<void> {
    const wanted = query.string('LocationQuery');
    const type = QUERIES.get(command);
    const limit = query.integer('LimitResults') ?? Number.POSITIVE_INFINITY;
    const [, pattern] = /regexp\("(.*)", Name, "i"\)/.exec(query.source('Requirements') ?? '') ?? [];
    const fits = (name: string) =>
      (wanted === undefined || name === wanted) && (pattern === undefined || new RegExp(pattern, 'i').test(name));
    const found = type === 'Collector' ? [] : this.schedds.filter(fits);
    const { edit = {} } = this.#options;
    await channel.send('ads', (message) => {
      for (const name of found.slice(0, limit)) {
        const address = this.schedd(this.schedds.indexOf(name));
        const version = `$CondorVersion: ${this.version} 2026-07-30 BuildID: embedded $`;
        const ad: Ad = { MyType: 'Scheduler', Name: name, Machine: 'pool', MyAddress: address, CondorVersion: version };
        putClassAd(message.int(1), edit.daemon?.(ad) ?? ad);
      }
      message.int(0);
    });
  }
}

interface Opening {
  readonly name: string;
  readonly signedText: string;
  readonly nonce: Uint8Array;
}

function getCommand(message: Reader): { command: number; id: string; ad: ClassAd } {
  const command = message.int();
  if (command !== SHARED_PORT_CONNECT) return { command, id: '', ad: getClassAd(message) };
  const id = message.string();
  message.string(); // who asks
  message.int(); // until when
  for (let more = message.int(); more > 0; more--) message.string();
  return { command, id, ad: new ClassAd(new Map()) };
}

function getOpening(message: Reader): Opening {
  const status = message.int();
  message.int();
  const name = message.string();
  const signedText = message.string();
  const nonce = message.bytes(message.int());
  if (status !== 0) throw new Ended('the client has no token');
  return { name, signedText, nonce };
}

function getProof(message: Reader): { status: number; nonce: Uint8Array; mac: Uint8Array } {
  const status = message.int();
  message.int();
  message.string();
  return { status, nonce: message.bytes(message.int()), mac: message.bytes(message.int()) };
}

function decodeClaims(signedText: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(signedText.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

/** Level of DC_NOP_READ and so on, of which DC_SEC_QUERY asks whether one may send them; others are for everybody. */
function levelOf(command: number): string | undefined {
  return new Map([
    [60020, 'READ'],
    [60021, 'WRITE'],
    [60023, 'ADMINISTRATOR'],
    [60026, 'DAEMON'],
  ]).get(command);
}

function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  return createHmac('sha1', key).update(concat(parts)).digest();
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
