import type { X509Certificate } from 'node:crypto';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { distinguishedName } from '../../runtime/printable.ts';
import type { Secret } from '../../runtime/secret.ts';
import { concat } from '../../wire/writer.ts';

/** What a client shows, and whom it believes. All PEM. */
export interface TlsOptions {
  /** Authorities to believe. */
  readonly authorities: readonly string[];
  /** True if a certificate among them is enough by itself, though it is no root: that of a known host. */
  readonly partialChain: boolean;
  readonly certificate:
    | {
        readonly chain: string;
        readonly key: Secret;
        /**
         * Called before the certificate is sent to a server that is not verified yet, in cleartext, as TLS 1.2 does.
         * Undefined: it is not sent to such a server.
         */
        readonly onUnverified?: (() => void) | undefined;
      }
    | undefined;
  /** Sent in clear, as SNI, which HTCondor ignores; undefined: none. */
  readonly serverName: string | undefined;
}

/** Must not be sent as SNI (RFC 6066 §3). */
const IP_ADDRESS = /^[\d.]+$|:/;

/** What TLS itself says went wrong, e.g. an alert of the peer. */
export class TlsFailure extends Error {}

/** OpenSSL's reasons in words. Its own text names source files and is never shown. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/KEY_TOO_SMALL|DH_KEY_TOO_SMALL/, 'a key is too small for this TLS library'],
  [/CA_MD_TOO_WEAK|MD_TOO_WEAK/, 'a certificate is signed with an algorithm that this TLS library refuses'],
  [/KEY_VALUES_MISMATCH/, 'the private key is not that of the certificate'],
  [/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|WRONG_VERSION_NUMBER/, 'the daemon speaks no version of TLS from 1.2 on'],
  [/UNKNOWN_CA/, 'the daemon does not trust the CA of the client certificate'],
  [/BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|UNSUPPORTED_CERTIFICATE/, 'the daemon refuses the client certificate'],
  [/CERTIFICATE_EXPIRED/, 'the daemon considers the client certificate expired'],
  [/CERTIFICATE_REVOKED/, 'the client certificate is revoked'],
  [/CERTIFICATE_REQUIRED/, 'the daemon requires a client certificate'],
  [/HANDSHAKE_FAILURE|NO_SHARED_CIPHER/, 'the two sides have no TLS parameters in common'],
  [/BAD_RECORD_MAC/, 'a TLS record was damaged on the way'],
];

function tlsReason(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const text = `${code} ${message.toUpperCase().replaceAll(' ', '_')}`;
  return REASONS.find(([pattern]) => pattern.test(text))?.[1] ?? `the TLS library reports ${code || 'an error'}`;
}

/** What a certificate can be checked against: a dot in front would stand for every host of a domain. */
const HOST_NAME = /^[\w-]+(\.[\w-]+)*$/;

/** Turns of the event loop in which the engine may add to what it has begun to say. */
const SETTLING_TURNS = 4;

/** Turns after which the engine has nothing to say to what has come: it works without waiting for anything else. */
const MAX_TURNS = 1000;

/**
 * A TLS client without a socket: what it wants to send is taken from it, what has come is fed to it (§5.4).
 *
 * It verifies the peer's chain but lets the handshake pass all the same: whoever uses it has to ask `distrust` before
 * anything else is believed.
 */
export class TlsTunnel {
  readonly #pipe: Duplex;
  readonly #socket: TLSSocket;
  #outgoing: Uint8Array[] = [];
  #plaintext: Uint8Array[] = [];
  #established = false;
  #certificate: X509Certificate | undefined;
  #failure: Error | undefined;

  /**
   * Loads node:tls, which the other methods do not need, and begins the handshake.
   *
   * @throws TlsFailure OpenSSL does not take what we show, such as a key that is too short for it.
   */
  static async start(options: TlsOptions): Promise<TlsTunnel> {
    const { connect } = process.getBuiltinModule('node:tls');
    try {
      return new TlsTunnel(options, connect);
    } catch (cause) {
      throw new TlsFailure(tlsReason(cause), { cause });
    }
  }

