/** Tests which of the Kerberos credentials on a host or in the inputs is used, and why the others are not. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type KerberosSource, loadKerberos } from '../../src/credentials/kerberos.ts';
import { CredentialError } from '../../src/errors.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { grantingCacheBytes } from '../support/credentials/cache-bytes.ts';
import { keytabBytes } from '../support/credentials/keytab-bytes.ts';
import { notingHost } from '../support/noting-host.ts';
import { orReason } from '../support/unavailable.ts';

const KEYTAB = keytabBytes('alice', 'POOL.TEST', { type: 18, bytes: new Uint8Array(32) });
const ENCODED = Buffer.from(KEYTAB).toString('base64');
const NOW = new Date(1_795_427_200_000);

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'kerberos-'));
  for (const [name, content] of Object.entries({
    ...{
      cache: grantingCacheBytes(),
      old: grantingCacheBytes(1_000_000_000),
      keytab: KEYTAB,
      encoded: ENCODED,
      text: 'correct horse',
    },
    ...{ conf: '[libdefaults]\ndefault_realm = POOL.TEST\n', kcm: '[libdefaults]\ndefault_ccache_name = KCM:\n' },
  }))
    writeFileSync(join(folder, name), content);
  mkdirSync(join(folder, 'dir'));
  writeFileSync(join(folder, 'dir', 'primary'), 'tktA\n');
  writeFileSync(join(folder, 'dir', 'tktA'), grantingCacheBytes());
  mkdirSync(join(folder, 'evil'));
  writeFileSync(join(folder, 'evil', 'primary'), '../cache\n');
});
after(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);

function load(facts: Partial<KerberosSource>) {
  const noting = notingHost({ now: () => NOW });
  const source: KerberosSource = {
    ...{ chosen: true, cache: undefined, keytab: undefined, password: undefined, principal: undefined },
    ...{ service: 'host', uid: 1000, platform: process.platform, ...facts },
    env: { KRB5_CONFIG: at('conf'), KRB5CCNAME: at('nothing'), ...facts.env },
  };
  const found = orReason(loadKerberos(source, noting.host));
  return { found, ...noting };
}

function sourcesOf(facts: Partial<KerberosSource>): readonly string[] {
  const { found } = load(facts);
  assert.ok(typeof found !== 'string', String(found));
  return found.sources;
}

function reasonFor(facts: Partial<KerberosSource>): string {
  const { found } = load(facts);
  assert.ok(typeof found === 'string');
  return found;
}

describe('KERBEROS', () => {
  test('reads no files unless it is selected', () =>
    assert.match(reasonFor({ chosen: false, env: { KRB5CCNAME: at('cache') } }), /it was not selected/));

  const hosts: readonly [string, Partial<KerberosSource>, () => readonly string[]][] = [
    ['the cache in KRB5CCNAME', { env: { KRB5CCNAME: 'PLACE/cache' } }, () => [`${folder}/cache (alice@POOL.TEST)`]],
    ['a FILE: cache', { env: { KRB5CCNAME: 'FILE:PLACE/cache' } }, () => [`FILE:${folder}/cache (alice@POOL.TEST)`]],
    [
      'the primary of a DIR: cache',
      { env: { KRB5CCNAME: 'DIR:PLACE/dir' } },
      () => [`DIR:${folder}/dir (alice@POOL.TEST)`],
    ],
    [
      'one file of a DIR: cache',
      { env: { KRB5CCNAME: 'DIR::PLACE/dir/tktA' } },
      () => [`DIR::${folder}/dir/tktA (alice@POOL.TEST)`],
    ],
    [
      'the keytab in KRB5_CLIENT_KTNAME',
      { env: { KRB5_CLIENT_KTNAME: 'FILE:PLACE/keytab' } },
      () => [`FILE:${folder}/keytab (kvno 1) (alice@POOL.TEST)`],
    ],
    [
      'a keytab in base64 in a file',
      { env: { KRB5_CLIENT_KTNAME: 'PLACE/encoded' } },
      () => [`${folder}/encoded (kvno 1) (alice@POOL.TEST)`],
    ],
  ];
  for (const [what, facts, expected] of hosts)
    test(`uses ${what}`, () => {
      const env = Object.fromEntries(
        Object.entries(facts.env ?? {}).map(([name, value = '']) => [name, value.replace('PLACE', folder)]),
      );
      assert.deepEqual(sourcesOf({ ...facts, env }), expected());
    });

  test('uses a keytab or a password from the inputs, and masks both', () => {
    const { found, masks } = load({
      keytab: new Secret(ENCODED),
      password: new Secret('secret'),
      principal: 'alice',
    });
    assert.ok(typeof found !== 'string');
    assert.deepEqual(found.sources, [
      'kerberos-keytab (kvno 1) (alice@POOL.TEST)',
      'kerberos-password (alice@POOL.TEST)',
    ]);
    assert.deepEqual(masks, ['secret', ENCODED]);
    assert.deepEqual(load({ keytab: new Secret(at('keytab')) }).masks, [], 'a path is not a secret');
  });

  test('uses no credential of the host if an input provides one', () =>
    assert.deepEqual(sourcesOf({ cache: at('cache'), env: { KRB5_CLIENT_KTNAME: at('keytab') } }), [
      'kerberos-cache (alice@POOL.TEST)',
    ]));

  const reasons: readonly [string, Record<string, string>, RegExp][] = [
    ['a cache that does not exist', { KRB5CCNAME: 'PLACE/nothing' }, /nothing: it does not exist/],
    ['a cache file with other content', { KRB5CCNAME: 'PLACE/text' }, /text: it is not a credential cache/],
    ['a directory', { KRB5CCNAME: 'PLACE/dir' }, /dir: it is not a regular file/],
    [
      'a DIR: cache whose primary is outside it',
      { KRB5CCNAME: 'DIR:PLACE/evil' },
      /its file "primary" contains no cache name/,
    ],
    ['KCM', { KRB5CCNAME: 'KCM:1000' }, /of the type KCM cannot be read; only FILE and DIR are supported/],
    ['KEYRING', { KRB5CCNAME: 'KEYRING:persistent:1000' }, /of the type KEYRING cannot be read/],
    ['API', { KRB5CCNAME: 'API:1' }, /of the type API cannot be read/],
    ['KCM as the default in krb5.conf', { KRB5CCNAME: '', KRB5_CONFIG: 'PLACE/kcm' }, /of the type KCM cannot be read/],
  ];
  for (const [what, env, reason] of reasons)
    test(`gives the reason for ${what}`, () => {
      const filled = Object.entries(env).map(([name, value]) => [name, value.replace('PLACE', folder)]);
      assert.match(reasonFor({ env: Object.fromEntries(filled) }), reason);
    });

  const inputs: readonly [string, Partial<KerberosSource>, RegExp][] = [
    [
      'a password without a principal',
      { password: new Secret('x') },
      /kerberos-password: kerberos-principal is not set/,
    ],
    ['a keytab of another principal', { keytab: new Secret(ENCODED), principal: 'bob' }, /no key for bob@POOL.TEST/],
    [
      'a keytab of an unsupported type',
      { keytab: new Secret('MEMORY:x') },
      /keytab of the type MEMORY cannot be read; only FILE and WRFILE are supported/,
    ],
    ['a truncated keytab', { keytab: new Secret(ENCODED.slice(0, 40)) }, /kerberos-keytab: it is truncated/],
    [
      'a malformed principal',
      { keytab: new Secret(ENCODED), principal: 'a//b' },
      /kerberos-principal: "a\/\/b" is not a principal/,
    ],
  ];
  for (const [what, facts, text] of inputs)
    test(`rejects ${what}`, () =>
      assert.throws(
        () => load(facts),
        (error: CredentialError) => {
          assert.ok(error instanceof CredentialError);
          assert.equal(error.code, 'ERR_CREDENTIAL_UNREADABLE');
          assert.match(error.message, text);
          return true;
        },
      ));

  test('does not offer a cache whose tickets have expired', () => {
    const { found } = load({ cache: at('old') });
    assert.ok(typeof found !== 'string');
    const peer = { address: '127.0.0.1', port: 9618, sharedPortId: undefined, serverName: 'ap.pool.test' };
    const server = { methods: [], ecdhPublicKey: '', trustDomain: '', issuerKeys: [], remoteVersion: '' };
    const { usable, rejected } = found.candidatesFor(server, peer);
    assert.deepEqual(usable, []);
    assert.match(rejected[0]?.reason ?? '', /its ticket expired at 2001-/);
    assert.equal(found.guessed(peer), undefined);
  });

  test('warns if the principal is that of a host', () => {
    const bytes = keytabBytes('host', 'POOL.TEST', { type: 18, bytes: new Uint8Array(32) });
    const { log } = load({ keytab: new Secret(Buffer.from(bytes).toString('base64')) });
    assert.match(log.join(), /warn host@POOL.TEST is the principal of a host/);
  });
});
