import type { X509Certificate } from 'node:crypto';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Refusal } from '../../reasons.ts';
import { distinguishedName } from '../../runtime/printable.ts';
import type { Secret } from '../../runtime/secret.ts';
import { isIpAddress } from '../../transport/sinful.ts';
import { concat } from '../../wire/writer.ts';

/** The client's certificate and the CA certificates that the client trusts, in PEM format. */
export interface TlsOptions {
  /** Trusted CA certificates. */
  readonly authorities: readonly string[];
  /** True if certificates other than root certificates can be trusted, such as the certificate of a known host. */
  readonly partialChain: boolean;
  readonly certificate:
    | {
        readonly chain: string;
        readonly key: Secret;
        /**
         * Called before the certificate is sent in cleartext to an unverified server, as happens in TLS 1.2. If
         * undefined, the certificate is never sent to an unverified server.
         */
        readonly onUnverified?: (() => void) | undefined;
      }
    | undefined;
  /** Host name for SNI, which is sent in cleartext and which HTCondor ignores. If undefined, SNI is omitted. */
  readonly serverName: string | undefined;
}

/** A failure that the TLS library reports, such as an alert from the peer. */
export class TlsFailure extends Error {}

/** Descriptions of OpenSSL's errors. OpenSSL's own text names source files and is never shown. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/KEY_TOO_SMALL|DH_KEY_TOO_SMALL/, 'a key is too small for this TLS library'],
  [/CA_MD_TOO_WEAK|MD_TOO_WEAK/, 'a certificate is signed with an algorithm that this TLS library refuses'],
  [/KEY_VALUES_MISMATCH/, 'the private key does not match the certificate'],
  [/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|WRONG_VERSION_NUMBER/, 'the daemon does not support TLS 1.2 or later'],
  [/UNKNOWN_CA/, 'the daemon does not trust the CA of the client certificate'],
  [/BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|UNSUPPORTED_CERTIFICATE/, 'the daemon rejects the client certificate'],
  [/CERTIFICATE_EXPIRED/, 'the daemon considers the client certificate expired'],
  [/CERTIFICATE_REVOKED/, 'the client certificate is revoked'],
  [/CERTIFICATE_REQUIRED/, 'the daemon requires a client certificate'],
  [/HANDSHAKE_FAILURE|NO_SHARED_CIPHER/, 'the client and the daemon have no TLS parameters in common'],
  [/BAD_RECORD_MAC/, 'a TLS record was damaged in transit'],
];

/** Matches host names to compare with a certificate. Rejects a leading dot, which would match a whole domain. */
const HOST_NAME = /^[\w-]+(\.[\w-]+)*$/;

/** Number of event-loop turns to wait for further output after the engine has started to write. */
const SETTLING_TURNS = 4;

/** Number of event-loop turns after which an idle engine is considered to be waiting for more input. */
const MAX_TURNS = 1000;

