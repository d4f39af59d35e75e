/** Follows docs/KEYLESS.md on an access point: its policy, its seed command, `check`, and a job's first token. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { blocksOf } from '../support/documents/markdown.ts';
import { freePort } from '../support/network/free-port.ts';
import { type Outcome, poolSuites, poolUnavailable } from '../support/pool/pool.ts';
import { claimsOf } from '../support/pool/real-fetch.ts';
import { HOST, type SecurePool, startSecurePool } from '../support/pool/secure-pool.ts';
import { GITHUB_CLAIMS, JobIssuer } from '../support/service/job-issuer.ts';
import { until } from '../support/until.ts';

const block = (name: string) => blocksOf('docs/KEYLESS.md').find((each) => each.name === name)?.text ?? '';
const SERVICE = ['condor_token_service'];
const DOMAIN = 'UID_DOMAIN = example.org\nTRUST_DOMAIN = example.org\n';

/** Reloads the service as `systemctl reload` does. */
const RELOAD = `for each in /proc/[0-9]*; do
  case "$(tr '\\0' ' ' < $each/cmdline)" in node*condor_token_service\\ serve*) kill -HUP "\${each#/proc/}" ;; esac
done`;

/** Revokes the seed and all tokens that were fetched with it, and creates a new seed. */
async function revokeAndReplace({ pool, put, configure }: SecurePool, fetch: () => Promise<Outcome>, token: string) {
  const next = Math.floor(Date.now() / 1000) + 1;
  await until('the second in which the token was issued is over', 5, async () =>
    Date.now() / 1000 >= next ? undefined : 'wait',
  );
  await pool.exec(['mkdir', '-m', '700', '/home/bob/tokens'], { user: 'bob' });
  await put('bob', '/home/bob/tokens/ci', `${token}\n`);
  const ping = async () => {
    const env = {
      _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'IDTOKENS',
      _CONDOR_SEC_TOKEN_DIRECTORY: '/home/bob/tokens',
    };
    return (await pool.exec(['condor_ping', '-type', 'schedd', 'WRITE'], { user: 'bob', env })).status;
  };
  assert.equal(await ping(), 0);
  await configure(block('revoke').replace('1790000000', String(next)));
  const refused = await fetch();
  assert.match(refused.stderr, /status 503: temporarily_unavailable: seed unusable/);
  const check = await pool.exec([...SERVICE, 'check']);
  assert.equal(check.status, 3);
  assert.match(
    check.stdout,
    /^fail grant ci-octo@example\.org: .*; if the seed was revoked, condor_token_service config/m,
  );
  assert.notEqual(await ping(), 0, 'the fetched token is also revoked');
  await pool.run('sh', '-ec', block('seed'));
  await pool.run('sh', '-c', RELOAD);
  await until('the new seed is used', 30, async () => {
    const { status, stderr } = await fetch();
    return status === 0 ? undefined : stderr;
  });
}

for (const suite of poolSuites()) {
  describe(`docs/KEYLESS.md on HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let secure: SecurePool;
    let issuer: JobIssuer;
    let port: number;
    let served: Promise<unknown>;
    before(async () => {
      port = await freePort();
      secure = await startSecurePool({ suite, config: DOMAIN });
      issuer = await JobIssuer.start(secure.authority);
    });
    after(async () => {
      await secure?.stop(); // also ends the pool's child processes
      await served;
      issuer?.stop();
    });

    test('contains commands that lead from a host certificate to the first keyless token', async () => {
      const { pool } = secure;
      await pool.run('sh', '-ec', 'useradd --create-home ci-octo; mkdir -p /etc/condor-token-service');
      const release = 'cp /opt/ours/service/index.js condor_token_service.mjs';
      await pool.run('sh', '-ec', `cd /tmp; ${release}; ${block('install')}`);
      const policy = block('policy').replace('https://token.actions.githubusercontent.com', issuer.url);
      const site = `listen: 0.0.0.0:${port}\naudience: https://${HOST}:${port}
tls: { certificate: /etc/condor/host.pem, key: /etc/condor/host.key }
daemon: [{ pool: "${pool.collector}", name: ${pool.scheddName} }]\n`;
      await pool.write('/etc/condor-token-service/config.yaml', `${site}${policy}`, 0o644);
      await pool.run('sh', '-ec', block('seed'));
      const mode = await pool.run('stat', '-c', '%a', '/etc/condor-token-service/seeds.d/ci-octo@example.org');
      assert.equal(mode.trim(), '600');
      const check = await pool.exec([...SERVICE, 'check']);
      assert.equal(check.status, 0, check.stdout + check.stderr);
      assert.match(
        check.stdout,
        /^ok +grant ci-octo@example\.org: <.*> issued a token valid for 60 s with READ WRITE$/m,
      );
      assert.match(check.stdout, /^(ok|warn) +certificate: /m);
      assert.match(check.stdout, /^ok +sessions: .* up to \d+ s/m);
      assert.match(check.stdout, /^warn START_LOCAL_UNIVERSE is not False/m);

      const unit = '/etc/systemd/system/condor-token-service.service';
      const [write = ''] = block('unit').split('\n');
      await pool.run('sh', '-ec', `mkdir -p ${dirname(unit)}; ${write}`);
      const text = await pool.run('cat', unit);
      assert.match(text, /^\[Unit\]\n/);
      assert.match(text, /\n\[Install\]\nWantedBy=multi-user\.target\n$/);

      // If a store of used tokens already exists, the service accepts job tokens that were issued before it started.
      await pool.run('install', '-D', '-m', '600', '/dev/null', '/var/lib/condor-token-service/used-tokens');
      served = pool.exec([...SERVICE, 'serve']);
      await until('the service listens', 60, async () => {
        const socket = connect(port, '127.0.0.1');
        const open = await once(socket, 'connect').then(
          () => true,
          () => false,
        );
        socket.destroy();
        return open ? undefined : 'the connection is refused';
      });
      const url = `https://${HOST}:${port}`;
      const where = ['-pool', pool.collector, '-name', pool.scheddName];
      const limits = ['-authz', 'READ', '-authz', 'WRITE', '-lifetime', '600'];
      const fetch = () => {
        const env = { BEARER_TOKEN: issuer.issue({ ...GITHUB_CLAIMS, aud: url }) };
        const args = ['-token-service', `${url}/token`, ...where, ...limits, '-retries', '0'];
        return pool.ours(args, { user: 'bob', env });
      };
      const fetched = await fetch();
      assert.equal(fetched.status, 0, fetched.stderr);
      const { sub, iss, scope } = claimsOf(fetched.stdout);
      assert.deepEqual([sub, iss, scope], ['ci-octo@example.org', 'example.org', 'condor:/READ condor:/WRITE']);

      const claims = JSON.stringify({ ...GITHUB_CLAIMS, iss: issuer.url, aud: url, ref: 'refs/heads/x', jti: 'a' });
      await pool.write('/tmp/claims', claims, 0o644);
      const explained = await pool.exec([...SERVICE, 'explain', '-claims', '/tmp/claims']);
      assert.equal(explained.status, 3, explained.stderr);
      assert.match(explained.stdout, /ref: expected refs\/heads\/main, got refs\/heads\/x/);
      await revokeAndReplace(secure, fetch, fetched.stdout.trim());
    });
  });
}
