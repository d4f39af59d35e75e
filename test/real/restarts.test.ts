/** Daemons that restart while a token is fetched, and pools with two collectors. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { FetchOptions, LocateError } from '../../src/index.ts';
import { advised } from '../support/advice.ts';
import { freePort } from '../support/free-port.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool.ts';
import { fetchFrom } from '../support/real-fetch.ts';
import { until } from '../support/until.ts';

const RESTARTING = /^Attempt 1 failed: .* The daemon may be restarting; retrying for up to \d+ s$/;

/** Ends a daemon at once. Its pid is the parent's of nothing else by that name. */
const kill = (daemon: string) => ['sh', '-c', `kill -9 $(pidof condor_${daemon})`];

for (const suite of poolSuites()) {
  describe(`HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    let idtoken: string;
    before(async () => {
      const config = 'ALLOW_ADMINISTRATOR = *\nMASTER_BACKOFF_CONSTANT = 5';
      pool = await startPool({ suite, config });
      idtoken = await pool.idToken({ user: 'alice' });
    });
    after(() => pool?.stop());

    async function fetched(options: FetchOptions = {}) {
      const log: string[] = [];
      const onLog = (level: string, line: string) => level !== 'debug' && log.push(line);
      const { token } = await fetchFrom(pool, { idtoken, timeoutMs: 120_000, onLog, ...options });
      assert.equal(token.subject, `alice@${pool.trustDomain}`);
      return log;
    }

    for (const [what, argv] of [
      ['whose schedd restarts', ['condor_restart', '-schedd']],
      ['whose collector restarts', ['condor_restart', '-collector']],
      ['whose schedd is killed', kill('schedd')],
      ['whose collector is killed', kill('collector')],
    ] as const) {
      test(`${what} gives a token when it is back, with one line in the log`, async () => {
        await fetched();
        await pool.run(...argv);
        const ended = what.includes('schedd') ? 'Scheduler' : 'Collector';
        if (argv[0] === 'condor_restart') {
          await until('it has ended', 60, async () => {
            const { stdout } = await pool.exec(['condor_status', '-any', '-af', 'MyType']);
            return stdout.includes(ended) ? 'still there' : undefined;
          });
        }
        const log = await fetched();
        assert.match(log[0] ?? '', RESTARTING, log.join('\n'));
        assert.equal(log.length, 1, log.join('\n'));
      });
    }

    test('is not asked again with retries 0 while its schedd restarts', async () => {
      await fetched();
      await pool.run('condor_restart', '-schedd');
      await until('it has ended', 60, async () => {
        const { stdout } = await pool.exec(['condor_status', '-schedd', '-af', 'Name']);
        return stdout === '' ? undefined : stdout;
      });
      const refused = fetchFrom(pool, { idtoken, retries: 0 });
      await assert.rejects(refused, advised('it may be restarting'));
      await assert.rejects(refused, (error: LocateError) => {
        assert.deepEqual([error.code, error.mayBeRestarting, error.tries], ['ERR_NOT_FOUND', true, 1]);
        assert.match(error.message, /it may be restarting: condor_master on \S+ reports it as not running$/);
        return true;
      });
      await fetched();
    });

    describe('that has been up for a while', () => {
      before(async () => {
        // What decides is the age of the collector's statistics, so that is what has to pass.
        await until('the collector is old enough', 420, async () => {
          const query = ['condor_status', '-any', '-constraint', 'MyType == "Collector"'];
          const age = await pool.run(...query, '-af', 'time() - LastHeardFrom + StatsLifetime');
          return Number(age) > 330 ? undefined : age;
        });
      });

      test('does not know a name that no daemon has, at the first attempt', async () => {
        const { host } = await named('ap99.example.org');
        assert.equal(host.tries, 1);
      });

      async function named(name: string) {
        let host: LocateError | undefined;
        const fetching = fetchFrom(pool, { pool: pool.collector, name, idtoken, timeoutMs: 120_000 });
        await assert.rejects(fetching, (error: LocateError) => {
          host = error;
          return error.code === 'ERR_NOT_FOUND' && !error.mayBeRestarting;
        });
        return { host: host ?? assert.fail() };
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

    test('of which the first does not have the schedd: the second is asked', async () => {
      assert.ok(full !== undefined && empty !== undefined);
      const where = { pool: `${empty.collector}, ${full.collector}`, name: full.scheddName };
      const { token } = await fetchFrom(full, { ...where, idtoken, retries: 0 });
      assert.equal(token.subject, `alice@${full.trustDomain}`);
    });

    test('of which none has the schedd: the error has what each said', async () => {
      assert.ok(full !== undefined && empty !== undefined);
      const where = { pool: `${empty.collector}, ${full.collector}`, name: 'third@ap.example.org' };
      await assert.rejects(fetchFrom(full, { ...where, idtoken, retries: 0 }), (error: LocateError) => {
        assert.equal(error.code, 'ERR_NOT_FOUND');
        assert.ok(
          error.message.includes(`the collector ${empty?.collector}: the collector knows no schedd named third`),
        );
        assert.ok(
          error.message.includes(`the collector ${full?.collector}: the collector knows no schedd named third`),
        );
        return true;
      });
    });
  });
}
