/** Tests KERBEROS with MIT Kerberos and real daemons, including failures. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Words } from '../support/clients/method-clients.ts';
import { keytabBytes } from '../support/credentials/keytab-bytes.ts';
import { advised, assertAdvised } from '../support/errors/advice.ts';
import { deadPort } from '../support/network/listen.ts';
import {
  ALICE_PASSWORD,
  type KerberosPool,
  ONLY_KERBEROS,
  OTHER_REALM,
  REALM,
  startKerberosPool,
} from '../support/pool/kerberos-pool.ts';
import { poolSuites, poolUnavailable } from '../support/pool/pool.ts';
import { claimsOf } from '../support/pool/real-fetch.ts';

const HOME = '/home/alice';

/**
 * Credentials that both tools find through Kerberos's environment variables, and whether HTCondor's tool can use them.
 */
const CREDENTIALS: Readonly<Record<string, { env: Record<string, string>; theirs: boolean }>> = {
  'a service ticket in the cache': { env: { KRB5CCNAME: `FILE:${HOME}/service` }, theirs: true },
  'a ticket-granting ticket in the cache': { env: { KRB5CCNAME: `${HOME}/granting` }, theirs: true },
  'a DIR: cache': { env: { KRB5CCNAME: `DIR:${HOME}/caches` }, theirs: true },
  'the default cache': { env: {}, theirs: true },
  'a principal with an instance': { env: { KRB5CCNAME: `${HOME}/instance` }, theirs: true },
  'a ticket from another realm': { env: { KRB5CCNAME: `${HOME}/abroad` }, theirs: true },
  'a keytab': { env: { KRB5CCNAME: '/nowhere', KRB5_CLIENT_KTNAME: `${HOME}/alice.keytab` }, theirs: false },
};