  private constructor(
    { authorities, partialChain, certificate, serverName }: TlsOptions,
    connect: typeof import('node:tls').connect,
  ) {
    this.#pipe = new Duplex({
      read: () => {},
      write: (chunk: Uint8Array, _encoding, done) => {
        this.#outgoing.push(chunk);
        done();
      },
    });
    this.#socket = connect({
      socket: this.#pipe,
      ca: [...authorities],
      ...(partialChain ? { allowPartialTrustChain: true } : {}),
      ...(certificate === undefined ? {} : { cert: certificate.chain, key: certificate.key.reveal() }),
      ...(serverName === undefined || IP_ADDRESS.test(serverName) ? {} : { servername: serverName }),
      minVersion: 'TLSv1.2',
      // Not looser: distrust() judges chain and name before anything is believed. A refusal in here could not be told in the
      // CEDAR way, and the daemon would wait for it.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    });
    this.#socket.on('secureConnect', () => {
      this.#certificate = this.#socket.getPeerX509Certificate(); // the second time, Node has none any more
      this.#established = true;
    });
    this.#socket.on('data', (chunk: Uint8Array) => {
      this.#plaintext.push(chunk);
    });
    this.#socket.on('error', (error: Error) => {
      this.#failure ??= error;
    });
  }

  /** The version that the server has chosen, `TLSv1.2` or `TLSv1.3`. */
  get version(): string | null {
    return this.#socket.getProtocol();
  }

  get established(): boolean {
    return this.#established;
  }

  /** TLS records that have come. */
  feed(records: Uint8Array): void {
    if (records.length > 0) this.#pipe.push(records);
  }

  /** What the engine wants to send next: waits for it. Throws TlsFailure; what there is to send then is still there. */
  async output(): Promise<Uint8Array> {
    await this.#until(() => this.#outgoing.length > 0);
    for (let turn = 0; turn < SETTLING_TURNS; turn++) await nextTurn();
    this.#throwFailure(); // an alert of our own is output too
    return this.pending();
  }

  /** What the engine has to send now, without waiting. */
  pending(): Uint8Array {
    return concat(this.#outgoing.splice(0));
  }

  /** Waits for the end of the handshake. Throws TlsFailure. */
  async handshake(): Promise<void> {
    await this.#until(() => this.#established);
  }

  /** Why TLS failed after the last records, with the number of the alert if the peer sent one. Undefined: it did not. */
  async failure(): Promise<{ readonly reason: string; readonly alert: number | undefined } | undefined> {
    for (let turn = 0; turn < SETTLING_TURNS && this.#failure === undefined; turn++) await nextTurn();
    if (this.#failure === undefined) return undefined;
    const [, digits] = /alert number (\d{1,3})/.exec(this.#failure.message) ?? [];
    return { reason: tlsReason(this.#failure), alert: digits === undefined ? undefined : Number(digits) };
  }

  /** Waits for that many bytes from the peer. Throws TlsFailure. */
  async read(length: number): Promise<Uint8Array> {
    await this.#until(() => this.#plaintext.reduce((sum, { length }) => sum + length, 0) >= length);
    const all = concat(this.#plaintext);
    this.#plaintext = [all.subarray(length)];
    return all.subarray(0, length);
  }

  write(plaintext: Uint8Array): Promise<Uint8Array> {
    this.#socket.write(plaintext);
    return this.output();
  }

  /** Why the peer is not who it should be; undefined: it is, by its chain and by its name. */
  distrust(serverName: string): string | undefined {
    if (!HOST_NAME.test(serverName)) return `${serverName} is no host name`;
    const certificate = this.#certificate;
    if (certificate === undefined) return 'it has no certificate';
    if (!this.#socket.authorized) return untrusted(String(this.#socket.authorizationError), certificate.issuer);
    // The names of the extension decide, with `*` at the end of a label. Without that extension the common name does; with
    // it the common name would bypass the name constraints of a CA, though HTCondor accepts it.
    const { subjectAltName, subject } = certificate;
    const options = { subject: subjectAltName === undefined ? 'always' : 'never' } as const;
    if (certificate.checkHost(serverName, options) !== undefined) return undefined;
    const names = subjectAltName || subject || '';
    return `its certificate is for ${names.replaceAll('\n', ', ') || 'nobody'}, not for ${serverName}`;
  }

  close(): void {
    this.#socket.destroy();
    this.#pipe.destroy();
  }

  /** Gives the engine time. Where that is not enough, more has to come from the peer, whose turn it is not. */
  async #until(condition: () => boolean): Promise<void> {
    for (let turn = 0; !condition(); turn++) {
      this.#throwFailure();
      if (turn === MAX_TURNS) throw new TlsFailure('the daemon leaves out what belongs here');
      await nextTurn();
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw new TlsFailure(tlsReason(this.#failure), { cause: this.#failure });
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function untrusted(code: string, issuer: string | undefined): string {
  const by = `issued by ${distinguishedName(issuer, 'an empty name')}`;
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return `its certificate, or one above it, has expired (${by})`;
    case 'CERT_NOT_YET_VALID':
      return `its certificate is not valid yet, or our clock is wrong (${by})`;
    default:
      return `its certificate is not trusted (${code}; ${by})`;
  }
}
