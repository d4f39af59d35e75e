/** Tests TLS in CEDAR messages with a scripted daemon: the order of messages, and all unexpected messages. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import { AuthenticationError, ConnectError, HTCondorError, ProtocolError } from '../../../src/errors.ts';
import { Secret } from '../../../src/runtime/secret.ts';
import { MethodRefused } from '../../../src/security/method.ts';
import { SslExchange } from '../../../src/security/methods/ssl-exchange.ts';
import type { TlsOptions } from '../../../src/security/methods/tls-tunnel.ts';
import { Reader } from '../../../src/wire/reader.ts';
import { Authority, type Identity } from '../../support/credentials/certificates.ts';
import { TlsEngine } from '../../support/embedded-pool/tls-engine.ts';
import { bytesOf, ScriptedChannel } from '../../support/scripted-channel.ts';

const HOST = 'ap.pool.test';
const [RECEIVING, QUITTING, HOLDING] = [2, 3, 4];
const NOTHING = new Uint8Array();

let authority: Authority;
let server: Identity;
let client: Identity;
before(async () => {
  authority = await Authority.create();
  server = await authority.issue({ subject: `CN=${HOST}`, hosts: [HOST] });
  client = await authority.issue({ subject: 'CN=alice' });
});

function exchange(options: Partial<TlsOptions> = {}): SslExchange {
  const tls: TlsOptions = {
    ...{ authorities: [authority.certificate], partialChain: false, serverName: HOST },
    certificate: { chain: client.certificate, key: new Secret(client.key), onUnverified: () => {} },
    ...options,
  };
  return new SslExchange({ method: 'SSL', label: 'alice', serverName: HOST, tls: async () => tls });
}

const hello = (status: number) => bytesOf((m) => m.int(status));
const records = (status: number, bytes: Uint8Array) => bytesOf((m) => m.int(status).int(bytes.length).bytes(bytes));

function read(message: Uint8Array | undefined): { status: number; bytes: Uint8Array } {
  const reader = new Reader(message ?? NOTHING);
  const status = reader.int();
  return { status, bytes: reader.bytes(reader.int()) };
}

/** Runs an exchange in which the daemon sends these messages. Returns the result, and the client's messages. */
async function run(script: readonly Uint8Array[], options?: Partial<TlsOptions>) {
  const channel = new ScriptedChannel(script);
  const running = exchange(options);
  const failure: unknown = await running
    .open(channel)
    .then(() => running.prove(channel))
    .then(
      () => undefined,
      (error: unknown) => error,
    )
    .finally(() => running.close());
  return { failure, sent: channel.sent };
}

describe('The TLS exchange', () => {
  test('starts with the hello and the first TLS records, before the daemon responds', async () => {
    const { sent, failure } = await run([]);
    assert.ok(failure instanceof ConnectError);
    assert.deepEqual(sent[0], hello(0));
    const { status, bytes } = read(sent[1]);
    assert.deepEqual([status, bytes[0]], [RECEIVING, 22], 'a handshake record');
    assert.equal(sent.length, 2);
  });

  for (const status of [-1, 1, 2, 3, 4, 99]) {
    test(`ends after a hello with status ${status}, and the peers are out of step`, async () => {
      const { failure, sent } = await run([hello(status)]);
      assert.ok(failure instanceof MethodRefused);
      assert.ok(failure.outOfStep);
      assert.equal(sent.length, 2, 'nothing more is sent');
    });
  }

  for (const status of [-1, 3, 5, 99]) {
    test(`ends without a message after status ${status}, and the peers remain in step`, async () => {
      const { failure, sent } = await run([hello(0), records(status, NOTHING)]);
      assert.ok(failure instanceof MethodRefused);
      assert.ok(!failure.outOfStep);
      assert.match(failure.message, /^the daemon aborted the TLS handshake$/);
      assert.equal(sent.length, 2);
    });
  }

  test('ends after malformed TLS, and notifies the daemon', async () => {
    const { failure, sent } = await run([hello(0), records(RECEIVING, Buffer.from('GET / HTTP/1.1\r\n\r\n'))]);
    assert.ok(failure instanceof MethodRefused);
    assert.match(failure.message, /^TLS failed: /);
    assert.equal(read(sent.at(-1)).status, QUITTING);
  });

  test('ends if the daemon sends the status HOLDING without any records', async () => {
    const { failure, sent } = await run([hello(0), records(HOLDING, NOTHING), records(HOLDING, NOTHING)]);
    assert.ok(failure instanceof MethodRefused);
    assert.match(failure.message, /^TLS failed: the daemon sent incomplete TLS records$/);
    assert.equal(read(sent.at(-1)).status, QUITTING);
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`authenticates the daemon with ${version}, and gives up if the daemon sends no key`, async () => {
      const { sent, failure } = await withEngine({
        version,
        lastWords: () => Array(20).fill(records(RECEIVING, NOTHING)),
      });
      assert.ok(failure instanceof ProtocolError, String(failure));
      assert.equal(failure.message, 'the daemon sent no session key');
      const answers = sent.slice(version === 'TLSv1.3' ? 3 : 3).map((each) => read(each));
      assert.ok(answers.length <= 8);
      for (const { status, bytes } of answers) assert.deepEqual([status, bytes.length], [RECEIVING, 0]);
    });

    test(`ends with ${version} if the daemon’s key is malformed TLS`, async () => {
      for (const status of [RECEIVING, HOLDING]) {
        const { failure, sent } = await withEngine({
          version,
          lastWords: () => [records(status, new Uint8Array(64).fill(23))],
        });
        assert.ok(failure instanceof MethodRefused, String(failure));
        assert.match(failure.message, /^TLS failed: /);
        assert.equal(read(sent.at(-1)).status, QUITTING);
      }
    });
  }
});

