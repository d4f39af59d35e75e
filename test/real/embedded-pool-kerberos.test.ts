/** Checks the embedded KDC and pool with kinit, kvno and HTCondor's own client. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Kdc } from '../support/credentials/kdc.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { KERBEROS_HOST, type KerberosPool, ONLY_KERBEROS, startKerberosPool } from '../support/pool/kerberos-pool.ts';
import { poolSuites, poolUnavailable } from '../support/pool/pool.ts';
import { claimsOf } from '../support/pool/real-fetch.ts';

const SERVICE = `host/${KERBEROS_HOST}`;
const CONFIGURATION = '/home/alice/embedded.conf';
const CACHE = '/home/alice/embedded.cache';

for (const suite of poolSuites()) {
  for (const type of [18, 20]) {
    describe(`With MIT Kerberos and HTCondor of ${suite}, an embedded KDC with keys of type ${type}`, {
      skip: poolUnavailable() ?? false,
    }, () => {
      let realm: KerberosPool; // started only to provide its tools
      let kdc: Kdc;
      before(async () => {
        realm = await startKerberosPool({ suite });
        kdc = await Kdc.start({ type, principals: { alice: 'secret', [SERVICE]: 'service' } });
        await realm.put(CONFIGURATION, kdc.configuration);
        await realm.put('/home/alice/embedded.keytab', kdc.keytab('alice'));
      });
      after(async () => {
        kdc?.close();
        await realm?.stop();
      });

      const env = { KRB5_CONFIG: CONFIGURATION, KRB5CCNAME: CACHE };
      const run = async (...argv: readonly string[]) => {
        const { status, stdout, stderr } = await realm.pool.exec(argv, { user: 'alice', env });
        assert.equal(status, 0, stderr);
        return stdout;
      };

      test('issues a ticket to kinit with a password and with a keytab, and a service ticket to kvno', async () => {
        await run('sh', '-c', 'echo secret | kinit alice');
        await run('kinit', '-k', '-t', '/home/alice/embedded.keytab', 'alice');
        assert.match(await run('kvno', SERVICE), /host\/ap\.pool\.test@POOL\.TEST: kvno = /);
        assert.match(await run('klist'), /krbtgt\/POOL\.TEST@POOL\.TEST[\s\S]*host\/ap\.pool\.test@POOL\.TEST/);
      });

      test('rejects a wrong password from kinit, and a request for an unknown service from kvno', async () => {
        const wrong = await realm.pool.exec(['sh', '-c', 'echo wrong | kinit alice'], { user: 'alice', env });
        assert.match(wrong.stderr, /Password incorrect|Preauthentication failed/);
        const unknown = await realm.pool.exec(['kvno', 'host/nowhere.pool.test'], { user: 'alice', env });
        assert.match(unknown.stderr, /Server not found/);
      });

      test('issues a ticket with which HTCondor’s client fetches a token from the embedded pool', async () => {
        await run('kinit', '-k', '-t', '/home/alice/embedded.keytab', 'alice');
        await withPool({ methods: ['KERBEROS'], kerberos: { key: kdc.key(SERVICE) } }, async (embedded) => {
          const options = { user: 'alice', env: { ...ONLY_KERBEROS, ...env } };
          const theirs = await realm.pool.theirs(['-name', embedded.schedd(), '-lifetime', '60'], options);
          assert.equal(theirs.status, 0, `${theirs.stderr}\n${embedded.log.join('\n')}`);
          assert.equal(claimsOf(theirs.stdout)['sub'], 'alice@pool.test');
        });
      });

      test('issues a ticket that a pool rejects if it has no keytab or does not map the realm', async () => {
        await run('kinit', '-k', '-t', '/home/alice/embedded.keytab', 'alice');
        for (const kerberos of [{ key: undefined }, { key: kdc.key(SERVICE), domains: {} }]) {
          await withPool({ methods: ['KERBEROS'], kerberos }, async (embedded) => {
            const options = { user: 'alice', env: { ...ONLY_KERBEROS, ...env } };
            const { status, stdout } = await realm.pool.theirs(['-name', embedded.schedd()], options);
            assert.deepEqual([status, stdout], [1, ''], embedded.log.join('\n'));
          });
        }
      });
    });
  }
}
