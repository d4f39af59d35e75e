/** The server side of SSL and SCITOKENS (Condor_Auth_SSL::authenticate_server_*). */
import { randomBytes } from 'node:crypto';
import type { SecureVersion } from 'node:tls';
import type { Reader } from '../../../src/wire/reader.ts';
import type { Identity as Certificate } from '../credentials/certificates.ts';
import { validate } from './scitokens.ts';
import { Ended, type ServerChannel } from './server-channel.ts';
import { type Identity, type PoolFacts, type Step, UNMAPPED, unlimited } from './settings.ts';
import { TlsEngine } from './tls-engine.ts';

export interface TlsSettings {
  /**
   * AUTH_SSL_SERVER_CERTFILE and AUTH_SSL_SERVER_KEYFILE. If undefined, the server has no certificate and fails in the
   * hello phase.
   */
  readonly certificate: Certificate | undefined;
  /** The AUTH_SSL_SERVER_CAFILE setting. */
  readonly authority?: string;
  readonly version?: SecureVersion;
  readonly ciphers?: string;
  /** Accepted key exchange groups. A group other than the client's first choice costs an additional round trip. */
  readonly groups?: string;
  /** Whether AUTH_SSL_REQUIRE_CLIENT_CERTIFICATE or AUTH_SSL_REQUIRE_CLIENT_MAPPING is set. */
  readonly requires?: 'certificate' | 'mapping';
  /** Length of the unused random key, in bytes. */
  readonly keyLength?: number;
}

const OK = 0;
const ERROR = -1;
const RECEIVING = 2;
const QUITTING = 3;
const HOLDING = 4;
const KEY_LENGTH = 256;
/** The content type of TLS application data. */
const APPLICATION_DATA = 23;

/** Serves SSL. Returns the identity of the client's certificate, or the reason for a refusal. */
export async function serveSsl(channel: ServerChannel, pool: PoolFacts): Promise<Identity | string> {
  return await withTunnel(channel, pool, 'SSL', async (engine) => {
    const { peer } = engine;
    if (peer === undefined) return unlimited(`unauthenticated${UNMAPPED}`);
    return unlimited(pool.options.map?.[`SSL ${peer.subject}`] ?? `ssl${UNMAPPED}`);
  });
}

/**
 * Serves SCITOKENS. Returns the identity of the token that the client sends through TLS, or the reason for a refusal.
 */
export async function serveSciTokens(channel: ServerChannel, pool: PoolFacts): Promise<Identity | string> {
  return await withTunnel(channel, pool, 'SCITOKENS', async (engine) => {
    for (let identity: Identity | undefined; ; ) {
      const { status, records } = await channel.receive(getRecords);
      if (status === QUITTING || status === ERROR) return 'the client quits in phase scitoken';
      await engine.exchange(records, false);
      const plaintext = engine.take();
      pool.hear(plaintext);
      if (identity === undefined && plaintext.length > 0) {
        // One SSL_read returns at most one record.
        const whole = countOf(records, APPLICATION_DATA) === 1 && plaintext.readUInt32BE(0) === plaintext.length - 4;
        const found = whole ? validate(plaintext.subarray(4).toString(), pool) : 'Failed to decode a SciToken';
        const refusal =
          typeof found === 'string' ? found : `Failed to map SCITOKENS authenticated identity '${found.name}'`;
        if (typeof found === 'string' || found.user === undefined) {
          await putRecords(channel, 'scitoken verdict', QUITTING, new Uint8Array());
          return refusal;
        }
        identity = { ...found, user: found.user };
      } else if (identity !== undefined && status === HOLDING) return identity;
      const ours = identity === undefined ? RECEIVING : HOLDING;
      await putRecords(channel, 'scitoken verdict', ours, new Uint8Array());
      if (identity !== undefined && status === HOLDING) return identity;
    }
  });
}

