/** docs/KEYLESS.md, followed on an access point: its policy, its seed command, `check`, and a job's first token. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { GITHUB_CLAIMS, JobIssuer } from '../support/job-issuer.ts';
import { blocksOf } from '../support/markdown.ts';
import { poolSuites, poolUnavailable } from '../support/pool.ts';
import { claimsOf } from '../support/real-fetch.ts';
import { HOST, type SecurePool, startSecurePool } from '../support/secure-pool.ts';
import { until } from '../support/until.ts';

const block = (name: string) => blocksOf('docs/KEYLESS.md').find((each) => each.name === name)?.text ?? '';
const SERVICE = ['node', '/opt/ours/service/index.js'];
const DOMAIN = 'UID_DOMAIN = example.org\nTRUST_DOMAIN = example.org\n';

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
      await secure?.stop(); // including its child processes
      await served;
      issuer?.stop();
    });

    test('its commands lead from a host certificate to the first keyless token', async () => {
      const { pool } = secure;
      await pool.run('sh', '-ec', 'useradd --create-home ci-octo; mkdir -p /etc/condor-token-service');
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
      assert.match(check.stdout, /^ok +grant ci-octo@example\.org: <.*> issued a token of 60 s with READ WRITE$/m);
      assert.match(check.stdout, /^(ok|warn) +certificate: /m);
      assert.match(check.stdout, /^ok +sessions: .* up to \d+ s/m);
      assert.match(check.stdout, /^warn START_LOCAL_UNIVERSE is not False/m);

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
      const env = { BEARER_TOKEN: issuer.issue({ ...GITHUB_CLAIMS, aud: url }) };
      const fetched = await pool.ours(['-token-service', `${url}/token`, ...where, ...limits], { user: 'bob', env });
      assert.equal(fetched.status, 0, fetched.stderr);
      const { sub, iss, scope } = claimsOf(fetched.stdout);
      assert.deepEqual([sub, iss, scope], ['ci-octo@example.org', 'example.org', 'condor:/READ condor:/WRITE']);
    });
  });
}
