/**
 * Tests KERBEROS with the embedded pool and KDC: when the KDC is queried, what an impostor receives, and which failures
 * are transient.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ConnectError } from '../../../src/errors.ts';
import { MethodClients } from '../../support/clients/method-clients.ts';
import { apReply, Kdc, type KdcOptions } from '../../support/credentials/kdc.ts';
import { withPool } from '../../support/embedded-pool/with-pool.ts';
import { advised } from '../../support/errors/advice.ts';

let clients: MethodClients;
before(async () => {
  clients = await MethodClients.create();
});
after(() => clients?.close());

const SERVICE = 'host/ap.pool.test';

/** Calls `work` with a separate KDC and the environment variables that select it. */
async function withKdc(options: KdcOptions, work: (kdc: Kdc, env: Record<string, string>) => Promise<void>) {
  const kdc = await Kdc.start({ principals: { alice: 'correct horse', [SERVICE]: 'service' }, ...options });
  try {
    await work(kdc, { KRB5_CONFIG: clients.file(`krb5-${kdc.port}.conf`, kdc.configuration) });
  } finally {
    kdc.close();
  }
}

describe('KERBEROS', () => {
  test('requests a ticket before the daemon responds if it is the first choice', () =>
    withKdc({}, async (kdc, env) => {
      await withPool(clients.pool({ faults: { policy: 'close' } }), async (pool) => {
        const { fetched } = await clients.try(pool, clients.inputsFor('KERBEROS', pool), { env });
        assert.equal(fetched, undefined);
        assert.equal(kdc.answered, 1);
      });
    }));

  test('requests no ticket if another method succeeds first', () =>
    withKdc({}, async (kdc, env) => {
      await withPool(clients.pool(), async (pool) => {
        const { fetched } = await clients.try(pool, clients.several(['PASSWORD', 'KERBEROS'], pool), { env });
        assert.deepEqual([fetched?.authenticationMethod, kdc.answered], ['PASSWORD', 0]);
      });
    }));

  test('requests only one ticket for a collector and a schedd on the same host', () =>
    withKdc({}, async (kdc, env) => {
      const options = clients.pool({
        methods: ['KERBEROS'],
        kerberos: { key: kdc.key(SERVICE) },
        readNeedsSession: true,
      });
      await withPool(options, async (pool) => {
        const words = { ...clients.inputsFor('KERBEROS', pool), pool: pool.collector, name: 'ci@pool' };
        const { fetched, error } = await clients.try(pool, words, { env });
        assert.equal(fetched?.authenticationMethod, 'KERBEROS', String(error));
        assert.equal(kdc.answered, 1);
      });
    }));

  test('ends the run if the daemon does not have the key of the ticket', () =>
    withPool(
      clients.pool({
        methods: ['KERBEROS', 'PASSWORD'],
        faults: {
          'kerberos reply': () => {
            const key = { type: 18, bytes: new Uint8Array(32) };
            const client = { type: 1, components: ['alice'], realm: 'POOL.TEST' };
            const reply = apReply({ key, client, subkey: undefined, seconds: 0, microseconds: 0 });
            const length = Buffer.alloc(16);
            length.writeBigInt64BE(4n);
            length.writeBigInt64BE(BigInt(reply.length), 8);
            const body = Buffer.concat([length, reply]);
            const header = Buffer.alloc(5);
            header[0] = 1;
            header.writeUInt32BE(body.length, 1);
            return Buffer.concat([header, body]);
          },
        },
      }),
      async (pool) => {
        const { error } = await clients.try(pool, clients.several(['KERBEROS', 'PASSWORD'], pool));
        advised('the daemon does not have the key of its ticket')(error);
        assert.ok(!pool.log.some((line) => line.includes('client sent 512')), 'no other credential was sent');
      },
    ));

  test('reports an unresponsive KDC as a transient failure', () =>
    withKdc({ fault: () => 'close' }, async (_, env) => {
      await withPool(clients.pool(), async (pool) => {
        const { error } = await clients.try(pool, clients.inputsFor('KERBEROS', pool), { env });
        assert.ok(error instanceof ConnectError, String(error));
        assert.deepEqual([error.code, error.permanent], ['ERR_CONNECT', false]);
        assert.match(error.message, /the KDC of POOL.TEST at 127.0.0.1:\d+ did not respond/);
      });
    }));

  test('is followed by the next method if the KDC does not respond', () =>
    withKdc({ fault: () => 'close' }, async (_, env) => {
      await withPool(clients.pool(), async (pool) => {
        const { fetched, error } = await clients.try(pool, clients.several(['KERBEROS', 'PASSWORD'], pool), { env });
        assert.equal(fetched?.authenticationMethod, 'PASSWORD', String(error));
        assert.equal(pool.connections, 1);
      });
    }));
});