/**
 * A TLS client without a socket. The caller feeds received records to it and sends the records that it outputs (§5.4).
 *
 * The handshake completes even if the peer's certificate chain is not trusted. The caller must check `distrust` before
 * it uses any data from the peer.
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
   * Loads node:tls, which other authentication methods do not need, and starts the handshake.
   *
   * @throws TlsFailure if OpenSSL rejects the client's certificate or key, for example because the key is too short.
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
      // RFC 6066 §3 does not allow IP addresses in SNI.
      ...(serverName === undefined || isIpAddress(serverName) ? {} : { servername: serverName }),
      minVersion: 'TLSv1.2',
      // Verification is not skipped: distrust() checks the chain and the name before any data is used. If the engine
      // rejected the server, the client could not send the CEDAR status QUITTING, and the daemon would wait for it.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    });
    this.#socket.on('secureConnect', () => {
      this.#certificate = this.#socket.getPeerX509Certificate(); // a second call would return undefined
      this.#established = true;
    });
    this.#socket.on('data', (chunk: Uint8Array) => {
      this.#plaintext.push(chunk);
    });
    this.#socket.on('error', (error: Error) => {
      this.#failure ??= error;
    });
  }

  /** The negotiated TLS version, `TLSv1.2` or `TLSv1.3`. */
  get version(): string | null {
    return this.#socket.getProtocol();
  }

  /** True once the handshake is complete. */
  get established(): boolean {
    return this.#established;
  }

  /** Passes received TLS records to the engine. */
  feed(records: Uint8Array): void {
    if (records.length > 0) this.#pipe.push(records);
  }

  /**
   * Waits for the next records to send and returns them.
   *
   * @throws TlsFailure if the engine failed. `pending` then returns the remaining records, such as an alert.
   */
  async output(): Promise<Uint8Array> {
    await this.#until(() => this.#outgoing.length > 0);
    for (let turn = 0; turn < SETTLING_TURNS; turn++) await nextTurn();
    this.#throwFailure(); // an alert that the client must send stays pending
    return this.pending();
  }

  /** Returns the records that are ready to send, without waiting. */
  pending(): Uint8Array {
    return concat(this.#outgoing.splice(0));
  }

  /** Waits until the handshake is complete. Throws TlsFailure if the handshake fails. */
  async handshake(): Promise<void> {
    await this.#until(() => this.#established);
  }

  /**
   * Returns the reason why TLS failed on the last received records, and the number of the peer's alert, if the peer
   * sent one. Returns undefined if TLS has not failed.
   */
  async failure(): Promise<{ readonly reason: string; readonly alert: number | undefined } | undefined> {
    for (let turn = 0; turn < SETTLING_TURNS && this.#failure === undefined; turn++) await nextTurn();
    if (this.#failure === undefined) return undefined;
    const [, digits] = /alert number (\d{1,3})/.exec(this.#failure.message) ?? [];
    return { reason: tlsReason(this.#failure), alert: digits === undefined ? undefined : Number(digits) };
  }

  /** Waits for `length` bytes of the peer's plaintext. Throws TlsFailure if the engine fails or needs more records. */
  async read(length: number): Promise<Uint8Array> {
    await this.#until(() => this.#plaintext.reduce((sum, { length }) => sum + length, 0) >= length);
    const all = concat(this.#plaintext);
    this.#plaintext = [all.subarray(length)];
    return all.subarray(0, length);
  }

  /** Encrypts plaintext and returns the records to send. */
  write(plaintext: Uint8Array): Promise<Uint8Array> {
    this.#socket.write(plaintext);
    return this.output();
  }

  /** Returns the reason for not trusting the peer's certificate, or undefined if its chain and its name are valid. */
  distrust(serverName: string): Refusal | undefined {
    if (!HOST_NAME.test(serverName)) return untrusted(`${serverName} is not a host name`);
    const certificate = this.#certificate;
    if (certificate === undefined) return untrusted('it has no certificate');
    if (!this.#socket.authorized) return invalid(String(this.#socket.authorizationError), certificate.issuer);
    // Only the names in the subjectAltName extension count. These names can contain `*` at the end of a label. The
    // common name counts only if that extension is absent, because a common name could bypass the name constraints of a
    // CA. HTCondor always accepts the common name.
    const { subjectAltName, subject } = certificate;
    const options = { subject: subjectAltName === undefined ? 'always' : 'never' } as const;
    if (certificate.checkHost(serverName, options) !== undefined) return undefined;
    const names = distinguishedName(subjectAltName || subject, 'no name');
    return {
      kind: 'name-differs',
      reason: `its certificate is for ${names}, not for ${serverName}`,
      details: { host: serverName },
    };
  }

  close(): void {
    this.#socket.destroy();
    this.#pipe.destroy();
  }

  /**
   * Waits until `condition` holds. Throws TlsFailure if the engine becomes idle first. The engine then needs more
   * records, but the daemon sends none before the client replies.
   */
  async #until(condition: () => boolean): Promise<void> {
    for (let turn = 0; !condition(); turn++) {
      this.#throwFailure();
      if (turn === MAX_TURNS) throw new TlsFailure('the daemon sent incomplete TLS records');
      await nextTurn();
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw new TlsFailure(tlsReason(this.#failure), { cause: this.#failure });
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function untrusted(reason: string): Refusal {
  return { kind: 'untrusted-certificate', reason };
}

function invalid(code: string, issuer: string | undefined): Refusal {
  const by = `issued by ${distinguishedName(issuer, 'an empty name')}`;
  const kind = 'expired-certificate';
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return { kind, reason: `its certificate, or a CA certificate above it, has expired (${by})` };
    case 'CERT_NOT_YET_VALID':
      return { kind, reason: `its certificate is not valid yet, or the clock of this host is wrong (${by})` };
    default:
      return untrusted(`its certificate is not trusted (${code}; ${by})`);
  }
}

function tlsReason(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const text = `${code} ${message.toUpperCase().replaceAll(' ', '_')}`;
  return REASONS.find(([pattern]) => pattern.test(text))?.[1] ?? `the TLS library reports ${code || 'an error'}`;
}
