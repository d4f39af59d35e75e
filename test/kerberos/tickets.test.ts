/** Tests the exchanges with a KDC: which key is used, which replies are accepted, and which are rejected. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { der } from '../../src/kerberos/der.ts';
import { ENCRYPTION_TYPES } from '../../src/kerberos/encryption.ts';
import { KdcError, KerberosError } from '../../src/kerberos/kerberos-error.ts';
import { keysOfKeytab, parseKeytab } from '../../src/kerberos/keytab.ts';
import { keysOfPassword } from '../../src/kerberos/password.ts';
import { formatPrincipal, NT_SRV_HST, parsePrincipal, ticketGranting } from '../../src/kerberos/principal.ts';
import { readKdcReply, verifyApplicationReply } from '../../src/kerberos/replies.ts';
import { applicationRequest } from '../../src/kerberos/requests.ts';
import { type Kdcs, requestInitialTicket, requestServiceTicket } from '../../src/kerberos/tickets.ts';
import { apReply, Kdc, type KdcOptions, readApRequest } from '../support/credentials/kdc.ts';

const SERVICE = 'host/ap.pool.test';
const service = { type: NT_SRV_HST, components: ['host', 'ap.pool.test'], realm: 'POOL.TEST' };
const client = parsePrincipal('alice', 'POOL.TEST');

interface Realm {
  readonly kdc: Kdc;
  readonly kdcs: Kdcs;
  /** Requests that the KDC received, in order. */
  readonly asked: Uint8Array[];
}

interface Options extends KdcOptions {
  /** Changes a reply of the KDC. */
  readonly alter?: (reply: Uint8Array) => Uint8Array;
}

async function withKdc(options: Options, work: (realm: Realm) => Promise<void>, shift = 0): Promise<void> {
  const kdc = await Kdc.start({ principals: { alice: 'secret', [SERVICE]: 'service' }, ...options });
  const asked: Uint8Array[] = [];
  const kdcs: Kdcs = {
    now: () => new Date(Date.now() + shift * 1000),
    randomBytes: (length) => randomBytes(length),
    async ask(_, request) {
      const reply = kdc.answer(request);
      asked.push(request);
      return options.alter?.(reply) ?? reply;
    },
  };
  try {
    await work({ kdc, kdcs, asked });
  } finally {
    kdc.close();
  }
}

const keytab = (kdc: Kdc) => keysOfKeytab(parseKeytab(kdc.keytab('alice')), client, 'keytab');
const password = (text = 'secret') => keysOfPassword(() => text, client, 'password');

