/**
 * What SSL and SCITOKENS have in common: TLS in CEDAR messages, and the server proven by its certificate (cedar-rfc
 * §5.4; condor_auth_ssl.cpp).
 *
 * The phases are hello, tls and key. Each message of the last two is a status, a length and so many bytes of TLS.
 */
import { AuthenticationError, ProtocolError } from '../../errors.ts';
import type { MessageChannel } from '../../wire/message-channel.ts';
import type { Reader } from '../../wire/reader.ts';
import { displayName, type MethodName, MethodRefused } from '../method.ts';
import { TlsFailure, type TlsOptions, TlsTunnel } from './tls-tunnel.ts';

const OK = 0;
const ERROR = -1;
const SENDING = 1;
const RECEIVING = 2;
const QUITTING = 3;
/** "I have nothing more to say in this phase." */
const HOLDING = 4;

/** A random key that the server sends and nobody uses any more: the session's key is agreed on by ECDH. */
const KEY_LENGTH = 256;
const MAX_RECORDS_LENGTH = 1024 * 1024;
/** TLS 1.3 needs two rounds, three if the server wants another group, and TLS 1.2 two. */
const MAX_ROUNDS = 8;

const NOTHING = new Uint8Array();

/** Whom to believe, and what to show. */
interface SslCredential {
  readonly method: MethodName;
  readonly label: string;
  /** Host name that the server's certificate must carry. */
  readonly serverName: string;
  /** Asked for when the method is really used: reading the system's authorities takes a while. */
  readonly tls: () => Promise<TlsOptions>;
}

/** One run of the exchange, from hello to the key. */
export class SslExchange {
  readonly #credential: SslCredential;
  #tunnel: TlsTunnel | undefined;
  #certificate: TlsOptions['certificate'];
  /** Why TLS could not even begin: then the server was told so. */
  #failure: string | undefined;

  constructor(credential: SslCredential) {
    this.#credential = credential;
  }

  /** Hello, and the first words of TLS with it: the server's hello is known but for an error. */
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
      this.#failure = `TLS cannot begin: ${error.message}`;
      channel.send((message) => message.int(ERROR));
    }
  }

  /**
   * The rest. When it is through, the server is proven and waits for our word in the phase key: `hold()`.
   *
   * @throws MethodRefused the server refuses us.
   * @throws AuthenticationError ERR_SERVER_UNPROVEN.
   */
  async prove(channel: MessageChannel): Promise<void> {
    const hello = await channel.receive((message) => message.int());
    if (this.#failure !== undefined) throw new MethodRefused(this.#failure);
    if (hello !== OK) {
      throw new MethodRefused(
        'the daemon cannot use TLS: see AUTH_SSL_SERVER_CERTFILE, _KEYFILE and _CAFILE there',
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
      throw new MethodRefused(`TLS failed: ${error.message}`);
    }
  }

  /** Our last word in the phase key. */
  hold(channel: MessageChannel): void {
    putRecords(channel, HOLDING, NOTHING);
  }

  /** Sends something through the tunnel. */
  async say(channel: MessageChannel, plaintext: Uint8Array): Promise<void> {
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
   * Ends when both sides have said HOLDING. We say it with our second flight, as soon as TLS 1.3 has ended for us; TLS
   * 1.2 has then only the server's Finished to come, and waiting for it before saying so would cost a round trip.
   */
  async #handshake(channel: MessageChannel, tunnel: TlsTunnel): Promise<void> {
    for (let round = 0, holding = false; round < MAX_ROUNDS; round++) {
      const status = await this.#receive(channel, tunnel);
      if (status === HOLDING && holding) {
        await tunnel.handshake();
        return this.#verify(channel, tunnel);
      }
      const answer = await tunnel.output();
      if (tunnel.established) this.#verify(channel, tunnel);
      else if (!holding) this.#checkVersion(channel, tunnel);
      putRecords(channel, HOLDING, answer);
      holding = true;
    }
    throw new ProtocolError('ERR_MESSAGE', 'the TLS handshake does not end');
  }

  /**
   * With TLS 1.3 this client verifies the server before its second flight leaves. With TLS 1.2 that flight contains the
   * client certificate, in cleartext, before the server can be verified.
   */
  #checkVersion(channel: MessageChannel, tunnel: TlsTunnel): void {
    if (this.#certificate === undefined || tunnel.version !== 'TLSv1.2') return;
    if (this.#certificate.onUnverified !== undefined) {
      this.#certificate.onUnverified();
      return;
    }
    putRecords(channel, QUITTING, NOTHING);
    throw new MethodRefused(
      'the daemon has no TLS 1.3; with TLS 1.2 the client certificate is sent before the daemon is verified, which needs client-certificate',
    );
  }

  /** Nothing of what the server says is used, and nothing secret said to it, before this. */
  #verify(channel: MessageChannel, tunnel: TlsTunnel): void {
    const { label, method, serverName } = this.#credential;
    const reason = tunnel.distrust(serverName);
    if (reason === undefined) return;
    putRecords(channel, QUITTING, NOTHING);
    throw new AuthenticationError(
      'ERR_SERVER_UNPROVEN',
      `the daemon could not prove that it is ${serverName}: ${reason}`,
      [{ method: displayName(method), reason: `${label}: ${reason}` }],
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
      putRecords(channel, RECEIVING, tunnel.pending()); // it is the server's turn again only after ours
    }
    throw new ProtocolError('ERR_MESSAGE', 'the key does not come');
  }

  /** Feeds what the server says to the engine. @throws MethodRefused if it says that it gives up. */
  async #receive(channel: MessageChannel, tunnel: TlsTunnel): Promise<number> {
    const { status, records } = await channel.receive(getRecords);
    tunnel.feed(records);
    if (status === OK || status === SENDING || status === RECEIVING || status === HOLDING) return status;
    const number = (await tunnel.failure())?.alert;
    const alert = number === undefined ? '' : `, TLS alert ${number} ${ALERTS[number] ?? ''}`.trimEnd();
    const why = alert === '' && tunnel.established ? UNEXPLAINED : alert;
    throw new MethodRefused(`the daemon gives up${why}`);
  }
}

/** The status message that a server has left to say after a credential was sent through the tunnel. */
export function putHolding(message: Parameters<Parameters<MessageChannel['send']>[0]>[0]): void {
  message.int(HOLDING).int(0);
}

/** Whether the server says HOLDING too, where it has nothing else to say. */
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

/** Why a server quits when TLS itself went well (post_connection_check in condor_auth_ssl.cpp). */
const UNEXPLAINED =
  ': it demands a client certificate (AUTH_SSL_REQUIRE_CLIENT_CERTIFICATE), or one that its map file knows (AUTH_SSL_REQUIRE_CLIENT_MAPPING)';

/** The words of RFC 8446 §6 for what an alert in clear says. */
const ALERTS: Readonly<Record<number, string>> = {
  40: 'handshake_failure: it has no certificate of its own (AUTH_SSL_SERVER_CERTFILE there)',
  42: 'bad_certificate: it cannot read ours',
  43: 'unsupported_certificate: it does not take ours',
  44: 'certificate_revoked: ours is revoked',
  45: 'certificate_expired: ours has expired',
  46: 'certificate_unknown: it does not take ours; for an X.509 proxy it needs AUTH_SSL_ALLOW_CLIENT_PROXY = True',
  48: 'unknown_ca: it does not trust who issued ours (AUTH_SSL_SERVER_CAFILE there)',
  70: 'protocol_version: it has no TLS version in common with us',
};
