/** KERBEROS with the MIT KDC and daemons of both releases; HTCondor's own tool is the oracle. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  ALICE_PASSWORD,
  type KerberosPool,
  ONLY_KERBEROS,
  OTHER_REALM,
  REALM,
  startKerberosPool,
} from '../support/kerberos-pool.ts';
import { poolSuites, poolUnavailable } from '../support/pool.ts';
import { claimsOf } from '../support/real-fetch.ts';

const HOME = '/home/alice';

/** Credentials that both tools find through Kerberos' variables, and whether HTCondor's tool can use them. */
const CREDENTIALS: Readonly<Record<string, { env: Record<string, string>; theirs: boolean }>> = {
  'a service ticket in the cache': { env: { KRB5CCNAME: `FILE:${HOME}/service` }, theirs: true },
  'a ticket-granting ticket in the cache': { env: { KRB5CCNAME: `${HOME}/granting` }, theirs: true },
  'a DIR: cache': { env: { KRB5CCNAME: `DIR:${HOME}/caches` }, theirs: true },
  'the default cache': { env: {}, theirs: true },
  'a principal with an instance': { env: { KRB5CCNAME: `${HOME}/instance` }, theirs: true },
  'a ticket of another realm': { env: { KRB5CCNAME: `${HOME}/abroad` }, theirs: true },
  'a keytab': { env: { KRB5CCNAME: '/nowhere', KRB5_CLIENT_KTNAME: `${HOME}/alice.keytab` }, theirs: false },
};

for (const suite of poolSuites()) {
  describe(`KERBEROS at HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
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
        test(`fetches from ${where} with ${what}${theirs ? ', as HTCondor’s tool' : ''}`, async () => {
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

    test('fetches with a keytab or a password of the inputs in three round trips, and masks both', async () => {
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

    test('asks the KDC once for the schedd with a keytab, and once more for the salt with a password', async () => {
      const exchanges = async (words: Readonly<Record<string, string>>) =>
        (await realm.fetch(words)).log.filter((line) => /the KDC of .* answered/.test(line)).length;
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

    test('follows the referral of the KDC where krb5.conf does not map the host to its realm', async () => {
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

    test('authenticates as HTCondor itself with the keytab of a host, with a warning', async () => {
      const words = { 'kerberos-keytab': await realm.base64('/etc/krb5.keytab') };
      const { token, log } = await realm.fetch(words);
      assert.equal(token.token.subject, 'condor@pool.test');
      assert.ok(log.some((line) => /^warn host\/ap\.pool\.test@POOL\.TEST is the principal of a host/.test(line)));
    });

    test('reports in a check the result of a fetch', async () => {
      const env = { ...ONLY_KERBEROS, KRB5CCNAME: `${HOME}/service` };
      const args = ['-pool', realm.collector, '-name', realm.pool.scheddName, '-check', '-authz', 'READ'];
      const { status, stderr } = await realm.pool.ours(args, { user: 'alice', env });
      assert.equal(status, 0, stderr);
      assert.match(stderr, /KERBEROS/);
    });
  });
}
