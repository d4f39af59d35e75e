/**
 * The exchange that SSL and SCITOKENS share. It runs TLS inside CEDAR messages, and the server authenticates itself
 * with its certificate (cedar-rfc §5.4; condor_auth_ssl.cpp).
 *
 * The phases are hello, tls and key. Each message of the tls and key phases contains a status, a length and that many
 * bytes of TLS records.
 */
import { AuthenticationError, ProtocolError } from '../../errors.ts';
import type { MessageChannel } from '../../wire/message-channel.ts';
import type { Reader } from '../../wire/reader.ts';
import type { Writer } from '../../wire/writer.ts';
import { displayName, type MethodName, MethodRefused } from '../method.ts';
import { TlsFailure, type TlsOptions, TlsTunnel } from './tls-tunnel.ts';

const OK = 0;
const ERROR = -1;
const SENDING = 1;
const RECEIVING = 2;
const QUITTING = 3;
/** Status of a sender that has nothing more to send in this phase. */
const HOLDING = 4;

/** Length, in bytes, of the random key that the server sends. This key is unused: the session key comes from ECDH. */
const KEY_LENGTH = 256;
/** Maximum length of the TLS records in one message, in bytes. */
const MAX_RECORDS_LENGTH = 1024 * 1024;
/** Maximum number of rounds in a phase. TLS needs two, or three if the server sends a HelloRetryRequest. */
const MAX_ROUNDS = 8;

const NOTHING = new Uint8Array();

/** Credentials of the client, and the identity that the server must have. */
interface SslCredential {
  readonly method: MethodName;
  readonly label: string;
  /** Host name that the server's certificate must contain. */
  readonly serverName: string;
  /** Returns the TLS options. Called only when needed, because reading the system's CA certificates takes time. */
  readonly tls: () => Promise<TlsOptions>;
}

/** One exchange, from the hello phase to the key phase. */
export class SslExchange {
  readonly #credential: SslCredential;
  #tunnel: TlsTunnel | undefined;
  #certificate: TlsOptions['certificate'];
  /** Reason why TLS could not start. `open` has already reported the failure to the server. */
  #failure: string | undefined;

  constructor(credential: SslCredential) {
    this.#credential = credential;
  }

  /**
   * Sends the hello message and the first TLS records in one flight. Waiting for the server's hello is unnecessary,
   * because that message contains only a status.
   */
  async open(channel: MessageChannel): Promise<void> {
    const options = await this.#credential.tls();
    this.#certificate = options.certificate;
    try {
      this.#tunnel = await TlsTunnel.start(options);
      const records = await this.#tunnel.output();
      channel.send((message) => message.int(OK));
      putRecords(channel, RECEIVING, records);
    } catch (error) {
      if (!(error instanceof TlsFailure)) throw error;
      this.#failure = `TLS could not start: ${error.message}`;
      channel.send((message) => message.int(ERROR));
    }
  }

  /**
   * Completes the handshake and verifies the server. The caller must call `hold()` next, because the server waits for
   * the client's last message of the key phase.
   *
   * @throws MethodRefused if TLS fails or the server refuses the client.
   * @throws AuthenticationError ERR_SERVER_UNPROVEN if the server's certificate is not trusted.
   */
  async prove(channel: MessageChannel): Promise<void> {
    const hello = await channel.receive((message) => message.int());
    if (this.#failure !== undefined) throw new MethodRefused({ reason: this.#failure });
    if (hello !== OK) {
      throw new MethodRefused(
        {
          kind: 'no-tls',
          reason: 'the daemon cannot use TLS: check AUTH_SSL_SERVER_CERTFILE, _KEYFILE and _CAFILE on its host',
        },
        true,
      );
    }
    const tunnel = this.#started;
    try {
      await this.#handshake(channel, tunnel);
      await this.#receiveKey(channel, tunnel);
    } catch (error) {
      if (!(error instanceof TlsFailure)) throw error;
      putRecords(channel, QUITTING, tunnel.pending());
      throw new MethodRefused({ reason: `TLS failed: ${error.message}` });
    }
  }

  /** Sends the client's last message of the key phase. */
  hold(channel: MessageChannel): void {
    putRecords(channel, HOLDING, NOTHING);
  }

  /** Sends plaintext through the TLS tunnel. */
  async sendThroughTunnel(channel: MessageChannel, plaintext: Uint8Array): Promise<void> {
    putRecords(channel, HOLDING, await this.#started.write(plaintext));
  }

  close(): void {
    this.#tunnel?.close();
  }

  get #started(): TlsTunnel {
    if (this.#tunnel === undefined) throw new RangeError('finish before open');
    return this.#tunnel;
  }

  /**
   * Runs the handshake until both sides have sent HOLDING. The client sends HOLDING with its second flight. With TLS
   * 1.3, the client has completed the handshake when it sends this flight. With TLS 1.2, only the server's Finished
   * message is still missing, and waiting for it would cost a round trip.
   */
  async #handshake(channel: MessageChannel, tunnel: TlsTunnel): Promise<void> {
    for (let round = 0, holding = false; round < MAX_ROUNDS; round++) {
      const status = await this.#receive(channel, tunnel);
      if (status === HOLDING && holding) {
        await tunnel.handshake();
        return this.#verify(channel, tunnel);
      }
      const records = await tunnel.output();
      if (tunnel.established) this.#verify(channel, tunnel);
      else if (!holding) this.#checkVersion(channel, tunnel);
      putRecords(channel, HOLDING, records);
      holding = true;
    }
    throw new ProtocolError('ERR_MESSAGE', 'the TLS handshake did not complete');
  }

  /**
   * Applies the policy for sending a client certificate with TLS 1.2. With TLS 1.3, the client verifies the server
   * before its second flight. With TLS 1.2, that flight contains the client certificate in cleartext, before the client
   * can verify the server.
   */
  #checkVersion(channel: MessageChannel, tunnel: TlsTunnel): void {
    if (this.#certificate === undefined || tunnel.version !== 'TLSv1.2') return;
    if (this.#certificate.onUnverified !== undefined) {
      this.#certificate.onUnverified();
      return;
    }
    putRecords(channel, QUITTING, NOTHING);
    throw new MethodRefused({
      kind: 'no-tls13',
      reason:
        'the daemon does not support TLS 1.3; with TLS 1.2 the client sends only client-certificate, because the daemon is not verified yet',
    });
  }

  /**
   * Verifies the server's certificate. Before this check, the client uses no data from the server and sends no secret
   * to it.
   */
  #verify(channel: MessageChannel, tunnel: TlsTunnel): void {
    const { label, method, serverName } = this.#credential;
    const refusal = tunnel.distrust(serverName);
    if (refusal === undefined) return;
    putRecords(channel, QUITTING, NOTHING);
    throw new AuthenticationError(
      'ERR_SERVER_UNPROVEN',
      `the daemon failed to prove that it is ${serverName}: ${refusal.reason}`,
      [{ ...refusal, method: displayName(method), reason: `${label}: ${refusal.reason}` }],
    );
  }

