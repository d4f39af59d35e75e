/** Tests addresses of daemons behind CCB: the brokers that an address contains, and daemons that need no broker. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ccbContacts, inPrivateNetwork, isBehindCcb } from '../../src/transport/ccb-contact.ts';
import { formatSinful, parseSinful, type Sinful } from '../../src/transport/sinful.ts';

const sinful = (text: string): Sinful => parseSinful(text) ?? assert.fail(text);

function contactsOf(ccbid: string): readonly string[] {
  return ccbContacts(sinful(`<192.0.2.1:9?CCBID=${encodeURIComponent(ccbid)}>`)).map(
    ({ broker, ids }) => `${formatSinful(broker)} ${ids.join(' ')}`,
  );
}

describe('The contacts of a daemon behind CCB', () => {
  const cases: readonly [string, readonly string[]][] = [
    ['192.0.2.7:9618#42', ['<192.0.2.7:9618> 42']],
    ['192.0.2.7:9618?sock=collector#42', ['<192.0.2.7:9618?sock=collector> 42']],
    [
      '[fd00::7]:9618?addrs=[fd00--7]-9618&alias=cm.example.org&noUDP&sock=collector#1',
      ['<[fd00::7]:9618?addrs=[fd00--7]-9618&alias=cm.example.org&noUDP&sock=collector> 1'],
    ],
    ['192.0.2.7:9618#1 192.0.2.8:9618#2', ['<192.0.2.7:9618> 1', '<192.0.2.8:9618> 2']],
    ['  192.0.2.7:9618#1   192.0.2.8:9618#2 ', ['<192.0.2.7:9618> 1', '<192.0.2.8:9618> 2']],
    ['192.0.2.7:9618#42#17', ['<192.0.2.7:9618> 42 17']],
    ['192.0.2.7:9618#1#2#3#4#5#6#7#8#9', ['<192.0.2.7:9618> 1 2 3 4 5 6 7 8 9']],
    ['192.0.2.7:9618?CCBID=192.0.2.8:1%231&sock=x#2', ['<192.0.2.7:9618?sock=x> 2']],
    ['nonsense 192.0.2.8:9618#2', ['<192.0.2.8:9618> 2']],
    [Array.from({ length: 100 }, (_, i) => `192.0.2.8:9618#${i}`).join(' '), Array(8).fill('x')],
  ];
  for (const [ccbid, expected] of cases) {
    test(`are ${expected.length} in ${ccbid.slice(0, 60)}`, () => {
      const found = contactsOf(ccbid);
      assert.equal(found.length, expected.length);
      if (expected[0] !== 'x') assert.deepEqual(found, expected);
    });
  }

  const none = [
    '192.0.2.7:9618',
    '192.0.2.7:9618#',
    '192.0.2.7:9618#x',
    '192.0.2.7:9618#-1',
    '192.0.2.7:9618#1#',
    '192.0.2.7:9618##1',
    '192.0.2.7#1',
    '#1',
    '<192.0.2.7:9618#1>',
    '192.0.2.7:9618?sock=../x#1',
    '192.0.2.7:9618#1"',
    `192.0.2.7:9618#${'9'.repeat(21)}`,
    `192.0.2.7:9618${'#1'.repeat(10)}`,
  ];
  for (const ccbid of none) test(`${ccbid} are none`, () => assert.deepEqual(contactsOf(ccbid), []));

  test('are parsed in the format that HTCondor writes', () => {
    const address = sinful(
      '<127.0.0.9:8245?CCBID=127.0.0.1:12901%3faddrs%3d127.0.0.1-12901%26alias%3dvm%26noUDP%26sock%3dcollector#1' +
        '&PrivNet=vm&addrs=127.0.0.9-8245&alias=vm&noUDP>',
    );
    assert.ok(isBehindCcb(address));
    const [contact, ...more] = ccbContacts(address);
    assert.deepEqual(more, []);
    assert.deepEqual(contact?.ids, ['1']);
    assert.equal(
      contact && formatSinful(contact.broker),
      '<127.0.0.1:12901?addrs=127.0.0.1-12901&alias=vm&noUDP&sock=collector>',
    );
  });

  test('are none without a CCBID, or with an empty one', () => {
    for (const text of ['<192.0.2.1:9>', '<192.0.2.1:9?CCBID>', '<192.0.2.1:9?CCBID=>']) {
      assert.deepEqual(ccbContacts(sinful(text)), []);
      assert.equal(isBehindCcb(sinful(text)), false);
    }
  });

  test('never cause an exception for any text, and no broker is itself behind a broker', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const address = { host: 'h', port: 1, params: new Map([['CCBID', text]]) };
        for (const { broker, ids } of ccbContacts(address)) {
          assert.ok(!isBehindCcb(broker));
          assert.ok(ids.length > 0 && ids.every((id) => /^\d+$/.test(id)));
        }
      }),
    );
  });
});

describe('An address in a private network', () => {
  const contact = encodeURIComponent('192.0.2.7:9618#1');
  const hidden = `<10.0.0.1:9618?CCBID=${contact}&PrivNet=hpc&alias=ap.example.org&sock=s>`;
  const withAddress = `<192.0.2.9:9618?PrivNet=hpc&PrivAddr=${encodeURIComponent('<10.0.0.1:9618?sock=s>')}&alias=ap>`;
  const cases: readonly [string, string, string | undefined, string][] = [
    [
      'remains without CCB for clients in the same network',
      hidden,
      'hpc',
      '<10.0.0.1:9618?PrivNet=hpc&alias=ap.example.org&sock=s>',
    ],
    [
      'is replaced by its PrivAddr for clients in the same network, under its name',
      withAddress,
      'hpc',
      '<10.0.0.1:9618?sock=s&alias=ap>',
    ],
    ['may have its PrivAddr without brackets', '<h:1?PrivNet=hpc&PrivAddr=10.0.0.1:2>', 'hpc', '<10.0.0.1:2>'],
    [
      'is unchanged if its PrivAddr is not an address',
      '<h:1?PrivNet=hpc&PrivAddr=x>',
      'hpc',
      '<h:1?PrivNet=hpc&PrivAddr=x>',
    ],
  ];
  for (const [what, text, name, expected] of cases) {
    test(what, () => assert.equal(formatSinful(inPrivateNetwork(sinful(text), name)), formatSinful(sinful(expected))));
  }
  for (const name of ['other', 'HPC', 'hp', 'hpc2', '', undefined]) {
    test(`is unchanged for a client in ${JSON.stringify(name)}`, () => {
      for (const text of [hidden, withAddress]) {
        const address = sinful(text);
        assert.equal(inPrivateNetwork(address, name), address);
      }
    });
  }
  test('is used only if the network has a name', () => {
    const address = sinful('<h:1?PrivNet&PrivAddr=10.0.0.1:2>');
    assert.equal(inPrivateNetwork(address, ''), address);
  });
});
