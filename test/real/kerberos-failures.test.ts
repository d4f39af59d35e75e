/** Kerberos failures with the MIT KDC and real daemons: each has its own hints. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { advised, assertAdvised } from '../support/advice.ts';
import { type KerberosPool, ONLY_KERBEROS, REALM, startKerberosPool } from '../support/kerberos-pool.ts';
import { keytabBytes } from '../support/keytab-bytes.ts';
import { deadPort } from '../support/listen.ts';
import { poolSuites, poolUnavailable } from '../support/pool.ts';
import type { Words } from '../support/ways.ts';

for (const suite of poolSuites()) {
  describe(`KERBEROS at HTCondor of ${suite} reports`, { skip: poolUnavailable() ?? false }, () => {
    let realm: KerberosPool;
    let keytab: Words;
    before(async () => {
      realm = await startKerberosPool({ suite });
      keytab = { 'kerberos-keytab': await realm.base64('/home/alice/alice.keytab') };
    });
    after(() => realm?.stop());

    const command = async (env: Record<string, string>) => {
      const args = ['-pool', realm.collector, '-name', realm.pool.scheddName];
      return await realm.pool.ours(args, { user: 'alice', env: { ...ONLY_KERBEROS, ...env } });
    };
    const password = (principal: string, text: string): Words => ({
      ...{ 'kerberos-principal': principal, 'kerberos-password': text },
    });

    test('no cache', async () => {
      const { status, stderr } = await command({ KRB5CCNAME: '/nowhere' });
      assert.equal(status, 2, stderr);
      assertAdvised(stderr, 'KERBEROS: credential cache');
    });

    test('a cache that only other software can read', async () => {
      const { status, stderr } = await command({ KRB5CCNAME: 'KCM:1000' });
      assert.equal(status, 2, stderr);
      assertAdvised(stderr, 'a credential cache of the type KCM cannot be read');
    });

    test('an expired ticket', async () => {
      await realm.kinit('/home/alice/cache');
      const cache = realm.file('cache', Buffer.from(await realm.base64('/home/alice/cache'), 'base64'));
      const words = { 'kerberos-cache': cache };
      await assert.rejects(realm.fetch(words, { skewSeconds: 10 * 24 * 3600 }), advised('its ticket expired at'));
    });

    test('a realm without a KDC', () =>
      assert.rejects(
        realm.fetch(password('alice@NOWHERE.TEST', 'x')),
        advised('no KDC of the realm NOWHERE.TEST is known'),
      ));

    test('a KDC out of reach', async () => {
      const text = `[realms]\n${REALM} = {\nkdc = 127.0.0.1:${await deadPort()}\n}\n`;
      await assert.rejects(
        realm.fetch(keytab, { env: { KRB5_CONFIG: realm.file('dead.conf', text) } }),
        advised('no KDC of the realm POOL.TEST can be reached'),
      );
    });

    test('an unknown client', () =>
      assert.rejects(realm.fetch(password('nobody', 'x')), advised('does not know the client nobody@POOL.TEST')));

    test('an unknown service', () =>
      assert.rejects(
        realm.fetch({ ...keytab, 'server-name': 'unknown.pool.test' }),
        advised('does not know the service host/unknown.pool.test@POOL.TEST'),
      ));

    test('a wrong password', () =>
      assert.rejects(
        realm.fetch(password('alice', 'wrong')),
        advised('kerberos-password (alice@POOL.TEST): the KDC of POOL.TEST rejected the key'),
      ));

    test('a stale keytab', async () => {
      await realm.administer(
        'addprinc -pw old stale',
        'ktadd -norandkey -k /tmp/stale.keytab stale',
        'cpw -pw new stale',
      );
      await assert.rejects(
        realm.fetch({ 'kerberos-keytab': await realm.base64('/tmp/stale.keytab') }),
        advised('the KDC of POOL.TEST rejected the key of stale@POOL.TEST'),
      );
    });

    test('a clock that is an hour ahead', () =>
      assert.rejects(
        realm.fetch(keytab, { skewSeconds: 3600 }),
        advised('the KDC of POOL.TEST rejects the clock of this host'),
      ));

    test('a locked account', async () => {
      await realm.administer('addprinc -pw locked locked', 'modprinc -allow_tix locked');
      await assert.rejects(
        realm.fetch(password('locked', 'locked')),
        advised('has locked, disabled or expired the client'),
      );
    });

    test('a keytab without AES keys', async () => {
      const weak = keytabBytes('alice', REALM, { type: 23, bytes: new Uint8Array(16) });
      await assert.rejects(
        realm.fetch({ 'kerberos-keytab': Buffer.from(weak).toString('base64') }),
        advised('kerberos-keytab: its keys have the encryption type arcfour-hmac'),
      );
    });

    test('an encryption type that the KDC refuses', async () => {
      await realm.administer('setstr host/elsewhere.pool.test session_enctypes camellia256-cts');
      try {
        await assert.rejects(
          realm.fetch({ ...keytab, 'server-name': 'elsewhere.pool.test' }),
          advised('supports none of the encryption types'),
        );
      } finally {
        await realm.administer('delstr host/elsewhere.pool.test session_enctypes');
      }
    });

    test('something else than a keytab', () =>
      assert.rejects(
        realm.fetch({ 'kerberos-keytab': realm.file('text', 'correct horse') }),
        advised('kerberos-keytab: it is not a keytab'),
      ));

    test('a realm that the daemon does not map', () =>
      assert.rejects(
        realm.fetch(password('alice@STRANGE.TEST', 'abroad')),
        advised('the daemon maps the principal to no user'),
      ));

    test('a daemon without a keytab', async () => {
      await realm.pool.run('mv', '/etc/krb5.keytab', '/etc/krb5.keytab.away');
      try {
        await assert.rejects(
          realm.fetch(keytab),
          advised('the daemon rejects the ticket for host/ap.pool.test@POOL.TEST'),
        );
      } finally {
        await realm.pool.run('mv', '/etc/krb5.keytab.away', '/etc/krb5.keytab');
      }
    });

    test('the ticket of another host', () =>
      assert.rejects(
        realm.fetch({ ...keytab, 'server-name': 'elsewhere.pool.test' }),
        advised('the daemon rejects the ticket for host/elsewhere.pool.test@POOL.TEST'),
      ));

    test('an address without a host name', () =>
      assert.rejects(
        realm.fetch({ ...keytab, 'server-name': '', address: `127.0.0.1:${realm.pool.port}`, type: 'collector' }),
        advised('no host name is known for its Kerberos principal'),
      ));

    test('a refusal by the daemon, and continues with the next method on the same connection', async () => {
      const idtoken = await realm.pool.idToken({ user: 'bob' });
      await realm.pool.configure('SEC_DEFAULT_AUTHENTICATION_METHODS = KERBEROS, IDTOKENS\nHOST_ALIAS = ap.pool.test');
      const words = { ...keytab, idtoken, 'authentication-methods': 'KERBEROS IDTOKENS' };
      for (const name of ['elsewhere.pool.test', 'unknown.pool.test']) {
        const { token } = await realm.fetch({ ...words, 'server-name': name });
        assert.deepEqual([token.token.subject, token.authenticationMethod], ['bob@pool.test', 'IDTOKENS']);
      }
    });
  });
}
