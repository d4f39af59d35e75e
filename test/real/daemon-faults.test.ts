/** Tests failures of daemons and of their hosts during a fetch. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { readRequest } from '../../src/inputs/request.ts';
import { fetchToken as fetchRequested } from '../../src/pipeline/fetch.ts';
import { notingHost } from '../support/noting-host.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { fetchFrom } from '../support/pool/real-fetch.ts';
import { patience } from '../support/slowness.ts';
import { surroundings } from '../support/surroundings.ts';

/** Kills the schedd without pkill, which is not installed in the pool. */
const KILL_SCHEDD =
  'for each in /proc/[0-9]*; do [ "$(cat $each/comm)" != condor_schedd ] || kill -KILL $(basename $each); done';

for (const suite of poolSuites()) {
  describe(`HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    let idtoken: string;
    before(async () => {
      pool = await startPool({ suite, config: 'MASTER_BACKOFF_CONSTANT = 1\nMASTER_BACKOFF_CEILING = 2' });
      idtoken = await pool.idToken({ user: 'alice' });
    });
    after(() => pool?.stop());

    test('is retried until a killed schedd, which the collector still lists, has been restarted', async () => {
      await fetchFrom(pool, { idtoken });
      await pool.run('sh', '-c', KILL_SCHEDD);
      const log: string[] = [];
      const onLog = (_: string, line: string) => log.push(line);
      const { token } = await fetchFrom(pool, { idtoken, retries: 20, timeoutMs: patience(120_000), onLog });
      assert.equal(token.subject, `alice@${pool.trustDomain}`);
      assert.match(log.join('\n'), /^Attempt 1 failed: .*(ERR_CLOSED|ERR_CONNECT)/m);
    });

    test('is located through the second collector if the first is down', async () => {
      const { daemonName } = await fetchFrom(pool, {
        pool: `127.0.0.1:1, ${pool.collector}`,
        name: pool.scheddName,
        idtoken,
      });
      assert.equal(daemonName, pool.scheddName);
    });

    for (const minutes of [-10, 10]) {
      test(`issues a token, with a warning, if its clock differs by ${minutes} minutes`, async () => {
        const { host, log } = notingHost({ now: () => new Date(Date.now() - minutes * 60_000) });
        const words: Record<string, string> = { pool: pool.collector, name: pool.scheddName, idtoken, lifetime: '1h' };
        const request = readRequest((name) => words[name], surroundings());
        const { clockSkewSeconds } = await fetchRequested(request, host);
        assert.ok(Math.abs(clockSkewSeconds - minutes * 60) < 60, String(clockSkewSeconds));
        assert.match(
          log.join('\n'),
          /^warn The daemon's clock is (9|10|11) min (ahead of|behind) the clock of this host/m,
        );
      });
    }

    describe('with an output path', () => {
      const file = '/mnt/small/token';
      const write = () =>
        pool.ours(['-name', pool.scheddName, '-file', file], {
          env: { _CONDOR_SEC_TOKEN_DIRECTORY: '/opt/own', _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'IDTOKENS' },
        });
      before(async () => {
        await pool.run(
          'sh',
          '-ec',
          'mkdir -p /mnt/small; mount -t tmpfs -o size=64k,mode=700 none /mnt/small; mkdir -m 700 /opt/own',
        );
        await pool.write('/opt/own/token', `${idtoken}\n`, 0o600);
        assert.equal((await write()).status, 0);
      });

      for (const [what, make, undo] of [
        ['is full', 'dd if=/dev/zero of=/mnt/small/rest 2>/dev/null || true', 'rm /mnt/small/rest'],
        ['is read-only', 'mount -o remount,ro /mnt/small', 'mount -o remount,rw /mnt/small'],
      ] as const) {
        test(`on a disk that ${what} keeps the existing file`, async () => {
          const old = await pool.run('cat', file);
          await pool.run('sh', '-ec', make);
          const { status, stderr } = await write();
          assert.equal(status, 8, stderr);
          assert.match(stderr, /(could not|cannot) be written.*\(ERR_OUTPUT/);
          assert.equal(await pool.run('cat', file), old);
          await pool.run('sh', '-ec', undo);
          assert.equal((await write()).status, 0);
          assert.notEqual(await pool.run('cat', file), old);
          assert.equal((await pool.run('ls', '-A', '/mnt/small')).trim(), 'token', 'nothing half-written');
        });
      }
    });

    test('cannot authenticate itself with another signing key, and reports its keys if it does not have the token’s key', async () => {
      const key = '/etc/condor/passwords.d/ROTATED';
      await pool.write(key, randomBytes(64), 0o600);
      const old = (await pool.run('condor_token_create', '-identity', 'alice@pool.test', '-key', 'ROTATED')).trim();
      await pool.configure('# there is a new key');
      await fetchFrom(pool, { idtoken: old });
      await pool.write(key, randomBytes(64), 0o600);
      await assert.rejects(fetchFrom(pool, { idtoken: old }), { code: 'ERR_SERVER_UNPROVEN' });
      await pool.run('rm', key);
      await pool.configure('# and now it is gone');
      await assert.rejects(
        fetchFrom(pool, { idtoken: old }),
        (error: { code: string; attempts: readonly unknown[] }) => {
          assert.equal(error.code, 'ERR_METHODS_EXHAUSTED');
          assert.match(JSON.stringify(error.attempts), /signed with the key ROTATED; the daemon has POOL/);
          return true;
        },
      );
    });
  });
}
