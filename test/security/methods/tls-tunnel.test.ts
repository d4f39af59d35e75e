/** Tests TLS without a socket. The tunnel converts bytes and does not wait for data that cannot arrive. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, describe, test } from 'node:test';
import type { TlsOptions as ServerOptions } from 'node:tls';
import { Secret } from '../../../src/runtime/secret.ts';
import { TlsFailure, type TlsOptions, TlsTunnel } from '../../../src/security/methods/tls-tunnel.ts';
import { Authority, type Identity, selfSigned } from '../../support/credentials/certificates.ts';
import { TlsEngine } from '../../support/embedded-pool/tls-engine.ts';

const HOST = 'ap.pool.test';
let authority: Authority;
let server: Identity;
before(async () => {
  authority = await Authority.create();
  server = await authority.issue({ subject: `CN=${HOST}`, hosts: [HOST] });
});

interface Pair {
  readonly tunnel: TlsTunnel;
  readonly engine: TlsEngine;
}

/** Calls `work` with both sides after the server has sent this many flights. Always closes both sides. */
async function withPair(
  work: (pair: Pair) => Promise<void>,
  { options = {}, flights = 2, ...tls }: { options?: Partial<TlsOptions>; flights?: number } & ServerOptions = {},
): Promise<void> {
  const all: TlsOptions = {
    ...{ authorities: [authority.certificate], partialChain: false, certificate: undefined, serverName: HOST },
    ...options,
  };
  const tunnel = await TlsTunnel.start(all);
  const engine = new TlsEngine({ cert: server.certificate, key: server.key, ca: authority.certificate, ...tls });
  try {
    for (let flight = 0; flight < flights; flight++) {
      const answer = await engine.exchange(await tunnel.output(), true);
      tunnel.feed(answer);
    }
    if (flights === 2) await tunnel.handshake();
    await work({ tunnel, engine });
  } finally {
    tunnel.close();
    engine.close();
  }
}

describe('A TLS tunnel', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const tls = { minVersion: version, maxVersion: version };
    test(`is established with ${version} after two flights, and transfers data in both directions`, () =>
      withPair(async ({ tunnel, engine }) => {
        assert.ok(tunnel.established && engine.established);
        assert.equal(tunnel.distrust(HOST), undefined);
        await engine.exchange(await tunnel.write(Buffer.from('to the server')), false);
        assert.equal(engine.take().toString(), 'to the server');
        tunnel.feed(await engine.seal(Buffer.from('to the client')));
        assert.equal(Buffer.from(await tunnel.read(13)).toString(), 'to the client');
      }, tls));

    test(`returns the requested bytes with ${version}, and keeps the rest`, () =>
      withPair(async ({ tunnel, engine }) => {
        const bytes = randomBytes(40_000);
        tunnel.feed(await engine.seal(bytes));
        for (const [from, to] of [
          [0, 1],
          [1, 1],
          [1, 20_000],
          [20_000, 40_000],
        ] as const)
          assert.deepEqual(Buffer.from(await tunnel.read(to - from)), bytes.subarray(from, to));
        await assert.rejects(tunnel.read(1), TlsFailure);
      }, tls));

    test(`accepts records byte by byte with ${version}`, () =>
      withPair(async ({ tunnel, engine }) => {
        for (const byte of await engine.seal(Buffer.from('slowly'))) tunnel.feed(Uint8Array.of(byte));
        assert.equal(Buffer.from(await tunnel.read(6)).toString(), 'slowly');
      }, tls));
  }

  test('sends its certificate if it has one', async () => {
    const alice = await authority.issue({ subject: 'CN=alice, O=Test' });
    const certificate = { chain: alice.certificate, key: new Secret(alice.key) };
    await withPair(
      async ({ engine }) => {
        assert.deepEqual(engine.peer, { subject: '/CN=alice/O=Test', trusted: true });
      },
      { options: { certificate } },
    );
    await withPair(async ({ engine }) => assert.equal(engine.peer, undefined));
  });

  test('is established with an untrusted server, and reports that it is untrusted', async () => {
    const own = await selfSigned({ subject: `CN=${HOST}`, hosts: [HOST] });
    await withPair(
      async ({ tunnel }) => {
        assert.ok(tunnel.established);
        assert.match(tunnel.distrust(HOST)?.reason ?? '', /not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT/);
      },
      { cert: own.certificate, key: own.key },
    );
  });

  test('is established with a server whose certificate has no name, and reports the missing name', async () => {
    const nameless = await selfSigned({ subject: '' });
    const tls = { cert: nameless.certificate, key: nameless.key };
    await withPair(
      async ({ tunnel }) => assert.match(tunnel.distrust(HOST)?.reason ?? '', /; issued by an empty name\)$/),
      tls,
    );
    await withPair(
      async ({ tunnel }) =>
        assert.match(tunnel.distrust(HOST)?.reason ?? '', /^its certificate is for no name, not for/),
      { ...tls, options: { authorities: [nameless.certificate], partialChain: true } },
    );
  });

  test('trusts a partial chain if the caller requests it', async () => {
    const own = await selfSigned({ subject: `CN=${HOST}`, hosts: [HOST] });
    for (const [authorities, trusted] of [
      [[own.certificate], true],
      [[(await selfSigned({ subject: `CN=${HOST}`, hosts: [HOST] })).certificate], false],
      [[], false],
    ] as const) {
      await withPair(async ({ tunnel }) => assert.equal(tunnel.distrust(HOST) === undefined, trusted), {
        ...{ cert: own.certificate, key: own.key },
        options: { authorities, partialChain: true },
      });
    }
  });

  test('is not trusted before it is established', () =>
    withPair(async ({ tunnel }) => assert.equal(tunnel.distrust(HOST)?.reason, 'it has no certificate'), {
      flights: 0,
    }));
});