  async #receiveKey(channel: MessageChannel, tunnel: TlsTunnel): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      if ((await this.#receive(channel, tunnel)) === HOLDING) {
        await tunnel.read(KEY_LENGTH);
        return;
      }
      const failure = await tunnel.failure();
      if (failure !== undefined) throw new TlsFailure(failure.reason);
      putRecords(channel, RECEIVING, tunnel.pending()); // the server sends again only after a message from the client
    }
    throw new ProtocolError('ERR_MESSAGE', 'the daemon sent no session key');
  }

  /** Passes one message from the server to TLS and returns its status. Throws MethodRefused if the server quits. */
  async #receive(channel: MessageChannel, tunnel: TlsTunnel): Promise<number> {
    const { status, records } = await channel.receive(getRecords);
    tunnel.feed(records);
    if (status === OK || status === SENDING || status === RECEIVING || status === HOLDING) return status;
    const number = (await tunnel.failure())?.alert;
    const alert = number === undefined ? '' : `, TLS alert ${number} ${ALERTS[number] ?? ''}`.trimEnd();
    const isUnexplained = alert === '' && tunnel.established;
    throw new MethodRefused({
      kind: isUnexplained ? 'mapping-required' : number === CERTIFICATE_UNKNOWN ? 'proxy-not-allowed' : undefined,
      reason: `the daemon aborted the TLS handshake${isUnexplained ? UNEXPLAINED : alert}`,
    });
  }
}

/** Writes the message with which the server accepts a credential that was sent through the tunnel. */
export function putHolding(message: Writer): void {
  message.int(HOLDING).int(0);
}

/** Receives a message and returns whether its status is HOLDING. */
export async function serverHolds(channel: MessageChannel): Promise<boolean> {
  return (await channel.receive(getRecords)).status === HOLDING;
}

function getRecords(message: Reader): { status: number; records: Uint8Array } {
  const status = message.int();
  const length = message.int();
  if (length < 0 || length > MAX_RECORDS_LENGTH) throw new ProtocolError('ERR_MESSAGE', `${length} bytes of TLS`);
  return { status, records: message.bytes(length) };
}

function putRecords(channel: MessageChannel, status: number, records: Uint8Array): void {
  channel.send((message) => message.int(status).int(records.length).bytes(records));
}

/** Possible reasons why a server quits after a successful handshake (post_connection_check in condor_auth_ssl.cpp). */
const UNEXPLAINED =
  ': it requires a client certificate (AUTH_SSL_REQUIRE_CLIENT_CERTIFICATE), or one that its map file lists (AUTH_SSL_REQUIRE_CLIENT_MAPPING)';

/** Number of the TLS alert that a daemon sends if it does not accept X.509 proxies. */
const CERTIFICATE_UNKNOWN = 46;

/** Descriptions of unencrypted TLS alerts by number (RFC 8446 §6). */
const ALERTS: Readonly<Record<number, string>> = {
  40: 'handshake_failure: it has no certificate (AUTH_SSL_SERVER_CERTFILE on its host)',
  42: 'bad_certificate: it cannot parse the client certificate',
  43: 'unsupported_certificate: it does not accept the client certificate',
  44: 'certificate_revoked: the client certificate is revoked',
  45: 'certificate_expired: the client certificate has expired',
  [CERTIFICATE_UNKNOWN]:
    'certificate_unknown: it does not accept the client certificate; for an X.509 proxy it requires AUTH_SSL_ALLOW_CLIENT_PROXY = True',
  48: 'unknown_ca: it does not trust the CA of the client certificate (AUTH_SSL_SERVER_CAFILE on its host)',
  70: "protocol_version: it supports none of the client's TLS versions",
};
