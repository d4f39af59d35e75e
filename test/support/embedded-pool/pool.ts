/**
 * A pool in this process: a collector and schedds behind one port. To a client that fetches a token, it behaves as
 * HTCondor does.
 *
 * The pool is used for fault injection, for fast tests, and on systems without HTCondor.
 * test/real/embedded-pool-*.test.ts verify its behavior with HTCondor's own tools.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { ClassAd, getClassAd } from '../../../src/wire/classad.ts';
import type { Reader } from '../../../src/wire/reader.ts';
import { SigningKey } from '../credentials/signing-key.ts';
import { listen, portOf } from '../network/listen.ts';
import { CCB_REQUEST } from './broker.ts';
import { answerQuery, QUERIES } from './collector.ts';
import { Ended, ServerChannel } from './server-channel.ts';
import { serveSession } from './session.ts';
import type { CachedSession, Client, EmbeddedPoolOptions, PoolFacts } from './settings.ts';
import { TokenRequests } from './token-requests.ts';

const SHARED_PORT_CONNECT = 75;
const DC_AUTHENTICATE = 60010;
const COLLECTOR = 'collector';

export class EmbeddedPool implements PoolFacts {
  readonly options: EmbeddedPoolOptions;
  readonly trustDomain: string;
  readonly keys: readonly SigningKey[];
  readonly schedds: readonly string[];
  readonly version: string;
  /** The pool's log, with HTCondor's wording for events that HTCondor also logs. */
  readonly log: string[] = [];
  /** Sessions that can be resumed, by session ID. */
  readonly sessions: Map<string, CachedSession> = new Map();
  readonly requests: TokenRequests = new TokenRequests(this);
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #heard: Uint8Array[] = [];
  #waiting: (() => void)[] = [];
  #connections = 0;

  private constructor(options: EmbeddedPoolOptions) {
    this.options = options;
    this.trustDomain = options.trustDomain ?? 'pool.test';
    this.keys = options.keys ?? [new SigningKey()];
    this.schedds = options.schedds ?? ['ci@pool'];
    this.version = options.version ?? '25.14.1';
    this.#server = createServer((socket) => {
      this.#connections += 1;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      void this.#serve(socket);
    });
  }

  static async start(options: EmbeddedPoolOptions = {}): Promise<EmbeddedPool> {
    const pool = new EmbeddedPool(options);
    await listen(pool.#server, options.port ?? 0, options.host);
    return pool;
  }

  get port(): number {
    return portOf(this.#server);
  }

  /** Address of the collector, as `host:port`. */
  get collector(): string {
    const { host = '127.0.0.1' } = this.options;
    return host.includes(':') ? `[${host}]:${this.port}` : `${host}:${this.port}`;
  }

  schedd(index = 0): string {
    const { alias } = this.options;
    return `<${this.collector}?${alias === undefined ? '' : `alias=${alias}&`}sock=schedd_${index}>`;
  }

  idToken(user = 'alice', grant: { authz?: readonly string[]; lifetime?: number; issuedAt?: number } = {}): string {
    const [key] = this.keys;
    if (key === undefined) throw new Error('a pool without keys');
    return key.issue({ subject: `${user}@${this.trustDomain}`, issuer: this.trustDomain, ...grant });
  }

  /** Number of open connections. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Number of connections so far. */
  get connections(): number {
    return this.#connections;
  }

  note(line: string): void {
    this.log.push(line);
    for (const look of this.#waiting) look();
  }

  hear(bytes: Uint8Array): void {
    this.#heard.push(bytes);
  }

  /** Returns whether a client sent this text, in cleartext or in data that the pool can decrypt. */
  hasHeard(text: string): boolean {
    return Buffer.concat(this.#heard).includes(text);
  }

  /** Waits for a log line that matches the expression. */
  async logged(pattern: RegExp): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!this.log.some((line) => pattern.test(line))) return;
        this.#waiting = this.#waiting.filter((each) => each !== look);
        resolve();
      };
      this.#waiting.push(look);
      look();
    });
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Sends a greeting on an outgoing connection, then serves the connection as a schedd. */
  connectFrom(socket: Socket, greeting: Uint8Array): Promise<void> {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.write(greeting);
    return this.#serve(socket, 'schedd_0');
  }

  /** Serves an existing connection as the first schedd. */
  serveSchedd(channel: ServerChannel, local: Client['local']): Promise<void> {
    return this.#readCommand(channel, { local, socketName: 'schedd_0' });
  }

  async #serve(socket: Socket, socketName?: string): Promise<void> {
    const { faults = {}, pieces, resetDiscards } = this.options;
    const { localAddress: address = '', localPort: port = 0 } = socket;
    const hear = (bytes: Uint8Array) => this.hear(bytes);
    const channel = new ServerChannel(socket, { faults, pieces, resetDiscards, randomBytes, hear });
    try {
      await this.#readCommand(channel, { local: { address, port }, socketName });
    } catch (error) {
      this.note(error instanceof Ended ? error.message : String(error));
    }
    await channel.close().catch((error: Error) => this.note(error.message));
  }

  async #readCommand(channel: ServerChannel, from: Omit<Client, 'policy'>): Promise<void> {
    let { socketName } = from;
    let first = await channel.receive(getCommand);
    if (first.command === SHARED_PORT_CONNECT) {
      socketName = first.id;
      channel.forget();
      if (socketName !== COLLECTOR && !this.schedds.some((_, index) => socketName === `schedd_${index}`)) {
        throw new Ended(`there is no socket ${socketName}`);
      }
      first = await channel.receive(getCommand);
    }
    const { command, ad } = first;
    const { local } = from;
    if (command === DC_AUTHENTICATE) {
      return await serveSession(channel, { policy: ad, local, socketName }, this, this.requests);
    }
    const broker = command === CCB_REQUEST ? this.options.broker : undefined;
    const forEverybody = QUERIES.has(command) || broker !== undefined;
    if ((socketName ?? COLLECTOR) !== COLLECTOR || !forEverybody || this.options.readNeedsSession === true) {
      throw new Ended(`PERMISSION DENIED to unauthenticated@unmapped for command ${command}`);
    }
    this.note(`UNAUTHENTICATED command ${command}`);
    if (broker !== undefined) return await broker({ ad, channel, local, inSession: false }, this);
    await answerQuery(channel, command, ad, this);
  }
}

function getCommand(message: Reader): { command: number; id: string; ad: ClassAd } {
  const command = message.int();
  if (command !== SHARED_PORT_CONNECT) return { command, id: '', ad: getClassAd(message) };
  const id = message.string();
  message.string(); // the client's name
  message.int(); // the deadline
  for (let more = message.int(); more > 0; more--) message.string();
  return { command, id, ad: new ClassAd(new Map()) };
}
