/** Uses real daemons to cause the failures that no other test causes. Each failure has the documented hints. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { FetchOptions } from '../../src/index.ts';
import { hintsFor } from '../../src/messages/hints.ts';
import { advised, assertAdvisedByCommand } from '../support/errors/advice.ts';
import { everyError } from '../support/errors/every-error.ts';
import { type Pool, poolSuites, poolUnavailable } from '../support/pool/pool.ts';
import { fetchFrom } from '../support/pool/real-fetch.ts';
import { HOST, type SecurePool, startSecurePool } from '../support/pool/secure-pool.ts';
import { asRoot } from '../support/processes.ts';
import { projectRoot } from '../support/project.ts';

/** Names that hints contain and that come from the environment, from GitHub, or from logs. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'NODE_EXTRA_CA_CERTS',
  'CONDOR_CONFIG',
  'HTTPS_PROXY',
  'ACTIONS_STEP_DEBUG',
  'D_SECURITY',
  'DC_AUTHENTICATE',
]);
/** Names that HTCondor composes from authorization levels. */
const COMPOSED = /^(ALLOW|DENY|SEC_DEFAULT|SEC_DAEMON)_/;
const TOKENS = '/home/alice/.condor/tokens.d';

for (const suite of poolSuites()) {
  describe(`The hints, on HTCondor of ${suite}:`, { skip: poolUnavailable() ?? false }, () => {
    let secure: SecurePool;
    let pool: Pool;
    let idtoken: string;
    let schedd: string;
    let collector: string;
    before(async () => {
      secure = await startSecurePool({ suite });
      ({ pool } = secure);
      idtoken = await pool.idToken({ user: 'alice' });
      schedd = await pool.sinful('schedd', pool.scheddName);
      collector = (await pool.run('condor_status', '-collector', '-af', 'MyAddress')).trim();
      await pool.exec(['mkdir', '-p', '-m', '700', TOKENS], { user: 'alice' });
    });
    after(() => secure?.stop());

    const fetch = (options: FetchOptions = {}) =>
      fetchFrom(pool, { address: schedd, caCertificate: secure.authority.certificate, ...options });
    const byToken = (options: FetchOptions = {}) => fetch({ idtoken, ...options });

    /** Returns the output of the command, which alice runs in the pool with only these methods. */
    async function complaint(methods: string, args: readonly string[], env: Record<string, string> = {}) {
      const { status, stderr } = await pool.ours(args, {
        user: 'alice',
        env: { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: methods, ...env },
      });
      assert.notEqual(status, 0);
      return stderr;
    }
    /** Returns the output of the command in a network that does not respond. */
    const unanswered = (host: string) => {
      const script = 'ip link set lo up; ip route add "$1" dev lo; shift; exec "$@"';
      const command = [process.execPath, join(projectRoot, 'dist/cli/index.js')];
      const flags = ['-retries', '0', '-timeout', '1', '-address', `${host}:9618`];
      const [program, ...args] = asRoot('unshare', '--net', 'sh', '-c', script, 'sh', host, ...command, ...flags);
      return spawnSync(program, args, { encoding: 'utf8' }).stderr;
    };

    test('name only programs that exist', async () => {
      const words = everyError().flatMap(
        (error) =>
          hintsFor(error)
            .join(' ')
            .match(/\bcondor_[a-z_]+/g) ?? [],
      );
      // condor_token_service is part of this project, not of HTCondor.
      const programs = [...new Set(words)].filter((name) => name !== 'condor_token_service');
      assert.ok(programs.length > 8);
      await pool.run('sh', '-c', 'for each; do command -v "$each" || exit 1; done', 'sh', ...programs);
    });

    test('name only settings that exist and can be printed', async () => {
      const words = everyError().flatMap(
        (error) =>
          hintsFor(error)
            .join(' ')
            .match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? [],
      );
      const names = [...new Set(words)].filter((name) => !ELSEWHERE.has(name));
      assert.ok(names.length > 30);
      const defaults = await pool.run('condor_config_val', '-dump');
      const others = names.filter((name) => !COMPOSED.test(name) && !new RegExp(`^${name} =`, 'm').test(defaults));
      const newer = suite === 'trixie' ? ['CCB_SERVER_STREAMING'] : [];
      const script = 'for each; do grep -qaF "$each" /usr/lib/libcondor_utils* || echo "$each"; done';
      const unknown = (await pool.run('sh', '-c', script, 'sh', ...others)).trim();
      assert.equal(unknown, newer.join());
      const shown = await pool.run('condor_config_val', '-schedd', ...names);
      assert.equal(shown.trim().split('\n').length, names.length, shown);
      const collectors = await pool.run('condor_config_val', '-collector', 'TRUST_DOMAIN', 'COLLECTOR_HOST');
      assert.equal(collectors, `pool.test\n${pool.collector}\n`);
    });

    test('failures before and during the connection have the documented hint', async () => {
      const env = { CONDOR_CONFIG: '/nowhere' };
      assertAdvisedByCommand(await complaint('FS', ['-name', pool.scheddName], env), 'configuration cannot be read');
      assertAdvisedByCommand(await complaint('FS', [], { CONDOR_CONFIG: 'ONLY_ENV' }), 'on this host');
      assertAdvisedByCommand(unanswered('10.1.2.3'), 'no connection to 10.');
      assertAdvisedByCommand(unanswered('192.0.2.7'), 'no connection to 192.0.2.7:9618: no response');
    });

    test('failures to locate a daemon have the documented hint', async () => {
      const ad = [
        'MyType = "Scheduler"',
        'Name = "other@pool"',
        'MyAddress = "<nowhere>"',
        'ScheddIpAddr = "<nowhere>"',
      ];
      await pool.write('/tmp/ad', `${ad.join('\n')}\n`, 0o644);
      await pool.run('condor_advertise', 'UPDATE_SCHEDD_AD', '/tmp/ad');
      const inPool = (name?: string) => byToken({ address: undefined, pool: pool.collector, name });
      await assert.rejects(inPool(), advised('the collector has several daemons of type schedd'));
      await assert.rejects(inPool('other@pool'), advised('the collector returned no usable address'));
    });

    test('failures to write a token have the documented hint', async () => {
      const unwritten = await complaint('FS', ['-address', schedd, '-file', '/etc/condor/ci']);
      assertAdvisedByCommand(unwritten, 'cannot be written to');
    });

    if (suite === 'trixie')
      test('an unbound FS directory has the documented hint', async () => {
        const env = { _CONDOR_SEC_FS_ENFORCE_CHANNEL_BINDING: 'True' };
        assertAdvisedByCommand(await complaint('FS', ['-address', schedd], env), 'FS before HTCondor 24.0.22');
      });

    describe('rejected tokens', () => {
      test('with an unknown key have the documented hint', async () => {
        await pool.write('/etc/condor/passwords.d/OLD', randomBytes(64), 0o600);
        const old = (await pool.run('condor_token_create', '-identity', 'alice@pool.test', '-key', 'OLD')).trim();
        await pool.run('rm', '/etc/condor/passwords.d/OLD');
        await assert.rejects(fetch({ idtoken: old }), advised('it is signed with the key OLD'));
      });

      test('in an exposed, foreign or ignored file have the documented hint', async () => {
        const file = `${TOKENS}/ci`;
        const env = { BEARER_TOKEN: secure.issuer.issue('alice', { exp: 1 }) };
        const beside = () => complaint('IDTOKENS,SCITOKENS', ['-address', schedd], env);
        const alone = () => complaint('IDTOKENS', ['-address', schedd]);
        assertAdvisedByCommand(await beside(), 'tokens.d: the directory is empty');
        await secure.put('alice', file, `${idtoken}\n`, 0o644);
        assertAdvisedByCommand(await alone(), 'other accounts can access it (mode 0644)');
        assertAdvisedByCommand(await beside(), 'it is owned by user 0, not by this account (1001)');
        await secure.put('bob', file, `${idtoken}\n`);
        assertAdvisedByCommand(await alone(), 'other accounts can access it (mode 0644)');
        await pool.run('rm', file);
        await secure.put('alice', `${file}~`, `${idtoken}\n`);
        assertAdvisedByCommand(await alone(), 'HTCondor ignores files with such a name');
        await pool.run('rm', `${file}~`);
        assertAdvisedByCommand(await alone(), 'no IDTOKEN was found');
      });
    });

    test('methods without a credential have the documented hint', async () => {
      const methods = ['IDTOKENS', 'FS'];
      await secure.configure(`
        SCHEDD.SEC_DEFAULT_AUTHENTICATION_METHODS = FS, SSL, SCITOKENS, PASSWORD, MUNGE
        COLLECTOR.SEC_DEFAULT_AUTHENTICATION_METHODS = CLAIMTOBE
        SEC_PASSWORD_FILE = /etc/condor/no_password
        TRUST_DOMAIN = two words`);
      await assert.rejects(byToken(), advised('the daemon accepts FS, SSL, SCITOKENS, PASSWORD, MUNGE'));
      await assert.rejects(byToken({ authenticationMethods: methods }), advised('the daemon does not offer it'));
      await assert.rejects(
        byToken({ address: collector }),
        advised('the daemon accepts none that the client supports'),
      );
      await assert.rejects(fetch({ password: 'x' }), advised('the daemon has no pool password of its own'));
      const named = await complaint('FS', ['-address', schedd]);
      assertAdvisedByCommand(named, 'Issuer namespace may not contain spaces or commas');
    });

    test('failed negotiations have the documented hint', async () => {
      await secure.configure(`
        SCHEDD.SEC_DEFAULT_CRYPTO_METHODS = BLOWFISH
        COLLECTOR.SEC_DEFAULT_AUTHENTICATION = NEVER`);
      await assert.rejects(byToken(), advised('none of the ciphers'));
      await assert.rejects(byToken({ address: collector, retries: 0 }), advised('the peer closed the connection'));
    });

    test('missing features, tokens and certificates have the documented hint', async () => {
      await secure.configure(`
        SEC_ENABLE_SCITOKEN_EXCHANGE = False
        SEC_TOKEN_REVOCATION_EXPR = scope =?= "condor:/READ"
        COLLECTOR.AUTH_SSL_SERVER_CERTFILE = /etc/condor/mapfile`);
      const scitoken = secure.issuer.issue('alice');
      await assert.rejects(fetch({ mode: 'exchange', scitoken }), advised('SciToken exchange disabled.'));
      const verified = byToken({ authz: ['READ'], verify: true });
      await assert.rejects(verified, advised('the daemon rejected the new token'));
      const { certificate: clientCertificate, key: clientKey } = secure.alice;
      const bySsl = fetch({ address: collector, clientCertificate, clientKey, serverName: HOST });
      await assert.rejects(bySsl, advised('the daemon cannot use TLS'));
    });

    test('a daemon’s expired certificate has the documented hint', async () => {
      const { certificate, key } = await secure.authority.issue({
        ...{ subject: `CN=${HOST}`, hosts: [HOST], from: -48, to: -24 },
      });
      await pool.write('/etc/condor/host.pem', certificate, 0o644);
      await pool.write('/etc/condor/host.key', key, 0o600);
      const { certificate: clientCertificate, key: clientKey } = secure.alice;
      const fetching = fetch({ clientCertificate, clientKey, authenticationMethods: ['SSL'] });
      await assert.rejects(fetching, advised('its certificate, or a CA certificate above it, has expired'));
    });

    test('a stopped daemon has the documented hint', async () => {
      const stop = (signal: string) =>
        pool.run(
          'sh',
          '-c',
          `for each in /proc/[0-9]*; do
          if [ "$(cat $each/comm)" = condor_schedd ]; then kill -${signal} "\${each#/proc/}"; fi
        done`,
        );
      await stop('STOP');
      try {
        await assert.rejects(byToken({ timeoutMs: 1000 }), advised('the time limit expired'));
      } finally {
        await stop('CONT');
      }
    });
  });
}