describe('A ticket that is requested with the client’s key', () => {
  for (const type of ENCRYPTION_TYPES) {
    test(`takes one request with a keytab of type ${type}, and the service accepts it`, () =>
      withKdc({ type }, async ({ kdc, kdcs, asked }) => {
        const ticket = await requestInitialTicket(client, service, keytab(kdc), kdcs);
        assert.deepEqual([asked.length, formatPrincipal(ticket.service)], [1, `${SERVICE}@POOL.TEST`]);
        const sent = applicationRequest(ticket, kdcs);
        const received = readApRequest(sent.message, kdc.key(SERVICE), 11);
        assert.equal(formatPrincipal(received.client), 'alice@POOL.TEST');
        verifyApplicationReply(apReply(received), ticket, sent);
        const other = { ...received, microseconds: received.microseconds + 1 };
        assert.throws(() => verifyApplicationReply(apReply(other), ticket, sent), /a different time/);
        const foreign = { ...received, key: { ...received.key, bytes: received.key.bytes.map((byte) => byte ^ 1) } };
        assert.throws(() => verifyApplicationReply(apReply(foreign), ticket, sent), /different key/);
      }));
  }

  test('takes two requests with a password, because the KDC returns the salt and the iterations', () =>
    withKdc({}, async ({ kdcs, asked }) => {
      await requestInitialTicket(client, service, password(), kdcs);
      assert.equal(asked.length, 2);
    }));

  test('has a fresh authenticator for each use', () =>
    withKdc({}, async ({ kdc, kdcs }) => {
      const ticket = await requestInitialTicket(client, service, keytab(kdc), kdcs);
      assert.notDeepEqual(applicationRequest(ticket, kdcs).message, applicationRequest(ticket, kdcs).message);
    }));

  const refusals: readonly [string, KdcOptions, RegExp][] = [
    ['a wrong password', { principals: { alice: 'other', [SERVICE]: 'x' } }, /rejected the key of alice@POOL.TEST/],
    ['an unknown client', { principals: { [SERVICE]: 'x' } }, /does not know the client alice@POOL.TEST/],
    [
      'an unknown service',
      { principals: { alice: 'secret' } },
      /does not know the service host\/ap.pool.test@POOL.TEST/,
    ],
    [
      'a revoked client',
      { refuse: () => 18 },
      /reports that the client alice@POOL.TEST is locked, disabled or expired/,
    ],
    ['an expired password', { refuse: () => 23 }, /requires a new password for alice@POOL.TEST/],
    ['an encryption type', { refuse: () => 14 }, /supports none of the encryption types/],
    [
      'the request with another error code',
      { refuse: () => 60 },
      /refused host\/ap.pool.test@POOL.TEST to alice@POOL.TEST with error 60/,
    ],
    ['every request', { refuse: () => 25 }, /with error 25/],
  ];
  for (const [what, options, text] of refusals) {
    test(`is unavailable, with the reason, if the KDC rejects ${what}`, () =>
      withKdc(options, async ({ kdcs, asked }) => {
        await assert.rejects(requestInitialTicket(client, service, password(), kdcs), (error: KdcError) => {
          assert.ok(error instanceof KdcError);
          assert.match(error.message, text);
          return true;
        });
        assert.ok(asked.length <= 3);
      }));
  }

  test('is unavailable if the clocks differ, and the error has both times', () =>
    withKdc(
      {},
      async ({ kdc, kdcs }) =>
        assert.rejects(
          requestInitialTicket(client, service, keytab(kdc), kdcs),
          /rejects the clock of this host, which shows \d{4}-\S+Z; the clock of the KDC shows \d{4}-\S+Z/,
        ),
      3600,
    ));

  const answers: readonly [string, (reply: Uint8Array) => Uint8Array, RegExp][] = [
    ['has a modified last byte', (reply) => flip(reply, reply.length - 1), /different key or was modified/],
    ['is truncated', (reply) => reply.subarray(0, -1), /an element exceeds its container/],
    ['is empty', () => new Uint8Array(), /element 0x6b is missing/],
    ['is not a Kerberos message', () => Buffer.from('HTTP/1.1 400'), /element 0x6b is missing/],
  ];
  for (const [what, alter, text] of answers) {
    test(`is not accepted from a reply that ${what}`, () =>
      withKdc({ alter }, async ({ kdc, kdcs }) => {
        await assert.rejects(requestInitialTicket(client, service, keytab(kdc), kdcs), (error: Error) => {
          assert.ok(error instanceof KerberosError);
          assert.match(error.message, text);
          return true;
        });
      }));
  }

  test('is not accepted from the reply to another request', () =>
    withKdc({}, async ({ kdc, kdcs }) => {
      let first: Uint8Array | undefined;
      const replaying: Kdcs = {
        ...kdcs,
        async ask(realm, request) {
          first ??= await kdcs.ask(realm, request);
          return first;
        },
      };
      await requestInitialTicket(client, service, keytab(kdc), replaying);
      await assert.rejects(
        requestInitialTicket(client, service, keytab(kdc), replaying),
        /replied to a different request/,
      );
    }));

  for (const [count, text] of [
    [1, 'few'],
    [50_000_000, 'many'],
  ] as const)
    test(`is not requested with too ${text} iterations`, () =>
      withKdc({}, async ({ kdcs }) => {
        const parameters = Buffer.alloc(4);
        parameters.writeUInt32BE(count);
        const altering: Kdcs = {
          ...kdcs,
          async ask(realm, request) {
            const reply = Buffer.from(await kdcs.ask(realm, request));
            const at = reply.indexOf(Buffer.from(der.octets(Uint8Array.of(0, 0, 16, 0))));
            if (at !== -1) reply.set(parameters, at + 2);
            return reply;
          },
        };
        await assert.rejects(
          requestInitialTicket(client, service, password(), altering),
          new RegExp(`requires ${count} iterations`),
        );
      }));
});

describe('A ticket that is requested with a ticket-granting ticket', () => {
  const granting = (realm: Realm) =>
    requestInitialTicket(client, ticketGranting('POOL.TEST'), keytab(realm.kdc), realm.kdcs);

  test('takes one request', () =>
    withKdc({}, async (realm) => {
      const name = { components: service.components, realm: undefined };
      const ticket = await requestServiceTicket(await granting(realm), name, realm.kdcs);
      assert.deepEqual([realm.asked.length, formatPrincipal(ticket.service)], [2, `${SERVICE}@POOL.TEST`]);
    }));

  test('is unavailable after five referrals', () =>
    withKdc({ refers: ticketGranting('POOL.TEST') }, async (realm) => {
      const name = { components: service.components, realm: undefined };
      const grant = await granting(realm);
      await assert.rejects(requestServiceTicket(grant, name, realm.kdcs), /returned more than 5 referrals/);
      assert.equal(realm.asked.length, 1 + 6);
    }));

  test('is not accepted from a KDC that refers to a ticket of a realm other than its own', () =>
    withKdc({ refers: ticketGranting('POOL.TEST', 'ELSEWHERE.TEST') }, async (realm) => {
      const name = { components: service.components, realm: undefined };
      const grant = await granting(realm);
      await assert.rejects(requestServiceTicket(grant, name, realm.kdcs), /a ticket for a different service/);
    }));

  test('is not requested with a service ticket, which cannot be used for such a request', () =>
    withKdc({}, async ({ kdc, kdcs }) => {
      const ticket = await requestInitialTicket(client, service, keytab(kdc), kdcs);
      await assert.rejects(
        requestServiceTicket(ticket, { components: service.components, realm: undefined }, kdcs),
        /is not a ticket-granting service/,
      );
    }));
});

test('a KDC reply with a malformed ticket is rejected before anything is decrypted', () => {
  const bare = der.application(11, der.structure({ 0: der.integer(5), 1: der.integer(11), 3: der.text('R') }));
  assert.throws(() => readKdcReply(bare), KerberosError);
});

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}
