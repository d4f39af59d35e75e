/**
 * Tests a second command to a daemon in the same session. The second command takes two round trips. If the session has
 * expired, the client retries the command in a new session.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { loadCredentials } from '../../src/credentials/load.ts';
import { askAllowed } from '../../src/daemon/security-query.ts';
import type { Target } from '../../src/daemon/session-command.ts';
import { getSessionToken } from '../../src/daemon/token-commands.ts';
import { readRequest } from '../../src/inputs/request.ts';
import type { Credentials } from '../../src/security/method.ts';
import { Resumption } from '../../src/security/session.ts';
import { parseAddress } from '../../src/transport/sinful.ts';
import { notingHost } from '../support/noting-host.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { claimsOf } from '../support/pool/real-fetch.ts';
import { surroundings } from '../support/surroundings.ts';

const READ = 60020;
const ADMINISTRATOR = 60023;
const LIMITS = { authz: ['READ'], lifetimeSeconds: 60, key: undefined };

for (const suite of poolSuites()) {
  describe(`A session with HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    let schedd: Target;
    let credentials: Credentials;
    const { host, log } = notingHost();
    before(async () => {
      pool = await startPool({ suite });
      schedd = await targetOf(await pool.sinful('schedd', pool.scheddName));
      const inputs: Record<string, string> = { pool: 'x', idtoken: await pool.idToken({ user: 'alice' }) };
      credentials = await loadCredentials(readRequest((name) => inputs[name], surroundings()).credentials, host);
    });
    after(() => pool?.stop());

    async function targetOf(address: string): Promise<Target> {
      return { address: parseAddress(address) ?? assert.fail(address), serverName: undefined };
    }

    test('is resumed for another command with the same identity', async () => {
      const first = await askAllowed(schedd, READ, credentials, host);
      const resume = first.session;
      const fetched = await getSessionToken({ ...schedd, resume }, LIMITS, credentials, host);
      assert.deepEqual([first.roundTrips, fetched.roundTrips], [3, 2]);
      assert.equal(claimsOf(fetched.value.reveal())['sub'], `alice@${pool.trustDomain}`);
      const again = await askAllowed({ ...schedd, resume: fetched.session }, READ, credentials, host);
      assert.equal(again.roundTrips, 2, 'any number of times');
    });

    test('has the same authorizations when it is resumed', async () => {
      const { session: resume } = await askAllowed(schedd, READ, credentials, host);
      await assert.rejects(askAllowed({ ...schedd, resume }, ADMINISTRATOR, credentials, host), { code: 'ERR_DENIED' });
    });

    test('is replaced by a new one if the daemon no longer has it', async () => {
      const { session } = await askAllowed(schedd, READ, credentials, host);
      const resume = { ...session, resumption: new Resumption('nobody:1:2:3', new Uint8Array(32)) };
      const { session: fresh, roundTrips } = await getSessionToken({ ...schedd, resume }, LIMITS, credentials, host);
      assert.equal(roundTrips, 5, 'two round trips for the failed resumption, and three for the new session');
      assert.match(log.join('\n'), /session: retrying, with a new session/);
      const next = await askAllowed({ ...schedd, resume: fresh }, READ, credentials, host);
      assert.equal(next.roundTrips, 2, 'the new session is then resumed');
    });

    test('is rejected if the peer does not have its key', async () => {
      const { session } = await askAllowed(schedd, READ, credentials, host);
      const resume = { ...session, resumption: new Resumption(session.resumption?.sid ?? '', new Uint8Array(32)) };
      await assert.rejects(askAllowed({ ...schedd, resume }, READ, credentials, host), { code: 'ERR_DECRYPT' });
    });

    test('is not resumed with another daemon', async () => {
      const { session: resume } = await askAllowed(schedd, READ, credentials, host);
      const collector = await targetOf(pool.collector);
      const { user } = (await askAllowed({ ...collector, resume }, READ, credentials, host)).session;
      assert.equal(user, `alice@${pool.trustDomain}`);
    });
  });
}