for (const suite of poolSuites()) {
  describe(`KERBEROS with HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let realm: KerberosPool;
    let keytab: string;
    before(async () => {
      realm = await startKerberosPool({ suite });
      const { pool } = realm;
      keytab = await realm.base64(`${HOME}/alice.keytab`);
      for (const name of ['service', 'granting']) await realm.kinit(`${HOME}/${name}`);
      await realm.kinit(`/tmp/krb5cc_${(await pool.run('id', '-u', 'alice')).trim()}`);
      await pool.run('install', '-d', '-o', 'alice', '-m', '700', `${HOME}/caches`);
      await realm.kinit(`DIR:${HOME}/caches`);
      const login = (cache: string, principal: string, password: string) =>
        pool.run('su', 'alice', '-c', `echo '${password}' | kinit -c ${HOME}/${cache} ${principal} > /dev/null`);
      await login('instance', `alice/admin@${REALM}`, 'instance');
      await login('abroad', `alice@${OTHER_REALM}`, 'abroad');
      await pool.run('su', 'alice', '-c', `KRB5CCNAME=${HOME}/service kvno host/ap.pool.test > /dev/null`);
    });
    after(() => realm?.stop());

    const places: Readonly<Record<string, () => Promise<readonly string[]>>> = {
      'the schedd by name': async () => ['-pool', realm.collector, '-name', realm.pool.scheddName],
      'the schedd by address': async () => ['-name', await realm.pool.sinful('schedd', realm.pool.scheddName)],
      'the collector': async () => ['-pool', realm.collector, '-type', 'collector'],
    };
    for (const [what, { env, theirs }] of Object.entries(CREDENTIALS)) {
      for (const [where, place] of Object.entries(places)) {
        test(`fetches from ${where} with ${what}${theirs ? ', as HTCondor’s tool does' : ''}`, async () => {
          const options = { user: 'alice', env: { ...ONLY_KERBEROS, ...env } };
          const args = [...(await place()), '-authz', 'READ', '-lifetime', '60'];
          const ours = await realm.pool.ours(args, options);
          assert.equal(ours.status, 0, ours.stderr);
          const { sub, iss, scope } = claimsOf(ours.stdout);
          assert.equal(sub, what.includes('another realm') ? 'alice@other.test' : 'alice@pool.test');
          const reference = await realm.pool.theirs(args, options);
          assert.equal(reference.status === 0, theirs, reference.stderr);
          if (!theirs) return;
          const claims = claimsOf(reference.stdout);
          assert.deepEqual([sub, iss, scope], [claims['sub'], claims['iss'], claims['scope']]);
        });
      }
    }

    test('fetches with a keytab or a password from the inputs in three round trips, and masks both', async () => {
      for (const words of [
        { 'kerberos-keytab': keytab },
        { 'kerberos-keytab': realm.file('encoded', keytab), 'kerberos-principal': 'alice' },
        { 'kerberos-password': ALICE_PASSWORD, 'kerberos-principal': `alice@${REALM}` },
      ]) {
        const { token, masks } = await realm.fetch(words);
        assert.deepEqual(
          [token.token.subject, token.authenticationMethod, token.roundTrips],
          ['alice@pool.test', 'KERBEROS', 3],
        );
        const [secret = ''] = Object.values(words);
        assert.equal(masks.includes(secret), !secret.startsWith('/'));
      }
    });

    test('sends the KDC one request with a keytab, and a second one for the salt with a password', async () => {
      const exchanges = async (words: Readonly<Record<string, string>>) =>
        (await realm.fetch(words)).log.filter((line) => /the KDC of .* replied/.test(line)).length;
      assert.equal(await exchanges({ 'kerberos-keytab': keytab }), 1);
      assert.equal(await exchanges({ 'kerberos-password': ALICE_PASSWORD, 'kerberos-principal': 'alice' }), 2);
      const granting = realm.file(
        'granting',
        Buffer.from(await realm.base64(await realm.kinit(`${HOME}/fresh`)), 'base64'),
      );
      assert.equal(await exchanges({ 'kerberos-cache': granting }), 1);
      const service = realm.file('service', Buffer.from(await realm.base64(`${HOME}/service`), 'base64'));
      assert.equal(await exchanges({ 'kerberos-cache': service }), 0);
    });

    test('follows the referral of the KDC if krb5.conf does not map the host to its realm', async () => {
      const words = { 'kerberos-password': 'abroad', 'kerberos-principal': `alice@${OTHER_REALM}` };
      const env = { KRB5_CONFIG: join(realm.folder, 'unmapped.conf') };
      const { token, log } = await realm.fetch(words, { env });
      assert.equal(token.token.subject, 'alice@other.test');
      assert.ok(log.some((line) => line.includes(`the KDC of ${REALM}`)));
      assert.equal((await realm.fetch(words)).token.token.subject, 'alice@other.test');
    });

    for (const type of ['aes256-cts', 'aes128-cts', 'aes256-sha2', 'aes128-sha2']) {
      test(`uses the encryption type ${type} for keys, session and ticket`, async () => {
        const file = `/tmp/${type}.keytab`;
        await realm.administer(
          `addprinc -e ${type}:normal -pw secret ${type}`,
          `ktadd -norandkey -k ${file} ${type}`,
          `ktadd -k /etc/krb5.keytab -e ${type}:normal host/ap.pool.test`,
          `setstr host/ap.pool.test session_enctypes ${type}`,
        );
        try {
          const { token } = await realm.fetch({ 'kerberos-keytab': await realm.base64(file) });
          assert.equal(token.token.subject, `${type}@pool.test`);
          const words = { 'kerberos-password': 'secret', 'kerberos-principal': type };
          assert.equal((await realm.fetch(words)).token.token.subject, `${type}@pool.test`);
        } finally {
          await realm.administer('delstr host/ap.pool.test session_enctypes');
        }
      });
    }

    test('authenticates as HTCondor itself with a host’s keytab, with a warning', async () => {
      const words = { 'kerberos-keytab': await realm.base64('/etc/krb5.keytab') };
      const { token, log } = await realm.fetch(words);
      assert.equal(token.token.subject, 'condor@pool.test');
      assert.ok(log.some((line) => /^warn host\/ap\.pool\.test@POOL\.TEST is the principal of a host/.test(line)));
    });

    test('predicts the result of a fetch in a check', async () => {
      const env = { ...ONLY_KERBEROS, KRB5CCNAME: `${HOME}/service` };
      const args = ['-pool', realm.collector, '-name', realm.pool.scheddName, '-check', '-authz', 'READ'];
      const { status, stderr } = await realm.pool.ours(args, { user: 'alice', env });
      assert.equal(status, 0, stderr);
      assert.match(stderr, /KERBEROS/);
    });

    describe('reports', () => {
      let keytab: Words;
      before(async () => {
        keytab = { 'kerberos-keytab': await realm.base64('/home/alice/alice.keytab') };
      });

      const command = async (env: Record<string, string>) => {
        const args = ['-pool', realm.collector, '-name', realm.pool.scheddName];
        return await realm.pool.ours(args, { user: 'alice', env: { ...ONLY_KERBEROS, ...env } });
      };
      const password = (principal: string, text: string): Words => ({
        ...{ 'kerberos-principal': principal, 'kerberos-password': text },
      });

      test('a missing cache', async () => {
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

      test('a KDC that cannot be reached', async () => {
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
        await assert.rejects(realm.fetch(password('locked', 'locked')), advised('is locked, disabled or expired'));
      });

      test('a keytab without AES keys', async () => {
        const weak = keytabBytes('alice', REALM, { type: 23, bytes: new Uint8Array(16) });
        await assert.rejects(
          realm.fetch({ 'kerberos-keytab': Buffer.from(weak).toString('base64') }),
          advised('kerberos-keytab: its keys have only unsupported encryption types: arcfour-hmac'),
        );
      });

      test('an encryption type that the KDC rejects', async () => {
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

      test('an input that is not a keytab', () =>
        assert.rejects(
          realm.fetch({ 'kerberos-keytab': realm.file('text', 'correct horse') }),
          advised('kerberos-keytab: it is not a keytab'),
        ));

      test('a realm that the daemon does not map', () =>
        assert.rejects(
          realm.fetch(password('alice@STRANGE.TEST', 'abroad')),
          advised('the daemon does not map the principal to a user'),
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

      test('a ticket for another host', () =>
        assert.rejects(
          realm.fetch({ ...keytab, 'server-name': 'elsewhere.pool.test' }),
          advised('the daemon rejects the ticket for host/elsewhere.pool.test@POOL.TEST'),
        ));

      test('an address without a host name', () =>
        assert.rejects(
          realm.fetch({ ...keytab, 'server-name': '', address: `127.0.0.1:${realm.pool.port}`, type: 'collector' }),
          advised('no host name is known for its Kerberos principal'),
        ));

      test('a rejection by the daemon, and continues with the next method on the same connection', async () => {
        const idtoken = await realm.pool.idToken({ user: 'bob' });
        await realm.pool.configure(
          'SEC_DEFAULT_AUTHENTICATION_METHODS = KERBEROS, IDTOKENS\nHOST_ALIAS = ap.pool.test',
        );
        const words = { ...keytab, idtoken, 'authentication-methods': 'KERBEROS IDTOKENS' };
        for (const name of ['elsewhere.pool.test', 'unknown.pool.test']) {
          const { token } = await realm.fetch({ ...words, 'server-name': name });
          assert.deepEqual([token.token.subject, token.authenticationMethod], ['bob@pool.test', 'IDTOKENS']);
        }
      });
    });
  });
}
