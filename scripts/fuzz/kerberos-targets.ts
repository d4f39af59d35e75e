/**
 * Fuzz targets for Kerberos: messages from KDCs and daemons, including encrypted parts, and the Kerberos files of a
 * host.
 */
import assert from 'node:assert/strict';
import { parseCredentialCache } from '../../src/kerberos/ccache.ts';
import { der } from '../../src/kerberos/der.ts';
import { encryptionType, type SessionKey } from '../../src/kerberos/encryption.ts';
import { KerberosError } from '../../src/kerberos/kerberos-error.ts';
import { keysOfKeytab, parseKeytab } from '../../src/kerberos/keytab.ts';
import { parseConfiguration } from '../../src/kerberos/krb5-conf.ts';
import { formatPrincipal, type Principal, parsePrincipal } from '../../src/kerberos/principal.ts';
import {
  isRefusal,
  openKdcReply,
  REPLY_USAGE,
  readKdcReply,
  readKeyInformation,
  verifyApplicationReply,
} from '../../src/kerberos/replies.ts';
import { authenticationRequest } from '../../src/kerberos/requests.ts';
import type { Ticket } from '../../src/kerberos/ticket.ts';
import { MethodRefused } from '../../src/security/method.ts';
import { kerberos } from '../../src/security/methods/kerberos.ts';
import { parseKdc } from '../../src/transport/kdc.ts';

import { grantingCacheBytes } from '../../test/support/credentials/cache-bytes.ts';

import { Kdc } from '../../test/support/credentials/kdc.ts';
import { keytabBytes } from '../../test/support/credentials/keytab-bytes.ts';
import { ScriptedChannel } from '../../test/support/scripted-channel.ts';

import { fixedHost } from './fixed-host.ts';
import { inputOf, messagesOf, rawInput, textInput, textOf } from './inputs.ts';
import type { Target } from './target.ts';

const host = fixedHost();
const key: SessionKey = { type: 17, bytes: new Uint8Array(16).fill(5) };
const [client, service] = ['alice@POOL.TEST', 'host/vm@POOL.TEST'].map((text) => parsePrincipal(text, undefined)) as [
  Principal,
  Principal,
];
const request = { client, service, nonce: 7, encryptionTypes: [17] };
const ticket: Ticket = { client, service, key, endTime: 2_000_000_000, encoded: der.application(1, der.structure({})) };
const allows = (error: unknown) => error instanceof KerberosError;

function sealed(usage: number, part: Uint8Array): Uint8Array {
  const cipher = encryptionType(key.type).encrypt(key.bytes, usage, part, new Uint8Array(16));
  return der.structure({ 0: der.integer(key.type), 2: der.octets(cipher) });
}

const replyPart = der.application(
  25,
  der.structure({
    0: der.structure({ 0: der.integer(17), 1: der.octets(key.bytes) }),
    1: der.list([]),
    ...{ 2: der.integer(7), 4: der.flags(0), 5: der.time(1), 7: der.time(2_000_000_000), 9: der.text('POOL.TEST') },
    10: der.structure({ 0: der.integer(3), 1: der.list([der.text('host'), der.text('vm')]) }),
  }),
);

const applicationPart = der.application(27, der.structure({ 0: der.time(1_795_427_200), 1: der.integer(0) }));

