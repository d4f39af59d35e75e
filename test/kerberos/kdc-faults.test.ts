/**
 * Injects each fault into each message from a KDC. In each case, the fetch fails with one expected error, writes no
 * token, and prints no secret.
 */
import assert from 'node:assert/strict';
import { setServers } from 'node:dns';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { HTCondorError } from '../../src/errors.ts';
import { ticketGranting } from '../../src/kerberos/principal.ts';
import { MethodClients, type Words } from '../support/clients/method-clients.ts';
import { cacheBytes } from '../support/credentials/cache-bytes.ts';
import { framedMessage, Kdc, type KdcFault, type KdcOptions } from '../support/credentials/kdc.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { assertHidden } from '../support/faults/broken-messages.ts';
import { DnsServer } from '../support/network/dns-server.ts';
import { deadPort } from '../support/network/listen.ts';
import { deadlineFor } from '../support/slowness.ts';

const SERVICE = 'host/ap.pool.test';
const PASSWORD = 'correct horse';
const LENGTH_SIZE = 4;

let clients: MethodClients;
before(async () => {
  clients = await MethodClients.create();
});
after(() => clients?.close());

/** Calls `work` with a new KDC. */
async function withKdc(options: KdcOptions, work: (kdc: Kdc) => Promise<void>) {
  const kdc = await Kdc.start({ principals: { alice: PASSWORD, [SERVICE]: 'service' }, ...options });
  try {
    await work(kdc);
  } finally {
    kdc.close();
  }
}

const common = { 'authentication-methods': 'KERBEROS', 'server-name': 'ap.pool.test' };
const byKeytab = (kdc: Kdc): Words => ({
  ...{ ...common, 'kerberos-keytab': Buffer.from(kdc.keytab('alice')).toString('base64') },
});
const byPassword = (): Words => ({ ...common, 'kerberos-principal': 'alice', 'kerberos-password': PASSWORD });
async function byCache(kdc: Kdc): Promise<Words> {
  const granting = await kdc.ticket('alice', `krbtgt/${kdc.realm}`);
  return { ...common, 'kerberos-cache': clients.file(`cache-${kdc.port}`, cacheBytes(granting)) };
}

/**
 * Messages from the KDC, each with the credential that makes the client request it and with its number among the KDC's
 * replies.
 */
const MESSAGES: Readonly<
  Record<string, { words: (kdc: Kdc) => Words | Promise<Words>; count: number; options?: KdcOptions }>
> = {
  'the AS-REP': { words: byKeytab, count: 1 },
  'the KRB-ERROR that names the salt': { words: byPassword, count: 1 },
  'the AS-REP after it': { words: byPassword, count: 2 },
  'the TGS-REP': { words: byCache, count: 1 },
  'a referral': { words: byCache, count: 1, options: { refers: ticketGranting('POOL.TEST') } },
};

const changed = (reply: Buffer, at: number, bits = 1) => {
  const copy = Buffer.from(reply);
  copy.writeUInt8(copy.readUInt8(at) ^ bits, at);
  return copy;
};
const body = (reply: Buffer) => reply.subarray(LENGTH_SIZE);
let earlier: Buffer | undefined;

/**
 * The error code for each fault, without the prefix ERR_. A malformed reply does not cause a retry; it only makes the
 * authentication method fail.
 */
