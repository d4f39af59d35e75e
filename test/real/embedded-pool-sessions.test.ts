/** Sessions of the embedded pool with HTCondor's own tools, compared with a real daemon where the tools cannot tell. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { loadCredentials } from '../../src/credentials/load.ts';
import { getSessionToken } from '../../src/daemon/token-commands.ts';
import { readRequest } from '../../src/inputs/request.ts';
import { parseAddress } from '../../src/transport/sinful.ts';
import { withPool } from '../support/embedded-fetch.ts';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import { type MethodPool, startMethodPool } from '../support/method-pool.ts';
import { notingHost } from '../support/noting-host.ts';
import { poolSuites, poolUnavailable } from '../support/pool.ts';
import { claimsOf, referenceFetch } from '../support/real-fetch.ts';
import { HOST } from '../support/secure-pool.ts';
import { surroundings } from '../support/surroundings.ts';
import { inTwoMessages } from '../support/token-in-two-messages.ts';
import { Ways } from '../support/ways.ts';

for (const suite of poolSuites()) {
  describe(`The tools of HTCondor of ${suite} at the embedded pool`, { skip: poolUnavailable() ?? false }, () => {
    let secure: MethodPool;
    let ways: Ways;
    before(async () => {
      secure = await startMethodPool({ suite, config: 'SEC_DEFAULT_ENCRYPTION = REQUIRED' });
      ways = await Ways.create();
    });
    after(async () => {
      ways?.close();
      await secure?.stop();
    });

    /** condor_token_request with an IDTOKEN: one process that sends two or more commands. */
    async function requestToken(embedded: EmbeddedPool): Promise<void> {
      const { pool } = secure;
      await pool.exec(['mkdir', '-p', '-m', '700', '/tmp/requester']);
      await pool.write('/tmp/requester/credential', `${embedded.idToken('alice')}\n`, 0o600);
      const env = {
        _CONDOR_SEC_TOKEN_DIRECTORY: '/tmp/requester',
        _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'IDTOKENS',
      };
      const argv = ['condor_token_request', '-name', embedded.schedd(), '-identity', 'carol@pool.test'];
      const { status, stdout, stderr } = await pool.exec(argv, { env });
      assert.equal(status, 0, stderr + embedded.log.join('\n'));
      assert.equal(claimsOf(stdout.trim().split('\n').at(-1) ?? '')['sub'], 'carol@pool.test');
    }

    const resumed = ({ log }: EmbeddedPool) => log.filter((line) => line.startsWith('resuming session')).length;
    const approving: EmbeddedPoolOptions = {
      requests: { whenFiled: (id, requests) => requests.decide(id, 'approved') },
    };

    test('send their second command in the session of the first, after the response to the resumption', () =>
      withPool(approving, async (embedded) => {
        await requestToken(embedded);
        assert.equal(resumed(embedded), 1, embedded.log.join('\n'));
      }));

    test('report a session that the daemon no longer has, after SID_NOT_FOUND', () => {
      let embedded: EmbeddedPool | undefined;
      const requests: EmbeddedPoolOptions['requests'] = {
        whenFiled: (id, all) => {
          all.decide(id, 'approved');
          setImmediate(() => embedded?.sessions.clear());
        },
      };
      return withPool({ requests }, async (pool) => {
        embedded = pool;
        await assert.rejects(requestToken(pool), /SECMAN:2004:Server rejected our session id/);
        assert.equal(pool.log.filter((line) => line.startsWith('attempt to open invalid session')).length, 1);
        assert.equal(resumed(pool), 0);
      });
    });

    test('do not resume a session that is over at once', () =>
      withPool({ ...approving, sessionDuration: 0 }, async (embedded) => {
        await requestToken(embedded);
        assert.equal(resumed(embedded), 0, embedded.log.join('\n'));
      }));

    const NEVER = { _CONDOR_SEC_CLIENT_ENCRYPTION: 'NEVER', _CONDOR_SEC_CLIENT_INTEGRITY: 'NEVER' };

    test('are rejected without encryption if it is required, as by a real schedd', () =>
      withPool({}, async (embedded) => {
        const { pool, address } = secure;
        const here = await referenceFetch(pool, embedded.idToken(), ['-name', embedded.schedd()], NEVER);
        const there = await referenceFetch(pool, await pool.idToken({ user: 'alice' }), ['-name', address], NEVER);
        assert.deepEqual([here.status, there.status], [1, 1], here.stderr + there.stderr);
        assert.ok(embedded.log.includes('DC_AUTHENTICATE: Unable to reconcile!'), embedded.log.join('\n'));
        const codes = ({ stderr }: typeof here) => stderr.match(/[A-Z]+:\d+/g);
        assert.deepEqual(codes(here), codes(there), `${here.stderr}\n${there.stderr}`);
      }));

    test('encrypt with AES if encryption is optional', () =>
      withPool({ security: 'OPTIONAL' }, async (embedded) => {
        const { status, stderr } = await referenceFetch(
          secure.pool,
          embedded.idToken(),
          ['-name', embedded.schedd()],
          NEVER,
        );
        assert.equal(status, 0, stderr + embedded.log.join('\n'));
      }));

    test('send HOLDING after a SciToken as a client of a real schedd does', () =>
      withPool(ways.pool(), async (embedded) => {
        const targets: readonly [string, string, Readonly<Record<string, string | undefined>>][] = [
          [embedded.schedd(), ways.hostName, ways.words('SCITOKENS', embedded)],
          [
            secure.address,
            HOST,
            { scitoken: secure.issuer.issue('alice'), 'ca-certificate': secure.authority.certificate },
          ],
        ];
        for (const [where, serverName, words] of targets) {
          const { host } = notingHost();
          const request = readRequest((name) => (name === 'address' ? where : words[name]), surroundings());
          const { methods, ...rest } = await loadCredentials(request.credentials, host);
          const credentials = { ...rest, methods: methods.map(inTwoMessages) };
          const target = { address: parseAddress(where) ?? assert.fail(where), serverName };
          const limits = { authz: ['READ'], lifetimeSeconds: 60, key: undefined };
          const { value } = await getSessionToken(target, limits, credentials, host);
          assert.equal(claimsOf(value.reveal())['sub'], 'alice@pool.test');
        }
      }));
  });
}