const targets = (kdcReplies: readonly Uint8Array[]): readonly Target[] => [
  {
    ...{ name: 'kdc-reply', reaches: 'kerberos/der, replies', weight: 20, allows },
    seeds: kdcReplies,
    run(input) {
      const reply = readKdcReply(input);
      if (isRefusal(reply)) return `refused, ${readKeyInformation(reply.data).length} types`;
      assert.ok(reply.encoded.length <= input.length);
      openKdcReply(reply, request, key, REPLY_USAGE.AS_REPLY, () => false);
      return assert.fail('a reply that no key has sealed');
    },
  },
  {
    ...{ name: 'kdc-reply-part', reaches: 'kerberos/der, replies', weight: 10, allows },
    seeds: [replyPart],
    run(input) {
      const whole = der.application(
        11,
        der.structure({
          ...{ 0: der.integer(5), 1: der.integer(11), 3: der.text('POOL.TEST') },
          ...{ 4: der.structure({ 0: der.integer(1), 1: der.list([der.text('alice')]) }), 5: ticket.encoded },
          6: sealed(REPLY_USAGE.AS_REPLY, input),
        }),
      );
      const reply = readKdcReply(whole);
      if (isRefusal(reply)) return assert.fail();
      const opened = openKdcReply(reply, request, key, REPLY_USAGE.AS_REPLY, () => false);
      assert.equal(formatPrincipal(opened.service), formatPrincipal(service));
      return 'a ticket';
    },
  },
  {
    ...{ name: 'kerberos-ap-reply', reaches: 'kerberos/der, replies', weight: 10, allows },
    seeds: [Buffer.concat([Uint8Array.of(1), applicationPart]), Buffer.concat([Uint8Array.of(0), applicationPart])],
    run(input) {
      const part = input.subarray(1);
      const structure = { 0: der.integer(5), 1: der.integer(15), 2: sealed(REPLY_USAGE.AP_REPLY, part) };
      const bytes = (input[0] ?? 0) === 1 ? der.application(15, der.structure(structure)) : part;
      verifyApplicationReply(bytes, ticket, { seconds: 1_795_427_200, microseconds: 0 });
      return 'proven';
    },
  },
  {
    ...{ name: 'kerberos', reaches: 'methods/kerberos', weight: 5 },
    seeds: [
      inputOf(
        rawInput((m) => m.int(3)),
        rawInput((m) => m.int(4).int(2).bytes(Uint8Array.of(0x6f, 0))),
        rawInput((m) => m.int(1)),
      ),
      rawInput((m) => m.int(0)),
    ],
    allows: (error) => error instanceof MethodRefused,
    async run(input) {
      const channel = new ScriptedChannel(messagesOf(input));
      const source = { label: 'cache', source: 'cache', objection: () => undefined, ticketFor: async () => ticket };
      const peer = { address: '127.0.0.1', port: 9618, sharedPortId: undefined, serverName: 'vm' };
      const used = kerberos([source], host).guessed(peer) ?? assert.fail();
      await used.open(channel);
      await used.finish(channel, { ...SERVER }, true);
      return assert.fail('a daemon that was not proven');
    },
  },
  {
    ...{ name: 'ccache', reaches: 'kerberos/ccache', weight: 20, allows },
    seeds: [grantingCacheBytes()],
    run(input) {
      const { client: owner, tickets } = parseCredentialCache(input);
      assert.ok(owner.components.length <= 16);
      return `${Math.min(tickets.length, 3)} tickets`;
    },
  },
  {
    ...{ name: 'keytab', reaches: 'kerberos/keytab', weight: 20, allows },
    seeds: [keytabBytes('alice', 'POOL.TEST', key)],
    run(input) {
      const entries = parseKeytab(input);
      return `${entries.length === 0 ? 'no' : keysOfKeytab(entries, client, 'keytab').types.join()} keys`;
    },
  },
  {
    ...{ name: 'krb5-conf', reaches: 'kerberos/krb5-conf, transport/kdc', weight: 20 },
    seeds: [
      textInput(
        '[libdefaults]\n default_realm = POOL.TEST\n[realms]\n POOL.TEST = {\n  kdc = kdc.pool.test:88\n }\n[domain_realm]\n .pool.test = POOL.TEST\ninclude b\nincludedir d\n',
      ),
    ],
    run(input) {
      const text = textOf(input);
      const found = parseConfiguration(['a', 'b'], { read: () => text, list: () => ['x', 'y.conf'] });
      const kdcs = found.kdcsOf('POOL.TEST').flatMap((each) => parseKdc(each) ?? []);
      return `${kdcs.length > 0 ? 'KDCs' : 'none'}, ${typeof found.realmOf('ap.pool.test')}`;
    },
  },
  {
    ...{ name: 'principal', reaches: 'kerberos/principal', weight: 5, allows },
    seeds: [textInput('alice/admin@POOL.TEST'), textInput('a\\@b@POOL.TEST')],
    run(input) {
      const found = parsePrincipal(textOf(input), 'POOL.TEST');
      assert.deepEqual(parsePrincipal(formatPrincipal(found), undefined), found);
      return `${Math.min(found.components.length, 3)} components`;
    },
  },
];

const SERVER = { methods: ['KERBEROS'], ecdhPublicKey: '', trustDomain: '', issuerKeys: [], remoteVersion: '' };

export async function kerberosTargets(): Promise<readonly Target[]> {
  const kdc = await Kdc.start({ principals: { alice: 'x', 'host/vm': 'y' }, type: 17 });
  try {
    const own = kdc.key('alice');
    const real = { ...host, now: () => new Date() };
    return targets([
      kdc.answer(authenticationRequest(request, own, real)),
      kdc.answer(authenticationRequest(request, undefined, real)),
    ]);
  } finally {
    kdc.close();
  }
}