const FAULTS: Readonly<Record<string, readonly [code: string, fault: (reply: Buffer) => KdcFault]>> = {
  'closes the connection': ['CONNECT', () => 'close'],
  'resets the connection': ['CONNECT', () => 'reset'],
  'sends nothing': ['TIMEOUT', () => 'silence'],
  'sends all but the last byte': ['TIMEOUT', (reply) => reply.subarray(0, -1)],
  'sends half of the length': ['TIMEOUT', (reply) => reply.subarray(0, 2)],
  'announces 4 GiB': ['CONNECT', () => Uint8Array.of(255, 255, 255, 255)],
  'sends an HTTP response': ['CONNECT', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  'sends an empty message': ['METHODS_EXHAUSTED', () => new Uint8Array(LENGTH_SIZE)],
  'sends a message one byte too short': ['METHODS_EXHAUSTED', (reply) => framedMessage(body(reply).subarray(0, -1))],
  'sends half of the message': [
    'METHODS_EXHAUSTED',
    (reply) => framedMessage(body(reply).subarray(0, body(reply).length >> 1)),
  ],
  'sends a message of one byte': ['METHODS_EXHAUSTED', () => framedMessage(Uint8Array.of(7))],
  'sends a message of ones': ['METHODS_EXHAUSTED', (reply) => framedMessage(body(reply).map(() => 255))],
  'sends a message of zeros': ['METHODS_EXHAUSTED', (reply) => framedMessage(body(reply).map(() => 0))],
  'changes a bit of the type': ['METHODS_EXHAUSTED', (reply) => changed(reply, LENGTH_SIZE)],
  'changes the last bit': ['METHODS_EXHAUSTED', (reply) => changed(reply, reply.length - 1)],
  'sends a reply to another request': ['METHODS_EXHAUSTED', (reply) => earlier ?? reply],
};

for (const [message, { words, count, options }] of Object.entries(MESSAGES)) {
  describe(`If the KDC, in place of ${message},`, { concurrency: 8 }, () => {
    before(async () => {
      // This fetch either succeeds or follows endless referrals. It records a reply, which the tests later send in
      // response to another request.
      const keeping = (reply: Buffer, at: number) => {
        if (at === count) earlier = Buffer.from(reply);
        return reply;
      };
      await withKdc({ ...options, fault: keeping }, async (kdc) => {
        await withPool(clients.pool({ kerberos: { key: kdc.key(SERVICE) } }), async (pool) => {
          const env = { KRB5_CONFIG: clients.file(`krb5-${kdc.port}.conf`, kdc.configuration) };
          const { fetched } = await clients.try(pool, await words(kdc), { env });
          assert.equal(fetched?.token.subject, options?.refers === undefined ? 'alice@pool.test' : undefined);
        });
      });
    });
    for (const [what, [code, fault]] of Object.entries(FAULTS)) {
      // The earlier reply names the same salt as the correct reply.
      if (message.startsWith('the KRB-ERROR') && what.includes('another request')) continue;
      test(`${what}, the fetch fails with ERR_${code}`, () =>
        withKdc({ ...options, fault: (reply, at) => (at === count ? fault(reply) : reply) }, async (kdc) => {
          await withPool(clients.pool({ kerberos: { key: kdc.key(SERVICE) } }), async (pool) => {
            const file = join(clients.folder, `token-${pool.port}`);
            const all = { ...(await words(kdc)), file };
            const env = { KRB5_CONFIG: clients.file(`krb5-${kdc.port}.conf`, kdc.configuration) };
            const { error, log } = await clients.try(pool, all, { env, timeoutMs: deadlineFor(code) });
            assert.ok(error instanceof HTCondorError, String(error));
            assert.equal(error.code, `ERR_${code}`, error.stack);
            assert.ok(!existsSync(file), 'nothing is written');
            assertHidden(clients.secrets(all), error, ...log);
          });
        }));
    }
  });
}

test('a byte after a message of the KDC is ignored', () =>
  withKdc({ fault: (reply) => framedMessage(Buffer.concat([body(reply), Uint8Array.of(0)])) }, async (kdc) => {
    await withPool(clients.pool({ kerberos: { key: kdc.key(SERVICE) } }), async (pool) => {
      const env = { KRB5_CONFIG: clients.file('krb5-long.conf', kdc.configuration) };
      const { fetched, error } = await clients.try(pool, byPassword(), { env });
      assert.equal(fetched?.authenticationMethod, 'KERBEROS', String(error));
    });
  }));

test('a fetch finds the KDCs of a realm in DNS, and skips those that do not respond', () =>
  withKdc({}, async (kdc) => {
    const dead = { port: await deadPort(), target: 'localhost' };
    const alive = { priority: 1, port: kdc.port, target: 'localhost' };
    const dns = await DnsServer.start(() => [alive, dead]);
    setServers([dns.address]);
    try {
      await withPool(clients.pool({ kerberos: { key: kdc.key(SERVICE) } }), async (pool) => {
        const env = { KRB5_CONFIG: clients.file('dns.conf', '[libdefaults]\n default_realm = POOL.TEST\n') };
        const { fetched, error } = await clients.try(pool, byKeytab(kdc), { env });
        assert.equal(fetched?.authenticationMethod, 'KERBEROS', String(error));
        assert.deepEqual(dns.asked, ['_kerberos._tcp.pool.test']);
      });
    } finally {
      dns.close();
    }
  }));