describe('Missing input', () => {
  test('does not block a handshake', () =>
    withPair(
      async ({ tunnel }) => {
        await tunnel.output();
        await assert.rejects(tunnel.handshake(), /^Error: the daemon sent incomplete TLS records$/);
        await assert.rejects(tunnel.output(), TlsFailure);
      },
      { flights: 0 },
    ));

  test('does not block after half a record or a closed TLS connection', () =>
    withPair(async ({ tunnel, engine }) => {
      const sealed = await engine.seal(Buffer.from('hello'));
      tunnel.feed(sealed.subarray(0, -1));
      await assert.rejects(tunnel.read(5), TlsFailure);
      tunnel.feed(sealed.subarray(-1));
      assert.equal(Buffer.from(await tunnel.read(5)).toString(), 'hello', 'it may still arrive');
      tunnel.feed(new Uint8Array());
      await assert.rejects(tunnel.read(1), TlsFailure);
    }));

  test('causes a failure, with the alert to send, if TLS has failed', () =>
    withPair(async ({ tunnel, engine }) => {
      const sealed = Uint8Array.from(await engine.seal(Buffer.from('hello')));
      sealed[sealed.length - 1] = (sealed[sealed.length - 1] ?? 0) ^ 1;
      tunnel.feed(sealed);
      await assert.rejects(tunnel.read(5), /^Error: a TLS record was damaged in transit$/);
      assert.deepEqual(await tunnel.failure(), { reason: 'a TLS record was damaged in transit', alert: undefined });
      assert.ok(tunnel.pending().length > 0);
      await assert.rejects(tunnel.output(), TlsFailure);
    }));

  test('causes a failure after which the alert still has to be sent', () =>
    withPair(
      async ({ tunnel }) => {
        await tunnel.output();
        tunnel.feed(Uint8Array.of(0x16, 3, 3, 0, 4, 99, 0, 0, 0)); // an invalid message
        await assert.rejects(tunnel.output(), TlsFailure);
        assert.equal(tunnel.pending()[0], 0x15, 'an alert');
      },
      { flights: 0 },
    ));

  test('is not a failure by itself', () =>
    withPair(async ({ tunnel }) => assert.equal(await tunnel.failure(), undefined)));
});

describe('A certificate that OpenSSL rejects', () => {
  test('causes a failure before anything is sent, without quoting the key', async () => {
    const alice = await authority.issue({ subject: 'CN=alice' });
    for (const key of [server.key, 'no key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n']) {
      const certificate = { chain: alice.certificate, key: new Secret(key) };
      const options = { authorities: [], partialChain: false, certificate, serverName: undefined };
      await assert.rejects(TlsTunnel.start(options), (error: unknown) => {
        assert.ok(error instanceof TlsFailure, String(error));
        assert.ok(!error.message.includes(key.split('\n')[1] ?? key));
        return true;
      });
    }
  });

  test('is skipped if it is a CA certificate', () =>
    withPair(async ({ tunnel }) => assert.equal(tunnel.distrust(HOST), undefined), {
      options: { authorities: ['no certificate', '', authority.certificate] },
    }));
});
