/** Fuzz targets for authentication methods that use the file system or OpenSSL. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuthenticationError, ProtocolError } from '../../src/errors.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { MethodRefused, type Peer } from '../../src/security/method.ts';
import { fs } from '../../src/security/methods/fs.ts';
import { SslExchange, serverHolds } from '../../src/security/methods/ssl-exchange.ts';
import { Reader } from '../../src/wire/reader.ts';
import { Authority, selfSigned } from '../../test/support/credentials/certificates.ts';
import { TlsEngine } from '../../test/support/embedded-pool/tls-engine.ts';
import { bytesOf, ScriptedChannel } from '../../test/support/scripted-channel.ts';
import { inputOf, messagesOf, rawInput } from './inputs.ts';
import type { Target } from './target.ts';

const refused = (error: unknown) => error instanceof MethodRefused;

/**
 * Replaces /tmp in the daemon's path with a private directory. The client must leave no files in that directory, and
 * must not create files next to it.
 */
function fsTarget(): Target {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-fs-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const inFolder = (message: Uint8Array) =>
    Buffer.from(
      Buffer.from(message)
        .toString('latin1')
        .replace(/^\/tmp/, folder),
      'latin1',
    );
  const candidates = [undefined, 'schedd_1'].flatMap((sharedPortId) =>
    [false, true].map((mayBeUnbound) => {
      const peer: Peer = { address: '127.0.0.1', port: 9618, sharedPortId, serverName: undefined };
      return fs({ parents: [folder], owner: undefined, mayBeUnbound }).guessed(peer) ?? assert.fail();
    }),
  );
  const seed = (bits: number, name: string, verdict: number) =>
    Buffer.concat([
      Uint8Array.of(bits),
      inputOf(
        rawInput((m) => m.string(name)),
        rawInput((m) => m.int(verdict)),
      ),
    ]);
  const server = { methods: ['FS'], ecdhPublicKey: '', trustDomain: '', issuerKeys: [], remoteVersion: '' };
  return {
    ...{ name: 'fs', reaches: 'methods/fs', weight: 5, allows: refused },
    seeds: [
      seed(0, '/tmp/FS_127.0.0.1_9618_Abc_', 0),
      seed(1, '/tmp/FS_XYZ', 0),
      seed(3, '/tmp/FS_127.0.0.1_9618_Ab', -1),
      seed(0, '', 0),
    ],
    async run(input) {
      const [first = new Uint8Array(), ...others] = messagesOf(input.subarray(1));
      const candidate = candidates[(input[0] ?? 0) & 3] ?? assert.fail();
      try {
        await candidate.finish(new ScriptedChannel([inFolder(first), ...others]), server, false);
        return 'let in';
      } finally {
        assert.deepEqual(readdirSync(folder), [], 'a directory is left behind');
      }
    },
  };
}

/** Messages of SSL and SCITOKENS. Each message consists of a status, a length, and a payload of that length. */
const records: Target = {
  ...{ name: 'tls-records', reaches: 'methods/ssl-exchange, scitokens', weight: 20 },
  seeds: [rawInput((m) => m.int(4).int(0)), rawInput((m) => m.int(2).int(3).bytes(Buffer.from('abc')))],
  async run(input) {
    return (await serverHolds(new ScriptedChannel(messagesOf(input)))) ? 'holds' : 'says something else';
  },
};

const HOST = 'ap.pool.test';
const [RECEIVING, HOLDING] = [2, 4];

/**
 * A live TLS server whose messages are modified in transit. For each message, four bytes of the input select the
 * change: no change, a different status, a flipped bit, or replacement of the message with the rest of the input.
 */
async function tlsTarget(): Promise<Target> {
  const authority = await Authority.create();
  const strange = await Authority.create('CN=Nobody');
  const client = await authority.issue({ subject: 'CN=alice' });
  const identities = [
    await authority.issue({ subject: `CN=${HOST}`, hosts: [HOST] }),
    await authority.issue({ subject: 'CN=other', hosts: ['other.test'] }),
    await strange.issue({ subject: `CN=${HOST}`, hosts: [HOST] }),
    await selfSigned({ subject: '' }),
  ];
  const tls = async () => ({
    ...{ authorities: [authority.certificate], partialChain: false, serverName: HOST },
    certificate: { chain: client.certificate, key: new Secret(client.key), onUnverified: () => {} },
  });
  return {
    ...{ name: 'tls-exchange', reaches: 'methods/ssl-exchange, tls-tunnel', weight: 0.5, allows: refused },
    seeds: [0, 1, 2, 3].map((first) => Uint8Array.of(first, ...new Uint8Array(32))),
    async run(input) {
      const { certificate: cert, key } = identities[(input[0] ?? 0) & 3] ?? assert.fail();
      const version = ((input[0] ?? 0) & 4) === 0 ? 'TLSv1.3' : 'TLSv1.2';
      const engine = new TlsEngine({ cert, key, ca: authority.certificate, minVersion: version, maxVersion: version });
      const exchange = new SslExchange({ method: 'SSL', label: 'alice', serverName: HOST, tls });
      const channel = new LiveServer(engine, input.subarray(1));
      try {
        await exchange.open(channel);
        await exchange.prove(channel);
        exchange.hold(channel);
        assert.ok(((input[0] ?? 0) & 3) === 0, 'the client trusts a server with another name or CA');
        return 'proven';
      } catch (error) {
        if (error instanceof AuthenticationError) return 'unproven';
        throw error;
      } finally {
        exchange.close();
        engine.close();
      }
    },
  };
}

class LiveServer extends ScriptedChannel {
  readonly #engine: TlsEngine;
  readonly #changes: Uint8Array;
  #said = 0;

  constructor(engine: TlsEngine, changes: Uint8Array) {
    super([]);
    this.#engine = engine;
    this.#changes = changes;
  }

  override async receive<T>(read: (message: Reader) => T): Promise<T> {
    const at = 4 * this.#said++;
    const [how = 0, where = 0, bit = 0, status = 0] = this.#changes.subarray(at, at + 4);
    const said = at === 0 ? bytesOf((message) => message.int(0)) : await this.#records(how, status, at);
    if (how % 4 === 2) said[(where * said.length) >> 8] = (said[(where * said.length) >> 8] ?? 0) ^ (1 << (bit & 7));
    const message = new Reader(said);
    const value = read(message);
    if (message.remaining > 0) throw new ProtocolError('ERR_MESSAGE', 'a message is too long');
    return value;
  }

  async #records(how: number, status: number, at: number): Promise<Uint8Array> {
    const { established } = this.#engine;
    const last = new Reader(this.sent.at(-1) ?? assert.fail());
    last.int();
    const answer = established
      ? await this.#engine.seal(new Uint8Array(256))
      : await this.#engine.exchange(last.bytes(last.int()), true);
    const bytes = how % 4 === 3 ? this.#changes.subarray(at + 4) : answer;
    const right = this.#engine.established ? HOLDING : RECEIVING;
    return Uint8Array.from(
      bytesOf((m) =>
        m
          .int(how % 4 === 1 ? status - 1 : right)
          .int(bytes.length)
          .bytes(bytes),
      ),
    );
  }
}

export async function machineTargets(): Promise<readonly Target[]> {
  return [fsTarget(), records, await tlsTarget()];
}