async function withTunnel(
  channel: ServerChannel,
  pool: PoolFacts,
  method: string,
  work: (engine: TlsEngine) => Promise<Identity | string>,
): Promise<Identity | string> {
  const { tls } = pool.options;
  if (tls === undefined) throw new RangeError('no TlsSettings');
  await channel.send('hello', (message) => message.int(tls.certificate === undefined ? ERROR : OK));
  const hello = await channel.receive((message) => message.int());
  if (tls.certificate === undefined || hello !== OK) return `client status is ${hello}; terminating`;
  const { authority, ciphers, groups, version, certificate } = tls;
  const engine = new TlsEngine({
    ...{ cert: certificate.certificate, key: certificate.key },
    ...(authority === undefined ? {} : { ca: authority }),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(groups === undefined ? {} : { ecdhCurve: groups }),
    ...(version === undefined ? {} : { minVersion: version, maxVersion: version }),
  });
  try {
    const refused = (await handshake(channel, engine, pool, method)) ?? (await shareKey(channel, engine, pool, method));
    return refused ?? (await work(engine));
  } finally {
    pool.hear(engine.take());
    engine.close();
  }
}

/** Runs the tls phase, which ends when both sides have sent HOLDING. */
async function handshake(
  channel: ServerChannel,
  engine: TlsEngine,
  pool: PoolFacts,
  method: string,
): Promise<string | undefined> {
  for (let ours = RECEIVING; ; ) {
    const { status: theirs, records } = await channel.receive(getRecords);
    if (theirs === QUITTING || theirs === ERROR) return 'the client quits in phase tls';
    if (ours === HOLDING && theirs === HOLDING) return undefined;
    const answer = await engine.exchange(records, !engine.established);
    ours = engine.failure !== undefined ? QUITTING : engine.established ? HOLDING : RECEIVING;
    await putRecords(channel, 'tls', ours, answer);
    if (engine.failure !== undefined) return `SSL: library failure: ${engine.failure.message}`;
    if (ours === HOLDING) pool.note(`${method}: TLS is established`);
    if (ours === HOLDING && theirs === HOLDING) return undefined;
  }
}

/** Runs the key phase: checks the client's certificate, and sends a random key that is not used. */
async function shareKey(
  channel: ServerChannel,
  engine: TlsEngine,
  pool: PoolFacts,
  method: string,
): Promise<string | undefined> {
  const { requires, keyLength = KEY_LENGTH } = pool.options.tls ?? {};
  const { peer } = engine;
  const unwelcome =
    peer === undefined
      ? requires === 'certificate' && method === 'SSL' && 'Anonymous client is not allowed'
      : !peer.trusted
        ? 'Error with certificate'
        : requires === 'mapping' &&
          pool.options.map?.[`SSL ${peer.subject}`] === undefined &&
          `Failed to map SSL authenticated identity '${peer.subject}'`;
  if (unwelcome !== false) {
    await putRecords(channel, 'tls key', QUITTING, new Uint8Array());
    return unwelcome;
  }
  await putRecords(channel, 'tls key', HOLDING, await engine.seal(randomBytes(keyLength)));
  const { status, records } = await channel.receive(getRecords);
  await engine.exchange(records, false);
  if (status === QUITTING || status === ERROR) return 'the client quits at key exchange';
  if (status !== HOLDING) throw new Ended(`the client says ${status} in phase key`);
  pool.note(`${method}: the client trusts the server`);
  return undefined;
}

function getRecords(message: Reader): { status: number; records: Uint8Array } {
  const status = message.int();
  return { status, records: message.bytes(message.int()) };
}

async function putRecords(channel: ServerChannel, step: Step, status: number, records: Uint8Array): Promise<void> {
  await channel.send(step, (message) => message.int(status).int(records.length).bytes(records));
}

function countOf(records: Uint8Array, type: number): number {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  let count = 0;
  for (let at = 0; at + 5 <= records.length; at += 5 + view.getUint16(at + 3)) if (records[at] === type) count += 1;
  return count;
}
