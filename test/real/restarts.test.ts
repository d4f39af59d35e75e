/** Tests daemons that restart during a fetch, and pools with two collectors. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Query, queryCollector } from '../../src/daemon/collector-query.ts';
import { find } from '../../src/daemon/locate.ts';
import { LocateError } from '../../src/errors.ts';
import type { FetchOptions } from '../../src/index.ts';
import { Secret } from '../../src/runtime/secret.ts';
import type { Credentials } from '../../src/security/method.ts';
import { idtokens } from '../../src/security/methods/idtokens.ts';
import { parseIdToken } from '../../src/token/jwt.ts';
import { parseSinful } from '../../src/transport/sinful.ts';
import { advised } from '../support/errors/advice.ts';
import { freePort } from '../support/network/free-port.ts';
import { notingHost } from '../support/noting-host.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { fetchFrom } from '../support/pool/real-fetch.ts';
import { patience } from '../support/slowness.ts';
import { until } from '../support/until.ts';

const RESTARTING = /^Attempt 1 failed: .* The daemon may be restarting; retrying for up to \d+ s$/;

/** Returns the command that kills a daemon of the pool. */
const kill = (daemon: string) => ['sh', '-c', `kill -9 $(pidof condor_${daemon})`];

for (const suite of poolSuites()) {
  describe(`HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    let idtoken: string;
    before(async () => {
      const config = 'ALLOW_ADMINISTRATOR = *\nMASTER_BACKOFF_CONSTANT = 5\nMASTER_UPDATE_INTERVAL = 5';
      pool = await startPool({ suite, config });
      idtoken = await pool.idToken({ user: 'alice' });
    });
    after(() => pool?.stop());

    async function fetched(options: FetchOptions = {}) {
      const log: string[] = [];
      const onLog = (level: string, line: string) => level !== 'debug' && log.push(line);
      const { token } = await fetchFrom(pool, { idtoken, timeoutMs: patience(120_000), retries: 3, onLog, ...options });
      assert.equal(token.subject, `alice@${pool.trustDomain}`);
      return log;
    }

    for (const [what, argv] of [
      ['whose schedd restarts', ['condor_restart', '-schedd']],
      ['whose collector restarts', ['condor_restart', '-collector']],
      ['whose schedd is killed', kill('schedd')],
      ['whose collector is killed', kill('collector')],
    ] as const) {
      test(`issues a token after a restart (${what}), with one line in the log`, async () => {
        await fetched();
        await pool.run(...argv);
        const ended = what.includes('schedd') ? 'Scheduler' : 'Collector';
        if (argv[0] === 'condor_restart') {
          await until('it has ended', 60, async () => {
            const { stdout } = await pool.exec(['condor_status', '-any', '-af', 'MyType']);
            return stdout.includes(ended) ? 'it is still running' : undefined;
          });
        }
        const log = await fetched();
        assert.match(log[0] ?? '', RESTARTING, log.join('\n'));
        assert.equal(log.length, 1, log.join('\n'));
      });
    }

    test('is not retried while its schedd is down if retries is 0', async () => {
      await pool.run('condor_off', '-fast', '-schedd');
      try {
        await until('condor_master reports it', 60, async () => {
          const schedds = await pool.run('condor_status', '-schedd', '-af', 'Name');
          const started = await pool.run('condor_status', '-master', '-af', 'SCHEDD_StartTime');
          return schedds === '' && started === '0\n' ? undefined : schedds + started;
        });
        await assert.rejects(fetched({ retries: 0 }), (error: LocateError) => {
          assert.deepEqual([error.code, error.mayBeRestarting, error.tries], ['ERR_NOT_FOUND', true, 1]);
          assert.match(error.message, /it may be restarting: condor_master on \S+ reports it as not running$/);
          return advised('it may be restarting')(error);
        });
      } finally {
        await pool.run('condor_on', '-schedd');
      }
    });
  });

  describe(`Two collectors of HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let [full, empty]: Pool[] = [];
    let idtoken: string;
    before(async () => {
      full = await startPool({ suite });
      empty = await startPool({
        suite,
        port: await freePort(),
        config: 'DAEMON_LIST = MASTER, SHARED_PORT, COLLECTOR, SCHEDD\nSCHEDD_NAME = other@pool',
      });
      idtoken = await full.idToken({ user: 'alice' });
    });
    after(async () => {
      await full?.stop();
      await empty?.stop();
    });

    test('are queried in turn if the first one does not list the schedd', async () => {
      assert.ok(full !== undefined && empty !== undefined);
      const where = { pool: `${empty.collector}, ${full.collector}`, name: full.scheddName };
      const { token } = await fetchFrom(full, { ...where, idtoken });
      assert.equal(token.subject, `alice@${full.trustDomain}`);
    });

    test('cause an error with the reply of each one if neither lists the schedd', async () => {
      assert.ok(full !== undefined && empty !== undefined);
      const where = { pool: `${empty.collector}, ${full.collector}`, name: 'third@ap.example.org' };
      await assert.rejects(fetchFrom(full, { ...where, idtoken }), (error: LocateError) => {
        assert.equal(error.code, 'ERR_NOT_FOUND');
        for (const { collector } of [empty, full] as Pool[])
          assert.ok(error.message.includes(`the collector ${collector}: the collector lists no schedd named third`));
        return true;
      });
    });

    describe('do not list a name that no daemon has', () => {
      /**
       * Applies the restart rule, which depends on the ages of daemons, as if the pool had run for this many more
       * seconds. Returns the resulting error.
       */
      async function missing(seconds: number): Promise<LocateError> {
        const { host } = notingHost();
        const address = parseSinful(`<${full?.collector}>`) ?? assert.fail();
        const token = parseIdToken(new Secret(idtoken));
        const methods = [idtokens([{ token, source: 'a test', chosen: true }], host)];
        const credentials: Credentials = { methods, preference: 'ours', unavailable: [] };
        const collector = { address, serverName: undefined };
        const acceptance = { trusted: () => true, mayBeUnauthenticated: true };
        let limits = 0;
        const ask = (query: Query) => {
          const requirements = query.requirements.replace(/ < (330|60)\b/g, (_, limit) => {
            limits += 1;
            return ` < ${Number(limit) - seconds}`;
          });
          return queryCollector(collector, { ...query, requirements }, credentials, acceptance, host);
        };
        const wanted = { type: 'schedd', name: 'ap99.example.org', needsServerName: false, mayBeUnauthenticated: true };
        const error = await find(wanted, collector, ask).then(
          () => assert.fail('the name was found'),
          (reason: unknown) => reason,
        );
        assert.ok(error instanceof LocateError && error.code === 'ERR_NOT_FOUND', String(error));
        assert.equal(limits, 2);
        return error;
      }

      test('and the daemon may be restarting while the collector has only recently started', async () => {
        const { message, mayBeRestarting } = await missing(0);
        assert.match(message, /; it may be restarting: the collector started a moment ago$/);
        assert.equal(mayBeRestarting, true);
      });

      test('and the daemon is not restarting if the collector has run for longer than the update interval', async () => {
        const error = await missing(600);
        assert.equal(error.message, 'the collector lists no schedd named ap99.example.org; it lists ci@pool');
        assert.equal(error.mayBeRestarting, false);
        advised('the collector lists no schedd named')(error);
      });
    });
  });
}
