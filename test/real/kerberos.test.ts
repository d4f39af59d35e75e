/** KERBEROS with the MIT KDC at daemons of both releases; HTCondor's own tool in the same place is the oracle. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { KERBEROS_HOST, type KerberosPool, ONLY_KERBEROS, startKerberosPool, ALICE_PASSWORD } from '../support/kerberos-pool.ts';
import { poolSuites, poolUnavailable } from '../support/pool.ts';
import { claimsOf } from '../support/real-fetch.ts';

for (const suite of poolSuites()) {
  describe(`KERBEROS at HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let realm: KerberosPool;
    before(async () => {
      realm = await startKerberosPool({ suite });
    });
    after(() => realm?.stop());

    test('x', async () => {
      const cache = await realm.kinit('/home/alice/cc');
      const env = { ...ONLY_KERBEROS, KRB5CCNAME: cache };
      const args = ['-pool', realm.collector, '-name', realm.pool.scheddName, '-lifetime', '60', '-debug'];
      const theirs = await realm.pool.theirs(args, { user: 'alice', env });
      console.error(theirs);
      const ours = await realm.pool.ours(args, { user: 'alice', env });
      console.error(ours);
      console.error(await realm.pool.exec(['klist', '-c', cache, '-e'], { user: 'alice' }));
      for (const w of [{'kerberos-keytab': await realm.base64('/home/alice/alice.keytab')}, {'kerberos-password': ALICE_PASSWORD, 'kerberos-principal': 'alice'}] as const) {
      try {
      const f = await realm.fetch(w);
      console.error(f.token.token.subject, f.token.roundTrips, f.log.filter((l) => /kerb/.test(l)));
      } catch (e) { console.error(e); }
      }
      console.error((await realm.pool.log('Sched')).split('\n').filter((l) => /KERB|krb/i.test(l)).join('\n'));
    });
  });
}
