/** Tests how credential caches, keytabs, principals and krb5.conf are parsed. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCredentialCache } from '../../src/kerberos/ccache.ts';
import { KerberosError } from '../../src/kerberos/kerberos-error.ts';
import { keysOfKeytab, parseKeytab } from '../../src/kerberos/keytab.ts';
import { parseConfiguration } from '../../src/kerberos/krb5-conf.ts';
import { formatPrincipal, parsePrincipal } from '../../src/kerberos/principal.ts';
import { grantingCacheBytes } from '../support/credentials/cache-bytes.ts';
import { keytabBytes } from '../support/credentials/keytab-bytes.ts';

const key = { type: 18, bytes: new Uint8Array(32).fill(1) };
const alice = parsePrincipal('alice@POOL.TEST', undefined);

describe('A credential cache', () => {
  test('provides its client and its tickets with their keys', () => {
    const { client, tickets } = parseCredentialCache(grantingCacheBytes());
    assert.equal(formatPrincipal(client), 'alice@POOL.TEST');
    assert.deepEqual(
      tickets.map(({ service, endTime, key }) => [formatPrincipal(service), endTime, key.type]),
      [['krbtgt/POOL.TEST@POOL.TEST', 2_000_000_000, 17]],
    );
  });

  test('is rejected if it is truncated anywhere within an entry', () => {
    const whole = grantingCacheBytes();
    const header = 4 + 8 + 4 + 9 + 4 + 5;
    for (let length = 0; length < whole.length; length++) {
      if (length === header) continue; // a cache without tickets
      assert.throws(() => parseCredentialCache(whole.subarray(0, length)), KerberosError, String(length));
    }
  });

  test('in another format is rejected', () => {
    const old = Uint8Array.from(grantingCacheBytes());
    old[1] = 3;
    assert.throws(() => parseCredentialCache(old), /not a credential cache of format 4/);
  });
});

describe('A keytab', () => {
  test('provides the keys of a principal', () => {
    const keys = keysOfKeytab(parseKeytab(keytabBytes('alice', 'POOL.TEST', key)), alice, 'file');
    assert.deepEqual([keys.source, keys.types, keys.needInformation], ['file (kvno 1)', [18], false]);
  });

  test('provides the newest version of a key, by the long version number if there is one', async () => {
    const old = parseKeytab(keytabBytes('alice', 'POOL.TEST', { type: 18, bytes: new Uint8Array(32) }));
    const entries = [
      ...old,
      ...parseKeytab(keytabBytes('alice', 'POOL.TEST', key)).map((each) => ({ ...each, version: 300 })),
    ];
    const keys = keysOfKeytab(entries, alice, 'file');
    assert.deepEqual(await keys.key({ type: 18, salt: undefined, iterations: undefined }), {
      type: 18,
      bytes: Buffer.from(key.bytes),
    });
  });

  test('skips deleted entries', () => {
    const [, ...entry] = [0, ...keytabBytes('alice', 'POOL.TEST', key)];
    const hole = [255, 255, 255, 252, 1, 2, 3, 4];
    assert.equal(parseKeytab(Uint8Array.from([...entry.slice(0, 2), ...hole, ...entry.slice(2)])).length, 1);
  });

  test('without the principal causes an error that names the principals in the keytab', () =>
    assert.throws(
      () => keysOfKeytab(parseKeytab(keytabBytes('bob', 'POOL.TEST', key)), alice, 'file'),
      /no key for alice@POOL.TEST, only for bob@POOL.TEST/,
    ));

  for (const [type, name] of [
    [23, 'arcfour-hmac'],
    [16, 'des3-cbc-sha1'],
  ] as const)
    test(`that contains only keys of type ${name} causes an error that names the type`, () =>
      assert.throws(
        () => keysOfKeytab(parseKeytab(keytabBytes('alice', 'POOL.TEST', { type, bytes: key.bytes })), alice, 'file'),
        new RegExp(`only unsupported encryption types: ${name}`),
      ));

  test('that is truncated is rejected', () => {
    const whole = keytabBytes('alice', 'POOL.TEST', key);
    for (let length = 3; length < whole.length; length++)
      assert.throws(() => parseKeytab(whole.subarray(0, length)), KerberosError);
  });
});

describe('A principal', () => {
  for (const [text, components, realm] of [
    ['alice', ['alice'], 'POOL.TEST'],
    ['alice/admin@OTHER.TEST', ['alice', 'admin'], 'OTHER.TEST'],
    ['host/ap.pool.test@', ['host', 'ap.pool.test'], ''],
    ['a\\/b\\@c@R', ['a/b@c'], 'R'],
  ] as const)
    test(`${text} is parsed`, () => {
      if (realm === '') return assert.throws(() => parsePrincipal(text, 'X'), /" is not a principal/);
      const found = parsePrincipal(text, 'POOL.TEST');
      assert.deepEqual([found.components, found.realm], [components, realm]);
      assert.deepEqual(parsePrincipal(formatPrincipal(found), undefined), found);
    });

  test('without a realm requires a default realm', () =>
    assert.throws(() => parsePrincipal('alice', undefined), /no realm in "alice", and krb5.conf has no default_realm/));

  for (const text of ['', '/', 'a//b', '@R', 'a\nb@R'])
    test(`${JSON.stringify(text)} is rejected`, () => assert.throws(() => parsePrincipal(text, 'R'), KerberosError));
});

describe('krb5.conf', () => {
  const files: Readonly<Record<string, string>> = {
    main: `
      include included
      includedir folder
      # a comment
      [libdefaults]
        default_realm = POOL.TEST
        default_ccache_name = "FILE:/tmp/krb5cc_%{uid}"
        dns_lookup_kdc = no
      [realms]
        POOL.TEST = {
          kdc = kdc1.pool.test
          kdc = kdc2.pool.test:750
          auth_to_local_names = {
            kdc = nested
          }
          admin_server = kdc1.pool.test
        }
        OTHER.TEST = { ; nothing on this line counts
          kdc = [::1]:88
        }
      [domain_realm]
        .pool.test = POOL.TEST
        AP.Other.test = OTHER.TEST
    `,
    included: '[libdefaults]\ndefault_realm = FIRST.TEST\n',
    'folder/a': '[realms]\nPOOL.TEST = {\nkdc = kdc0.pool.test\n}\n',
    'folder/b.conf': '[domain_realm]\nb.test = B.TEST\n',
    'folder/c.rpmsave': '[libdefaults]\ndefault_realm = NEVER.TEST\n',
    'folder/.d.conf': '[domain_realm]\nd.test = D.TEST\n',
    second: '[libdefaults]\ndefault_realm = SECOND.TEST\n[realms]\nPOOL.TEST = {\nkdc = kdc3.pool.test\n}\n',
    loop: 'include loop\n[libdefaults]\ndefault_realm = LOOP.TEST\n',
  };
  const parse = (...paths: readonly string[]) =>
    parseConfiguration(paths, {
      read: (path) => files[path],
      list: (directory) => Object.keys(files).filter((path) => path.startsWith(`${directory}/`)),
    });

  test('provides the first default realm in all files, and the KDCs of all files in order', () => {
    const found = parse('main', 'second');
    assert.equal(found.defaultRealm, 'FIRST.TEST');
    assert.deepEqual(found.kdcsOf('POOL.TEST'), [
      'kdc0.pool.test',
      'kdc1.pool.test',
      'kdc2.pool.test:750',
      'kdc3.pool.test',
    ]);
    assert.deepEqual(found.kdcsOf('OTHER.TEST'), ['[::1]:88']);
    assert.deepEqual(found.kdcsOf('NOWHERE.TEST'), []);
    assert.deepEqual([found.defaultCache, found.lookUpKdcs], ['FILE:/tmp/krb5cc_%{uid}', false]);
  });

  for (const [host, realm] of [
    ['ap.pool.test', 'POOL.TEST'],
    ['deep.ap.pool.test', 'POOL.TEST'],
    ['ap.other.test', 'OTHER.TEST'],
    ['other.test', undefined],
    ['b.test', 'B.TEST'],
    ['x.b.test', 'B.TEST'],
    ['d.test', undefined],
    ['localhost', undefined],
  ] as const)
    test(`maps ${host} to ${realm ?? 'no realm'}`, () => assert.equal(parse('main').realmOf(host), realm));

  test('permits lookup of KDCs in DNS unless it disables this, even if the file does not exist', () =>
    assert.equal(parse('nothing').lookUpKdcs, true));

  test('that includes itself is parsed only once', () => assert.equal(parse('loop').defaultRealm, 'LOOP.TEST'));
});
