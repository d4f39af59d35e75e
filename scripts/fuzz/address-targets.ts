/** Fuzz targets for addresses in a collector's ads, and for addresses nested in other addresses. */
import assert from 'node:assert/strict';
import { ccbContacts, inPrivateNetwork, isBehindCcb } from '../../src/transport/ccb-contact.ts';
import {
  endpoints,
  formatSinful,
  hostNameOf,
  parseAddress,
  parseSinful,
  type Sinful,
  sharedPortId,
  throughEndpoint,
} from '../../src/transport/sinful.ts';
import { textInput, textOf } from './inputs.ts';
import { assertHarmless, type Target } from './target.ts';

const ADDRESSES: readonly string[] = [
  '<127.0.0.1:9618>',
  '<127.0.0.1:9618?addrs=127.0.0.1-9618+[--1]-9618&alias=vm&noUDP&sock=schedd_39_5448>',
  '<[fe80::1]:9618?PrivNet=a&PrivAddr=%3c10.0.0.1:9618%3fsock%3dx%3e>',
  '<1.2.3.4:1?CCBID=5.6.7.8:9618%3faddrs%3d5.6.7.8-9618#17%209.9.9.9:1#1#2#3>',
  'cm.pool.test',
  '::1',
];

/** Asserts the invariants of a parsed address. */
function check(address: Sinful): string {
  const again = parseSinful(formatSinful(address));
  assert.deepEqual(again, address, 'written and read, it is another');
  const all = endpoints(address);
  assert.ok(all.length > 0);
  for (const { host, port } of [address, ...all]) {
    assert.ok(port >= 1 && port <= 65_535);
    assert.match(host, /^[\w.:%-]+$/);
  }
  assert.match(sharedPortId(address) ?? 'none', /^[\w.-]+$/);
  hostNameOf(address);
  throughEndpoint(address, { host: 'a', port: 1 });
  for (const { broker, ids } of ccbContacts(address)) {
    assert.ok(ids.length > 0 && ids.length < 10);
    for (const id of ids) assert.match(id, /^\d+$/);
    assert.ok(!isBehindCcb(broker), 'a broker behind a broker would never end');
  }
  const name = address.params.get('PrivNet');
  const inside = inPrivateNetwork(address, name);
  formatSinful(inside);
  return [all.length > 1, isBehindCcb(address), inside !== address, address.params.size > 0].map(Number).join('');
}

const sinful: Target = {
  ...{ name: 'sinful', reaches: 'transport/sinful', weight: 20 },
  seeds: ADDRESSES.map(textInput),
  run(input) {
    const text = textOf(input);
    const found = [parseAddress(text), parseAddress(text, 9618), parseSinful(text)];
    return found.map((each) => (each === undefined ? 'none' : check(each))).join(' ');
  },
};

/** The lines of the input are the unescaped values of the parameters CCBID, PrivAddr and addrs. */
const ccbContact: Target = {
  ...{ name: 'ccb-contact', reaches: 'transport/ccb-contact', weight: 20 },
  seeds: [
    textInput('5.6.7.8:9618?addrs=5.6.7.8-9618#17 9.9.9.9:1#1#2#3\n<10.0.0.1:9618?sock=x>'),
    textInput('<5.6.7.8:9618?CCBID=1.1.1.1:1%231>#1\n10.0.0.1:9618?alias=b'),
    textInput('a:1#1 b:2#2 c:3#3 d:4#4 e:5#5 f:6#6 g:7#7 h:8#8 i:9#9'),
  ],
  run(input) {
    const [id = '', privateAddress = ''] = textOf(input).split('\n');
    const params = new Map(Object.entries({ CCBID: id, PrivNet: 'n', PrivAddr: privateAddress, alias: 'vm' }));
    const address = { host: '127.0.0.1', port: 9618, params };
    const contacts = ccbContacts(address);
    assert.ok(contacts.length <= 8);
    for (const { broker, ids } of contacts) {
      assert.ok(!isBehindCcb(broker));
      assertHarmless(ids.join('#'));
      assert.notEqual(parseSinful(formatSinful(broker)), undefined);
    }
    const inside = inPrivateNetwork(address, 'n');
    return `${contacts.length} contacts, ${inside === address ? 'no' : 'another'} address inside`;
  },
};

export const addressTargets: readonly Target[] = [sinful, ccbContact];