/** Runs a daemon that completes the TLS handshake and then sends these messages. */
async function withEngine({
  version,
  lastWords,
}: {
  version: 'TLSv1.2' | 'TLSv1.3';
  lastWords: (engine: TlsEngine) => readonly Uint8Array[];
}) {
  const engine = new TlsEngine({
    ...{ cert: server.certificate, key: server.key, ca: authority.certificate },
    ...{ minVersion: version, maxVersion: version },
  });
  const channel = new ScriptedChannel([hello(0)]);
  let said = 0;
  const talking = Object.assign(Object.create(channel) as ScriptedChannel, {
    send: channel.send.bind(channel),
    async receive<T>(readMessage: (message: Reader) => T): Promise<T> {
      said += 1;
      if (said === 1) return readMessage(new Reader(hello(0)));
      if (said > 3) return readMessage(new Reader(words[said - 4] ?? NOTHING));
      const { bytes } = read(channel.sent.at(-1));
      const answer = await engine.exchange(bytes, true);
      const message = records(engine.established ? HOLDING : RECEIVING, answer);
      if (engine.established) words.push(...lastWords(engine));
      return readMessage(new Reader(message));
    },
  });
  const words: Uint8Array[] = [];
  const running = exchange();
  const failure: unknown = await running
    .open(talking)
    .then(() => running.prove(talking))
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  running.close();
  engine.close();
  return { failure, sent: channel.sent };
}

describe('Any data that a daemon sends', () => {
  /**
   * Returns one flight from a real server. Messages that a test sends after this flight do not belong to the same
   * handshake.
   */
  async function serverFlight(): Promise<Uint8Array> {
    const engine = new TlsEngine({ cert: server.certificate, key: server.key });
    const channel = new ScriptedChannel([]);
    const running = exchange();
    await running.open(channel);
    const flight = await engine.exchange(read(channel.sent[1]).bytes, true);
    running.close();
    engine.close();
    return flight;
  }

  test('causes a typed error or a refusal, and is not trusted', async () => {
    const flight = await serverFlight();
    const status = fc.constantFrom(-1, 0, 1, 2, 3, 4, 5, 2 ** 40);
    const header = fc.tuple(
      fc.constantFrom(20, 21, 22, 23, 24, 255),
      fc.constantFrom(1, 3),
      fc.constantFrom(0, 1, 3, 4),
    );
    const record = fc
      .tuple(header, fc.uint8Array({ maxLength: 40 }), fc.boolean())
      .map(([head, body, whole]) => Uint8Array.of(...head, whole ? 0 : 1, body.length, ...body));
    const tls = fc.oneof(
      fc.constant(NOTHING),
      fc.uint8Array({ maxLength: 60 }),
      record,
      fc.tuple(fc.nat(flight.length), fc.uint8Array({ maxLength: 4 })).map(([at, noise]) => {
        const changed = Uint8Array.from(flight);
        changed.set(noise.subarray(0, flight.length - at), at);
        return changed;
      }),
      fc.nat(flight.length).map((length) => flight.subarray(0, length)),
    );
    const message = fc.oneof(
      { arbitrary: fc.tuple(status, tls).map(([each, bytes]) => records(each, bytes)), weight: 5 },
      { arbitrary: fc.uint8Array({ minLength: 1, maxLength: 40 }), weight: 1 },
    );
    const first = fc.oneof({ arbitrary: fc.constant(hello(0)), weight: 9 }, { arbitrary: message, weight: 1 });
    await fc.assert(
      fc.asyncProperty(first, fc.array(message, { maxLength: 5 }), async (begin, rest) => {
        const { failure } = await run([begin, ...rest]);
        assert.ok(failure instanceof HTCondorError || failure instanceof MethodRefused, String(failure));
        assert.ok(!(failure instanceof AuthenticationError) || failure.code === 'ERR_SERVER_UNPROVEN');
      }),
      { numRuns: 150 },
    );
  });
});

describe('A client certificate', () => {
  test('that OpenSSL rejects causes a refusal with the reason, and the peers remain in step', async () => {
    const broken: Partial<TlsOptions> = {
      // This key does not match the certificate.
      certificate: { chain: client.certificate, key: new Secret(server.key) },
    };
    const { failure, sent } = await run([hello(0)], broken);
    assert.ok(failure instanceof MethodRefused, String(failure));
    assert.ok(!failure.outOfStep);
    assert.match(failure.message, /TLS could not start: /);
    assert.deepEqual(sent, [hello(-1)]);
    assert.ok(!failure.message.includes(server.key.split('\n')[1] ?? '?'));
  });
});
