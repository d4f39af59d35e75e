/** Tests addresses: HTCondor's own examples, the formats that users write, and malformed addresses. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { endpoints, formatSinful, parseAddress, parseSinful, sharedPortId } from '../../src/transport/sinful.ts';

describe('A sinful string', () => {
  const same: readonly string[] = [
    '<127.0.0.1:9618>',
    '<127.0.0.1:9618?addrs=127.0.0.1-9618&alias=vm&noUDP&sock=schedd_80985_ddd3>',
    '<[fd00::2]:9618?sock=collector>',
    '<192.0.2.1:9618?CCBID=198.51.100.1:9618%3faddrs%3d198.51.100.1-9618#7&PrivNet=lab>',
    '<ap40.example.org:9618?sock=schedd>',
  ];
  for (const text of same) {
    test(`survives a round trip: ${text}`, () => {
      const parsed = parseSinful(text);
      assert.ok(parsed);
      const again = parseSinful(formatSinful(parsed));
      assert.deepEqual(again, parsed);
    });
  }

  test('is parsed with all its parts', () => {
    const text =
      '<192.0.2.1:9618?addrs=192.0.2.1-9618+[fd00--2]-9619&alias=ap40.example.org&noUDP&PrivNet=a%20b;sock=x_1>';
    const sinful = parseSinful(text);
    assert.ok(sinful);
    assert.deepEqual([sinful.host, sinful.port], ['192.0.2.1', 9618]);
    assert.deepEqual(Object.fromEntries(sinful.params), {
      addrs: '192.0.2.1-9618+[fd00--2]-9619',
      alias: 'ap40.example.org',
      noUDP: '',
      PrivNet: 'a b',
      sock: 'x_1',
    });
    assert.equal(sharedPortId(sinful), 'x_1');
    assert.deepEqual(endpoints(sinful), [
      { host: '192.0.2.1', port: 9618 },
      { host: 'fd00::2', port: 9619 },
    ]);
  });

  test('uses the last of several duplicates, and interprets + as a plus sign', () => {
    assert.equal(parseSinful('<h:1?alias=a&alias=b+c>')?.params.get('alias'), 'b+c');
  });

  test('prefers public addresses to private, link-local and loopback ones, in this order', () => {
    const addrs = '127.0.0.1-1+[fe80--1]-2+10.0.0.1-3+192.0.2.1-4+[2001-db8--1]-5+[--1]-6+172.16.0.1-7';
    const sinful = parseSinful(`<127.0.0.1:9?addrs=${addrs}>`);
    assert.ok(sinful);
    assert.deepEqual(
      endpoints(sinful).map(({ port }) => port),
      [4, 5, 3, 7, 2, 1, 6],
    );
  });

  const none: readonly string[] = [
    '',
    '<>',
    '<127.0.0.1>',
    '<127.0.0.1:>',
    '<127.0.0.1:0>',
    '<127.0.0.1:65536>',
    '<127.0.0.1:9618',
    '127.0.0.1:9618',
    '<fd00::2:9618>',
    '<[fd00::2:9618>',
    '<[nonsense]:9618>',
    '<a b:9618>',
    '<-x:9618>',
    '<h:1?alias=%zz>',
    '<h:1?=x>',
    '<h:1?noUDP&=>',
    '<h:1?addrs=nonsense>',
    `<h:1?addrs=${Array(17).fill('192.0.2.1-1').join('+')}>`,
    '<h:1?sock=../../etc>',
    '<h:1?sock=>',
    '<h:1?sock=a\0b>',
    '<h\n:1>',
  ];
  for (const text of none) {
    test(`is rejected if it is ${JSON.stringify(text)}`, () => assert.equal(parseSinful(text), undefined));
  }
});

describe('An address that a user typed', () => {
  const cases: readonly [string, string | undefined][] = [
    ['cm.example.org', '<cm.example.org:9618>'],
    ['cm.example.org:9620', '<cm.example.org:9620>'],
    ['192.0.2.1', '<192.0.2.1:9618>'],
    ['fd00::2', '<[fd00::2]:9618>'],
    ['[fd00::2]:9620', '<[fd00::2]:9620>'],
    ['[fd00::2]', '<[fd00::2]:9618>'],
    ['192.0.2.1:9618?sock=x', '<192.0.2.1:9618?sock=x>'],
    ['https://cm.example.org', undefined],
    ['cm.example.org/x', undefined],
    ['cm:9618:9618', undefined],
    ['cm:-1', undefined],
  ];
  for (const [text, expected] of cases) {
    test(`${text} is parsed as ${expected ?? 'no address'}`, () => {
      const parsed = parseAddress(text, 9618);
      assert.equal(parsed && formatSinful(parsed), expected);
    });
  }
});

describe('Any address', () => {
  const param = fc
    .tuple(fc.stringMatching(/^[a-zA-Z]{1,8}$/), fc.string({ unit: 'grapheme' }))
    .filter(([name]) => !['sock', 'addrs'].includes(name));
  test('survives a round trip, whatever its parameters contain', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV4(),
          fc.ipV6(),
          fc.domain().filter((name) => name.length < 250),
        ),
        fc.integer({ min: 1, max: 65535 }),
        fc.array(param, { maxLength: 5 }),
        (host, port, params) => {
          const sinful = { host, port, params: new Map(params) };
          const again = parseSinful(formatSinful(sinful));
          assert.deepEqual(again, sinful);
        },
      ),
    );
  });
  test('is parsed or undefined for any text, and never causes an exception', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const parsed = parseAddress(`<${text}>`, 9618);
        if (parsed !== undefined) assert.ok(parsed.port > 0 && endpoints(parsed).length > 0);
      }),
    );
  });
});
