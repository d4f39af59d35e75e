/** A TLS server without a socket. CEDAR messages carry its records. */
import { Duplex } from 'node:stream';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';

/** Maximum number of event loop turns to wait for the engine. It usually needs only a few. */
const MAX_TURNS = 1000;
const SETTLING_TURNS = 4;

export class TlsEngine {
  readonly #pipe: Duplex;
  #socket: TLSSocket | undefined;
  #outgoing: Buffer[] = [];
  #plaintext: Buffer[] = [];
  #failure: Error | undefined;

  constructor(options: TlsOptions) {
    this.#pipe = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        this.#outgoing.push(chunk);
        done();
      },
    });
    const failed = (error: Error) => {
      this.#failure ??= error;
    };
    const server = createServer({ requestCert: true, rejectUnauthorized: false, ...options });
    server.on('tlsClientError', failed).on('secureConnection', (socket) => {
      this.#socket = socket.on('data', (chunk: Buffer) => this.#plaintext.push(chunk)).on('error', failed);
    });
    server.emit('connection', this.#pipe);
  }

  get established(): boolean {
    return this.#socket !== undefined;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** The subject of the client's certificate in OpenSSL's format; undefined if the client sent no certificate. */
  get peer(): { readonly subject: string; readonly trusted: boolean } | undefined {
    const certificate = this.#socket?.getPeerX509Certificate();
    if (certificate === undefined) return undefined;
    return { subject: `/${certificate.subject.split('\n').join('/')}`, trusted: this.#socket?.authorized === true };
  }

  /** Feeds received records to the engine. Returns the engine's response, if there is one. */
  async exchange(records: Uint8Array, expectsAnswer: boolean): Promise<Uint8Array> {
    if (records.length > 0) this.#pipe.push(Buffer.from(records));
    const done = () => !expectsAnswer || this.#outgoing.length > 0 || this.#failure !== undefined;
    for (let turn = 0; turn < MAX_TURNS && !done(); turn++) await nextTurn();
    for (let turn = 0; turn < SETTLING_TURNS; turn++) await nextTurn();
    return Buffer.concat(this.#outgoing.splice(0));
  }

  /** Encrypts a message to the client. Returns the records. */
  async seal(plaintext: Uint8Array): Promise<Uint8Array> {
    this.#socket?.write(plaintext);
    return await this.exchange(new Uint8Array(), true);
  }

  /** Returns the plaintext that the client has sent since the previous call. */
  take(): Buffer {
    return Buffer.concat(this.#plaintext.splice(0));
  }

  close(): void {
    this.#socket?.destroy();
    this.#pipe.destroy();
  }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
